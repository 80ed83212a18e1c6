//! Derives a thread's metadata from its items: preview, title, model, usage.
//!
//! It knows Codex rollout lines, app-server `ThreadItem`s and plain `{role, content}` or
//! `{role, parts}` messages. It peeks at borrowed text, so a large item is never copied, and an
//! item that it does not understand says nothing: it never fails an append.

mod message;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::item::Item;
use crate::limits::{MAX_METADATA, MAX_TEXT};
use crate::thread::GitInfo;

/// What one or more items say about their thread.
///
/// Of several items the first to name `preview`, `cwd`, `model_provider`, `cli_version`,
/// `originator` and `git_info` wins, because they describe how the thread began (a fork carries the
/// lines of the thread it was forked from). The last to name `title`, `model` and `token_usage`
/// wins, because they change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The beginning of the first user message, trimmed; `[Image]` when it is only images.
    pub preview: Option<String>,
    /// The title that the conversation was given.
    pub title: Option<String>,
    /// The model last used.
    pub model: Option<String>,
    /// The provider of the model.
    pub model_provider: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The version of the program that wrote the items.
    pub cli_version: Option<String>,
    /// The name of the program that wrote the items.
    pub originator: Option<String>,
    /// The state of the repository worked on.
    pub git_info: Option<GitInfo>,
    /// The tokens used, as the item reports them.
    pub token_usage: Option<Value>,
    /// Whether a person (or the parent thread) says something: a turn starts.
    pub user_turn: bool,
    /// When the last of these turns started, where the items have times of their own.
    pub turn_at: Option<i64>,
}

impl Observed {
    /// Adds what a later item says.
    #[must_use]
    pub fn merge(self, later: Self) -> Self {
        Self {
            preview: self.preview.or(later.preview),
            title: later.title.or(self.title),
            model: later.model.or(self.model),
            model_provider: self.model_provider.or(later.model_provider),
            cwd: self.cwd.or(later.cwd),
            cli_version: self.cli_version.or(later.cli_version),
            originator: self.originator.or(later.originator),
            git_info: self.git_info.or(later.git_info),
            token_usage: later.token_usage.or(self.token_usage),
            user_turn: self.user_turn || later.user_turn,
            turn_at: later.turn_at.or(self.turn_at),
        }
    }
}

/// Derives metadata from one item.
pub fn observe(item: &Item) -> Observed {
    let Ok(fields) = item.parse::<Fields<'_>>() else { return Observed::default() };
    let kind = text(fields.kind);
    match (kind.as_deref(), fields.payload) {
        (Some("session_meta"), Some(payload)) => session_meta(payload),
        (Some("turn_context"), Some(payload)) => turn_context(payload),
        (Some("event_msg"), Some(payload)) => event(payload),
        (Some("response_item"), Some(payload)) => match object(payload) {
            Some(inner) => message::observe(&inner),
            None => Observed::default(),
        },
        _ => message::observe(&fields),
    }
}

/// Derives metadata from one item, and from its own time if it has one.
pub(crate) fn observe_at(item: &Item, at: Option<i64>) -> Observed {
    let observed = observe(item);
    Observed { turn_at: at.filter(|_| observed.user_turn), ..observed }
}

/// The fields that any known item may have; a value of an unexpected type is looked past.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<&'a RawValue>,
    payload: Option<&'a RawValue>,
    role: Option<&'a RawValue>,
    content: Option<&'a RawValue>,
    parts: Option<&'a RawValue>,
    model: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
}

crate::fields::fields! {
    Fields<'de>, blank: Self::default(),
    may "type" kind,
    may "payload" payload,
    may "role" role,
    may "content" content,
    may "parts" parts,
    may "model" model,
    may "usage" usage,
}

fn session_meta(payload: &RawValue) -> Observed {
    #[derive(Default)]
    struct Meta<'a> {
        cwd: Option<&'a RawValue>,
        originator: Option<&'a RawValue>,
        cli_version: Option<&'a RawValue>,
        model_provider: Option<&'a RawValue>,
        git: Option<&'a RawValue>,
    }

    crate::fields::fields! {
        Meta<'de>, blank: Self::default(),
        may "cwd" cwd,
        may "originator" originator,
        may "cli_version" cli_version,
        may "model_provider" model_provider,
        may "git" git,
    }
    let meta: Meta<'_> = object(payload).unwrap_or_default();
    Observed {
        cwd: owned(meta.cwd),
        originator: owned(meta.originator),
        cli_version: owned(meta.cli_version),
        model_provider: owned(meta.model_provider),
        git_info: meta.git.and_then(git_info),
        ..Observed::default()
    }
}

/// Reads the `git` object of a session's first line.
fn git_info(raw: &RawValue) -> Option<GitInfo> {
    #[derive(Default)]
    struct Git<'a> {
        commit_hash: Option<&'a RawValue>,
        branch: Option<&'a RawValue>,
        repository_url: Option<&'a RawValue>,
    }

    crate::fields::fields! {
        Git<'de>, blank: Self::default(),
        may "commit_hash" commit_hash,
        may "branch" branch,
        may "repository_url" repository_url,
    }
    let git: Git<'_> = object(raw)?;
    let info = GitInfo {
        sha: owned(git.commit_hash),
        branch: owned(git.branch),
        origin_url: owned(git.repository_url),
    };
    (info != GitInfo::default()).then_some(info)
}

fn turn_context(payload: &RawValue) -> Observed {
    #[derive(Default)]
    struct Context<'a> {
        cwd: Option<&'a RawValue>,
        model: Option<&'a RawValue>,
    }

    crate::fields::fields! {
        Context<'de>, blank: Self::default(),
        may "cwd" cwd,
        may "model" model,
    }
    let context: Context<'_> = object(payload).unwrap_or_default();
    Observed { cwd: owned(context.cwd), model: owned(context.model), ..Observed::default() }
}

fn event(payload: &RawValue) -> Observed {
    #[derive(Default)]
    struct Event<'a> {
        kind: Option<&'a RawValue>,
        info: Option<&'a RawValue>,
        thread_name: Option<&'a RawValue>,
        item: Option<&'a RawValue>,
    }

    crate::fields::fields! {
        Event<'de>, blank: Self::default(),
        may "type" kind,
        may "info" info,
        may "thread_name" thread_name,
        may "item" item,
    }
    let event: Event<'_> = object(payload).unwrap_or_default();
    match text(event.kind).as_deref() {
        Some("user_message") => message::event(payload),
        Some("item_completed") => match event.item.and_then(object) {
            Some(item) => message::observe(&item),
            None => Observed::default(),
        },
        Some("token_count") => Observed { token_usage: usage(event.info), ..Observed::default() },
        Some("thread_name_updated") => {
            Observed { title: owned(event.thread_name), ..Observed::default() }
        }
        _ => Observed::default(),
    }
}

/// Takes a usage object unless it is too large to keep.
fn usage(raw: Option<&RawValue>) -> Option<Value> {
    let raw = raw.filter(|raw| raw.get().starts_with('{') && raw.get().len() <= MAX_METADATA)?;
    serde_json::from_str(raw.get()).ok()
}

/// Reads an object; anything else is none.
fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    read(raw, '{')
}

/// Reads a list; anything else is none.
fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    read(raw, '[')
}

/// Reads a text, borrowed unless it has escapes; anything else is none.
fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    read::<Text<'_>>(raw?, '"').map(|text| text.0)
}

/// Reads what begins like this. Trying it with anything else takes longer than reading it, since the
/// parser words its refusal with the whole text.
fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue, beginning: char) -> Option<T> {
    let text = raw.get();
    if text.starts_with(beginning) { serde_json::from_str(text).ok() } else { None }
}

/// Reads a text that becomes a field of the thread; an empty one, or one too long to keep, is none.
fn owned(raw: Option<&RawValue>) -> Option<String> {
    let text = text(raw)?;
    let text = text.trim();
    (!text.is_empty() && text.len() <= MAX_TEXT).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
