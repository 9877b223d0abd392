//! A request for one chat completion, in the form every adapter encodes from.
//!
//! What to route by (model name, preferences, cooperation) travels beside it in
//! [`crate::types::plan::Ask`]; who asks is the gateway's business.

use serde_json::Value;

use super::message::{ContentPart, Message, Tool, ToolChoice};
use super::raw::RawFields;

/// A conversation and how the next turn should be produced.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// The conversation so far, never empty once validated.
    pub messages: Vec<Message>,
    /// Tools the model may call.
    pub tools: Vec<Tool>,
    /// Which of them it should use.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several calls may be made at once.
    pub parallel_tool_calls: Option<bool>,
    /// The form the answer must have.
    pub format: ResponseFormat,
    /// Sampling options; `None` leaves the model's own default.
    pub sampling: Sampling,
    /// How much the model should think first: `minimal`, `low`, `medium`, `high`, …
    pub reasoning_effort: Option<String>,
    /// The end user, passed on for the provider's abuse detection.
    pub user: Option<String>,
    /// Whether the answer is wanted piece by piece.
    pub stream: bool,
    /// Whether a stream should end with a usage block.
    pub include_usage: bool,
    /// The client's own top-level fields when it spoke the `OpenAI` dialect, as the bytes it sent.
    ///
    /// An `OpenAI`-speaking provider receives these; the typed fields above are views of them.
    pub wire: RawFields,
}

/// Sampling options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// Upper bound of generated tokens, reasoning included where the provider counts it.
    pub max_tokens: Option<u32>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// For repeatable output where the provider supports it.
    pub seed: Option<i64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// -2 to 2.
    pub presence_penalty: Option<f64>,
    /// How many answers to produce; 1 when absent.
    pub n: Option<u32>,
}

/// The form the answer must have.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ResponseFormat {
    /// Free text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema(JsonSchema),
}

/// A named JSON Schema.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonSchema {
    /// The name providers require.
    pub name: String,
    /// What the object is, for the model.
    pub description: Option<String>,
    /// The schema itself.
    pub schema: Value,
    /// Whether the provider must enforce it exactly.
    pub strict: Option<bool>,
}

impl ChatRequest {
    /// A request made of messages alone.
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            messages,
            ..Self::default()
        }
    }

    /// A single user question.
    pub fn question(text: impl Into<String>) -> Self {
        Self::new(vec![Message::user(text)])
    }

    /// Replaces the conversation, so that the client's own bytes of it are no longer forwarded.
    pub fn set_messages(&mut self, messages: Vec<Message>) {
        self.wire.remove("messages");
        self.messages = messages;
    }

    /// The text of the last user message: what routing looks at first.
    pub fn last_user_text(&self) -> String {
        self.messages
            .iter()
            .rev()
            .find(|m| m.role == super::message::Role::User)
            .map(Message::plain_text)
            .unwrap_or_default()
    }

    /// Whether any message carries a picture.
    pub fn has_images(&self) -> bool {
        self.has_part(|part| matches!(part, ContentPart::Image(_)))
    }

    /// Whether any message carries sound.
    pub fn has_audio(&self) -> bool {
        self.has_part(|part| matches!(part, ContentPart::Audio(_)))
    }

    /// Whether any message carries a document.
    pub fn has_files(&self) -> bool {
        self.has_part(|part| matches!(part, ContentPart::File(_)))
    }

    fn has_part(&self, wanted: impl Fn(&ContentPart) -> bool) -> bool {
        self.messages
            .iter()
            .any(|message| message.content.iter().any(&wanted))
    }
}
