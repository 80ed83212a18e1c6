//! Checks of values that callers give, against the table of limits.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::limits::{MAX_METADATA, MAX_NAME, MAX_PREVIEW_CHARS, MAX_TEXT};
use crate::thread::{GitInfo, ThreadDetails};

/// Checks a name: not empty, not only white space, within the limit.
pub(super) fn name(name: Option<&String>) -> Result<()> {
    match name {
        Some(name) if name.trim().is_empty() => Err(Error::EmptyName),
        Some(name) if name.len() > MAX_NAME => {
            Err(Error::TooLarge { field: "name".into(), size: name.len(), limit: MAX_NAME })
        }
        _ => Ok(()),
    }
}

/// Checks a short text.
pub(super) fn text(field: &str, text: Option<&String>) -> Result<()> {
    match text {
        Some(text) if text.len() > MAX_TEXT => {
            Err(Error::TooLarge { field: field.into(), size: text.len(), limit: MAX_TEXT })
        }
        _ => Ok(()),
    }
}

/// Checks the size of a JSON value.
pub(super) fn json<T: Serialize>(field: &str, value: Option<&T>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    let size = serde_json::to_string(value).map_or(usize::MAX, |json| json.len());
    if size > MAX_METADATA {
        return Err(Error::TooLarge { field: field.into(), size, limit: MAX_METADATA });
    }
    Ok(())
}

/// Checks a time: milliseconds since 1970 that a calendar can show.
pub(super) fn time(field: &'static str, time: Option<i64>) -> Result<()> {
    const LAST: i64 = 253_402_300_799_999;
    match time {
        Some(value) if !(0..=LAST).contains(&value) => {
            Err(Error::OutOfRange { field, value, min: 0, max: LAST })
        }
        _ => Ok(()),
    }
}

/// Checks the descriptive fields.
pub(super) fn details(details: &ThreadDetails) -> Result<()> {
    text("cwd", details.cwd.as_ref())?;
    json("source", details.source.as_ref())?;
    json("threadSource", details.thread_source.as_ref())?;
    text("modelProvider", details.model_provider.as_ref())?;
    text("model", details.model.as_ref())?;
    text("cliVersion", details.cli_version.as_ref())?;
    text("originator", details.originator.as_ref())?;
    git_info(details.git_info.as_ref())?;
    text("agentNickname", details.agent_nickname.as_ref())?;
    text("agentRole", details.agent_role.as_ref())?;
    text("agentPath", details.agent_path.as_ref())?;
    text("memoryMode", details.memory_mode.as_ref())?;
    json("tokenUsage", details.token_usage.as_ref())?;
    json("metadata", details.metadata.as_ref())
}

/// Checks the state of a repository.
pub(super) fn git_info(git_info: Option<&GitInfo>) -> Result<()> {
    let Some(git_info) = git_info else { return Ok(()) };
    text("gitInfo.sha", git_info.sha.as_ref())?;
    text("gitInfo.branch", git_info.branch.as_ref())?;
    text("gitInfo.originUrl", git_info.origin_url.as_ref())
}

/// Cuts a preview to the characters that are kept.
pub(super) fn preview(preview: &str) -> String {
    preview.chars().take(MAX_PREVIEW_CHARS).collect()
}
