//! One small call: what is asked of the model, and whether the reply is what it should be.

use std::time::Duration;

use clap::ValueEnum;
use futures_util::StreamExt as _;
use llm_core::gateway::Gateway;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inbound::Inbound;
use llm_core::gateway::respond::Completion;
use llm_core::gateway::stream::Piece;
use llm_core::types::answer::FinishReason;
use llm_core::types::chat::{ChatRequest, ResponseFormat};
use llm_core::types::code::Code;
use llm_core::types::message::{ContentPart, Image, MediaSource, Tool, ToolChoice};
use llm_core::types::plan::{Ask, Fallback};
use llm_core::types::task::Capabilities;
use serde_json::json;

/// Most tokens of a reply: enough for a word, also for a model that thinks first.
const MAX_TOKENS: u32 = 64;

/// A red square of 64 pixels: small, and larger than the least some providers accept.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsIty/dMYyQi+hcEKLNO+FgEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQGBywI6LQEAwyG+sAAAAABJRU5ErkJggg==";

/// What a call tries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A short answer as a whole
    Chat,
    /// A short answer piece by piece
    Stream,
    /// A question about a small picture, for models that see
    Vision,
    /// A tool that has to be called, for models that call tools
    Tools,
    /// An answer that has to be a JSON object, for models that can be held to it
    Json,
}

impl Kind {
    /// The name in machine output.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Stream => "stream",
            Self::Vision => "vision",
            Self::Tools => "tools",
            Self::Json => "json",
        }
    }

    /// What a model must be able to do.
    pub(super) fn needs(self) -> Capabilities {
        match self {
            Self::Chat | Self::Stream => Capabilities::NONE,
            Self::Vision => Capabilities::VISION,
            Self::Tools => Capabilities::TOOLS,
            Self::Json => Capabilities::JSON,
        }
    }

    /// What is asked where the user does not say.
    fn question(self) -> &'static str {
        match self {
            Self::Chat | Self::Stream => "Reply with the single word: ok",
            Self::Vision => "Which colour is this square? Reply with one word.",
            Self::Tools => "What time is it in Paris? Call the tool.",
            Self::Json => "Reply with the JSON object {\"ok\": true} and nothing else.",
        }
    }

    fn request(self, prompt: Option<&str>) -> ChatRequest {
        let mut chat = ChatRequest::question(prompt.unwrap_or(self.question()));
        chat.sampling.max_tokens = Some(MAX_TOKENS);
        match self {
            Self::Chat => {}
            Self::Stream => {
                chat.stream = true;
                chat.include_usage = true;
            }
            Self::Vision => {
                if let Some(message) = chat.messages.last_mut() {
                    message.content.push(ContentPart::Image(Image {
                        source: MediaSource::Inline {
                            mime: "image/png".to_owned(),
                            data: PICTURE.to_owned(),
                        },
                        detail: None,
                    }));
                }
            }
            Self::Tools => {
                chat.tools.push(clock_tool());
                chat.tool_choice = Some(ToolChoice::Required);
            }
            Self::Json => chat.format = ResponseFormat::JsonObject,
        }
        chat
    }

    /// What is missing in a reply that did arrive.
    fn fault(self, completion: &Completion) -> Option<&'static str> {
        let answer = &completion.answer;
        let Some(choice) = answer.choices.first() else {
            return Some("the reply has no answer in it");
        };
        let says_something = !choice.text.trim().is_empty()
            || choice.reasoning.is_some()
            || choice.refusal.is_some()
            || !choice.tool_calls.is_empty();
        let was_cut = choice.finish == FinishReason::Length;
        match self {
            Self::Tools if choice.tool_calls.is_empty() => {
                Some("the model called no tool although it had to")
            }
            Self::Json if !was_cut && !is_object(&choice.text) => {
                Some("the answer is not a JSON object")
            }
            _ if says_something || was_cut => None,
            _ => Some("the answer is empty"),
        }
    }
}

/// Calls a model: this one, and no other if it fails.
pub(super) async fn call(
    gateway: &Gateway,
    model: &str,
    kind: Kind,
    prompt: Option<&str>,
    limit: Duration,
) -> Result<Completion, GatewayError> {
    let mut ask = Ask::of_model(model, kind.request(prompt));
    ask.preferences.fallback = Fallback::None;
    let inbound = Inbound {
        time_limit: Some(limit),
        ..Inbound::in_process(ask)
    };
    let completion = match kind {
        Kind::Stream => read(gateway, inbound).await?,
        _ => gateway.chat(inbound).await?,
    };
    match kind.fault(&completion) {
        None => Ok(completion),
        Some(fault) => Err(GatewayError::new(Code::ProviderInvalidResponse, fault)),
    }
}

/// Reads a stream to its end.
async fn read(gateway: &Gateway, inbound: Inbound) -> Result<Completion, GatewayError> {
    let mut pieces = gateway.stream(inbound, false);
    while let Some(piece) = pieces.next().await {
        match piece {
            Piece::Progress(_) | Piece::Answer(_) => {}
            Piece::Done(completion) => return Ok(*completion),
            Piece::Failed(error) => return Err(error),
        }
    }
    Err(GatewayError::internal("a stream without an end"))
}

fn clock_tool() -> Tool {
    Tool {
        name: "time_in".to_owned(),
        description: Some("Tells the time in a city".to_owned()),
        parameters: Some(json!({
            "type": "object",
            "properties": { "city": { "type": "string" } },
            "required": ["city"],
        })),
        strict: None,
    }
}

/// Whether a text is a JSON object, a fence around it aside.
fn is_object(text: &str) -> bool {
    let text = text.trim();
    let inner = text
        .strip_prefix("```json")
        .or(text.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"))
        .unwrap_or(text);
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(inner).is_ok()
}
