//! The shapes of bodies that are read or written as text, for `/openapi.json` alone.
//!
//! Bodies that are made from a type have their schema from that type, beside its endpoint. Those of
//! the `OpenAI` dialect are read field by field and written around values that stay as they are,
//! so their shapes are written down here; tests hold real requests and replies against them.

pub mod anthropic;
pub mod gemini;
pub mod openai;
pub mod work;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A conversation to be answered. Fields that are not listed are passed on to providers of the same
/// dialect as they are.
#[derive(JsonSchema)]
pub struct ChatRequest {
    /// A model, alias or route; `auto` leaves the choice to the router; `cooperate/MODE` lets
    /// several models work on the answer. Default: `auto`.
    pub model: Option<String>,
    /// The conversation. May be left out when `prompt_template` asks.
    pub messages: Option<Vec<Message>>,
    /// Whether the answer is wanted piece by piece.
    pub stream: Option<bool>,
    /// Options of a stream.
    pub stream_options: Option<StreamOptions>,
    /// Most tokens to generate.
    pub max_tokens: Option<u32>,
    /// The newer name of `max_tokens`.
    pub max_completion_tokens: Option<u32>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// How many answers.
    pub n: Option<u32>,
    /// Texts that end the answer.
    pub stop: Option<Value>,
    /// For repeatable output where the provider supports it.
    pub seed: Option<i64>,
    /// -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// -2 to 2.
    pub presence_penalty: Option<f64>,
    /// Functions the model may call.
    pub tools: Option<Vec<Value>>,
    /// Which of them it should.
    pub tool_choice: Option<Value>,
    /// Whether several may be called at once.
    pub parallel_tool_calls: Option<bool>,
    /// `text`, `json_object` or `json_schema`.
    pub response_format: Option<Value>,
    /// How much to think first.
    pub reasoning_effort: Option<String>,
    /// The end user, passed on.
    pub user: Option<String>,
    /// Our own fields.
    #[schemars(flatten)]
    pub own: OwnFields,
    /// A prompt template by its id, or `auto` for the one that suits.
    pub prompt_template: Option<String>,
    /// Values for the template.
    pub variables: Option<BTreeMap<String, Value>>,
}

/// One message.
#[derive(JsonSchema)]
pub struct Message {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    pub role: String,
    /// A text, or a list of parts.
    pub content: Option<Value>,
}

/// Options of a stream.
#[derive(JsonSchema)]
pub struct StreamOptions {
    /// Whether the stream ends with the tokens used.
    pub include_usage: Option<bool>,
}

/// Our own fields, the same on every endpoint that asks models.
#[derive(JsonSchema)]
pub struct OwnFields {
    /// The kind of work, such as `math` or `financial_analysis`. Found out from the text when absent.
    pub task_type: Option<String>,
    /// The end user, for usage reports.
    pub user_id: Option<String>,
    /// How to choose.
    pub preferences: Option<Preferences>,
    /// A routing strategy, as in `preferences`.
    pub strategy: Option<String>,
    /// Models to choose among; the members where models cooperate. A list, or names with commas.
    pub models: Option<Value>,
    /// Models to try when the first choice fails, in order; an empty list for none.
    pub fallbacks: Option<Value>,
    /// Several models instead of one.
    pub cooperation: Option<Cooperation>,
    /// The fields of `cooperation`, and what concerns the reply.
    pub llm_cooperation: Option<CooperationAndReply>,
    /// How the answers of several models become one.
    pub integration_strategy: Option<String>,
}

/// How to choose among models.
#[derive(JsonSchema)]
pub struct Preferences {
    /// A routing strategy, or a cooperation mode.
    pub strategy: Option<String>,
    /// 0 to 1: how much quality matters against cost and speed.
    pub quality_priority: Option<f64>,
    /// Leave out models known to take longer, in seconds.
    pub max_latency: Option<f64>,
    /// Refuse when the estimate is above this: US dollars, or a text such as `0.02USD`.
    pub max_cost: Option<Value>,
    /// Choose among these.
    pub models: Option<Value>,
    /// Try these when the first choice fails.
    pub fallbacks: Option<Value>,
}

/// How several models work on one request.
#[derive(JsonSchema)]
pub struct Cooperation {
    /// `sequential`, `parallel`, `voting`, `pipeline`, `ensemble` or `single`; the router decides
    /// when absent.
    pub mode: Option<String>,
    /// Who takes part: `NAME`, `NAME:ROLE` or `NAME*3`. The router decides when absent.
    pub models: Option<Value>,
    /// `synthesize`, `judge`, `majority`, `concatenate` or `last`.
    pub integration_strategy: Option<String>,
    /// The model that judges or synthesises.
    pub judge: Option<String>,
    /// Rounds of voting.
    pub rounds: Option<u32>,
    /// Members that must answer.
    pub quorum: Option<u32>,
    /// Stop waiting for members after this.
    pub deadline_ms: Option<u64>,
    /// Most the run may cost.
    pub max_cost: Option<Value>,
    /// Most calls the run may make.
    pub max_calls: Option<u32>,
    /// Most tokens the run may use.
    pub max_tokens: Option<u64>,
    /// Whether to stop once the outcome cannot change.
    pub early_stop: Option<bool>,
    /// Whether judges see who wrote what.
    pub anonymous: Option<bool>,
    /// Whether a failed member fails the run.
    pub strict: Option<bool>,
    /// The stages of a pipeline.
    pub stages: Option<Vec<Stage>>,
}

/// One stage of a pipeline.
#[derive(JsonSchema)]
pub struct Stage {
    /// The model that runs it.
    pub model: String,
    /// Its prompt; `{query}` and `{previous}` stand for the question and the last result.
    pub prompt: Option<String>,
}

/// How several models work on one request, and what the reply should have.
#[derive(JsonSchema)]
pub struct CooperationAndReply {
    /// How they work.
    #[schemars(flatten)]
    pub cooperation: Cooperation,
    /// Whether a stream also has events of this name, which tell what happens meanwhile.
    pub events: Option<bool>,
    /// Whether the answer is checked against `response_format` before it counts as one.
    pub validate: Option<bool>,
}

/// An answer.
#[derive(JsonSchema)]
pub struct ChatCompletion {
    /// Our id of the reply.
    pub id: String,
    /// `chat.completion`.
    pub object: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The public name of whoever answered.
    pub model: String,
    /// The answers.
    pub choices: Vec<Choice>,
    /// Tokens of all calls.
    pub usage: Option<TokenUsage>,
    /// How the answer came about.
    pub llm_cooperation: Metadata,
}

/// One answer.
#[derive(JsonSchema)]
pub struct Choice {
    /// Its position.
    pub index: u32,
    /// What was said.
    pub message: AssistantMessage,
    /// Why it ended.
    pub finish_reason: String,
}

/// What a model said.
#[derive(JsonSchema)]
pub struct AssistantMessage {
    /// `assistant`.
    pub role: String,
    /// The text; `null` when the model only called tools.
    pub content: Option<String>,
    /// The text with which the model declined.
    pub refusal: Option<String>,
    /// Thoughts shared apart from the answer.
    pub reasoning_content: Option<String>,
    /// Calls the model wants made.
    pub tool_calls: Option<Vec<Value>>,
}

/// Tokens of all calls.
#[derive(JsonSchema)]
pub struct TokenUsage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
}

/// A piece of a streamed answer. The last one before `[DONE]` has `llm_cooperation`.
///
/// The head of the reply is sent when the answer begins, so that a failure before that has its own
/// status; at the latest after five seconds, and at once with `llm_cooperation.events`. While
/// nothing is said a comment comes every ten seconds. A failure after the head is one event
/// `data: {"error": …}` and the end: no `finish_reason`, no `[DONE]`.
#[derive(JsonSchema)]
pub struct ChatCompletionChunk {
    /// Our id of the reply, the same in every piece.
    pub id: String,
    /// `chat.completion.chunk`.
    pub object: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The public name of whoever answers.
    pub model: String,
    /// What is added to the answers; empty in a usage chunk.
    pub choices: Vec<ChunkChoice>,
    /// Tokens of all calls, in the last piece when it was asked for.
    pub usage: Option<TokenUsage>,
    /// How the answer came about.
    pub llm_cooperation: Option<Metadata>,
}

/// What is added to one answer.
#[derive(JsonSchema)]
pub struct ChunkChoice {
    /// Its position.
    pub index: u32,
    /// What is added.
    pub delta: Map<String, Value>,
    /// Why it ended, in its last piece.
    pub finish_reason: Option<String>,
}

/// How an answer came about.
#[derive(JsonSchema)]
pub struct Metadata {
    /// Our id of the request.
    pub request_id: String,
    /// The public name of whoever answered.
    pub model: String,
    /// Whose it is; `several` where there were several.
    pub provider: String,
    /// `single`, or the mode in which models cooperated.
    pub mode: String,
    /// What chose the model; `pinned` when the request named it.
    pub strategy: String,
    /// What the request was taken for.
    pub task: String,
    /// Exchanges with providers.
    pub attempts: u64,
    /// Whether the first choice failed and another model answered.
    pub failover: bool,
    /// What all calls cost.
    pub cost: Cost,
    /// Tokens of all calls.
    pub usage: OwnUsage,
    /// From admission to the end.
    pub duration_ms: u64,
    /// Until the first content of a streamed answer.
    pub first_token_ms: Option<u64>,
    /// What the caller should know.
    pub warnings: Option<Vec<String>>,
    /// The run of several models: members, votes, how the final text came about.
    pub cooperation: Option<Map<String, Value>>,
}

/// An amount of money and how sure it is.
#[derive(JsonSchema)]
pub struct Cost {
    /// An exact decimal; `null` where it is not known or in several currencies.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// `billed`, `estimated` or `unknown`.
    pub kind: String,
    /// What is known of a cost that is not known as a whole.
    pub at_least: Option<Vec<Amount>>,
}

/// An amount of money.
#[derive(Serialize, JsonSchema)]
pub struct Amount {
    /// An exact decimal.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// Tokens of all calls, in our own words.
#[derive(JsonSchema)]
pub struct OwnUsage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Of those read, from the provider's cache.
    pub cached_input_tokens: u64,
    /// Of those read, written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Of those written, spent on reasoning.
    pub reasoning_tokens: u64,
    /// Read and written.
    pub total_tokens: u64,
    /// `reported`, `estimated` or `unknown`.
    pub source: String,
}

/// A failure. The earlier endpoints add `success: false`, `result: null`, `request_id` and `detail`.
#[derive(JsonSchema)]
pub struct ErrorBody {
    /// What failed.
    pub error: ErrorObject,
}

/// A failure in the envelope of the dialect, with our own code and id in it.
#[derive(JsonSchema)]
pub struct DialectError {
    /// What failed.
    pub error: Map<String, Value>,
}

/// What failed, why, and what to do.
#[derive(JsonSchema)]
pub struct ErrorObject {
    /// What failed, for which input.
    pub message: String,
    /// The kind, as client libraries tell errors apart.
    #[schemars(rename = "type")]
    pub kind: String,
    /// The field at fault.
    pub param: Option<String>,
    /// The stable code; the reference of errors lists all of them.
    pub code: String,
    /// Our id of the request.
    pub request_id: String,
    /// Who is at fault: `client`, `gateway` or `provider`.
    pub source: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The number of the code in the documentation.
    pub doc: String,
    /// What to do next.
    pub hint: Option<String>,
    /// When the same call may succeed.
    pub retry_after_ms: Option<u64>,
    /// Everything that was tried, in order.
    pub attempts: Option<Vec<Map<String, Value>>>,
    /// What is wrong with a configuration, one by one.
    pub problems: Option<Vec<Map<String, Value>>>,
}
