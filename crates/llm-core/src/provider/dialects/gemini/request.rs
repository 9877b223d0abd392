//! Reads the body of `generateContent`, `streamGenerateContent` and `countTokens`. Contents are
//! `contents`, the options `generation`, schemas `schema`.

use serde_json::value::RawValue;

use super::contents::Reader;
use super::generation::generation;
use super::schema::json_schema;
use crate::provider::dialects::Address;
use crate::provider::dialects::reading::{
    Body, Dropped, Known, any_object, check_choice, own_fields, strings,
};
use crate::provider::protocols::openai::Parsed;
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, list, object, optional_string, required_string, string,
};
use crate::types::chat::ChatRequest;
use crate::types::message::{Message, Tool, ToolChoice};
use crate::types::raw::RawFields;

const MAX_CONTENTS: usize = 10_000;
const MAX_TOOLS: usize = 1_024;

const READ: &[&str] = &[
    "contents",
    "generationConfig",
    "model",
    "systemInstruction",
    "toolConfig",
    "tools",
];

const HINTS: &[&str] = &["labels", "safetySettings", "serviceTier", "store"];

/// Hints within objects: how finely pictures are looked at, and what functions return.
const INNER_HINTS: &[&str] = &["mediaResolution", "response", "responseJsonSchema"];

/// A body that has been read.
pub(super) struct Read {
    pub(super) parsed: Parsed,
    pub(super) warnings: Vec<String>,
    pub(super) shows_thoughts: bool,
}

/// Reads a body.
pub(super) fn read(mut fields: RawFields, address: &Address) -> Result<Read, WireError> {
    let own = own_fields(&mut fields)?;
    let fields = inner_request(fields, address)?;
    let fields = camel_fields(&fields)?;
    let body = Body(&fields);
    let mut dropped = Dropped::hints(INNER_HINTS);
    for name in body.check(&Known {
        read: READ,
        hints: HINTS,
    })? {
        dropped.note(name);
    }
    let mut request = ChatRequest::default();
    let system = body.with("systemInstruction", |raw, at| {
        instruction(raw, at, &mut dropped)
    })?;
    request.messages.extend(system);
    let at = Place::Field("contents");
    let contents = body.get("contents").ok_or_else(|| at.missing())?;
    let contents = turns(contents, &at)?;
    let mut reader = Reader::new(&mut dropped);
    for (index, content) in contents.into_iter().enumerate() {
        reader.read(content, &Place::Item(&at, index))?;
    }
    request.messages.extend(reader.finish());
    request.tools = body
        .with("tools", |raw, at| tools(raw, at, &mut dropped))?
        .unwrap_or_default();
    body.with("toolConfig", |raw, at| choose(raw, at, &mut request))?;
    let shows_thoughts = body
        .with("generationConfig", |raw, at| {
            generation(raw, at, &mut request, &mut dropped)
        })?
        .unwrap_or(false);
    request.stream = address.streams;
    request.include_usage = true;
    let named = body.with("model", string)?;
    let model = address.model.clone().or(named);
    let parsed = Parsed {
        model: model.map(|name| match name.strip_prefix("models/") {
            Some(name) => name.to_owned(),
            None => name,
        }),
        request,
        own,
    };
    Ok(Read {
        parsed,
        warnings: dropped.warnings(),
        shows_thoughts,
    })
}

/// Whoever counts tokens sends contents alone, or a whole request in a field.
fn inner_request(fields: RawFields, address: &Address) -> Result<RawFields, WireError> {
    let name = ["generateContentRequest", "generate_content_request"]
        .into_iter()
        .find(|name| address.counts_only && fields.get(name).is_some());
    let Some(name) = name else { return Ok(fields) };
    let raw = fields.get(name).map_or("{}", RawValue::get);
    RawFields::parse(raw.as_bytes()).map_err(|_| Place::Field(name).wrong("must be an object"))
}

/// One content, a list of them, or a text: the vendor's clients write all three.
fn turns<'a>(raw: &'a RawValue, at: &Place<'_>) -> Result<Vec<&'a RawValue>, WireError> {
    let turns = if raw.get().starts_with('[') {
        list(raw, at, MAX_CONTENTS)?
    } else {
        vec![raw]
    };
    if turns.is_empty() {
        return Err(at.wrong("must have at least one content"));
    }
    Ok(turns)
}

fn instruction(
    raw: &RawValue,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Message, WireError> {
    let mut message = Message::system("");
    message.content = super::contents::texts(raw, at, dropped)?;
    Ok(message)
}

fn tools(raw: &RawValue, at: &Place<'_>, dropped: &mut Dropped) -> Result<Vec<Tool>, WireError> {
    let mut out = Vec::new();
    for (index, tool) in list(raw, at, MAX_TOOLS)?.into_iter().enumerate() {
        let at = Place::Item(at, index);
        let tool = camel(tool, &at)?;
        for (name, _) in tool.iter() {
            if name != "functionDeclarations" {
                let message = "is a tool that the vendor runs itself, which only the vendor can";
                return Err(Place::Key(&at, name).unsupported(message));
            }
        }
        let Some(functions) = tool.get("functionDeclarations") else {
            continue;
        };
        let at = Place::Key(&at, "functionDeclarations");
        for (index, function) in list(functions, &at, MAX_TOOLS)?.into_iter().enumerate() {
            out.push(declaration(function, &Place::Item(&at, index), dropped)?);
        }
    }
    Ok(out)
}

fn declaration(raw: &RawValue, at: &Place<'_>, dropped: &mut Dropped) -> Result<Tool, WireError> {
    let function = camel(raw, at)?;
    let known = ["name", "description", "parameters", "parametersJsonSchema"];
    dropped.check(&function, at, &known)?;
    let own = function
        .get("parameters")
        .map(|raw| any_object(raw, &Place::Key(at, "parameters")).map(json_schema));
    let standard = function
        .get("parametersJsonSchema")
        .map(|raw| any_object(raw, &Place::Key(at, "parametersJsonSchema")));
    Ok(Tool {
        name: required_string(&function, at, "name")?,
        description: optional_string(&function, at, "description")?,
        parameters: standard.or(own).transpose()?,
        strict: None,
    })
}

fn choose(raw: &RawValue, at: &Place<'_>, request: &mut ChatRequest) -> Result<(), WireError> {
    let config = camel(raw, at)?;
    for (name, _) in config.iter() {
        if name != "functionCallingConfig" {
            return Err(Place::Key(at, name).unsupported("has no counterpart here"));
        }
    }
    let at = Place::Key(at, "functionCallingConfig");
    let Some(calling) = config.get("functionCallingConfig") else {
        return Ok(());
    };
    let calling = camel(calling, &at)?;
    let only = calling
        .get("allowedFunctionNames")
        .map(|raw| strings(raw, &Place::Key(&at, "allowedFunctionNames"), MAX_TOOLS))
        .transpose()?
        .unwrap_or_default();
    let mode = optional_string(&calling, &at, "mode")?.unwrap_or_default();
    let choice = match (mode.to_uppercase().as_str(), only.as_slice()) {
        ("" | "AUTO" | "MODE_UNSPECIFIED", _) => ToolChoice::Auto,
        ("NONE", _) => ToolChoice::None,
        ("VALIDATED", _) => {
            for tool in &mut request.tools {
                tool.strict = Some(true);
            }
            ToolChoice::Auto
        }
        ("ANY", []) => ToolChoice::Required,
        ("ANY", [name]) => ToolChoice::Named(name.clone()),
        ("ANY", names) if request.tools.iter().all(|tool| names.contains(&tool.name)) => {
            ToolChoice::Required
        }
        ("ANY", _) => {
            let message = "can hold one name or those of all tools";
            return Err(Place::Key(&at, "allowedFunctionNames").unsupported(message));
        }
        _ => return Err(Place::Key(&at, "mode").wrong("must be AUTO, ANY, NONE or VALIDATED")),
    };
    // Without tools the vendor's clients still say that the model decides.
    if choice != ToolChoice::Auto || !request.tools.is_empty() {
        request.tool_choice = Some(choice);
    }
    check_choice(request, &at)
}

/// An object with its names in `camelCase`, in which every name occurs once however it is spelled.
pub(super) fn camel<'a>(raw: &'a RawValue, at: &Place<'_>) -> Result<Object<'a>, WireError> {
    let object = object(raw, at)?.renamed(camel_case);
    match object.duplicate() {
        Some(name) => Err(Place::Key(at, name).wrong("is there in two spellings")),
        None => Ok(object),
    }
}

fn camel_fields(fields: &RawFields) -> Result<RawFields, WireError> {
    let mut out = RawFields::default();
    for (name, value) in fields.iter() {
        let spelled = camel_case(name);
        if out.get(&spelled).is_some() {
            return Err(Place::Field(name).wrong("is there in two spellings"));
        }
        out.set(&spelled, value.to_owned());
    }
    Ok(out)
}

fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for c in name.chars() {
        match c {
            '_' => raise = true,
            c if raise => {
                out.extend(c.to_uppercase());
                raise = false;
            }
            c => out.push(c),
        }
    }
    out
}
