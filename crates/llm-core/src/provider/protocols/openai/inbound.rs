//! Reads the body a client sends to `POST /v1/chat/completions`.
//!
//! Everything we act on is checked here, once, and turned into a hub request; every other field is
//! kept as the bytes it was. Which model, strategy or cooperation our own fields ask for is
//! decided by whoever called.

use serde_json::Value;
use serde_json::value::RawValue;

use super::message::read_messages;
use super::wire::{
    Object, Place, WireError, boolean, list, number, object, optional_string, required,
    required_string, string, whole,
};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat, Sampling};
use crate::types::message::{Tool, ToolChoice};
use crate::types::raw::RawFields;

/// Our own additions to the body. They never reach a provider.
///
/// `models` and `fallbacks` are among them because other gateways read them as a choice of model,
/// and that choice is ours.
pub const OWN_FIELDS: &[&str] = &[
    "cooperation",
    "fallbacks",
    "integration_strategy",
    "llm_cooperation",
    "models",
    "preferences",
    "prompt_template",
    "strategy",
    "task",
    "task_type",
    "user_id",
    "variables",
];

/// Fields with which callers of other gateways say where a request goes and with which key. A
/// provider that is such a gateway would obey them, so they are refused rather than passed on.
pub const REFUSED_FIELDS: &[&str] = &[
    "api_base",
    "api_key",
    "base_url",
    "custom_llm_provider",
    "extra_body",
    "extra_headers",
    "extra_query",
    "headers",
    "litellm_params",
    "model_list",
    "user_config",
];

const MAX_TOOLS: usize = 1_024;
const MAX_STOPS: usize = 64;
const MAX_CHOICES: u32 = 128;

/// What a client's body says.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The model, route or mode it names, if any.
    pub model: Option<String>,
    /// What it asks.
    pub request: ChatRequest,
    /// Those of [`OWN_FIELDS`] that were there, as sent.
    pub own: RawFields,
}

/// Reads the fields of a client's body.
///
/// `request.wire` keeps all of them as sent, but for our own.
pub fn read_request(mut fields: RawFields) -> Result<Parsed, WireError> {
    let mut own = RawFields::default();
    for name in OWN_FIELDS {
        if let Some(value) = fields.remove(name) {
            own.set(name, value);
        }
    }
    if let Some(name) = REFUSED_FIELDS
        .iter()
        .find(|name| fields.get(name).is_some())
    {
        let message = "may not be set by a request; providers are a matter of configuration";
        return Err(Place::Field(name).wrong(message));
    }
    let mut request = ChatRequest::default();
    let model = {
        let body = Body(&fields);
        body.refuse_deprecated()?;
        let messages = body.get("messages");
        let at = Place::Field("messages");
        request.messages = read_messages(messages.ok_or_else(|| at.missing())?, &at)?;
        request.tools = body.tools()?;
        request.tool_choice = body.tool_choice(&request.tools)?;
        request.parallel_tool_calls = body.with("parallel_tool_calls", boolean)?;
        request.format = body.format()?;
        request.sampling = body.sampling()?;
        request.reasoning_effort = body.with("reasoning_effort", string)?;
        request.user = body.with("user", string)?;
        request.stream = body.with("stream", boolean)?.unwrap_or(false);
        request.include_usage = body.include_usage()?;
        body.with("model", string)?
    };
    request.wire = fields;
    Ok(Parsed {
        model,
        request,
        own,
    })
}

/// The top level of the body.
struct Body<'a>(&'a RawFields);

impl<'a> Body<'a> {
    /// A field, absent when `null`.
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).filter(|raw| raw.get() != "null")
    }

    /// A field read by `read`.
    fn with<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a RawValue, &Place<'_>) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        let at = Place::Field(name);
        self.get(name).map(|raw| read(raw, &at)).transpose()
    }

    fn refuse_deprecated(&self) -> Result<(), WireError> {
        for (name, instead) in [("functions", "tools"), ("function_call", "tool_choice")] {
            if self.get(name).is_some() {
                let message = format!("is the deprecated form; send `{instead}`");
                return Err(Place::Field(name).wrong(message));
            }
        }
        Ok(())
    }

    fn sampling(&self) -> Result<Sampling, WireError> {
        let tokens = |raw: &'a RawValue, at: &Place<'_>| whole(raw, at, 1, u32::MAX);
        let old = self.with("max_tokens", tokens)?;
        let new = self.with("max_completion_tokens", tokens)?;
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            let message = "differs from `max_completion_tokens`; send one of them";
            return Err(Place::Field("max_tokens").wrong(message));
        }
        let float = |name: &str, least: f64, most: f64| {
            self.with(name, |raw, at| number(raw, at, least, most))
        };
        Ok(Sampling {
            max_tokens: old.or(new),
            temperature: float("temperature", 0.0, 2.0)?,
            top_p: float("top_p", 0.0, 1.0)?,
            seed: self.with("seed", |raw, at| whole(raw, at, i64::MIN, i64::MAX))?,
            stop: self.with("stop", read_stop)?.unwrap_or_default(),
            frequency_penalty: float("frequency_penalty", -2.0, 2.0)?,
            presence_penalty: float("presence_penalty", -2.0, 2.0)?,
            n: self.with("n", |raw, at| whole(raw, at, 1, MAX_CHOICES))?,
        })
    }

    fn include_usage(&self) -> Result<bool, WireError> {
        let include = self.with("stream_options", |raw, at| {
            let options = object(raw, at)?;
            options
                .get("include_usage")
                .map(|raw| boolean(raw, &Place::Key(at, "include_usage")))
                .transpose()
        })?;
        Ok(include.flatten().unwrap_or(false))
    }

    fn tools(&self) -> Result<Vec<Tool>, WireError> {
        let at = Place::Field("tools");
        let Some(raw) = self.get("tools") else {
            return Ok(Vec::new());
        };
        list(raw, &at, MAX_TOOLS)?
            .into_iter()
            .enumerate()
            .map(|(index, tool)| read_tool(tool, &Place::Item(&at, index)))
            .collect()
    }

    fn tool_choice(&self, tools: &[Tool]) -> Result<Option<ToolChoice>, WireError> {
        let Some(choice) = self.with("tool_choice", read_tool_choice)? else {
            return Ok(None);
        };
        let at = Place::Field("tool_choice");
        match &choice {
            ToolChoice::Required if tools.is_empty() => {
                Err(at.wrong("demands a tool, but `tools` has none"))
            }
            ToolChoice::Named(name) if !tools.iter().any(|tool| tool.name == *name) => {
                Err(at.wrong("names a function that is not among `tools`"))
            }
            _ => Ok(Some(choice)),
        }
    }

    fn format(&self) -> Result<ResponseFormat, WireError> {
        let read = |raw: &'a RawValue, at: &Place<'_>| {
            let fields = object(raw, at)?;
            match required_string(&fields, at, "type")?.as_str() {
                "text" => Ok(ResponseFormat::Text),
                "json_object" => Ok(ResponseFormat::JsonObject),
                "json_schema" => read_schema(&fields, at).map(ResponseFormat::JsonSchema),
                _ => Err(Place::Key(at, "type").wrong("must be text, json_object or json_schema")),
            }
        };
        Ok(self.with("response_format", read)?.unwrap_or_default())
    }
}

fn read_stop(raw: &RawValue, at: &Place<'_>) -> Result<Vec<String>, WireError> {
    if raw.get().starts_with('"') {
        return Ok(vec![string(raw, at)?]);
    }
    list(raw, at, MAX_STOPS)?
        .into_iter()
        .enumerate()
        .map(|(index, stop)| string(stop, &Place::Item(at, index)))
        .collect()
}

fn read_tool(raw: &RawValue, at: &Place<'_>) -> Result<Tool, WireError> {
    let tool = object(raw, at)?;
    if required_string(&tool, at, "type")? != "function" {
        return Err(Place::Key(at, "type").wrong("must be function"));
    }
    let inner = Place::Key(at, "function");
    let function = object(required(&tool, at, "function")?, &inner)?;
    let strict = function
        .get("strict")
        .map(|raw| boolean(raw, &Place::Key(&inner, "strict")))
        .transpose()?;
    let parameters = function
        .get("parameters")
        .map(|raw| any_object(raw, &Place::Key(&inner, "parameters")))
        .transpose()?;
    Ok(Tool {
        name: required_string(&function, &inner, "name")?,
        description: optional_string(&function, &inner, "description")?,
        parameters,
        strict,
    })
}

fn read_tool_choice(raw: &RawValue, at: &Place<'_>) -> Result<ToolChoice, WireError> {
    if raw.get().starts_with('"') {
        return match string(raw, at)?.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            // Some services call it `any`.
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(at.wrong("must be auto, none, required or a function")),
        };
    }
    let choice = object(raw, at)?;
    if required_string(&choice, at, "type")? != "function" {
        return Err(Place::Key(at, "type").wrong("must be function"));
    }
    let inner = Place::Key(at, "function");
    let function = object(required(&choice, at, "function")?, &inner)?;
    required_string(&function, &inner, "name").map(ToolChoice::Named)
}

fn read_schema(fields: &Object<'_>, at: &Place<'_>) -> Result<JsonSchema, WireError> {
    let inner = Place::Key(at, "json_schema");
    let outer = object(required(fields, at, "json_schema")?, &inner)?;
    let strict = outer
        .get("strict")
        .map(|raw| boolean(raw, &Place::Key(&inner, "strict")))
        .transpose()?;
    let schema = required(&outer, &inner, "schema")?;
    Ok(JsonSchema {
        name: required_string(&outer, &inner, "name")?,
        description: optional_string(&outer, &inner, "description")?,
        schema: any_object(schema, &Place::Key(&inner, "schema"))?,
        strict,
    })
}

/// An object of any shape, such as a JSON Schema.
fn any_object(raw: &RawValue, at: &Place<'_>) -> Result<Value, WireError> {
    object(raw, at)?;
    serde_json::from_str(raw.get()).map_err(|_| at.wrong("is not JSON that can be represented"))
}
