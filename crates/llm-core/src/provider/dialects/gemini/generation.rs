//! The options of `generationConfig`.

use serde_json::value::RawValue;

use super::request::camel;
use super::schema::json_schema;
use crate::provider::dialects::reading::{Dropped, any_object, strings};
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, boolean, number, optional_string, whole,
};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat, Sampling};

const MAX_STOPS: usize = 64;
const MAX_CHOICES: u32 = 128;

const READ: &[&str] = &[
    "candidateCount",
    "frequencyPenalty",
    "maxOutputTokens",
    "presencePenalty",
    "responseJsonSchema",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topP",
];

/// The name of a schema, which this dialect does not have and others require.
const SCHEMA_NAME: &str = "answer";

/// Reads the options into a request; whether thoughts are to be shown.
pub(super) fn generation(
    raw: &RawValue,
    at: &Place<'_>,
    request: &mut ChatRequest,
    dropped: &mut Dropped,
) -> Result<bool, WireError> {
    let config = Config {
        fields: camel(raw, at)?,
        at,
    };
    // What a schema of the answer is called here is a hint elsewhere.
    for (name, _) in config.fields.iter() {
        if name == "mediaResolution" {
            dropped.note(name);
        } else if !READ.contains(&name) {
            return Err(Place::Key(at, name).unsupported("has no counterpart here"));
        }
    }
    config.modalities()?;
    request.sampling = config.sampling()?;
    request.format = config.format()?;
    let Some(raw) = config.fields.get("thinkingConfig") else {
        return Ok(false);
    };
    thinking(raw, &Place::Key(at, "thinkingConfig"), request, dropped)
}

struct Config<'a, 'p> {
    fields: Object<'a>,
    at: &'p Place<'p>,
}

impl<'a> Config<'a, '_> {
    fn with<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a RawValue, &Place<'_>) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        let at = Place::Key(self.at, name);
        self.fields.get(name).map(|raw| read(raw, &at)).transpose()
    }

    fn sampling(&self) -> Result<Sampling, WireError> {
        let float = |name: &str, least: f64, most: f64| {
            self.with(name, |raw, at| number(raw, at, least, most))
        };
        let stop = self.with("stopSequences", |raw, at| strings(raw, at, MAX_STOPS))?;
        Ok(Sampling {
            max_tokens: self.with("maxOutputTokens", |raw, at| whole(raw, at, 1, u32::MAX))?,
            temperature: float("temperature", 0.0, 2.0)?,
            top_p: float("topP", 0.0, 1.0)?,
            seed: self.with("seed", |raw, at| whole(raw, at, i64::MIN, i64::MAX))?,
            stop: stop.unwrap_or_default(),
            frequency_penalty: float("frequencyPenalty", -2.0, 2.0)?,
            presence_penalty: float("presencePenalty", -2.0, 2.0)?,
            n: self.with("candidateCount", |raw, at| whole(raw, at, 1, MAX_CHOICES))?,
        })
    }

    fn modalities(&self) -> Result<(), WireError> {
        let asked = self.with("responseModalities", |raw, at| strings(raw, at, 16))?;
        let is_text = |name: &String| name.eq_ignore_ascii_case("text");
        if asked.unwrap_or_default().iter().all(is_text) {
            return Ok(());
        }
        Err(Place::Key(self.at, "responseModalities").unsupported("can only be TEXT"))
    }

    fn format(&self) -> Result<ResponseFormat, WireError> {
        let name = "responseMimeType";
        let own = self.with("responseSchema", |raw, at| {
            any_object(raw, at).map(json_schema)
        })?;
        let standard = self.with("responseJsonSchema", any_object)?;
        match optional_string(&self.fields, self.at, name)?.as_deref() {
            None | Some("text/plain") => Ok(ResponseFormat::Text),
            Some("application/json") => Ok(match standard.or(own) {
                None => ResponseFormat::JsonObject,
                Some(schema) => ResponseFormat::JsonSchema(JsonSchema {
                    name: SCHEMA_NAME.to_owned(),
                    description: None,
                    schema,
                    strict: None,
                }),
            }),
            Some(_) => {
                let message = "can be text/plain or application/json";
                Err(Place::Key(self.at, name).unsupported(message))
            }
        }
    }
}

fn thinking(
    raw: &RawValue,
    at: &Place<'_>,
    request: &mut ChatRequest,
    dropped: &mut Dropped,
) -> Result<bool, WireError> {
    let config = Config {
        fields: camel(raw, at)?,
        at,
    };
    let known = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
    dropped.check(&config.fields, at, &known)?;
    let level = optional_string(&config.fields, at, "thinkingLevel")?;
    let budget = config.with("thinkingBudget", |raw, at| whole(raw, at, -1, i64::MAX))?;
    let of_budget = budget.and_then(|tokens| match tokens {
        ..=-1 => None,
        0 => Some("none"),
        1..=1024 => Some("low"),
        1025..=8192 => Some("medium"),
        8193..=24_576 => Some("high"),
        _ => Some("xhigh"),
    });
    let level = level.map(|level| level.to_lowercase());
    let level = level.filter(|level| level != "thinking_level_unspecified");
    if level.is_some() && budget.is_some() {
        let message = "says the same as `thinkingLevel`; send one of them";
        return Err(Place::Key(at, "thinkingBudget").wrong(message));
    }
    request.reasoning_effort = level.or(of_budget.map(str::to_owned));
    Ok(config.with("includeThoughts", boolean)?.unwrap_or(false))
}
