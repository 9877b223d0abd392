//! Ready services on top of the gateway: document analysis, data insight, decision support.
//!
//! A service is a preset: instructions and a JSON schema around the caller's content, routed like
//! any other request. What it returns are the fields of the model's structured answer, checked
//! against the schema, and figures this program counts itself; never a constant.

mod schema;

pub mod words;

pub mod document;

pub mod insight;

pub mod decision;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::gateway::Gateway;
use crate::gateway::error::GatewayError;
use crate::gateway::inbound::Inbound;
use crate::gateway::respond::Completion;
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat};
use crate::types::code::Code;
use crate::types::message::Message;
use crate::types::plan::Ask;
use crate::types::tokens::is_cjk;

/// A service: its name, its variants, and how a task is made of a request.
#[derive(Debug)]
pub struct Service {
    /// The name, as `service_type` and on the command line.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The parameter that chooses the variant.
    pub kind_param: &'static str,
    /// The variants; any other word is taken as a focus of the general variant.
    pub kinds: &'static [&'static str],
    /// Makes the task.
    pub task: fn(&ServiceRequest) -> Result<ServiceTask, GatewayError>,
}

/// Every service: one file and one row each.
pub const SERVICES: &[&Service] = &[&document::SERVICE, &insight::SERVICE, &decision::SERVICE];

/// What a caller wants done.
#[derive(Clone, Debug, Default)]
pub struct ServiceRequest {
    /// The document, the data or the question.
    pub content: String,
    /// Options of the service.
    pub parameters: Map<String, Value>,
}

/// A request as a service sees it: what to ask, and what to add to the answer.
#[derive(Clone, Debug)]
pub struct ServiceTask {
    /// The variant that was chosen.
    pub kind: String,
    /// What the model is to do, in English and Chinese.
    pub instruction: Instruction,
    /// The fields the answer must have.
    pub schema: Value,
    /// Fields this program fills in itself.
    pub counted: Vec<(&'static str, Value)>,
    /// How much quality matters, 0 to 1.
    pub quality_priority: f64,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// For content that is not Chinese.
    pub en: String,
    /// For Chinese content.
    pub zh: String,
}

/// What a service found.
#[derive(Debug)]
pub struct ServiceResult {
    /// The fields of the variant.
    pub fields: Map<String, Value>,
    /// The variant.
    pub kind: String,
    /// The request behind it.
    pub completion: Completion,
}

/// The service of a name; `document-analysis` and `document_analysis` are the same.
pub fn find(name: &str) -> Result<&'static Service, GatewayError> {
    let wanted = name.replace('-', "_");
    SERVICES
        .iter()
        .copied()
        .find(|service| service.name == wanted)
        .ok_or_else(|| {
            let known: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
            let message = format!(
                "there is no service `{name}`; there are {}",
                known.join(", ")
            );
            GatewayError::new(Code::UnknownService, message).with_param("service_type")
        })
}

/// Turns a service request into an ordinary one. `template` carries who asks and how to route.
pub fn prepare(
    service: &Service,
    request: &ServiceRequest,
    mut template: Inbound,
) -> Result<(Inbound, ServiceTask), GatewayError> {
    if request.content.trim().is_empty() {
        let message = "the content is empty";
        return Err(GatewayError::new(Code::EmptyQuery, message).with_param("content"));
    }
    let task = (service.task)(request)?;
    let is_chinese = is_mostly_chinese(&request.content);
    let (instruction, rules) = if is_chinese {
        (&task.instruction.zh, RULES_ZH)
    } else {
        (&task.instruction.en, RULES_EN)
    };
    let mut chat = ChatRequest::new(vec![
        Message::system(format!("{instruction}\n\n{rules}")),
        Message::user(request.content.clone()),
    ]);
    chat.format = ResponseFormat::JsonSchema(JsonSchema {
        name: service.name.to_owned(),
        description: None,
        schema: task.schema.clone(),
        strict: Some(true),
    });
    let mut preferences = template.ask.preferences.clone();
    preferences
        .quality_priority
        .get_or_insert(task.quality_priority);
    template.ask = Ask {
        chat,
        preferences,
        task: template.ask.task.or_else(|| Some("analysis".to_owned())),
        check_schema: Some(Arc::new(task.schema.clone())),
        ..template.ask
    };
    Ok((template, task))
}

/// Runs a service.
pub async fn run(
    gateway: &Gateway,
    service: &Service,
    request: &ServiceRequest,
    template: Inbound,
) -> Result<ServiceResult, GatewayError> {
    let (inbound, task) = prepare(service, request, template)?;
    let completion = gateway.chat(inbound).await?;
    let mut fields: Map<String, Value> = serde_json::from_str(completion.answer.text())
        .map_err(|_| GatewayError::internal("a checked answer is not a JSON object"))?;
    for (name, value) in task.counted {
        fields.insert(name.to_owned(), value);
    }
    Ok(ServiceResult {
        fields,
        kind: task.kind,
        completion,
    })
}

const RULES_EN: &str = "Answer with one JSON object that follows the given schema and nothing else. \
    Write the values in the language of the text. Use only what the text says; where it says nothing, \
    say so in the value instead of inventing something.";

const RULES_ZH: &str = "只输出一个符合给定结构的 JSON 对象，不要输出其他内容。字段的值用与原文相同的语言书写。\
    只依据原文内容；原文没有提到的，请在字段中如实说明，不要编造。";

fn is_mostly_chinese(text: &str) -> bool {
    let (mut chinese, mut letters) = (0_usize, 0_usize);
    for c in text.chars().take(4000) {
        if is_cjk(c) {
            chinese += 1;
        } else if c.is_alphabetic() {
            letters += 1;
        }
    }
    // A Chinese character carries about as much as four Latin letters.
    chinese * 4 > letters
}

/// The text of an option, or its default.
fn option<'a>(
    request: &'a ServiceRequest,
    name: &str,
    default: &'a str,
) -> Result<&'a str, GatewayError> {
    match request.parameters.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(_) => {
            let message = format!("`{name}` must be a word, such as `{default}`");
            Err(GatewayError::invalid(format!("parameters.{name}"), message))
        }
    }
}

#[cfg(test)]
mod tests;
