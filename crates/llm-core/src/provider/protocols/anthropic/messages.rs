//! The conversation as the Messages API wants it: instructions apart, turns that alternate,
//! content in blocks.
//!
//! - Instructions, wherever they stand, become the `system` blocks, in order.
//! - Neighbouring messages of one side become one turn; tool results are the user's side, so all
//!   results of parallel calls arrive in the turn after them.
//! - Thoughts come before the text and the calls they led to.
//! - Empty texts, which the provider refuses, are left out.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::thoughts::{Thought, unpack};
use crate::provider::protocols::translate::{arguments, part_name, refuse, texts};
use crate::types::failure::Failure;
use crate::types::message::{ContentPart, FilePart, FileSource, MediaSource, Message, Role};
use crate::types::raw::RawFields;

/// Media types of pictures the provider reads.
const PICTURES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// A conversation on the wire.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    /// The instructions.
    pub(super) system: Vec<Block<'a>>,
    /// The turns.
    pub(super) turns: Vec<Turn<'a>>,
    /// Whether it refers to files stored at the provider, which is still a beta.
    pub(super) stored_files: bool,
}

/// One side's part of the conversation.
#[derive(Debug, Serialize)]
pub(super) struct Turn<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

/// A piece of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    /// Text.
    Text {
        /// Never empty.
        text: &'a str,
    },
    /// A picture.
    Image { source: Source<'a> },
    /// A document.
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
    },
    /// A call the model made.
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: RawFields,
    },
    /// What came of it.
    ToolResult {
        tool_use_id: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// What the model thought.
    Thinking { thinking: String, signature: String },
    /// What the model thought, encrypted.
    RedactedThinking { data: String },
}

/// Where a picture or document is.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    Base64 {
        media_type: &'a str,
        data: &'a str,
    },
    Text {
        media_type: &'static str,
        data: Cow<'a, str>,
    },
    Url {
        url: &'a str,
    },
    File {
        file_id: &'a str,
    },
}

/// Translates a conversation.
pub(super) fn conversation(messages: &[Message]) -> Result<Conversation<'_>, Failure> {
    let mut out = Conversation::default();
    for (index, message) in messages.iter().enumerate() {
        match message.role {
            Role::System | Role::Developer => {
                for text in texts(message, index, "an instruction") {
                    push_text(&mut out.system, text?);
                }
            }
            Role::User => {
                let blocks = blocks(message, index, &mut out.stored_files)?;
                out.add("user", blocks);
            }
            Role::Assistant => out.add("assistant", assistant(message, index)?),
            Role::Tool => {
                let content = blocks(message, index, &mut out.stored_files)?;
                let tool_use_id = message.tool_call_id.as_deref().ok_or_else(|| {
                    let field = format!("messages[{index}].tool_call_id");
                    refuse(field, "a tool result must say which call it answers")
                })?;
                let result = Block::ToolResult {
                    tool_use_id,
                    content,
                    is_error: message.failed,
                };
                out.add("user", vec![result]);
            }
        }
    }
    if out.turns.is_empty() {
        return Err(refuse("messages", "none of them says anything to answer"));
    }
    Ok(out)
}

impl<'a> Conversation<'a> {
    fn add(&mut self, role: &'static str, blocks: Vec<Block<'a>>) {
        if blocks.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.content.extend(blocks),
            _ => self.turns.push(Turn {
                role,
                content: blocks,
            }),
        }
    }
}

fn assistant(message: &Message, index: usize) -> Result<Vec<Block<'_>>, Failure> {
    let thoughts = message.reasoning.as_ref().map(unpack).unwrap_or_default();
    let mut out: Vec<Block<'_>> = thoughts
        .into_iter()
        .map(|thought| match thought {
            Thought::Open { text, signature } => Block::Thinking {
                thinking: text,
                signature,
            },
            Thought::Redacted(data) => Block::RedactedThinking { data },
        })
        .collect();
    for text in texts(message, index, "what an assistant said") {
        push_text(&mut out, text?);
    }
    for (position, call) in message.tool_calls.iter().enumerate() {
        out.push(Block::ToolUse {
            id: &call.id,
            name: &call.name,
            input: arguments(call, index, position)?,
        });
    }
    Ok(out)
}

fn blocks<'a>(
    message: &'a Message,
    index: usize,
    stored_files: &mut bool,
) -> Result<Vec<Block<'a>>, Failure> {
    let mut out = Vec::new();
    for (position, part) in message.content.iter().enumerate() {
        let refuse = |why: String| refuse(part_name(index, position), why);
        match part {
            ContentPart::Text(text) | ContentPart::Refusal(text) => push_text(&mut out, text),
            ContentPart::Image(image) => {
                let source = match &image.source {
                    MediaSource::Url(url) => Source::Url { url },
                    MediaSource::Inline { mime, data } => {
                        picture(mime, data).ok_or_else(|| refuse(unknown_picture(mime)))?
                    }
                };
                out.push(Block::Image { source });
            }
            ContentPart::File(file) => {
                *stored_files |= matches!(file.source, FileSource::Id(_));
                out.push(document(file).map_err(refuse)?);
            }
            ContentPart::Audio(_) => {
                return Err(refuse("the protocol carries no sound".to_owned()));
            }
        }
    }
    Ok(out)
}

fn push_text<'a>(out: &mut Vec<Block<'a>>, text: &'a str) {
    if !text.is_empty() {
        out.push(Block::Text { text });
    }
}

fn picture<'a>(mime: &'a str, data: &'a str) -> Option<Source<'a>> {
    PICTURES.contains(&mime).then_some(Source::Base64 {
        media_type: mime,
        data,
    })
}

fn unknown_picture(mime: &str) -> String {
    format!("the protocol carries JPEG, PNG, GIF and WebP pictures, not `{mime}`")
}

fn document(file: &FilePart) -> Result<Block<'_>, String> {
    let source = match &file.source {
        FileSource::Id(file_id) => Source::File { file_id },
        FileSource::Inline { mime, data } => match mime.as_str() {
            "application/pdf" => Source::Base64 {
                media_type: mime,
                data,
            },
            "text/plain" => Source::Text {
                media_type: "text/plain",
                data: Cow::Owned(plain_text(data)?),
            },
            picture_type if picture_type.starts_with("image/") => {
                let source = picture(mime, data).ok_or_else(|| unknown_picture(picture_type))?;
                return Ok(Block::Image { source });
            }
            other => {
                return Err(format!(
                    "the protocol carries PDF and plain text documents, not `{other}`"
                ));
            }
        },
    };
    Ok(Block::Document {
        source,
        title: file.name.as_deref(),
    })
}

/// The text of a document: unlike a PDF it is sent as it is, not in base64.
fn plain_text(data: &str) -> Result<String, String> {
    let bytes = BASE64_STANDARD
        .decode(data)
        .map_err(|_| "its data is not base64".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "its text is not UTF-8".to_owned())
}
