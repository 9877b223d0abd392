//! The body of a chat completion, read: the conversation, our own fields, the template around it.
//!
//! Bodies come from the HTTP surface and from the command line alike, so a field means the same in
//! both.

pub mod fields;
pub mod templates;
pub mod wishes;

use std::sync::Arc;

use crate::config::prompts::PromptLibrary;
use crate::gateway::error::GatewayError;
use crate::gateway::schema::check_schema;
use crate::provider::protocols::openai::{Parsed, WireError, read_request};
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::code::Code;
use crate::types::plan::{AUTO, Ask};
use crate::types::raw::RawFields;
use serde_json::json;
use serde_json::value::RawValue;

use self::fields::Fields;
use self::templates::{Fitting, TemplateWish};
use self::wishes::Wishes;

/// A chat completion that is asked for.
#[derive(Debug)]
pub struct Asked {
    /// The request.
    pub ask: Ask,
    /// The end user.
    pub user: Option<String>,
    /// Whether it is to be streamed.
    pub stream: bool,
    /// Whether a stream ends with the usage.
    pub include_usage: bool,
    /// Whether a stream shows what happens meanwhile.
    pub events: bool,
    /// What the caller should know.
    pub warnings: Vec<String>,
}

impl Asked {
    /// Reads a body.
    pub fn read(mut body: RawFields, library: &PromptLibrary) -> Result<Self, GatewayError> {
        let has_template = is_there(&body, "prompt_template");
        let has_messages = is_there(&body, "messages") && !is_empty_list(&body, "messages");
        if !has_messages {
            if !has_template && is_there(&body, "messages") {
                let message = "the list of messages is empty";
                return Err(GatewayError::new(Code::EmptyQuery, message).with_param("messages"));
            }
            if has_template {
                // The template asks; a conversation is read all the same.
                body.set("messages", raw(r#"[{"role":"user","content":""}]"#)?);
            }
        }
        let parsed = read_request(body).map_err(wire_error)?;
        Self::of(parsed, library, has_messages)
    }

    /// What a body of any dialect asks for, read by its reader; `warnings` are the reader's.
    pub fn of_dialect(
        parsed: Parsed,
        warnings: Vec<String>,
        library: &PromptLibrary,
    ) -> Result<Self, GatewayError> {
        let mut asked = Self::of(parsed, library, true)?;
        asked.warnings.splice(..0, warnings);
        Ok(asked)
    }

    fn of(
        parsed: Parsed,
        library: &PromptLibrary,
        has_messages: bool,
    ) -> Result<Self, GatewayError> {
        let mut own = Fields::new(parsed.own);
        let mut wishes = Wishes::read(&mut own)?;
        let template = TemplateWish::read(&mut own)?;
        let model = parsed
            .model
            .filter(|model| !model.trim().is_empty())
            .unwrap_or_else(|| AUTO.to_owned());
        let mut chat = parsed.request;
        let (stream, include_usage) = (chat.stream, chat.include_usage);
        if let Some(template) = template {
            let messages = if has_messages {
                std::mem::take(&mut chat.messages)
            } else {
                Vec::new()
            };
            let fitting = Fitting {
                model: &model,
                task: wishes.task.as_deref(),
            };
            chat.set_messages(template.apply(library, messages, fitting)?);
        }
        let user = wishes.user.clone().or_else(|| chat.user.clone());
        let schema = wishes.validates.then(|| schema_of(&chat)).transpose()?;
        let mut ask = Ask::of_model(model, chat);
        ask.check_schema = schema;
        wishes.apply(&mut ask)?;
        Ok(Self {
            ask,
            user,
            stream,
            include_usage,
            events: wishes.events,
            warnings: wishes.warnings,
        })
    }
}

/// The schema an answer is held to, checked itself before anything is sent.
fn schema_of(chat: &ChatRequest) -> Result<Arc<serde_json::Value>, GatewayError> {
    let schema = match &chat.format {
        ResponseFormat::JsonSchema(format) => format.schema.clone(),
        ResponseFormat::JsonObject => json!({ "type": "object" }),
        ResponseFormat::Text => {
            let message = "there is nothing to validate: `response_format` asks for no JSON";
            return Err(GatewayError::invalid("llm_cooperation.validate", message));
        }
    };
    check_schema(&schema)
        .map_err(|error| error.with_param("response_format.json_schema.schema"))?;
    Ok(Arc::new(schema))
}

/// A mistake in a field of the dialect.
pub fn wire_error(error: WireError) -> GatewayError {
    let code = if error.missing {
        Code::MissingField
    } else if error.unsupported {
        Code::UnsupportedParameter
    } else {
        Code::InvalidValue
    };
    GatewayError::new(code, format!("`{}` {}", error.param, error.message)).with_param(error.param)
}

fn is_there(body: &RawFields, name: &str) -> bool {
    body.get(name).is_some_and(|raw| raw.get() != "null")
}

fn is_empty_list(body: &RawFields, name: &str) -> bool {
    body.get(name).is_some_and(|raw| {
        let inner = raw
            .get()
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        inner.is_some_and(|inner| inner.trim().is_empty())
    })
}

fn raw(json: &str) -> Result<Box<RawValue>, GatewayError> {
    RawValue::from_string(json.to_owned())
        .map_err(|error| GatewayError::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Asked, GatewayError> {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let library = PromptLibrary::read(None, now).unwrap();
        Asked::read(RawFields::parse(json.as_bytes()).unwrap(), &library)
    }

    #[test]
    fn the_dialect_and_our_own_fields_are_read_together() {
        let asked = read(
            r#"{"messages":[{"role":"user","content":"hi"}],"task_type":"math","user":"a",
                "stream":true,"stream_options":{"include_usage":true},
                "llm_cooperation":{"events":true}}"#,
        )
        .unwrap();
        assert_eq!(asked.ask.model, AUTO);
        assert_eq!(asked.ask.task.as_deref(), Some("math"));
        assert_eq!(asked.user.as_deref(), Some("a"));
        assert!(asked.stream && asked.include_usage && asked.events);
        assert!(asked.ask.chat.wire.get("task_type").is_none());
    }

    #[test]
    fn members_can_be_named_beside_a_mode_in_the_models_place() {
        let asked = read(
            r#"{"model":"cooperate/voting","models":["a","b"],
                "messages":[{"role":"user","content":"hi"}]}"#,
        )
        .unwrap();
        assert_eq!(asked.ask.cooperation.unwrap().members.len(), 2);
        assert_eq!(asked.ask.preferences.models, Vec::<String>::new());
    }

    #[test]
    fn a_template_needs_no_messages_of_its_own() {
        let asked =
            read(r#"{"prompt_template":"general_assistant_en","variables":{"user_input":"why?"}}"#)
                .unwrap();
        let messages = &asked.ask.chat.messages;
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[1].plain_text(), "why?");
        assert!(asked.ask.chat.wire.get("messages").is_none());
    }

    #[test]
    fn a_schema_is_checked_only_when_asked_and_must_be_usable() {
        let body = |schema: &str, ours: &str| {
            format!(
                r#"{{"messages":[{{"role":"user","content":"hi"}}],
                    "response_format":{{"type":"json_schema","json_schema":
                        {{"name":"n","schema":{schema}}}}},
                    "llm_cooperation":{ours}}}"#
            )
        };
        assert!(read(&body("{}", "{}")).unwrap().ask.check_schema.is_none());
        let wish = r#"{"validate":true}"#;
        assert!(read(&body("{}", wish)).unwrap().ask.check_schema.is_some());
        let error = read(&body(r#"{"type":"no-such"}"#, wish)).unwrap_err();
        assert_eq!(
            error.param.as_deref(),
            Some("response_format.json_schema.schema")
        );
        let text = r#"{"messages":[{"role":"user","content":"hi"}],
            "llm_cooperation":{"validate":true}}"#;
        assert!(read(text).is_err());
    }

    #[test]
    fn what_is_missing_or_empty_has_its_code() {
        for (json, code) in [
            ("{}", Code::MissingField),
            (r#"{"messages":null}"#, Code::MissingField),
            (r#"{"messages":[]}"#, Code::EmptyQuery),
            (r#"{"messages":[ ]}"#, Code::EmptyQuery),
            (
                r#"{"messages":[{"role":"king","content":"x"}]}"#,
                Code::InvalidValue,
            ),
            (r#"{"messages":[{"content":"x"}]}"#, Code::MissingField),
        ] {
            assert_eq!(read(json).unwrap_err().code, code, "{json}");
        }
    }
}
