//! Reads the body of `POST /v1/responses`. Items of the input are `input`.

use serde_json::Value;
use serde_json::value::RawValue;

use super::input::read_input;
use crate::provider::dialects::reading::{
    Body, Dropped, Known, any_object, asks_for_nothing, check_choice, own_fields, strings,
};
use crate::provider::protocols::openai::Parsed;
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, boolean, list, number, object, optional_string, required,
    required_string, string, whole,
};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat, Sampling};
use crate::types::message::{Message, Tool, ToolChoice};
use crate::types::raw::RawFields;

const MAX_TOOLS: usize = 1_024;

const READ: &[&str] = &[
    "background",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "reasoning",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

const HINTS: &[&str] = &[
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
];

/// What the answer holds of the request, as it was sent.
const ECHOED: &[&str] = &[
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
    "user",
];

/// What may be asked to be included because it is shown in any case.
const SHOWN: &str = "reasoning.encrypted_content";

/// A body that has been read.
pub(super) struct Read {
    pub(super) parsed: Parsed,
    pub(super) warnings: Vec<String>,
    pub(super) echo: RawFields,
}

/// Reads a body.
pub(super) fn read(mut fields: RawFields) -> Result<Read, WireError> {
    let own = own_fields(&mut fields)?;
    let body = Body(&fields);
    let mut dropped = Dropped::default();
    for name in body.check(&Known {
        read: READ,
        hints: HINTS,
    })? {
        dropped.note(name);
    }
    refuse_what_is_not_here(&body)?;
    let mut request = ChatRequest::default();
    let instructions = body.with("instructions", string)?;
    request.messages.extend(instructions.map(Message::system));
    let at = Place::Field("input");
    let input = body.get("input").ok_or_else(|| at.missing())?;
    request.messages.extend(read_input(input, &at)?);
    request.tools = body.with("tools", tools)?.unwrap_or_default();
    request.tool_choice = body.with("tool_choice", tool_choice)?;
    check_choice(&request, &Place::Field("tool_choice"))?;
    request.parallel_tool_calls = body.with("parallel_tool_calls", boolean)?;
    request.format = body.with("text", format)?.unwrap_or_default();
    request.sampling = sampling(&body)?;
    request.reasoning_effort = body
        .with("reasoning", |raw, at| reasoning(raw, at, &mut dropped))?
        .flatten();
    request.user = body.with("user", string)?;
    request.stream = body.with("stream", boolean)?.unwrap_or(false);
    request.include_usage = true;
    let parsed = Parsed {
        model: body.with("model", string)?,
        request,
        own,
    };
    fields.retain(|name| ECHOED.contains(&name));
    Ok(Read {
        parsed,
        warnings: dropped.warnings(),
        echo: fields,
    })
}

fn refuse_what_is_not_here(body: &Body<'_>) -> Result<(), WireError> {
    if body.with("background", boolean)? == Some(true) {
        return Err(Place::Field("background").unsupported("is not done here"));
    }
    if body.with("top_logprobs", |raw, at| whole(raw, at, 0, 20_u32))? > Some(0) {
        return Err(Place::Field("top_logprobs").unsupported("has no counterpart here"));
    }
    let truncation = body.with("truncation", string)?;
    if truncation.is_some_and(|how| how != "disabled") {
        let message = "can be disabled: nothing of a conversation is dropped here";
        return Err(Place::Field("truncation").unsupported(message));
    }
    let at = Place::Field("include");
    let asked = body.with("include", |raw, at| strings(raw, at, 64))?;
    let strange = |name: &String| name != SHOWN;
    match asked.unwrap_or_default().iter().position(strange) {
        Some(index) => Err(Place::Item(&at, index).unsupported("has no counterpart here")),
        None => Ok(()),
    }
}

fn sampling(body: &Body<'_>) -> Result<Sampling, WireError> {
    Ok(Sampling {
        max_tokens: body.with("max_output_tokens", |raw, at| whole(raw, at, 1, u32::MAX))?,
        temperature: body.with("temperature", |raw, at| number(raw, at, 0.0, 2.0))?,
        top_p: body.with("top_p", |raw, at| number(raw, at, 0.0, 1.0))?,
        ..Sampling::default()
    })
}

fn reasoning(
    raw: &RawValue,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Option<String>, WireError> {
    let reasoning = object(raw, at)?;
    for (name, _) in reasoning.iter() {
        match name {
            "effort" => {}
            // Thoughts are shown as far as the provider shares them.
            "summary" | "generate_summary" => dropped.note(&format!("reasoning.{name}")),
            _ => return Err(Place::Key(at, name).unsupported("has no counterpart here")),
        }
    }
    optional_string(&reasoning, at, "effort")
}

fn tools(raw: &RawValue, at: &Place<'_>) -> Result<Vec<Tool>, WireError> {
    list(raw, at, MAX_TOOLS)?
        .into_iter()
        .enumerate()
        .map(|(index, tool)| read_tool(tool, &Place::Item(at, index)))
        .collect()
}

fn read_tool(raw: &RawValue, at: &Place<'_>) -> Result<Tool, WireError> {
    let tool = object(raw, at)?;
    if required_string(&tool, at, "type")? != "function" {
        let message = "names a tool that the vendor runs itself, which only the vendor can";
        return Err(Place::Key(at, "type").unsupported(message));
    }
    let parameters = tool
        .get("parameters")
        .map(|raw| any_object(raw, &Place::Key(at, "parameters")));
    Ok(Tool {
        name: required_string(&tool, at, "name")?,
        description: optional_string(&tool, at, "description")?,
        parameters: parameters.transpose()?,
        strict: flag(&tool, at, "strict")?,
    })
}

fn flag(fields: &Object<'_>, at: &Place<'_>, name: &str) -> Result<Option<bool>, WireError> {
    let read = |raw| boolean(raw, &Place::Key(at, name));
    fields.get(name).map(read).transpose()
}

fn tool_choice(raw: &RawValue, at: &Place<'_>) -> Result<ToolChoice, WireError> {
    if raw.get().starts_with('"') {
        return match string(raw, at)?.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(at.wrong("must be auto, none, required or a function")),
        };
    }
    let choice = object(raw, at)?;
    if required_string(&choice, at, "type")? != "function" {
        return Err(Place::Key(at, "type").unsupported("can be function"));
    }
    required_string(&choice, at, "name").map(ToolChoice::Named)
}

fn format(raw: &RawValue, at: &Place<'_>) -> Result<ResponseFormat, WireError> {
    let text = object(raw, at)?;
    for (name, value) in text.iter().filter(|(name, _)| *name != "format") {
        if name != "verbosity" || value.get() != "\"medium\"" {
            return Err(Place::Key(at, name).unsupported("has no counterpart here"));
        }
    }
    let at = Place::Key(at, "format");
    let Some(raw) = text.get("format") else {
        return Ok(ResponseFormat::Text);
    };
    let format = object(raw, &at)?;
    match required_string(&format, &at, "type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(ResponseFormat::JsonObject),
        "json_schema" => {
            let schema: Value = any_object(
                required(&format, &at, "schema")?,
                &Place::Key(&at, "schema"),
            )?;
            Ok(ResponseFormat::JsonSchema(JsonSchema {
                name: required_string(&format, &at, "name")?,
                description: optional_string(&format, &at, "description")?,
                schema,
                strict: flag(&format, &at, "strict")?,
            }))
        }
        _ => Err(Place::Key(&at, "type").wrong("must be text, json_object or json_schema")),
    }
}

/// Whether a field of an item says anything.
pub(super) fn says(raw: &RawValue) -> bool {
    !asks_for_nothing(raw)
}
