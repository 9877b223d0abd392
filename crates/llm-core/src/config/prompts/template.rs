//! One template: reading it, and putting values into it.
//!
//! `{name}` stands for a declared variable; any other brace is text. Values are put in in one
//! pass, so a value that itself holds `{name}` stays as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::error::ConfigError;
use crate::config::tree::LineIndex;
use crate::types::code::Code;

/// A prompt template.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptTemplate {
    /// Its name in requests.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Its version.
    #[serde(default = "first_version")]
    pub version: String,
    /// The language it is written in, such as `zh`.
    #[serde(default = "chinese")]
    pub language: String,
    /// The task it is for; `general` for any.
    #[serde(default = "general")]
    pub task_type: String,
    /// The family of models it is written for; `general` for any.
    #[serde(default = "general")]
    pub model_type: String,
    /// Instructions to the model.
    #[serde(default)]
    pub system_prompt: String,
    /// What is asked; empty when the request's own messages ask.
    #[serde(default)]
    pub user_prompt_template: String,
    /// What has to be filled in.
    #[serde(default)]
    pub variables: Vec<PromptVariable>,
    /// The file it was read from; `None` for a built-in one.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptVariable {
    /// Its name, as in `{name}`.
    pub name: String,
    /// What kind of value, for people: `string` unless said otherwise.
    #[serde(default = "string", rename = "type")]
    pub kind: String,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// Whether it must be given; otherwise its place stays empty.
    #[serde(default)]
    pub required: bool,
}

/// A template with its values in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Instructions; `None` where the template has none.
    pub system: Option<String>,
    /// What is asked; `None` where the template leaves that to the request.
    pub user: Option<String>,
}

/// Values that do not fit a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// A required variable has no value.
    #[error("template `{template}` needs the variable `{name}`")]
    Missing {
        /// Which template.
        template: String,
        /// Which variable.
        name: String,
    },
    /// A value is for no variable of the template.
    #[error("template `{template}` has no variable `{name}`; it has {}", list(.known))]
    Unknown {
        /// Which template.
        template: String,
        /// What was sent.
        name: String,
        /// The variables it has.
        known: Vec<String>,
    },
}

impl PromptError {
    /// The code the caller sees.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::MissingField,
            Self::Unknown { .. } => Code::InvalidValue,
        }
    }

    /// The variable at fault.
    pub fn variable(&self) -> &str {
        match self {
            Self::Missing { name, .. } | Self::Unknown { name, .. } => name,
        }
    }
}

impl PromptTemplate {
    /// Reads a template and checks that everything it mentions is declared.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut template: Self = toml::from_str(text).map_err(|error| {
            let (line, column) = error
                .span()
                .map_or((1, 1), |span| LineIndex::of(text).position(span.start));
            let message = error.message().to_owned();
            ConfigError::new(Code::ConfigSyntax, message)
                .in_file(path)
                .at_line(line, column)
        })?;
        template.file = Some(path.to_owned());
        if let Some((key, problem)) = template.problem() {
            let found = ConfigError::invalid(problem).in_file(path).at_key(key);
            return Err(match text.find(key) {
                Some(at) => {
                    let (line, column) = LineIndex::of(text).position(at);
                    found.at_line(line, column)
                }
                None => found,
            });
        }
        Ok(template)
    }

    /// The variable of a name.
    pub fn variable(&self, name: &str) -> Option<&PromptVariable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The template with these values in it.
    pub fn render(&self, values: &BTreeMap<String, String>) -> Result<Rendered, PromptError> {
        if let Some(name) = values.keys().find(|name| self.variable(name).is_none()) {
            let names = self.variables.iter().map(|variable| variable.name.clone());
            return Err(PromptError::Unknown {
                template: self.id.clone(),
                name: name.clone(),
                known: names.collect(),
            });
        }
        let missing = self
            .variables
            .iter()
            .find(|variable| variable.required && !values.contains_key(&variable.name));
        if let Some(variable) = missing {
            return Err(PromptError::Missing {
                template: self.id.clone(),
                name: variable.name.clone(),
            });
        }
        let part = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| self.fill(text, values))
        };
        Ok(Rendered {
            system: part(&self.system_prompt),
            user: part(&self.user_prompt_template),
        })
    }

    fn fill(&self, text: &str, values: &BTreeMap<String, String>) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in Pieces(text) {
            match piece {
                Piece::Name(name) if self.variable(name).is_some() => {
                    out.push_str(values.get(name).map_or("", String::as_str));
                }
                Piece::Name(name) => {
                    out.push('{');
                    out.push_str(name);
                    out.push('}');
                }
                Piece::Text(text) => out.push_str(text),
            }
        }
        out
    }

    /// What is wrong, and the key it concerns.
    fn problem(&self) -> Option<(&'static str, String)> {
        let is_plain = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        if !is_plain(&self.id) {
            let problem = "an id has letters, digits, `_`, `-` and `.` only".to_owned();
            return Some(("id", problem));
        }
        if self.system_prompt.trim().is_empty() && self.user_prompt_template.trim().is_empty() {
            let problem = "the template has neither a system prompt nor a user prompt".to_owned();
            return Some(("id", problem));
        }
        for (position, variable) in self.variables.iter().enumerate() {
            if !is_name(&variable.name) {
                let problem = format!(
                    "`{}` is no name of a variable: letters, digits and `_`, not beginning with a digit",
                    variable.name
                );
                return Some(("variables", problem));
            }
            let earlier = &self.variables[..position];
            if earlier.iter().any(|other| other.name == variable.name) {
                let problem = format!("the variable `{}` is declared twice", variable.name);
                return Some(("variables", problem));
            }
        }
        let undeclared = |text| {
            Pieces(text).find_map(|piece| match piece {
                Piece::Name(name) if self.variable(name).is_none() => Some(name),
                _ => None,
            })
        };
        for (key, text) in [
            ("system_prompt", self.system_prompt.as_str()),
            ("user_prompt_template", self.user_prompt_template.as_str()),
        ] {
            if let Some(name) = undeclared(text) {
                let problem = format!("`{{{name}}}` is not among the template's `variables`");
                return Some((key, problem));
            }
        }
        None
    }
}

/// A template's text, cut at its places.
struct Pieces<'a>(&'a str);

enum Piece<'a> {
    Text(&'a str),
    /// What stands between braces.
    Name(&'a str),
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.0.is_empty() {
            return None;
        }
        if let Some(inner) = self.0.strip_prefix('{')
            && let Some((name, rest)) = inner.split_once('}')
            && is_name(name)
        {
            self.0 = rest;
            return Some(Piece::Name(name));
        }
        // A brace that opens no place is text; the next one may open one.
        let first = self.0.chars().next().map_or(0, char::len_utf8);
        let end = self.0[first..]
            .find('{')
            .map_or(self.0.len(), |offset| first + offset);
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(Piece::Text(text))
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

fn first_version() -> String {
    "1.0".to_owned()
}

fn chinese() -> String {
    "zh".to_owned()
}

fn general() -> String {
    super::GENERAL.to_owned()
}

fn string() -> String {
    "string".to_owned()
}
