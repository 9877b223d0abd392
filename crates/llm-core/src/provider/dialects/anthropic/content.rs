//! Messages of this dialect and the blocks they are made of, as hub messages.
//!
//! A user's turn that holds results of calls becomes one message for each result, and one for what
//! else it says, in the order they came.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;

use crate::provider::dialects::reading::{Dropped, asks_for_nothing};
use crate::provider::protocols::anthropic::thoughts::{Thought, pack};
use crate::provider::protocols::is_sealed;
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, boolean, list, object, optional_string, required, required_string,
    string,
};
use crate::types::message::{
    ContentPart, FilePart, FileSource, Image, MediaSource, Message, Reasoning, Role, ToolCall,
};

/// The most messages of one conversation, and the most blocks of one message.
const MAX_MESSAGES: usize = 10_000;
const MAX_BLOCKS: usize = 1_000;

/// Texts and blocks: content is one text or a list of blocks.
enum Content<'a> {
    Text(String),
    Blocks(Vec<&'a RawValue>),
}

fn content<'a>(raw: &'a RawValue, at: &Place<'_>) -> Result<Content<'a>, WireError> {
    match raw.get().as_bytes().first() {
        Some(b'"') => string(raw, at).map(Content::Text),
        Some(b'[') => list(raw, at, MAX_BLOCKS).map(Content::Blocks),
        _ => Err(at.wrong("must be a string or a list of blocks")),
    }
}

/// The instructions, as one message.
pub(super) fn read_system(
    raw: &RawValue,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Message, WireError> {
    let blocks = match content(raw, at)? {
        Content::Text(text) => return Ok(Message::system(text)),
        Content::Blocks(blocks) => blocks,
    };
    let mut message = Message::system("");
    message.content.clear();
    for (index, raw) in blocks.into_iter().enumerate() {
        let at = Place::Item(at, index);
        let block = object(raw, &at)?;
        if required_string(&block, &at, "type")? != "text" {
            return Err(Place::Key(&at, "type").wrong("must be text"));
        }
        message.content.push(text(&block, &at, dropped)?);
    }
    Ok(message)
}

/// The conversation.
pub(super) fn read_messages(
    raw: &RawValue,
    at: &Place<'_>,
    out: &mut Vec<Message>,
    dropped: &mut Dropped,
) -> Result<(), WireError> {
    let items = list(raw, at, MAX_MESSAGES)?;
    if items.is_empty() {
        return Err(at.wrong("must have at least one message"));
    }
    for (index, raw) in items.into_iter().enumerate() {
        let at = Place::Item(at, index);
        let message = object(raw, &at)?;
        dropped.check(&message, &at, &["role", "content"])?;
        let role = required_string(&message, &at, "role")?;
        let inner = Place::Key(&at, "content");
        let raw = required(&message, &at, "content")?;
        match role.as_str() {
            "user" => user(content(raw, &inner)?, &inner, out, dropped)?,
            "assistant" => out.push(assistant(content(raw, &inner)?, &inner, dropped)?),
            "system" => out.push(read_system(raw, &inner, dropped)?),
            _ => {
                let message = "must be user, assistant or system";
                return Err(Place::Key(&at, "role").wrong(message));
            }
        }
    }
    Ok(())
}

fn user(
    content: Content<'_>,
    at: &Place<'_>,
    out: &mut Vec<Message>,
    dropped: &mut Dropped,
) -> Result<(), WireError> {
    let blocks = match content {
        Content::Text(text) => {
            out.push(Message::user(text));
            return Ok(());
        }
        Content::Blocks(blocks) => blocks,
    };
    let mut said: Vec<ContentPart> = Vec::new();
    let flush = |said: &mut Vec<ContentPart>, out: &mut Vec<Message>| {
        if !said.is_empty() {
            let mut message = Message::user("");
            message.content = std::mem::take(said);
            out.push(message);
        }
    };
    for (index, raw) in blocks.into_iter().enumerate() {
        let at = Place::Item(at, index);
        let block = object(raw, &at)?;
        if required_string(&block, &at, "type")? == "tool_result" {
            flush(&mut said, out);
            out.push(tool_result(&block, &at, dropped)?);
        } else {
            said.push(part(&block, &at, dropped)?);
        }
    }
    flush(&mut said, out);
    Ok(())
}

fn tool_result(
    block: &Object<'_>,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Message, WireError> {
    dropped.check(block, at, &["type", "tool_use_id", "content", "is_error"])?;
    let mut message = Message::text(Role::Tool, "");
    message.tool_call_id = Some(required_string(block, at, "tool_use_id")?);
    let is_error = |raw| boolean(raw, &Place::Key(at, "is_error"));
    message.failed = block
        .get("is_error")
        .map(is_error)
        .transpose()?
        .unwrap_or(false);
    let Some(raw) = block.get("content") else {
        return Ok(message);
    };
    let inner = Place::Key(at, "content");
    message.content = match content(raw, &inner)? {
        Content::Text(text) => vec![ContentPart::Text(text)],
        Content::Blocks(blocks) => blocks
            .into_iter()
            .enumerate()
            .map(|(index, raw)| {
                let at = Place::Item(&inner, index);
                part(&object(raw, &at)?, &at, dropped)
            })
            .collect::<Result<_, _>>()?,
    };
    Ok(message)
}

/// Something said by a user or a tool.
fn part(
    block: &Object<'_>,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<ContentPart, WireError> {
    match required_string(block, at, "type")?.as_str() {
        "text" => text(block, at, dropped),
        "image" => {
            dropped.check(block, at, &["type", "source"])?;
            image(block, at)
        }
        "document" => {
            dropped.check(block, at, &["type", "source", "title"])?;
            document(block, at).map(ContentPart::File)
        }
        _ => Err(Place::Key(at, "type")
            .unsupported("must be text, image, document or, of a user, tool_result")),
    }
}

fn text(
    block: &Object<'_>,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<ContentPart, WireError> {
    // Answers come with a list of citations, which is sent back empty by those who asked for none.
    dropped.check(block, at, &["type", "text", "citations"])?;
    if block
        .get("citations")
        .is_some_and(|raw| !asks_for_nothing(raw))
    {
        return Err(Place::Key(at, "citations").unsupported("has no counterpart here"));
    }
    required_string(block, at, "text").map(ContentPart::Text)
}

/// Where a picture or document is.
enum Source {
    Base64 { mime: String, data: String },
    Text(String),
    Url(String),
    File(String),
}

fn source(block: &Object<'_>, at: &Place<'_>) -> Result<Source, WireError> {
    let at = Place::Key(at, "source");
    let raw = block.get("source").ok_or_else(|| at.missing())?;
    let source = object(raw, &at)?;
    let text = |name| required_string(&source, &at, name);
    match text("type")?.as_str() {
        "base64" => Ok(Source::Base64 {
            mime: text("media_type")?,
            data: text("data")?,
        }),
        "text" => text("data").map(Source::Text),
        "url" => text("url").map(Source::Url),
        "file" => text("file_id").map(Source::File),
        _ => Err(Place::Key(&at, "type").unsupported("must be base64, url, file or text")),
    }
}

/// A picture; one that is stored at the provider is a document to the hub.
fn image(block: &Object<'_>, at: &Place<'_>) -> Result<ContentPart, WireError> {
    let place = Place::Key(at, "source");
    let picture = |source| {
        ContentPart::Image(Image {
            source,
            detail: None,
        })
    };
    match source(block, at)? {
        Source::Base64 { mime, data } => Ok(picture(MediaSource::Inline { mime, data })),
        Source::Url(url) if url.starts_with("https://") || url.starts_with("http://") => {
            Ok(picture(MediaSource::Url(url)))
        }
        Source::Url(_) => Err(Place::Key(&place, "url").wrong("must be an http or https address")),
        Source::File(_) => {
            Err(place
                .unsupported("pictures stored at a provider cannot be passed on; send it inline"))
        }
        Source::Text(_) => Err(place.wrong("must be base64 or url")),
    }
}

fn document(block: &Object<'_>, at: &Place<'_>) -> Result<FilePart, WireError> {
    let source = match source(block, at)? {
        Source::Base64 { mime, data } => FileSource::Inline { mime, data },
        Source::Text(text) => FileSource::Inline {
            mime: "text/plain".to_owned(),
            data: BASE64_STANDARD.encode(text),
        },
        Source::File(id) => FileSource::Id(id),
        Source::Url(_) => {
            let message = "documents are not fetched; send it inline";
            return Err(Place::Key(at, "source").unsupported(message));
        }
    };
    Ok(FilePart {
        name: optional_string(block, at, "title")?,
        source,
    })
}

fn assistant(
    content: Content<'_>,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Message, WireError> {
    let blocks = match content {
        Content::Text(text) => return Ok(Message::assistant(text)),
        Content::Blocks(blocks) => blocks,
    };
    let mut message = Message::assistant("");
    message.content.clear();
    let mut thoughts: Vec<Thought> = Vec::new();
    for (index, raw) in blocks.into_iter().enumerate() {
        let at = Place::Item(at, index);
        let block = object(raw, &at)?;
        match required_string(&block, &at, "type")?.as_str() {
            "text" => message.content.push(text(&block, &at, dropped)?),
            "tool_use" => message.tool_calls.push(tool_use(&block, &at, dropped)?),
            "thinking" => thoughts.push(Thought::Open {
                text: required_string(&block, &at, "thinking")?,
                signature: optional_string(&block, &at, "signature")?.unwrap_or_default(),
            }),
            "redacted_thinking" => {
                thoughts.push(Thought::Redacted(required_string(&block, &at, "data")?));
            }
            _ => {
                let message = "must be text, tool_use, thinking or redacted_thinking";
                return Err(Place::Key(&at, "type").unsupported(message));
            }
        }
    }
    message.reasoning = reasoning(&thoughts);
    Ok(message)
}

fn tool_use(
    block: &Object<'_>,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<ToolCall, WireError> {
    // `caller` says which of the vendor's own tools made the call.
    dropped.check(block, at, &["type", "id", "name", "input", "caller"])?;
    let input = required(block, at, "input")?;
    object(input, &Place::Key(at, "input"))?;
    Ok(ToolCall {
        id: required_string(block, at, "id")?,
        name: required_string(block, at, "name")?,
        arguments: input.get().to_owned(),
    })
}

/// The thoughts of a turn. A signature of ours stands for all of them; without one the blocks
/// came from the vendor itself.
fn reasoning(thoughts: &[Thought]) -> Option<Reasoning> {
    if thoughts.is_empty() {
        return None;
    }
    let ours = thoughts.iter().find_map(|thought| match thought {
        Thought::Open { signature, .. } if is_sealed(signature) => Some(signature.clone()),
        _ => None,
    });
    let mut reasoning = pack(thoughts);
    if ours.is_some() {
        reasoning.signature = ours;
    }
    Some(reasoning)
}
