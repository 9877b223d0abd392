//! The conversation as the Gemini API wants it: instructions apart, turns of `user` and `model`,
//! content in parts.
//!
//! - Instructions, wherever they stand, become the system instruction, in order.
//! - Neighbouring messages of one side become one turn, so the results of parallel calls arrive
//!   together, as many as there were calls.
//! - A result names its tool; the hub's names the call, so the tool is looked up.
//! - The proof of a turn's thoughts sits on its first call, or on its text where it made none.

use serde::Serialize;

use super::models::Rules;
use crate::provider::protocols::translate::{
    ToolNames, arguments, part_name, refuse, texts, unseal,
};
use crate::types::failure::Failure;
use crate::types::message::{Audio, ContentPart, FileSource, MediaSource, Message, Role};
use crate::types::raw::RawFields;

/// Stands in for the proof of a call that another model made; the provider documents it for
/// conversations that were begun elsewhere.
const NO_PROOF: &str = "skip_thought_signature_validator";

/// Picture types by the ending of an address; the provider has to be told the type.
const PICTURES: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
];

/// Sound formats the provider reads, by the hub's names.
const SOUNDS: &[(&str, &str)] = &[
    ("wav", "audio/wav"),
    ("mp3", "audio/mp3"),
    ("aiff", "audio/aiff"),
    ("aac", "audio/aac"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
];

/// One side's part of the conversation, or the system instruction.
#[derive(Debug, Default, Serialize)]
pub(super) struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<Part<'a>>,
}

/// A piece of content.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<InlineData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<FileData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<FunctionResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData<'a> {
    mime_type: &'a str,
    data: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a str>,
    file_uri: String,
}

#[derive(Debug, Serialize)]
struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    name: &'a str,
    args: RawFields,
}

#[derive(Debug, Serialize)]
struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    name: &'a str,
    response: Output,
}

/// A tool's result as the object the protocol wants, under the keys it documents.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Output {
    Output(String),
    Error(String),
}

/// A conversation on the wire: the system instruction, if any, and the turns.
pub(super) type Conversation<'a> = (Option<Content<'a>>, Vec<Content<'a>>);

/// Translates a conversation.
pub(super) fn conversation(
    messages: &[Message],
    rules: Rules,
) -> Result<Conversation<'_>, Failure> {
    let mut system = Content::default();
    let mut turns: Vec<Content<'_>> = Vec::new();
    let mut names = ToolNames::default();
    for (index, message) in messages.iter().enumerate() {
        let (role, parts) = match message.role {
            Role::System | Role::Developer => {
                for text in texts(message, index, "an instruction") {
                    system.parts.extend(text_part(text?));
                }
                continue;
            }
            Role::User => ("user", user(message, index)?),
            Role::Assistant => ("model", model(message, index, rules)?),
            Role::Tool => ("user", vec![result(message, index, &names)?]),
        };
        names.note(message);
        if parts.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some(turn) if turn.role == Some(role) => turn.parts.extend(parts),
            _ => turns.push(Content {
                role: Some(role),
                parts,
            }),
        }
    }
    if turns.is_empty() {
        return Err(refuse("messages", "none of them says anything to answer"));
    }
    Ok(((!system.parts.is_empty()).then_some(system), turns))
}

fn text_part(text: &str) -> Option<Part<'_>> {
    // The provider refuses empty parts.
    (!text.is_empty()).then(|| Part {
        text: Some(text),
        ..Part::default()
    })
}

fn user(message: &Message, index: usize) -> Result<Vec<Part<'_>>, Failure> {
    let mut parts = Vec::new();
    for (position, part) in message.content.iter().enumerate() {
        let media = match part {
            ContentPart::Text(text) | ContentPart::Refusal(text) => {
                parts.extend(text_part(text));
                continue;
            }
            ContentPart::Image(image) => picture(&image.source),
            ContentPart::Audio(audio) => sound(audio),
            ContentPart::File(file) => Ok(document(&file.source)),
        };
        parts.push(media.map_err(|why| refuse(part_name(index, position), why))?);
    }
    Ok(parts)
}

fn model(message: &Message, index: usize, rules: Rules) -> Result<Vec<Part<'_>>, Failure> {
    let signature = message
        .reasoning
        .as_ref()
        .and_then(|reasoning| unseal(super::NAME, reasoning.signature.as_deref()));
    let mut parts = Vec::new();
    for text in texts(message, index, "what an assistant said") {
        parts.extend(text_part(text?));
    }
    if message.tool_calls.is_empty() {
        if let Some(last) = parts.last_mut() {
            last.thought_signature = signature;
        }
        return Ok(parts);
    }
    for (position, call) in message.tool_calls.iter().enumerate() {
        let first = position == 0;
        let proof = signature.or(rules.wants_proof().then_some(NO_PROOF));
        parts.push(Part {
            function_call: Some(FunctionCall {
                id: &call.id,
                name: &call.name,
                args: arguments(call, index, position)?,
            }),
            thought_signature: proof.filter(|_| first),
            ..Part::default()
        });
    }
    Ok(parts)
}

fn result<'a>(
    message: &'a Message,
    index: usize,
    names: &ToolNames<'a>,
) -> Result<Part<'a>, Failure> {
    let mut output = String::new();
    for text in texts(message, index, "a tool result") {
        let text = text?;
        if !output.is_empty() {
            output.push('\n');
        }
        output.push_str(text);
    }
    Ok(Part {
        function_response: Some(FunctionResponse {
            id: message.tool_call_id.as_deref().unwrap_or_default(),
            name: names.of(message, index)?,
            response: if message.failed {
                Output::Error(output)
            } else {
                Output::Output(output)
            },
        }),
        ..Part::default()
    })
}

fn inline<'a>(mime_type: &'a str, data: &'a str) -> Part<'a> {
    Part {
        inline_data: Some(InlineData { mime_type, data }),
        ..Part::default()
    }
}

fn stored(mime_type: Option<&str>, file_uri: impl Into<String>) -> Part<'_> {
    Part {
        file_data: Some(FileData {
            mime_type,
            file_uri: file_uri.into(),
        }),
        ..Part::default()
    }
}

/// A picture inline, stored at the provider or in its cloud storage, or at a public address. The
/// last must say in its path what it is, because nobody here fetches it to find out.
fn picture(source: &MediaSource) -> Result<Part<'_>, String> {
    let address = match source {
        MediaSource::Inline { mime, data } => return Ok(inline(mime, data)),
        MediaSource::Url(address) => address,
    };
    if is_known_store(address) {
        return Ok(stored(None, address));
    }
    let Some(rest) = address.strip_prefix("https://") else {
        return Err("only https addresses are fetched by the provider".to_owned());
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    let known = PICTURES
        .iter()
        .find(|(name, _)| ending.is_some_and(|ending| ending.eq_ignore_ascii_case(name)));
    match known {
        Some((_, mime_type)) => Ok(stored(Some(*mime_type), address)),
        None => Err(
            "its type cannot be told from the address; send it inline, or use an address \
             that ends in .png, .jpg, .webp, .heic or .heif"
                .to_owned(),
        ),
    }
}

fn sound(audio: &Audio) -> Result<Part<'_>, String> {
    SOUNDS
        .iter()
        .find(|(name, _)| audio.format.eq_ignore_ascii_case(name))
        .map(|(_, mime_type)| inline(mime_type, &audio.data))
        .ok_or_else(|| format!("the protocol does not carry sound as `{}`", audio.format))
}

fn document(source: &FileSource) -> Part<'_> {
    match source {
        FileSource::Inline { mime, data } => inline(mime, data),
        FileSource::Id(id) if is_known_store(id) => stored(None, id),
        FileSource::Id(id) => {
            let name = id.strip_prefix("files/").unwrap_or(id);
            stored(None, format!("{FILES}{name}"))
        }
    }
}

/// Where the provider keeps uploaded files.
const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/files/";

fn is_known_store(address: &str) -> bool {
    address.starts_with(FILES) || address.starts_with("gs://")
}
