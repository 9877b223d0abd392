//! What the endpoints of the two other dialects of `OpenAI` read and answer: responses and legacy
//! completions. Items are described as objects only: their kinds are the dialect's own.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Metadata, OwnFields, TokenUsage};

/// A conversation to answer.
#[derive(JsonSchema)]
pub struct ResponseBody {
    /// A model, alias, route, `auto` or `cooperate/MODE`. Default: `auto`.
    pub model: Option<String>,
    /// A text, or items: messages, calls and their outputs, thoughts.
    pub input: Value,
    /// Instructions.
    pub instructions: Option<String>,
    /// The answer this goes on from, where answers are kept.
    pub previous_response_id: Option<String>,
    /// Whether the answer is kept, where answers are.
    pub store: Option<bool>,
    /// Whether the answer is wanted piece by piece.
    pub stream: Option<bool>,
    /// Most tokens to write, thoughts included.
    pub max_output_tokens: Option<u32>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// Functions the model may call.
    pub tools: Option<Vec<Map<String, Value>>>,
    /// Which of them it should use.
    pub tool_choice: Option<Value>,
    /// The form of the answer.
    pub text: Option<Map<String, Value>>,
    /// How much the model should think first.
    pub reasoning: Option<Map<String, Value>>,
    /// Shown in the answer again.
    pub metadata: Option<Map<String, Value>>,
    /// Our own fields.
    #[schemars(flatten)]
    pub own: OwnFields,
}

/// An answer.
#[derive(JsonSchema)]
pub struct Response {
    /// Our id of the reply.
    pub id: String,
    /// `response`.
    pub object: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// `completed`, `incomplete`, `in_progress` or `failed`.
    pub status: String,
    /// Why it is incomplete.
    pub incomplete_details: Option<Map<String, Value>>,
    /// The public name of whoever answered.
    pub model: String,
    /// Thoughts, messages and calls.
    pub output: Vec<Map<String, Value>>,
    /// Tokens of all calls.
    pub usage: Option<Map<String, Value>>,
    /// How the answer came about.
    pub llm_cooperation: Option<Metadata>,
}

/// An event of a stream; its name is its `type`. A failure is the event `error`, `response.failed`
/// where the response was created, and the end: no `response.completed`.
#[derive(JsonSchema)]
pub struct ResponseEvent {
    /// `response.created`, `response.output_text.delta`, `response.completed` and so on.
    #[schemars(rename = "type")]
    pub kind: String,
    /// Its place in the stream, from 0.
    pub sequence_number: u64,
}

/// An answer that is kept no longer.
#[derive(Serialize, JsonSchema)]
pub struct ResponseDeleted {
    /// Its id.
    pub id: String,
    /// `response`.
    pub object: &'static str,
    /// `true`.
    pub deleted: bool,
}

/// A text to go on from.
#[derive(JsonSchema)]
pub struct CompletionBody {
    /// A model, alias, route, `auto` or `cooperate/MODE`. Default: `auto`.
    pub model: Option<String>,
    /// The text, or a list of one.
    pub prompt: Value,
    /// Most tokens to write. Default: 16.
    pub max_tokens: Option<u32>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// How many answers.
    pub n: Option<u32>,
    /// Texts that end the answer.
    pub stop: Option<Value>,
    /// Whether the answer is wanted piece by piece.
    pub stream: Option<bool>,
    /// Our own fields.
    #[schemars(flatten)]
    pub own: OwnFields,
}

/// An answer, or a piece of one in a stream. The stream ends with `data: [DONE]`.
#[derive(JsonSchema)]
pub struct Completion {
    /// Our id of the reply.
    pub id: String,
    /// `text_completion`.
    pub object: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The public name of whoever answered.
    pub model: String,
    /// The answers.
    pub choices: Vec<CompletionChoice>,
    /// Tokens of all calls.
    pub usage: Option<TokenUsage>,
    /// How the answer came about.
    pub llm_cooperation: Option<Metadata>,
}

/// One answer.
#[derive(JsonSchema)]
pub struct CompletionChoice {
    /// Its position.
    pub index: u32,
    /// The text.
    pub text: String,
    /// Why it ended.
    pub finish_reason: Option<String>,
}
