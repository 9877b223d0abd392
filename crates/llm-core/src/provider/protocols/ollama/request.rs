//! A hub request as the body of `api/chat`.

use serde::Serialize;
use serde_json::{Value, json};

use crate::provider::Call;
use crate::provider::protocols::translate::{
    Effort, ToolNames, arguments, only_one_answer, part_name, refuse,
};
use crate::types::chat::ResponseFormat;
use crate::types::failure::Failure;
use crate::types::message::{ContentPart, MediaSource, Message, Role, Tool, ToolChoice};
use crate::types::raw::RawFields;

/// The body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Value>,
    #[serde(skip_serializing_if = "Options::is_silent")]
    options: Options<'a>,
    stream: bool,
    /// Whether the beginning of a conversation may be dropped to make it fit.
    truncate: bool,
    /// Whether it may be dropped while the answer is written.
    shift: bool,
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct Options<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
}

impl Options<'_> {
    fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WireCall<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    function: WireFunction<'a>,
}

#[derive(Debug, Serialize)]
struct WireFunction<'a> {
    index: usize,
    name: &'a str,
    arguments: RawFields,
}

#[derive(Debug, Serialize)]
struct WireTool<'a> {
    r#type: &'static str,
    function: Declaration<'a>,
}

#[derive(Debug, Serialize)]
struct Declaration<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: Value,
}

/// Translates a call.
pub(super) fn body<'a>(call: &Call<'a>) -> Result<Body<'a>, Failure> {
    let (request, sampling) = (call.request, &call.request.sampling);
    only_one_answer(sampling.n, "the protocol")?;
    let mut names = ToolNames::default();
    let mut messages = Vec::with_capacity(request.messages.len());
    for (index, turn) in request.messages.iter().enumerate() {
        messages.push(message(turn, index, &names)?);
        names.note(turn);
    }
    Ok(Body {
        model: call.upstream_model,
        messages,
        tools: tools(call)?,
        format: match &request.format {
            ResponseFormat::Text => None,
            ResponseFormat::JsonObject => Some(json!("json")),
            ResponseFormat::JsonSchema(wanted) => Some(wanted.schema.clone()),
        },
        think: think(request.reasoning_effort.as_deref())?,
        options: Options {
            num_predict: call.defaults.clamp(sampling.max_tokens),
            temperature: sampling.temperature.or(call.defaults.temperature),
            top_p: sampling.top_p.or(call.defaults.top_p),
            seed: sampling.seed,
            stop: &sampling.stop,
            frequency_penalty: sampling.frequency_penalty,
            presence_penalty: sampling.presence_penalty,
        },
        stream: call.stream,
        truncate: false,
        shift: false,
    })
}

fn message<'a>(
    message: &'a Message,
    index: usize,
    names: &ToolNames<'a>,
) -> Result<WireMessage<'a>, Failure> {
    let mut images = Vec::new();
    for (position, part) in message.content.iter().enumerate() {
        let refuse = |why| Err(refuse(part_name(index, position), why));
        match part {
            ContentPart::Text(_) | ContentPart::Refusal(_) => {}
            ContentPart::Image(image) => match &image.source {
                MediaSource::Inline { data, .. } if message.role == Role::User => {
                    images.push(data.as_str());
                }
                MediaSource::Inline { .. } => {
                    return refuse("only a user's message can hold a picture");
                }
                MediaSource::Url(_) => {
                    return refuse("the server fetches no pictures; send it inline");
                }
            },
            ContentPart::Audio(_) => return refuse("the protocol carries no sound"),
            ContentPart::File(_) => return refuse("the protocol carries no documents"),
        }
    }
    let is_result = message.role == Role::Tool;
    let thoughts = message.reasoning.as_ref();
    Ok(WireMessage {
        role: match message.role {
            Role::System | Role::Developer => "system",
            other => other.as_str(),
        },
        content: message.plain_text(),
        // Thoughts with a proof are another provider's.
        thinking: thoughts
            .filter(|thoughts| thoughts.signature.is_none() && !thoughts.text.is_empty())
            .map(|thoughts| thoughts.text.as_str()),
        images,
        tool_calls: message
            .tool_calls
            .iter()
            .enumerate()
            .map(|(position, call)| {
                Ok(WireCall {
                    id: &call.id,
                    function: WireFunction {
                        index: position,
                        name: &call.name,
                        arguments: arguments(call, index, position)?,
                    },
                })
            })
            .collect::<Result<_, Failure>>()?,
        tool_name: is_result.then(|| names.of(message, index)).transpose()?,
        tool_call_id: message.tool_call_id.as_deref().filter(|_| is_result),
    })
}

fn tools<'a>(call: &Call<'a>) -> Result<Vec<WireTool<'a>>, Failure> {
    let request = call.request;
    match &request.tool_choice {
        // A model that is not shown the tools calls none.
        Some(ToolChoice::None) => return Ok(Vec::new()),
        Some(ToolChoice::Required | ToolChoice::Named(_)) => {
            return Err(refuse(
                "tool_choice",
                "the protocol cannot make a model call a tool",
            ));
        }
        None | Some(ToolChoice::Auto) => {}
    }
    if request.parallel_tool_calls == Some(false) && !request.tools.is_empty() {
        return Err(refuse(
            "parallel_tool_calls",
            "the protocol cannot limit a model to one call at a time",
        ));
    }
    let declare = |(index, tool): (usize, &'a Tool)| {
        if tool.strict == Some(true) {
            return Err(refuse(
                format_args!("tools[{index}].function.strict"),
                "the protocol does not hold arguments to their schema",
            ));
        }
        Ok(WireTool {
            r#type: "function",
            function: Declaration {
                name: &tool.name,
                description: tool.description.as_deref(),
                parameters: tool
                    .parameters
                    .clone()
                    .unwrap_or_else(|| json!({"type": "object", "properties": {}})),
            },
        })
    };
    request.tools.iter().enumerate().map(declare).collect()
}

fn think(effort: Option<&str>) -> Result<Option<Value>, Failure> {
    Ok(Effort::read(effort)?.map(|effort| match effort {
        Effort::None => json!(false),
        Effort::Minimal | Effort::Low => json!("low"),
        Effort::Medium => json!("medium"),
        Effort::High | Effort::XHigh | Effort::Max => json!("high"),
    }))
}

#[cfg(test)]
mod tests;
