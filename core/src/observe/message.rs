//! Finds what a person said in a message of any known shape, and cuts it to a preview.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Fields, Observed, list, object, owned, text, usage};
use crate::limits::MAX_PREVIEW_CHARS;

/// The preview of a message that holds images and no text.
const IMAGE: &str = "[Image]";

/// Codex gives context to the model as user messages that begin like these; no person wrote them.
const INJECTED: [&str; 8] = [
    "<environment_context>",
    "<user_instructions>",
    "# AGENTS.md instructions",
    "<turn_aborted>",
    "<user_shell_command>",
    "<skill>",
    "<subagent_notification>",
    "<recommended_plugins>",
];

/// Editors put the open files in front of what was asked, and this line between the two.
const REQUEST: &str = "## My request for Codex:";

/// Observes an app-server item, a response item or a plain message.
pub(super) fn observe(fields: &Fields<'_>) -> Observed {
    let kind = text(fields.kind);
    let role = text(fields.role);
    let by_user = match kind.as_deref() {
        Some("userMessage" | "UserMessage") => true,
        _ => role.as_deref() == Some("user"),
    };
    if by_user {
        let mut said = Said::default();
        said.content(fields.content.or(fields.parts));
        return said.observed();
    }
    if role.as_deref() == Some("assistant") {
        return Observed {
            model: owned(fields.model),
            token_usage: usage(fields.usage),
            ..Observed::default()
        };
    }
    Observed::default()
}

/// Observes a rollout's `user_message` event.
pub(super) fn event(payload: &RawValue) -> Observed {
    #[derive(Default)]
    struct UserMessage<'a> {
        message: Option<&'a RawValue>,
        images: Option<&'a RawValue>,
        local_images: Option<&'a RawValue>,
    }

    crate::fields::fields! {
        UserMessage<'de>, blank: Self::default(),
        may "message" message,
        may "images" images,
        may "local_images" local_images,
    }
    let fields: UserMessage<'_> = object(payload).unwrap_or_default();
    let mut said = Said::default();
    said.text(fields.message);
    said.image |= [fields.images, fields.local_images]
        .into_iter()
        .flatten()
        .any(|raw| list(raw).is_some_and(|images| !images.is_empty()));
    said.observed()
}

/// What a message says so far.
#[derive(Default)]
struct Said {
    text: String,
    image: bool,
}

impl Said {
    /// Takes a text, or a list of texts and parts.
    fn content(&mut self, content: Option<&RawValue>) {
        let Some(content) = content else { return };
        match list(content) {
            Some(parts) => parts.into_iter().for_each(|part| self.part(part)),
            None => self.text(Some(content)),
        }
    }

    fn part(&mut self, raw: &RawValue) {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Part<'a> {
            #[serde(borrow, rename = "type")]
            kind: Option<&'a RawValue>,
            #[serde(borrow)]
            text: Option<&'a RawValue>,
            #[serde(borrow, alias = "inline_data", rename = "inlineData")]
            inline_data: Option<&'a RawValue>,
        }
        let Some(part) = object::<Part<'_>>(raw) else { return self.text(Some(raw)) };
        match text(part.kind).as_deref() {
            None if part.inline_data.is_some_and(is_image) => self.image = true,
            None | Some("text" | "input_text") => self.text(part.text),
            Some("image" | "input_image" | "image_url" | "localImage" | "local_image") => {
                self.image = true;
            }
            Some("file") => self.image |= is_image(raw),
            Some(_) => {}
        }
    }

    /// Takes a text unless it was injected, or enough has been taken.
    fn text(&mut self, raw: Option<&RawValue>) {
        if self.text.len() >= MAX_PREVIEW_CHARS * 4 {
            return;
        }
        let Some(text) = text(raw) else { return };
        let text = requested(&text).trim();
        if text.is_empty() || injected(text) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(beginning(text));
    }

    fn observed(self) -> Observed {
        let preview = match (self.text.is_empty(), self.image) {
            (false, _) => Some(beginning(&self.text).trim_end().to_owned()),
            (true, true) => Some(IMAGE.to_owned()),
            (true, false) => None,
        };
        Observed { user_turn: preview.is_some(), preview, ..Observed::default() }
    }
}

/// Returns what was asked for in a text.
fn requested(text: &str) -> &str {
    // Hardly a text has that line, and many are long.
    let hash = REQUEST.as_bytes()[0];
    let Some(start) = memchr::memchr(hash, text.as_bytes()) else { return text };
    text[start..].split_once(REQUEST).map_or(text, |(_, request)| request)
}

/// Returns as much of a text as a preview holds.
fn beginning(text: &str) -> &str {
    // Most texts are ASCII, of which a character is a byte: nothing has to be counted.
    match text.as_bytes().get(..MAX_PREVIEW_CHARS) {
        None => text,
        Some(start) if start.is_ascii() => &text[..MAX_PREVIEW_CHARS],
        Some(_) => {
            let end = text.char_indices().nth(MAX_PREVIEW_CHARS);
            end.map_or(text, |(end, _)| &text[..end])
        }
    }
}

fn injected(text: &str) -> bool {
    INJECTED
        .iter()
        .any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Tells whether a file part, or the inline data of one, says that it is an image.
fn is_image(raw: &RawValue) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Media<'a> {
        #[serde(borrow, alias = "mime_type", alias = "mimeType", rename = "mediaType")]
        media_type: Option<&'a RawValue>,
    }
    let media: Media<'_> = object(raw).unwrap_or_default();
    text(media.media_type).is_some_and(|media| media.starts_with("image/"))
}
