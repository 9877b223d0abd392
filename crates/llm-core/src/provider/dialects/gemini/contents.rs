//! Contents of this dialect and the parts they are made of, as hub messages.
//!
//! A call need not have an id here. One is made up from its place, and a result without an id is
//! that of the first call of its name that has none yet.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::value::RawValue;

use super::request::camel;
use crate::provider::dialects::reading::Dropped;
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, boolean, list, object, optional_string, required, required_string,
    string,
};
use crate::provider::protocols::{is_sealed, seal};
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Reasoning, Role,
    ToolCall,
};

const MAX_PARTS: usize = 1_000;

/// Sound by its media type, under the hub's names.
const SOUNDS: &[(&str, &str)] = &[
    ("audio/wav", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/mp3", "mp3"),
    ("audio/mpeg", "mp3"),
    ("audio/aiff", "aiff"),
    ("audio/aac", "aac"),
    ("audio/ogg", "ogg"),
    ("audio/flac", "flac"),
];

/// Keys whose text alone is the result of a call, and whether it failed.
const RESULTS: &[(&str, bool)] = &[("output", false), ("error", true)];

/// Reads contents one after another.
pub(super) struct Reader<'d> {
    dropped: &'d mut Dropped,
    out: Vec<Message>,
    /// Calls without a result yet: names and ids.
    waiting: VecDeque<(String, String)>,
    calls: usize,
}

/// The text parts of an instruction.
pub(super) fn texts(
    raw: &RawValue,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Vec<ContentPart>, WireError> {
    if raw.get().starts_with('"') {
        return Ok(vec![ContentPart::Text(string(raw, at)?)]);
    }
    let content = camel(raw, at)?;
    dropped.check(&content, at, &["role", "parts"])?;
    let at = Place::Key(at, "parts");
    parts(&content, &at)?
        .into_iter()
        .enumerate()
        .map(|(index, raw)| {
            let at = Place::Item(&at, index);
            let part = camel(raw, &at)?;
            dropped.check(&part, &at, &["text"])?;
            required_string(&part, &at, "text").map(ContentPart::Text)
        })
        .collect()
}

/// The parts of a content: a list, or one of them.
fn parts<'a>(content: &Object<'a>, at: &Place<'_>) -> Result<Vec<&'a RawValue>, WireError> {
    match content.get("parts") {
        None => Ok(Vec::new()),
        Some(raw) if raw.get().starts_with('{') => Ok(vec![raw]),
        Some(raw) => list(raw, at, MAX_PARTS),
    }
}

/// The turn of a model while it is read.
#[derive(Default)]
struct Turn {
    content: Vec<ContentPart>,
    calls: Vec<ToolCall>,
    thoughts: String,
    proof: Option<String>,
    /// Whether the proof is that of a call, which goes before one of a text.
    of_call: bool,
}

impl<'d> Reader<'d> {
    pub(super) fn new(dropped: &'d mut Dropped) -> Self {
        Self {
            dropped,
            out: Vec::new(),
            waiting: VecDeque::new(),
            calls: 0,
        }
    }

    /// The messages that were read.
    pub(super) fn finish(self) -> Vec<Message> {
        self.out
    }

    /// Reads one content.
    pub(super) fn read(&mut self, raw: &RawValue, at: &Place<'_>) -> Result<(), WireError> {
        if raw.get().starts_with('"') {
            self.out.push(Message::user(string(raw, at)?));
            return Ok(());
        }
        let content = camel(raw, at)?;
        self.dropped.check(&content, at, &["role", "parts"])?;
        let role = optional_string(&content, at, "role")?;
        let inner = Place::Key(at, "parts");
        let parts = parts(&content, &inner)?;
        match role.as_deref() {
            None | Some("user" | "function" | "") => self.user(parts, &inner),
            Some("model") => self.model(parts, &inner),
            Some(_) => Err(Place::Key(at, "role").wrong("must be user or model")),
        }
    }

    fn user(&mut self, parts: Vec<&RawValue>, at: &Place<'_>) -> Result<(), WireError> {
        let mut said: Vec<ContentPart> = Vec::new();
        for (index, raw) in parts.into_iter().enumerate() {
            let at = Place::Item(at, index);
            let part = camel(raw, &at)?;
            if part.get("functionResponse").is_some() {
                self.say(&mut said);
                let result = self.result(&part, &at)?;
                self.out.push(result);
            } else {
                self.dropped
                    .check(&part, &at, &["text", "inlineData", "fileData"])?;
                said.push(media_or_text(&part, &at)?);
            }
        }
        self.say(&mut said);
        Ok(())
    }

    fn say(&mut self, said: &mut Vec<ContentPart>) {
        if !said.is_empty() {
            let mut message = Message::user("");
            message.content = std::mem::take(said);
            self.out.push(message);
        }
    }

    fn model(&mut self, parts: Vec<&RawValue>, at: &Place<'_>) -> Result<(), WireError> {
        let mut turn = Turn::default();
        for (index, raw) in parts.into_iter().enumerate() {
            self.model_part(raw, &Place::Item(at, index), &mut turn)?;
        }
        let reasoning = Reasoning {
            text: turn.thoughts,
            signature: turn.proof,
        };
        let thought = !reasoning.text.is_empty() || reasoning.signature.is_some();
        let mut message = Message::assistant("");
        message.content = turn.content;
        message.tool_calls = turn.calls;
        message.reasoning = thought.then_some(reasoning);
        self.out.push(message);
        Ok(())
    }

    fn model_part(
        &mut self,
        raw: &RawValue,
        at: &Place<'_>,
        turn: &mut Turn,
    ) -> Result<(), WireError> {
        let part = camel(raw, at)?;
        let known = ["text", "thought", "thoughtSignature", "functionCall"];
        self.dropped.check(&part, at, &known)?;
        let is_call = part.get("functionCall").is_some();
        if let Some(proof) = optional_string(&part, at, "thoughtSignature")?
            && !proof.is_empty()
            && !turn.of_call
        {
            turn.proof = Some(read_proof(&proof));
            turn.of_call = is_call;
        }
        let thought = part
            .get("thought")
            .map(|raw| boolean(raw, &Place::Key(at, "thought")))
            .transpose()?;
        match optional_string(&part, at, "text")? {
            Some(text) if thought == Some(true) => turn.thoughts.push_str(&text),
            Some(text) if !text.is_empty() => turn.content.push(ContentPart::Text(text)),
            _ => {}
        }
        if is_call {
            turn.calls.push(self.call(&part, at)?);
        }
        Ok(())
    }

    fn call(&mut self, part: &Object<'_>, at: &Place<'_>) -> Result<ToolCall, WireError> {
        let at = Place::Key(at, "functionCall");
        let call = camel(required(part, &at, "functionCall")?, &at)?;
        self.dropped.check(&call, &at, &["id", "name", "args"])?;
        let name = required_string(&call, &at, "name")?;
        let id = optional_string(&call, &at, "id")?.filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| format!("call_{}", self.calls));
        self.calls += 1;
        self.waiting.push_back((name.clone(), id.clone()));
        let args = call.get("args");
        if let Some(raw) = args {
            object(raw, &Place::Key(&at, "args"))?;
        }
        Ok(ToolCall {
            id,
            name,
            arguments: args.map_or("{}", RawValue::get).to_owned(),
        })
    }

    fn result(&mut self, part: &Object<'_>, at: &Place<'_>) -> Result<Message, WireError> {
        self.dropped.check(part, at, &["functionResponse"])?;
        let at = Place::Key(at, "functionResponse");
        let result = camel(required(part, &at, "functionResponse")?, &at)?;
        // Its answer is a hint nowhere, so it is not left to `check`.
        for (name, _) in result.iter() {
            if !["id", "name", "response"].contains(&name) {
                return Err(Place::Key(&at, name).unsupported("has no counterpart here"));
            }
        }
        let name = required_string(&result, &at, "name")?;
        let id = optional_string(&result, &at, "id")?.filter(|id| !id.is_empty());
        let answered = self.waiting.iter().position(|(tool, call)| match &id {
            Some(id) => call == id,
            None => *tool == name,
        });
        let known = answered.and_then(|position| self.waiting.remove(position));
        let Some(id) = id.or(known.map(|(_, id)| id)) else {
            return Err(Place::Key(&at, "name").wrong("answers no call that was made before"));
        };
        let place = Place::Key(&at, "response");
        let raw = result.get("response").ok_or_else(|| place.missing())?;
        object(raw, &place)?;
        let (text, failed) = result_text(raw);
        let mut message = Message::text(Role::Tool, text);
        message.tool_call_id = Some(id);
        message.failed = failed;
        Ok(message)
    }
}

/// What a call came to: the text where there is nothing but one, else the object as it is.
fn result_text(raw: &RawValue) -> (String, bool) {
    let fields: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let only = fields.as_object().filter(|fields| fields.len() == 1);
    for (key, failed) in RESULTS {
        if let Some(Value::String(text)) = only.and_then(|fields| fields.get(*key)) {
            return (text.clone(), *failed);
        }
    }
    (raw.get().to_owned(), false)
}

/// A proof as the hub has it. One of another protocol travels in base64 here, because clients of
/// this dialect hold proofs as bytes.
fn read_proof(text: &str) -> String {
    let foreign = BASE64_STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| is_sealed(text));
    foreign.unwrap_or_else(|| seal("gemini", text))
}

fn media_or_text(part: &Object<'_>, at: &Place<'_>) -> Result<ContentPart, WireError> {
    if let Some(raw) = part.get("inlineData") {
        let at = Place::Key(at, "inlineData");
        let data = camel(raw, &at)?;
        let mime = required_string(&data, &at, "mimeType")?;
        let name = optional_string(&data, &at, "displayName")?;
        return Ok(inline(mime, required_string(&data, &at, "data")?, name));
    }
    if let Some(raw) = part.get("fileData") {
        let at = Place::Key(at, "fileData");
        let file = camel(raw, &at)?;
        let address = required_string(&file, &at, "fileUri")?;
        let mime = optional_string(&file, &at, "mimeType")?.unwrap_or_default();
        return Ok(if mime.starts_with("image/") {
            ContentPart::Image(Image {
                source: MediaSource::Url(address),
                detail: None,
            })
        } else {
            ContentPart::File(FilePart {
                name: optional_string(&file, &at, "displayName")?,
                source: FileSource::Id(address),
            })
        });
    }
    required_string(part, at, "text").map(ContentPart::Text)
}

fn inline(mime: String, data: String, name: Option<String>) -> ContentPart {
    if mime.starts_with("image/") {
        return ContentPart::Image(Image {
            source: MediaSource::Inline { mime, data },
            detail: None,
        });
    }
    let sound = SOUNDS.iter().find(|(known, _)| *known == mime);
    match sound {
        Some((_, format)) => ContentPart::Audio(Audio {
            data,
            format: (*format).to_owned(),
        }),
        None => ContentPart::File(FilePart {
            name,
            source: FileSource::Inline { mime, data },
        }),
    }
}
