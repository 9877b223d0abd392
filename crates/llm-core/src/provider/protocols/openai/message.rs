//! Messages, both ways: what a client wrote into hub messages, and hub messages onto the wire.
//!
//! The shapes are those of `POST /v1/chat/completions`. Whole requests and replies are put
//! together elsewhere.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::media;
use super::wire::{
    Object, Place, WireError, list, object, optional_string, required, required_string, string,
};
use crate::provider::vendors::Quirks;
use crate::types::message::{ContentPart, Message, Reasoning, Role, ToolCall};

/// The most messages of one conversation.
const MAX_MESSAGES: usize = 10_000;

/// The most parts of one message, and the most calls in it.
const MAX_PARTS: usize = 1_000;

/// Reads a conversation.
pub(super) fn read_messages(raw: &RawValue, at: &Place<'_>) -> Result<Vec<Message>, WireError> {
    let items = list(raw, at, MAX_MESSAGES)?;
    if items.is_empty() {
        return Err(at.wrong("must have at least one message"));
    }
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| read_message(item, &Place::Item(at, index)))
        .collect()
}

fn read_message(raw: &RawValue, at: &Place<'_>) -> Result<Message, WireError> {
    let fields = object(raw, at)?;
    let role = read_role(&fields, at)?;
    let tool_calls = read_tool_calls(&fields, at)?;
    let mut content = match fields.get("content") {
        Some(content) => read_content(content, &Place::Key(at, "content"))?,
        None if role == Role::Assistant => Vec::new(),
        None => return Err(Place::Key(at, "content").missing()),
    };
    if role == Role::Assistant
        && let Some(refusal) = optional_string(&fields, at, "refusal")?
    {
        content.push(ContentPart::Refusal(refusal));
    }
    Ok(Message {
        role,
        content,
        name: optional_string(&fields, at, "name")?,
        tool_calls,
        tool_call_id: match role {
            Role::Tool => Some(required_string(&fields, at, "tool_call_id")?),
            _ => None,
        },
        failed: false,
        reasoning: read_reasoning(&fields, at)?,
    })
}

fn read_role(fields: &Object<'_>, at: &Place<'_>) -> Result<Role, WireError> {
    let role = required_string(fields, at, "role")?;
    let known = [
        Role::System,
        Role::Developer,
        Role::User,
        Role::Assistant,
        Role::Tool,
    ];
    known
        .into_iter()
        .find(|known| known.as_str() == role)
        .ok_or_else(|| {
            Place::Key(at, "role").wrong("must be system, developer, user, assistant or tool")
        })
}

fn read_content(raw: &RawValue, at: &Place<'_>) -> Result<Vec<ContentPart>, WireError> {
    if !raw.get().starts_with('[') {
        let text = string(raw, at)
            .map_err(|error| at.wrong(error.message.replace("a string", "a string or a list")))?;
        return Ok(vec![ContentPart::Text(text)]);
    }
    list(raw, at, MAX_PARTS)?
        .into_iter()
        .enumerate()
        .map(|(index, part)| read_part(part, &Place::Item(at, index)))
        .collect()
}

fn read_part(raw: &RawValue, at: &Place<'_>) -> Result<ContentPart, WireError> {
    let fields = object(raw, at)?;
    let kind = required_string(&fields, at, "type")?;
    match kind.as_str() {
        "text" => required_string(&fields, at, "text").map(ContentPart::Text),
        "refusal" => required_string(&fields, at, "refusal").map(ContentPart::Refusal),
        "image_url" => media::read_image(&fields, at).map(ContentPart::Image),
        "input_audio" => media::read_audio(&fields, at).map(ContentPart::Audio),
        "file" => media::read_file(&fields, at).map(ContentPart::File),
        _ => {
            Err(Place::Key(at, "type")
                .wrong("must be text, image_url, input_audio, file or refusal"))
        }
    }
}

fn read_tool_calls(fields: &Object<'_>, at: &Place<'_>) -> Result<Vec<ToolCall>, WireError> {
    if fields.get("function_call").is_some() {
        let at = Place::Key(at, "function_call");
        return Err(at.wrong("is the deprecated form; send `tool_calls`"));
    }
    let at = Place::Key(at, "tool_calls");
    let Some(raw) = fields.get("tool_calls") else {
        return Ok(Vec::new());
    };
    list(raw, &at, MAX_PARTS)?
        .into_iter()
        .enumerate()
        .map(|(index, call)| {
            let at = Place::Item(&at, index);
            let call = object(call, &at)?;
            let inner = Place::Key(&at, "function");
            let function = object(required(&call, &at, "function")?, &inner)?;
            Ok(ToolCall {
                id: required_string(&call, &at, "id")?,
                name: required_string(&function, &inner, "name")?,
                arguments: required_string(&function, &inner, "arguments")?,
            })
        })
        .collect()
}

/// Reasoning as `DeepSeek` and most others name it, or as `OpenRouter` does. The signature is our
/// own addition, so that what another protocol needs back survives a client that speaks this one.
fn read_reasoning(fields: &Object<'_>, at: &Place<'_>) -> Result<Option<Reasoning>, WireError> {
    let text = match optional_string(fields, at, "reasoning_content")? {
        Some(text) => Some(text),
        None => optional_string(fields, at, "reasoning")?,
    };
    let signature = optional_string(fields, at, "reasoning_signature")?;
    if text.is_none() && signature.is_none() {
        return Ok(None);
    }
    Ok(Some(Reasoning {
        text: text.unwrap_or_default(),
        signature,
    }))
}

/// Writes a conversation.
pub(super) fn write_messages(messages: &[Message], quirks: &Quirks) -> Value {
    messages
        .iter()
        .map(|message| write_message(message, quirks))
        .collect()
}

fn write_message(message: &Message, quirks: &Quirks) -> Value {
    let role = match message.role {
        Role::Developer if !quirks.developer_role => Role::System,
        role => role,
    };
    let mut out = Map::new();
    out.insert("role".to_owned(), role.as_str().into());
    out.insert("content".to_owned(), write_content(message));
    if let Some(name) = &message.name {
        out.insert("name".to_owned(), name.as_str().into());
    }
    if let [ContentPart::Refusal(refusal)] = message.content.as_slice() {
        out.insert("refusal".to_owned(), refusal.as_str().into());
    }
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(write_tool_call).collect();
        out.insert("tool_calls".to_owned(), calls);
    }
    if let Some(id) = &message.tool_call_id {
        out.insert("tool_call_id".to_owned(), id.as_str().into());
    }
    if let (Some(field), Some(reasoning)) = (quirks.reasoning_back, &message.reasoning) {
        out.insert(field.to_owned(), reasoning.text.as_str().into());
    }
    Value::Object(out)
}

/// Text alone is one string, which every service reads; lists of parts are not read by all.
fn write_content(message: &Message) -> Value {
    let is_text = |part: &ContentPart| matches!(part, ContentPart::Text(_));
    match message.content.as_slice() {
        [] if message.role == Role::Assistant => Value::Null,
        [ContentPart::Refusal(_)] => Value::Null,
        parts if parts.iter().all(is_text) => message.plain_text().into(),
        parts => parts.iter().map(write_part).collect(),
    }
}

fn write_part(part: &ContentPart) -> Value {
    match part {
        ContentPart::Text(text) => json!({"type": "text", "text": text}),
        ContentPart::Refusal(text) => json!({"type": "refusal", "refusal": text}),
        ContentPart::Image(image) => media::write_image(image),
        ContentPart::Audio(audio) => media::write_audio(audio),
        ContentPart::File(file) => media::write_file(file),
    }
}

/// A call as it stands in a message.
pub(super) fn write_tool_call(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    })
}
