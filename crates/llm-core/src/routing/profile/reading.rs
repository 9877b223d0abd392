//! What of a conversation is read to find out what it is about, and how much there is of it.
//!
//! The task is that of the last user turn. Earlier turns count for their size and their media
//! only, unless the last one merely goes on from them (`继续`, `go on`); which turn to take then is
//! decided by the caller, with [`Reading::earlier`].

use std::borrow::Cow;

use serde_json::Value;

use super::tokens;
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::message::{ContentPart, FileSource, Message, Role};

/// Text longer than this is read at its beginning and end only: what is asked stands there, and
/// reading more told no more requests apart (measured), but took longer.
const WHOLE: usize = 3 * 1024;
/// Bytes read from the beginning of a longer text.
const HEAD: usize = 2 * 1024;
/// Bytes read from its end.
const TAIL: usize = 1024;

/// A picture in an ordinary resolution, as the large providers count it.
const IMAGE_TOKENS: u64 = 1_000;
/// Bytes of inline sound for one token: about ten tokens for each second of compressed speech.
const AUDIO_BYTES_PER_TOKEN: u64 = 400;
/// Bytes of an inline document for one token: a PDF page of 60 kB holds about 1 500.
const FILE_BYTES_PER_TOKEN: u64 = 40;
/// A document stored at the provider, whose size is not known here.
const STORED_FILE_TOKENS: u64 = 3_000;

/// The turns a request is judged by, newest first.
pub(super) struct Reading<'a> {
    turns: Vec<&'a Message>,
}

impl<'a> Reading<'a> {
    /// Finds the user's turns.
    pub(super) fn of(chat: &'a ChatRequest) -> Self {
        let turns = chat
            .messages
            .iter()
            .rev()
            .filter(|message| message.role == Role::User)
            .take(MAX_TURNS)
            .collect();
        Self { turns }
    }

    /// The sample of the user's latest words.
    pub(super) fn latest(&self) -> Cow<'a, str> {
        self.turns.first().map_or(Cow::Borrowed(""), |m| sample(m))
    }

    /// Samples of what the user said before, newest first.
    pub(super) fn earlier(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.turns.iter().skip(1).map(|message| sample(message))
    }
}

/// How far back a turn that only goes on is followed.
const MAX_TURNS: usize = 5;

/// The text of a message, shortened in the middle when long: instructions stand at either end.
fn sample(message: &Message) -> Cow<'_, str> {
    let text = whole_text(message);
    if text.len() <= WHOLE {
        return text;
    }
    let head = &text[..text.floor_char_boundary(HEAD)];
    let tail = &text[text.ceil_char_boundary(text.len() - TAIL)..];
    Cow::Owned(format!("{head}\n{tail}"))
}

/// The text of a message, each piece without surrounding blanks; borrowed where it is one piece.
fn whole_text(message: &Message) -> Cow<'_, str> {
    let mut texts = message.content.iter().filter_map(|part| match part {
        ContentPart::Text(text) => Some(text.trim()),
        _ => None,
    });
    match (texts.next(), texts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            let mut whole = format!("{first}\n{second}");
            for text in texts {
                whole.push('\n');
                whole.push_str(text);
            }
            Cow::Owned(whole)
        }
    }
}

/// Estimated tokens of everything a model would have to read.
pub(super) fn input_tokens(chat: &ChatRequest) -> u64 {
    let messages: u64 = chat.messages.iter().map(message_tokens).sum();
    let tools: u64 = chat
        .tools
        .iter()
        .map(|tool| {
            let description = tool.description.as_deref().unwrap_or_default();
            let parameters = tool.parameters.as_ref().map_or(0, json_tokens);
            8 + tokens::estimate(&tool.name) + tokens::estimate(description) + parameters
        })
        .sum();
    let schema = match &chat.format {
        ResponseFormat::JsonSchema(schema) => json_tokens(&schema.schema),
        ResponseFormat::Text | ResponseFormat::JsonObject => 0,
    };
    messages.saturating_add(tools).saturating_add(schema)
}

fn message_tokens(message: &Message) -> u64 {
    let content: u64 = message.content.iter().map(part_tokens).sum();
    let calls: u64 = message
        .tool_calls
        .iter()
        .map(|call| 8 + tokens::estimate(&call.name) + tokens::estimate(&call.arguments))
        .sum();
    tokens::PER_MESSAGE + content + calls
}

fn part_tokens(part: &ContentPart) -> u64 {
    match part {
        ContentPart::Text(text) | ContentPart::Refusal(text) => tokens::estimate(text.trim()),
        ContentPart::Image(_) => IMAGE_TOKENS,
        ContentPart::Audio(audio) => decoded(&audio.data) / AUDIO_BYTES_PER_TOKEN + 1,
        ContentPart::File(file) => match &file.source {
            FileSource::Inline { data, .. } => decoded(data) / FILE_BYTES_PER_TOKEN + 1,
            FileSource::Id(_) => STORED_FILE_TOKENS,
        },
    }
}

/// Bytes behind base64 text.
fn decoded(base64: &str) -> u64 {
    base64.len() as u64 / 4 * 3
}

/// Estimated tokens of a JSON value without writing it out.
fn json_tokens(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 2,
        Value::String(text) => 2 + tokens::estimate(text),
        Value::Array(items) => 2 + items.iter().map(json_tokens).sum::<u64>(),
        Value::Object(fields) => {
            2 + fields
                .iter()
                .map(|(key, value)| 2 + tokens::estimate(key) + json_tokens(value))
                .sum::<u64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::message::{FilePart, Image, MediaSource};

    #[test]
    fn the_latest_user_turn_is_read_first_and_instructions_not_at_all() {
        let chat = ChatRequest::new(vec![
            Message::system("translate everything"),
            Message::user("first"),
            Message::assistant("answer"),
            Message::user("  second \n"),
        ]);
        let reading = Reading::of(&chat);
        assert_eq!(reading.latest(), "second");
        assert_eq!(reading.earlier().collect::<Vec<_>>(), ["first"]);
    }

    #[test]
    fn a_long_text_is_read_at_both_ends_and_never_inside_a_character() {
        let text = format!("开头{}结尾", "字".repeat(20_000));
        let chat = ChatRequest::question(text);
        let sample = Reading::of(&chat).latest();
        assert!(sample.starts_with("开头") && sample.ends_with("结尾"));
        assert!(sample.len() <= WHOLE + 8);
    }

    #[test]
    fn media_and_tools_have_a_size_too() {
        let mut chat = ChatRequest::question("what is this?");
        let bare = input_tokens(&chat);
        chat.messages[0].content.push(ContentPart::Image(Image {
            source: MediaSource::Url("https://example.org/a.png".into()),
            detail: None,
        }));
        let with_image = input_tokens(&chat);
        assert!(with_image > bare + 500);
        chat.messages[0].content.push(ContentPart::File(FilePart {
            name: None,
            source: FileSource::Inline {
                mime: "application/pdf".into(),
                data: "A".repeat(80_000),
            },
        }));
        assert!(input_tokens(&chat) > with_image + 1_000);
        chat.tools.push(crate::types::message::Tool {
            name: "weather".into(),
            description: Some("Tells the weather of a city.".into()),
            parameters: Some(
                serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}}),
            ),
            strict: None,
        });
        assert!(input_tokens(&chat) > with_image + 1_020);
    }
}
