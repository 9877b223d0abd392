//! Reads the body of `POST /v1/messages`. Messages and their blocks are `content`.

use serde_json::value::RawValue;

use super::content::{read_messages, read_system};
use crate::provider::dialects::Address;
use crate::provider::dialects::reading::{
    Body, Dropped, Known, any_object, check_choice, own_fields, strings,
};
use crate::provider::protocols::openai::Parsed;
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, boolean, list, number, object, optional_string, required,
    required_string, string, whole,
};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat, Sampling};
use crate::types::message::{Tool, ToolChoice};
use crate::types::raw::RawFields;

const MAX_TOOLS: usize = 1_024;
const MAX_STOPS: usize = 64;

/// Fields that are read.
const READ: &[&str] = &[
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_p",
];

/// Fields that change price, speed or place of an answer, but not what it is.
const HINTS: &[&str] = &[
    "cache_control",
    "context_management",
    "diagnostics",
    "inference_geo",
    "service_tier",
    "speed",
];

/// The name of a schema, which this dialect does not have and others require.
const SCHEMA_NAME: &str = "answer";

/// Reads a body: what it asks for, and what was left out.
pub(super) fn read(
    mut fields: RawFields,
    address: &Address,
) -> Result<(Parsed, Vec<String>), WireError> {
    let own = own_fields(&mut fields)?;
    let body = Body(&fields);
    let mut dropped = Dropped::hints(&["cache_control", "eager_input_streaming"]);
    for name in body.check(&Known {
        read: READ,
        hints: HINTS,
    })? {
        dropped.note(name);
    }
    let mut request = ChatRequest::default();
    let at = Place::Field("messages");
    let messages = body.get("messages").ok_or_else(|| at.missing())?;
    let system = body.with("system", |raw, at| read_system(raw, at, &mut dropped))?;
    request.messages.extend(system);
    read_messages(messages, &at, &mut request.messages, &mut dropped)?;
    request.tools = tools(&body, &mut dropped)?;
    choose_tools(&body, &mut request)?;
    request.format = format(&body)?;
    request.sampling = sampling(&body, address)?;
    request.reasoning_effort = effort(&body, &mut dropped)?;
    request.user = body
        .with("metadata", |raw, at| user(raw, at, &mut dropped))?
        .flatten();
    request.stream = body.with("stream", boolean)?.unwrap_or(false);
    request.include_usage = true;
    let parsed = Parsed {
        model: body.with("model", string)?,
        request,
        own,
    };
    Ok((parsed, dropped.warnings()))
}

fn sampling(body: &Body<'_>, address: &Address) -> Result<Sampling, WireError> {
    let max_tokens = body.with("max_tokens", |raw, at| whole(raw, at, 1, u32::MAX))?;
    if max_tokens.is_none() && !address.counts_only {
        return Err(Place::Field("max_tokens").missing());
    }
    let stop = body.with("stop_sequences", |raw, at| strings(raw, at, MAX_STOPS))?;
    Ok(Sampling {
        max_tokens,
        temperature: body.with("temperature", |raw, at| number(raw, at, 0.0, 1.0))?,
        top_p: body.with("top_p", |raw, at| number(raw, at, 0.0, 1.0))?,
        stop: stop.unwrap_or_default(),
        ..Sampling::default()
    })
}

fn user(
    raw: &RawValue,
    at: &Place<'_>,
    dropped: &mut Dropped,
) -> Result<Option<String>, WireError> {
    let metadata = object(raw, at)?;
    for (name, _) in metadata.iter().filter(|(name, _)| *name != "user_id") {
        dropped.note(&format!("metadata.{name}"));
    }
    optional_string(&metadata, at, "user_id")
}

fn tools(body: &Body<'_>, dropped: &mut Dropped) -> Result<Vec<Tool>, WireError> {
    let read = body.with("tools", |raw, at| {
        list(raw, at, MAX_TOOLS)?
            .into_iter()
            .enumerate()
            .map(|(index, tool)| read_tool(tool, &Place::Item(at, index), dropped))
            .collect()
    });
    Ok(read?.unwrap_or_default())
}

fn read_tool(raw: &RawValue, at: &Place<'_>, dropped: &mut Dropped) -> Result<Tool, WireError> {
    let tool = object(raw, at)?;
    if optional_string(&tool, at, "type")?.is_some_and(|kind| kind != "custom") {
        let message = "names a tool that the vendor runs itself, which only the vendor can";
        return Err(Place::Key(at, "type").unsupported(message));
    }
    let known = ["type", "name", "description", "input_schema", "strict"];
    dropped.check(&tool, at, &known)?;
    let schema = required(&tool, at, "input_schema")?;
    Ok(Tool {
        name: required_string(&tool, at, "name")?,
        description: optional_string(&tool, at, "description")?,
        parameters: Some(any_object(schema, &Place::Key(at, "input_schema"))?),
        strict: flag(&tool, at, "strict")?,
    })
}

fn flag(fields: &Object<'_>, at: &Place<'_>, name: &str) -> Result<Option<bool>, WireError> {
    let read = |raw| boolean(raw, &Place::Key(at, name));
    fields.get(name).map(read).transpose()
}

fn choose_tools(body: &Body<'_>, request: &mut ChatRequest) -> Result<(), WireError> {
    let Some(raw) = body.get("tool_choice") else {
        return Ok(());
    };
    let at = Place::Field("tool_choice");
    let choice = object(raw, &at)?;
    request.parallel_tool_calls = flag(&choice, &at, "disable_parallel_tool_use")?.map(|no| !no);
    request.tool_choice = Some(match required_string(&choice, &at, "type")?.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(required_string(&choice, &at, "name")?),
        _ => return Err(Place::Key(&at, "type").wrong("must be auto, any, tool or none")),
    });
    check_choice(request, &at)
}

/// The form of the answer. Under its older name the field holds the format itself.
fn format(body: &Body<'_>) -> Result<ResponseFormat, WireError> {
    let newer = body.with("output_config", |raw, at| {
        let config = object(raw, at)?;
        for (name, _) in config.iter() {
            if !["effort", "format"].contains(&name) {
                return Err(Place::Key(at, name).unsupported("has no counterpart here"));
            }
        }
        let read = |raw| read_format(raw, &Place::Key(at, "format"));
        config.get("format").map(read).transpose()
    })?;
    let older = body.with("output_format", read_format)?;
    Ok(newer.flatten().or(older).unwrap_or_default())
}

/// The provider holds the answer to the schema where it can; `llm_cooperation.validate` has it
/// checked in any case.
fn read_format(raw: &RawValue, at: &Place<'_>) -> Result<ResponseFormat, WireError> {
    let format = object(raw, at)?;
    match required_string(&format, at, "type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_schema" => {
            let schema = required(&format, at, "schema")?;
            Ok(ResponseFormat::JsonSchema(JsonSchema {
                name: SCHEMA_NAME.to_owned(),
                description: None,
                schema: any_object(schema, &Place::Key(at, "schema"))?,
                strict: None,
            }))
        }
        _ => Err(Place::Key(at, "type").wrong("must be json_schema")),
    }
}

/// How much to think.
fn effort(body: &Body<'_>, dropped: &mut Dropped) -> Result<Option<String>, WireError> {
    let stated = body.with("output_config", |raw, at| {
        optional_string(&object(raw, at)?, at, "effort")
    })?;
    let stated = stated.flatten();
    let thinking = body.with("thinking", |raw, at| {
        let thinking = object(raw, at)?;
        // Thoughts are shown as far as the provider shares them.
        if thinking
            .get("display")
            .is_some_and(|how| how.get() != "\"summarized\"")
        {
            dropped.note("thinking.display");
        }
        match required_string(&thinking, at, "type")?.as_str() {
            "disabled" => Ok("none"),
            "adaptive" => Ok("high"),
            "enabled" => {
                let raw = required(&thinking, at, "budget_tokens")?;
                let at = Place::Key(at, "budget_tokens");
                Ok(match whole(raw, &at, 1, u32::MAX)? {
                    ..=1024 => "minimal",
                    1025..=2048 => "low",
                    2049..=8192 => "medium",
                    8193..=16_000 => "high",
                    16_001.. => "xhigh",
                })
            }
            _ => {
                let message = "can be enabled, adaptive or disabled";
                Err(Place::Key(at, "type").unsupported(message))
            }
        }
    })?;
    Ok(match thinking {
        Some("none") => Some("none".to_owned()),
        thinking => stated.or(thinking.map(str::to_owned)),
    })
}
