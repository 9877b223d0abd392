//! A hub request as the body of `POST messages`.
//!
//! What the adapter's table calls *translated* or *refused* is decided here; the shape of the
//! conversation is `messages`, its numbers are `options`, the differences between models `models`.

use serde::Serialize;
use serde_json::{Value, json};

use super::messages::{Block, Turn, conversation};
use super::models::{Rules, rules};
use super::options::{Plan, max_tokens, sampling, thinking_plan};
use super::{ANSWER_TOOL, schema};
use crate::provider::Call;
use crate::provider::protocols::translate::{only_one_answer, refuse};
use crate::types::chat::ResponseFormat;
use crate::types::failure::Failure;
use crate::types::message::{Tool, ToolChoice};
use crate::types::task::Capabilities;

/// The body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    /// Whether the call needs the files beta; a header, not a field.
    #[serde(skip)]
    pub(super) stored_files: bool,
}

#[derive(Debug, Serialize)]
struct WireTool<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Value,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

#[derive(Debug, Serialize)]
struct Choice<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_parallel_tool_use: bool,
}

/// How an answer in JSON is had.
#[derive(Debug, PartialEq)]
enum Json {
    /// It is not.
    Free,
    /// The provider holds the text to this schema.
    Schema(Value),
    /// As the arguments of a tool of ours, which become the text again on the way back.
    Tool(Value),
}

/// Translates a call.
pub(super) fn body<'a>(call: &Call<'a>) -> Result<Body<'a>, Failure> {
    let request = call.request;
    let rules = rules(call.upstream_model);
    only_one_answer(request.sampling.n, "the protocol")?;
    refuse_what_has_no_place(call)?;
    let json = json_plan(call, &rules)?;
    let tool_choice = choice(call, &json);
    let forced = tool_choice
        .as_ref()
        .is_some_and(|choice| matches!(choice.r#type, "any" | "tool"));
    let plan = thinking_plan(call, &rules, forced)?;
    let thinks = matches!(plan, Plan::Tokens(_) | Plan::Level(_));
    let (temperature, top_p) = sampling(call, &rules, thinks)?;
    let conversation = conversation(&request.messages)?;
    Ok(Body {
        model: call.upstream_model,
        max_tokens: max_tokens(call, &rules, plan),
        messages: conversation.turns,
        system: conversation.system,
        tools: tools(call, &json)?,
        tool_choice,
        thinking: match plan {
            Plan::Silent => None,
            Plan::Off => Some(json!({"type": "disabled"})),
            Plan::Tokens(budget) => Some(json!({"type": "enabled", "budget_tokens": budget})),
            // Newer models keep their thoughts to themselves unless asked, and a stream would
            // stand still while they think.
            Plan::Level(_) => Some(json!({"type": "adaptive", "display": "summarized"})),
        },
        output_config: output_config(plan, json),
        stop_sequences: &request.sampling.stop,
        temperature,
        top_p,
        metadata: request.user.as_ref().map(|user| json!({"user_id": user})),
        stream: call.stream,
        stored_files: conversation.stored_files,
    })
}

fn refuse_what_has_no_place(call: &Call<'_>) -> Result<(), Failure> {
    let sampling = &call.request.sampling;
    let asked = |value: Option<f64>| value.is_some_and(|value| value.abs() > f64::EPSILON);
    let no_place = "the protocol has no such option";
    if asked(sampling.frequency_penalty) {
        return Err(refuse("frequency_penalty", no_place));
    }
    if asked(sampling.presence_penalty) {
        return Err(refuse("presence_penalty", no_place));
    }
    if sampling.seed.is_some() {
        return Err(refuse("seed", no_place));
    }
    Ok(())
}

/// Where the model supports it, a schema is enforced on the text. A schema beyond what can be
/// enforced, and "any object", are had by offering a tool whose arguments are the answer; that
/// holds the model to the schema but is no guarantee, so a `strict` schema is refused instead.
fn json_plan(call: &Call<'_>, rules: &Rules) -> Result<Json, Failure> {
    let request = call.request;
    let (schema, strict) = match &request.format {
        ResponseFormat::Text => return Ok(Json::Free),
        ResponseFormat::JsonObject => return Ok(Json::Tool(json!({"type": "object"}))),
        ResponseFormat::JsonSchema(wanted) => (&wanted.schema, wanted.strict == Some(true)),
    };
    let lacks = call.endpoint.vendor.quirks.lacks;
    let obstacle = if rules.schemas && !lacks.has(Capabilities::JSON_SCHEMA) {
        schema::beyond(schema)
    } else {
        Some("")
    };
    match obstacle {
        None => Ok(Json::Schema(schema.clone())),
        Some(keyword) if strict => Err(refuse("response_format.json_schema", strict_why(keyword))),
        Some(_) if schema.get("type") == Some(&json!("object")) => Ok(Json::Tool(schema.clone())),
        Some(_) => Err(refuse(
            "response_format.json_schema",
            "it does not describe an object",
        )),
    }
}

/// Why a strict schema is refused.
fn strict_why(keyword: &str) -> String {
    match keyword {
        "" => "it is strict, and the model enforces no schema".to_owned(),
        "additionalProperties" => {
            "it is strict, and not every object in it has `additionalProperties: false`".to_owned()
        }
        keyword => format!("it is strict, and the model cannot be held to `{keyword}`"),
    }
}

/// Whether the answer tool is on offer: it has to stand back where the caller insists on a tool.
fn offers_answer_tool(call: &Call<'_>, json: &Json) -> bool {
    let insists = matches!(
        call.request.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Named(_))
    );
    matches!(json, Json::Tool(_)) && !insists
}

fn choice<'a>(call: &Call<'a>, json: &Json) -> Option<Choice<'a>> {
    let request = call.request;
    let callable = !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None);
    let one_at_a_time = request.parallel_tool_calls == Some(false);
    let plain = |r#type, disable_parallel_tool_use| Choice {
        r#type,
        name: None,
        disable_parallel_tool_use,
    };
    if offers_answer_tool(call, json) {
        // The caller's tools stay callable; the answer itself is one call.
        return Some(if callable {
            plain("any", one_at_a_time)
        } else {
            Choice {
                name: Some(ANSWER_TOOL),
                ..plain("tool", true)
            }
        });
    }
    if request.tools.is_empty() {
        return None;
    }
    match &request.tool_choice {
        None | Some(ToolChoice::Auto) => one_at_a_time.then(|| plain("auto", true)),
        Some(ToolChoice::None) => Some(plain("none", false)),
        Some(ToolChoice::Required) => Some(plain("any", one_at_a_time)),
        Some(ToolChoice::Named(name)) => Some(Choice {
            name: Some(name),
            ..plain("tool", one_at_a_time)
        }),
    }
}

fn tools<'a>(call: &Call<'a>, json: &Json) -> Result<Vec<WireTool<'a>>, Failure> {
    let mut out: Vec<WireTool<'a>> = call.request.tools.iter().map(wire_tool).collect();
    if out.iter().any(|tool| tool.name == ANSWER_TOOL) {
        return Err(refuse("tools", format_args!("`{ANSWER_TOOL}` is taken")));
    }
    if let Json::Tool(input_schema) = json
        && offers_answer_tool(call, json)
    {
        out.push(WireTool {
            name: ANSWER_TOOL,
            description: Some("Gives the final answer to the user. Its arguments are the answer."),
            input_schema: input_schema.clone(),
            strict: false,
        });
    }
    Ok(out)
}

fn wire_tool(tool: &Tool) -> WireTool<'_> {
    WireTool {
        name: &tool.name,
        description: tool.description.as_deref(),
        // A tool without arguments may come without a schema or with an empty one; the provider
        // wants to be told that they are an object.
        input_schema: match &tool.parameters {
            Some(schema) if *schema != json!({}) => schema.clone(),
            _ => json!({"type": "object"}),
        },
        strict: tool.strict == Some(true),
    }
}

fn output_config(plan: Plan, json: Json) -> Option<Value> {
    let mut config = serde_json::Map::new();
    if let Plan::Level(effort) = plan {
        config.insert("effort".to_owned(), json!(effort));
    }
    if let Json::Schema(schema) = json {
        let format = json!({"type": "json_schema", "schema": schema});
        config.insert("format".to_owned(), format);
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

#[cfg(test)]
mod tests;
