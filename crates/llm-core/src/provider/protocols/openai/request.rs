//! Writes the body of a call.
//!
//! A client that spoke this protocol has its own fields sent on as the bytes they were; only what
//! is ours to decide (the model, streaming, ceilings, defaults) and what the vendor spells
//! differently is replaced. Everything else is written from the typed fields. What the vendor
//! cannot carry is refused before anything is sent.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::message::write_messages;
use super::wire::Writer;
use crate::provider::vendors::ReasoningControl;
use crate::provider::{Call, WireRequest};
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::failure::Failure;
use crate::types::message::{Role, Tool, ToolChoice};
use crate::types::raw::RawFields;
use crate::types::task::Capabilities;

/// Writes a call.
pub(super) fn encode(call: &Call<'_>) -> Result<WireRequest, Failure> {
    refuse_what_the_vendor_lacks(call)?;
    let body = if call.request.wire.is_empty() {
        compose(call)
    } else {
        relay(call)
    };
    let url = call.endpoint.url(["chat", "completions"]);
    Ok(WireRequest::post_json(
        call.endpoint,
        url,
        body.into_bytes(),
    ))
}

fn refuse_what_the_vendor_lacks(call: &Call<'_>) -> Result<(), Failure> {
    let request = call.request;
    let quirks = &call.endpoint.vendor.quirks;
    let is_schema = matches!(request.format, ResponseFormat::JsonSchema(_));
    let is_json = request.format == ResponseFormat::JsonObject;
    let needs = [
        (
            request.has_images(),
            Capabilities::VISION,
            "pictures in `messages`",
        ),
        (
            request.has_audio(),
            Capabilities::AUDIO,
            "sound in `messages`",
        ),
        (
            request.has_files(),
            Capabilities::FILES,
            "documents in `messages`",
        ),
        (!request.tools.is_empty(), Capabilities::TOOLS, "`tools`"),
        (is_json, Capabilities::JSON, "`response_format` json_object"),
        (
            is_schema,
            Capabilities::JSON_SCHEMA,
            "`response_format` json_schema",
        ),
    ];
    let lacking = needs
        .into_iter()
        .find(|(needed, ability, _)| *needed && quirks.lacks.has(*ability))
        .map(|(_, _, what)| what);
    let demanded = matches!(
        request.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Named(_))
    );
    let lacking = lacking
        .or((demanded && !quirks.forces_tools).then_some("a `tool_choice` that demands a call"));
    match lacking {
        None => Ok(()),
        Some(what) => Err(Failure::unsupported(format!(
            "{} does not take {what}",
            call.endpoint.vendor.title
        ))),
    }
}

/// A field of ours: its name and its value as JSON text, or `None` when it must not be sent.
type Ours = (&'static str, Option<String>);

/// The client's own fields, with ours in the places where it had them or at the end.
fn relay(call: &Call<'_>) -> String {
    let wire = &call.request.wire;
    let mut ours = ours(call);
    let size: usize = wire
        .iter()
        .map(|(name, raw)| name.len() + raw.get().len() + 4)
        .sum();
    let mut body = Writer::with_capacity(size + 256);
    for (name, raw) in wire.iter() {
        match ours.iter().position(|(own, _)| *own == name) {
            None => body.field(name, raw.get()),
            Some(position) => {
                if let (_, Some(json)) = ours.remove(position) {
                    body.field(name, &json);
                }
            }
        }
    }
    for (name, json) in ours {
        if let Some(json) = json {
            body.field(name, &json);
        }
    }
    body.finish()
}

/// What is ours to decide, whatever the client wrote.
fn ours(call: &Call<'_>) -> Vec<Ours> {
    let request = call.request;
    let wire = &request.wire;
    let sampling = &request.sampling;
    let quirks = &call.endpoint.vendor.quirks;
    let mut ours: Vec<Ours> = vec![("model", Some(Value::from(call.upstream_model).to_string()))];
    if let Some(messages) = messages(call) {
        ours.push(("messages", Some(messages)));
    }
    renamed(
        &mut ours,
        &["max_tokens", "max_completion_tokens"],
        quirks.max_tokens_field,
        call.defaults
            .clamp(sampling.max_tokens)
            .map(|n| n.to_string()),
    );
    if quirks.seed_field != "seed" {
        let seed = sampling.seed.map(|seed| seed.to_string());
        renamed(&mut ours, &["seed"], quirks.seed_field, seed);
    }
    for (name, asked, default) in [
        (
            "temperature",
            sampling.temperature,
            call.defaults.temperature,
        ),
        ("top_p", sampling.top_p, call.defaults.top_p),
    ] {
        if let (None, Some(default)) = (asked, default) {
            ours.push((name, Some(Value::from(default).to_string())));
        }
    }
    if call.stream || wire.get("stream").is_some() {
        ours.push(("stream", Some(call.stream.to_string())));
    }
    let with_usage = call.stream && quirks.stream_usage;
    let options = with_usage.then(|| stream_options(wire.get("stream_options")));
    ours.push(("stream_options", options));
    if quirks.reasoning != ReasoningControl::Effort {
        ours.push(("reasoning_effort", None));
        // The vendor's own spelling, where the client used it, says more than the effort does.
        ours.extend(reasoning(call).filter(|(name, _)| wire.get(name).is_none()));
    }
    ours
}

/// Adds one field under the vendor's name, and drops those it goes by elsewhere.
fn renamed(
    ours: &mut Vec<Ours>,
    aliases: &[&'static str],
    name: &'static str,
    value: Option<String>,
) {
    let others = aliases.iter().filter(|alias| **alias != name);
    ours.extend(others.map(|alias| (*alias, None)));
    ours.push((name, value));
}

/// The conversation, where the client's own bytes of it will not do.
fn messages(call: &Call<'_>) -> Option<String> {
    let request = call.request;
    let quirks = &call.endpoint.vendor.quirks;
    let Some(raw) = request.wire.get("messages") else {
        return Some(write_messages(&request.messages, quirks).to_string());
    };
    let is_developer = |role: Role| role == Role::Developer && !quirks.developer_role;
    if !request.messages.iter().any(|m| is_developer(m.role)) {
        return None;
    }
    let mut items: Vec<RawFields> = serde_json::from_str(raw.get()).ok()?;
    for (item, message) in items.iter_mut().zip(&request.messages) {
        if is_developer(message.role) {
            item.set("role", RawValue::from_string("\"system\"".to_owned()).ok()?);
        }
    }
    serde_json::to_string(&items).ok()
}

/// The client's options with usage asked for: we count tokens whether or not the client wants to.
fn stream_options(raw: Option<&RawValue>) -> String {
    let mut options: RawFields = raw
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    if let Ok(yes) = RawValue::from_string("true".to_owned()) {
        options.set("include_usage", yes);
    }
    serde_json::to_string(&options).unwrap_or_else(|_| r#"{"include_usage":true}"#.to_owned())
}

/// How much to think, as the vendor is told.
fn reasoning(call: &Call<'_>) -> Option<Ours> {
    let effort = call.request.reasoning_effort.as_deref()?;
    let thinks = effort != "none";
    let (name, value) = match call.endpoint.vendor.quirks.reasoning {
        ReasoningControl::Effort => ("reasoning_effort", json!(effort)),
        ReasoningControl::Nested => ("reasoning", json!({"effort": effort})),
        ReasoningControl::EnableThinking => ("enable_thinking", json!(thinks)),
        ReasoningControl::ThinkingType => {
            let kind = if thinks { "enabled" } else { "disabled" };
            ("thinking", json!({"type": kind}))
        }
    };
    Some((name, Some(value.to_string())))
}

/// The whole body from the typed fields.
fn compose(call: &Call<'_>) -> String {
    let request = call.request;
    let sampling = &request.sampling;
    let mut body = Writer::with_capacity(1024);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.field(name, &value.to_string());
        }
    };
    if !request.tools.is_empty() {
        put(
            "tools",
            Some(request.tools.iter().map(write_tool).collect()),
        );
        put(
            "tool_choice",
            request.tool_choice.as_ref().map(write_tool_choice),
        );
        put(
            "parallel_tool_calls",
            request.parallel_tool_calls.map(Value::from),
        );
    }
    put("response_format", write_format(request));
    put("temperature", sampling.temperature.map(Value::from));
    put("top_p", sampling.top_p.map(Value::from));
    put("stop", write_stop(&sampling.stop));
    put(
        "frequency_penalty",
        sampling.frequency_penalty.map(Value::from),
    );
    put(
        "presence_penalty",
        sampling.presence_penalty.map(Value::from),
    );
    put("n", sampling.n.map(Value::from));
    put("user", request.user.as_deref().map(Value::from));
    let quirks = &call.endpoint.vendor.quirks;
    if quirks.seed_field == "seed" {
        put("seed", sampling.seed.map(Value::from));
    }
    for (name, json) in ours(call) {
        if let Some(json) = json {
            body.field(name, &json);
        }
    }
    if quirks.reasoning == ReasoningControl::Effort
        && let Some((name, Some(json))) = reasoning(call)
    {
        body.field(name, &json);
    }
    body.finish()
}

fn write_tool(tool: &Tool) -> Value {
    let mut function = json!({"name": tool.name});
    for (name, value) in [
        ("description", tool.description.as_deref().map(Value::from)),
        ("parameters", tool.parameters.clone()),
        ("strict", tool.strict.map(Value::from)),
    ] {
        if let Some(value) = value {
            function[name] = value;
        }
    }
    json!({"type": "function", "function": function})
}

fn write_tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    }
}

fn write_stop(stop: &[String]) -> Option<Value> {
    match stop {
        [] => None,
        [one] => Some(one.as_str().into()),
        many => Some(many.into()),
    }
}

fn write_format(request: &ChatRequest) -> Option<Value> {
    match &request.format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
        ResponseFormat::JsonSchema(schema) => {
            let mut inner = json!({"name": schema.name, "schema": schema.schema});
            for (name, value) in [
                (
                    "description",
                    schema.description.as_deref().map(Value::from),
                ),
                ("strict", schema.strict.map(Value::from)),
            ] {
                if let Some(value) = value {
                    inner[name] = value;
                }
            }
            Some(json!({"type": "json_schema", "json_schema": inner}))
        }
    }
}
