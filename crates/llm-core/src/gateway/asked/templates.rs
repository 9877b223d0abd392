//! Prompt templates in requests: `prompt_template` names one (or `auto`), `variables` fill it in.
//!
//! The template's instructions go before the conversation and its question after it. Which
//! templates there are and how they are filled is `config::prompts`.

use std::collections::BTreeMap;

use crate::config::prompts::{GENERAL, PromptLibrary, PromptTemplate};
use crate::gateway::error::GatewayError;
use crate::types::code::Code;
use crate::types::message::{Message, Role};
use crate::types::plan::AUTO;
use crate::types::tokens::is_cjk;
use serde_json::Value;

use super::fields::Fields;

/// The fields read here.
pub const FIELDS: &[&str] = &["prompt_template", "variables"];

/// The variable that stands for what the user asks; the last message fills it where nothing else
/// does.
const USER_INPUT: &str = "user_input";

/// A template a request asks for.
#[derive(Clone, Debug)]
pub struct TemplateWish {
    id: String,
    variables: BTreeMap<String, String>,
}

/// What a template is chosen by.
#[derive(Clone, Copy, Debug)]
pub struct Fitting<'a> {
    /// The model the request names.
    pub model: &'a str,
    /// The task it names.
    pub task: Option<&'a str>,
}

impl TemplateWish {
    /// Reads the fields; `None` when no template is asked for.
    pub fn read(fields: &mut Fields) -> Result<Option<Self>, GatewayError> {
        let id = fields.text("prompt_template")?;
        let variables = fields.map("variables")?;
        let Some(id) = id.filter(|id| !id.trim().is_empty()) else {
            return match variables {
                None => Ok(None),
                Some(_) => Err(GatewayError::new(
                    Code::MissingField,
                    "`variables` need a `prompt_template` to be put into",
                )
                .with_param("prompt_template")),
            };
        };
        let variables = variables
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, value)| Some((name, text_of(value)?)));
        Ok(Some(Self {
            id,
            variables: variables.collect(),
        }))
    }

    /// The conversation with the template around it.
    pub fn apply(
        mut self,
        library: &PromptLibrary,
        mut messages: Vec<Message>,
        fitting: Fitting<'_>,
    ) -> Result<Vec<Message>, GatewayError> {
        let template = self.template(library, &messages, fitting)?;
        if template.variable(USER_INPUT).is_some() && !self.variables.contains_key(USER_INPUT) {
            let last = messages
                .pop_if(|last| last.role == Role::User && !last.plain_text().trim().is_empty());
            if let Some(last) = last {
                self.variables
                    .insert(USER_INPUT.to_owned(), last.plain_text());
            }
        }
        let rendered = template.render(&self.variables).map_err(|error| {
            GatewayError::new(error.code(), error.to_string())
                .with_param(format!("variables.{}", error.variable()))
        })?;
        let system = rendered.system.map(Message::system);
        let user = rendered.user.map(Message::user);
        Ok(system.into_iter().chain(messages).chain(user).collect())
    }

    fn template<'l>(
        &self,
        library: &'l PromptLibrary,
        messages: &[Message],
        fitting: Fitting<'_>,
    ) -> Result<&'l PromptTemplate, GatewayError> {
        let found = if self.id == AUTO {
            let task = fitting.task.unwrap_or(GENERAL);
            library.select(fitting.model, task, self.language(messages))
        } else {
            library.find(&self.id)
        };
        found.ok_or_else(|| {
            let message = format!("there is no prompt template `{}`", self.id);
            GatewayError::new(Code::UnknownTemplate, message)
                .with_param("prompt_template")
                .with_hint("`GET /api/v1/prompts/templates` lists them")
        })
    }

    /// Chinese where any of the text is.
    fn language(&self, messages: &[Message]) -> &'static str {
        let said = messages.iter().map(Message::plain_text);
        let given = self.variables.values().cloned();
        if said.chain(given).any(|text| text.chars().any(is_cjk)) {
            "zh"
        } else {
            "en"
        }
    }
}

/// A value as it stands in a prompt; `null` is none.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::types::raw::RawFields;

    use super::*;

    fn apply(json: &str, messages: Vec<Message>) -> Result<Vec<String>, GatewayError> {
        let mut fields = Fields::new(RawFields::parse(json.as_bytes()).unwrap());
        let wish = TemplateWish::read(&mut fields)?.expect("a template");
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let library = PromptLibrary::read(None, now).unwrap();
        let fitting = Fitting {
            model: AUTO,
            task: None,
        };
        let messages = wish.apply(&library, messages, fitting)?;
        Ok(messages
            .iter()
            .map(|message| format!("{}: {}", message.role.as_str(), message.plain_text()))
            .collect())
    }

    #[test]
    fn the_last_question_goes_into_the_template() {
        let messages = vec![
            Message::user("第一"),
            Message::assistant("一"),
            Message::user("第二"),
        ];
        let out = apply(r#"{"prompt_template":"auto"}"#, messages).unwrap();
        assert!(
            out[0].starts_with("system: ") && out[0].contains("简洁的中文"),
            "{out:?}"
        );
        assert_eq!(&out[1..], ["user: 第一", "assistant: 一", "user: 第二"]);
    }

    #[test]
    fn values_of_any_kind_become_text() {
        let json = r#"{"prompt_template":"general_financial_analysis_en",
            "variables":{"symbol":"X","company_name":"Y","stock_data":{"price":1.5}}}"#;
        let out = apply(json, Vec::new()).unwrap();
        assert!(out[1].contains(r#"{"price":1.5}"#), "{out:?}");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (json, code, param) in [
            (
                r#"{"prompt_template":"none_such"}"#,
                Code::UnknownTemplate,
                "prompt_template",
            ),
            (
                r#"{"prompt_template":"general_assistant_en"}"#,
                Code::MissingField,
                "variables.user_input",
            ),
            (
                r#"{"prompt_template":"general_assistant_en","variables":{"user_input":"a","x":1}}"#,
                Code::InvalidValue,
                "variables.x",
            ),
            (r#"{"variables":{}}"#, Code::MissingField, "prompt_template"),
        ] {
            let error = apply(json, Vec::new()).unwrap_err();
            assert_eq!((error.code, error.param.as_deref()), (code, Some(param)));
        }
    }
}
