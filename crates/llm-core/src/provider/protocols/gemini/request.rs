//! A hub request as the body of `generateContent`.
//!
//! What the adapter's table calls *translated* or *refused* is decided here; the shape of the
//! conversation is `contents`, the differences between models are `models`.

use serde::Serialize;
use serde_json::Value;

use super::contents::{Content, conversation};
use super::models::{Rules, Thinking, rules};
use crate::provider::Call;
use crate::provider::protocols::translate::{Effort, refuse};
use crate::types::chat::ResponseFormat;
use crate::types::failure::Failure;
use crate::types::message::{Tool, ToolChoice};

/// Most answers one call may give.
const MOST_ANSWERS: u32 = 8;

/// The body.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tools<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Generation::is_silent")]
    generation_config: Generation<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Function<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<&'a Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig<'a> {
    function_calling_config: Calling<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Calling<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a str; 1]>,
}

#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Generation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_count: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig {
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

impl Generation<'_> {
    fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

/// Translates a call.
pub(super) fn body<'a>(call: &Call<'a>) -> Result<Body<'a>, Failure> {
    let request = call.request;
    let rules = rules(call.upstream_model);
    let (system_instruction, contents) = conversation(&request.messages, rules)?;
    let functions: Vec<Function<'a>> = request.tools.iter().map(function).collect();
    let tools = if functions.is_empty() {
        Vec::new()
    } else {
        vec![Tools {
            function_declarations: functions,
        }]
    };
    Ok(Body {
        contents,
        system_instruction,
        tools,
        tool_config: tool_config(call)?,
        generation_config: generation(call, rules)?,
    })
}

fn function(tool: &Tool) -> Function<'_> {
    Function {
        name: &tool.name,
        description: tool.description.as_deref(),
        parameters_json_schema: tool.parameters.as_ref(),
    }
}

/// Which tools the model may or must call. Arguments that must follow their schema exactly are
/// what the mode `VALIDATED` promises; a call that is forced follows it anyway.
fn tool_config<'a>(call: &Call<'a>) -> Result<Option<ToolConfig<'a>>, Failure> {
    let request = call.request;
    if request.tools.is_empty() {
        return Ok(None);
    }
    let callable = request.tool_choice != Some(ToolChoice::None);
    if callable && request.parallel_tool_calls == Some(false) {
        return Err(refuse(
            "parallel_tool_calls",
            "the protocol cannot limit a model to one call at a time",
        ));
    }
    let strict = request.tools.iter().any(|tool| tool.strict == Some(true));
    let (mode, only) = match &request.tool_choice {
        None | Some(ToolChoice::Auto) if strict => ("VALIDATED", None),
        None | Some(ToolChoice::Auto) => return Ok(None),
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::Named(name)) => ("ANY", Some([name.as_str()])),
    };
    Ok(Some(ToolConfig {
        function_calling_config: Calling {
            mode,
            allowed_function_names: only,
        },
    }))
}

fn generation<'a>(call: &Call<'a>, rules: Rules) -> Result<Generation<'a>, Failure> {
    let (request, sampling) = (call.request, &call.request.sampling);
    let seed = sampling.seed.map(|seed| {
        i32::try_from(seed).map_err(|_| refuse("seed", "the protocol's seeds have 32 bits"))
    });
    if sampling.n.is_some_and(|n| !(1..=MOST_ANSWERS).contains(&n)) {
        let why = format!("the protocol gives 1 to {MOST_ANSWERS} answers a call");
        return Err(refuse("n", why));
    }
    let (response_mime_type, response_json_schema) = match &request.format {
        ResponseFormat::Text => (None, None),
        ResponseFormat::JsonObject => (Some("application/json"), None),
        ResponseFormat::JsonSchema(wanted) => (Some("application/json"), Some(&wanted.schema)),
    };
    if response_mime_type.is_some() && !request.tools.is_empty() && !rules.json_with_tools() {
        return Err(refuse(
            "response_format",
            "the model cannot answer in JSON while it has tools",
        ));
    }
    Ok(Generation {
        max_output_tokens: call.defaults.clamp(sampling.max_tokens),
        temperature: sampling.temperature.or(call.defaults.temperature),
        top_p: sampling.top_p.or(call.defaults.top_p),
        seed: seed.transpose()?,
        presence_penalty: sampling.presence_penalty,
        frequency_penalty: sampling.frequency_penalty,
        candidate_count: sampling.n.filter(|n| *n != 1),
        stop_sequences: &sampling.stop,
        response_mime_type,
        response_json_schema,
        thinking_config: thinking_config(request.reasoning_effort.as_deref(), rules)?,
    })
}

/// A caller who says how much to think also gets to read what was thought.
fn thinking_config(effort: Option<&str>, rules: Rules) -> Result<Option<ThinkingConfig>, Failure> {
    let Some(effort) = Effort::read(effort)? else {
        return Ok(None);
    };
    Ok(Some(match rules.thinking(effort)? {
        Thinking::Budget(tokens) => ThinkingConfig {
            include_thoughts: tokens > 0,
            thinking_budget: Some(tokens),
            thinking_level: None,
        },
        Thinking::Level(level) => ThinkingConfig {
            include_thoughts: true,
            thinking_budget: None,
            thinking_level: Some(level),
        },
    }))
}

#[cfg(test)]
mod tests;
