//! What the endpoints of the Gemini dialect read and answer. Contents are described as objects
//! only: their parts are the dialect's own.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::OwnFields;

/// A conversation to answer, or whose tokens are counted.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct GenerateBody {
    /// The turns of `user` and `model`.
    pub contents: Option<Value>,
    /// Instructions.
    pub system_instruction: Option<Value>,
    /// Tools the model may call.
    pub tools: Option<Vec<Map<String, Value>>>,
    /// Which of them it should use.
    pub tool_config: Option<Map<String, Value>>,
    /// Sampling, the form of the answer, how much to think.
    pub generation_config: Option<Map<String, Value>>,
    /// Our own fields.
    #[schemars(flatten)]
    pub own: OwnFields,
}

/// An answer, or a part of one in a stream. Of `countTokens` only `totalTokens`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct GenerateReply {
    /// The answers.
    pub candidates: Option<Vec<Map<String, Value>>>,
    /// Tokens of all calls.
    pub usage_metadata: Option<Map<String, Value>>,
    /// The public name of whoever answered.
    pub model_version: Option<String>,
    /// Our id of the request.
    pub response_id: Option<String>,
    /// Tokens a model has to read, estimated.
    pub total_tokens: Option<u64>,
    /// How the answer came about.
    #[schemars(rename = "llm_cooperation")]
    pub llm_cooperation: Option<Map<String, Value>>,
}

/// How long a conversation is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenCount {
    /// Tokens a model has to read, estimated: every model counts in its own way.
    pub total_tokens: u64,
}

/// Names a request may send.
#[derive(Serialize, JsonSchema)]
pub struct ModelList {
    /// The names.
    pub models: Vec<Model>,
}

/// A name a request may send.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// `models/` and the name.
    pub name: String,
    /// The name.
    pub display_name: String,
    /// Most tokens it reads, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_token_limit: Option<u64>,
    /// Most tokens it writes, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_token_limit: Option<u64>,
    /// What may be asked of it.
    pub supported_generation_methods: Vec<&'static str>,
}
