//! What the endpoints of the Anthropic dialect read and answer. Blocks are described as objects
//! only: their kinds are the dialect's own.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Metadata, OwnFields};

/// A conversation to answer.
#[derive(JsonSchema)]
pub struct MessagesBody {
    /// A model, alias, route, `auto` or `cooperate/MODE`. Default: `auto`.
    pub model: Option<String>,
    /// Most tokens to write.
    pub max_tokens: u32,
    /// What is said.
    #[schemars(flatten)]
    pub conversation: Conversation,
    /// Whether the answer is wanted piece by piece.
    pub stream: Option<bool>,
    /// 0 to 1.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// Texts that end the answer.
    pub stop_sequences: Option<Vec<String>>,
    /// The form of the answer, and how much to think.
    pub output_config: Option<Map<String, Value>>,
    /// `user_id` is the end user.
    pub metadata: Option<Map<String, Value>>,
    /// Our own fields.
    #[schemars(flatten)]
    pub own: OwnFields,
}

/// A conversation whose tokens are counted.
#[derive(JsonSchema)]
pub struct CountBody {
    /// A model, alias, route, `auto` or `cooperate/MODE`. Default: `auto`.
    pub model: Option<String>,
    /// What is said.
    #[schemars(flatten)]
    pub conversation: Conversation,
}

/// What is said, and the tools there are.
#[derive(JsonSchema)]
pub struct Conversation {
    /// The turns of `user` and `assistant`.
    pub messages: Vec<Map<String, Value>>,
    /// Instructions: a text or text blocks.
    pub system: Option<Value>,
    /// Tools the model may call.
    pub tools: Option<Vec<Map<String, Value>>>,
    /// Which of them it should use.
    pub tool_choice: Option<Map<String, Value>>,
    /// How much the model should think first.
    pub thinking: Option<Map<String, Value>>,
}

/// An answer.
#[derive(JsonSchema)]
pub struct Message {
    /// Our id of the reply.
    pub id: String,
    /// `message`.
    #[schemars(rename = "type")]
    pub kind: String,
    /// `assistant`.
    pub role: String,
    /// The public name of whoever answered.
    pub model: String,
    /// Thoughts, text and calls.
    pub content: Vec<Map<String, Value>>,
    /// `end_turn`, `max_tokens`, `tool_use`, `refusal`, or a provider's own word.
    pub stop_reason: String,
    /// Always `null`: which text ended the answer is not known.
    pub stop_sequence: Option<String>,
    /// Tokens of all calls.
    pub usage: Usage,
    /// How the answer came about.
    pub llm_cooperation: Metadata,
}

/// Tokens. Those of the cache are not among the input.
#[derive(JsonSchema)]
pub struct Usage {
    /// Read afresh.
    pub input_tokens: u64,
    /// Written, thoughts included.
    pub output_tokens: u64,
    /// Written to the provider's cache.
    pub cache_creation_input_tokens: u64,
    /// Read from the provider's cache.
    pub cache_read_input_tokens: u64,
}

/// An event of a stream; its name is its `type`. Silence is filled with `ping`. A failure is the
/// event `error` and the end: no `message_stop`.
#[derive(JsonSchema)]
pub struct MessageEvent {
    /// `message_start`, `content_block_start`, `content_block_delta`, `content_block_stop`,
    /// `message_delta`, `message_stop`, `ping` or `error`.
    #[schemars(rename = "type")]
    pub kind: String,
}

/// How long a conversation is.
#[derive(Serialize, JsonSchema)]
pub struct TokenCount {
    /// Tokens a model has to read, estimated: every model counts in its own way.
    pub input_tokens: u64,
}
