//! The shapes of work besides chat. Fields of a request that are not listed are passed on to
//! providers of the same dialect as they are.

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{Cost, OwnUsage};

/// Texts to turn into vectors.
#[derive(JsonSchema)]
pub struct EmbeddingRequest {
    /// A model, alias or route; `auto` leaves the choice to the router. Default: `auto`.
    pub model: Option<String>,
    /// A text, a list of texts, or texts cut into tokens; at most 2048.
    pub input: Value,
    /// How long the vectors should be.
    pub dimensions: Option<u32>,
    /// `float` or `base64`. Default: `float`.
    pub encoding_format: Option<String>,
    /// The end user.
    pub user: Option<String>,
    #[schemars(flatten)]
    #[expect(missing_docs, reason = "its fields are part of this object")]
    pub choice: Choice,
}

/// How to choose among the models that can do the work.
#[derive(JsonSchema)]
pub struct Choice {
    /// A routing strategy.
    pub strategy: Option<String>,
    /// Choose among these only.
    pub models: Option<Vec<String>>,
    /// What to try when the first choice fails.
    pub fallbacks: Option<Vec<String>>,
    /// How to choose, in more detail.
    pub preferences: Option<Map<String, Value>>,
}

/// Vectors.
#[derive(JsonSchema)]
pub struct EmbeddingList {
    /// `list`.
    pub object: Option<String>,
    /// One for each input.
    pub data: Vec<Embedding>,
    /// The public name of the model.
    pub model: String,
    /// Tokens read.
    pub usage: Option<Map<String, Value>>,
    /// How it came about.
    pub llm_cooperation: WorkMetadata,
}

/// One vector.
#[derive(JsonSchema)]
pub struct Embedding {
    /// `embedding`.
    pub object: Option<String>,
    /// Which input.
    pub index: Option<u32>,
    /// Numbers, or base64 of little-endian 32-bit floats.
    pub embedding: Value,
}

/// Documents to order.
#[derive(JsonSchema)]
pub struct RankingRequest {
    /// A model, alias or route; `auto` leaves the choice to the router. Default: `auto`.
    pub model: Option<String>,
    /// What is looked for.
    pub query: String,
    /// Texts, or objects with a `text`.
    pub documents: Vec<Value>,
    /// How many of the best are wanted. Default: all.
    pub top_n: Option<u32>,
    /// Whether results repeat their document. Default: `false`.
    pub return_documents: Option<bool>,
    #[schemars(flatten)]
    #[expect(missing_docs, reason = "its fields are part of this object")]
    pub choice: Choice,
}

/// Documents in order.
#[derive(JsonSchema)]
pub struct Ranking {
    /// The public name of the model.
    pub model: String,
    /// Best first.
    pub results: Vec<RankedDocument>,
    /// What was used, as the provider counts.
    pub usage: Option<Map<String, Value>>,
    /// How it came about.
    pub llm_cooperation: WorkMetadata,
}

/// One document's place.
#[derive(JsonSchema)]
pub struct RankedDocument {
    /// Which document of the request.
    pub index: u32,
    /// How well it answers; comparable within one reply.
    pub relevance_score: f64,
    /// The document, where it was asked for.
    pub document: Option<Value>,
}

/// A text to speak.
#[derive(JsonSchema)]
pub struct SpeechRequest {
    /// A model, alias or route; `auto` leaves the choice to the router. Default: `auto`.
    pub model: Option<String>,
    /// What to say.
    pub input: String,
    /// In which voice; the model's own name for it.
    pub voice: Option<Value>,
    /// `mp3`, `wav`, `pcm`, … as far as the model speaks it.
    pub response_format: Option<String>,
    /// Faster or slower than usual.
    pub speed: Option<f64>,
    #[schemars(flatten)]
    #[expect(missing_docs, reason = "its fields are part of this object")]
    pub choice: Choice,
}

/// A recording to write down. `model` is best sent before the file: only then is a large one passed
/// on while it arrives.
#[derive(JsonSchema)]
pub struct TranscriptRequest {
    /// A model, alias or route; `auto` leaves the choice to the router. Default: `auto`.
    pub model: Option<String>,
    /// The recording.
    pub file: Value,
    /// `json`, `verbose_json`, `text`, `srt` or `vtt`. Default: `json`.
    pub response_format: Option<String>,
    /// The language it is in.
    pub language: Option<String>,
    /// Words that help to understand it.
    pub prompt: Option<String>,
}

/// What was said.
#[derive(JsonSchema)]
pub struct Transcript {
    /// The text.
    pub text: String,
    /// What was used, as the provider counts.
    pub usage: Option<Map<String, Value>>,
    /// How it came about.
    pub llm_cooperation: WorkMetadata,
}

/// Pictures to draw.
#[derive(JsonSchema)]
pub struct ImageRequest {
    /// A model, alias or route; `auto` leaves the choice to the router. Default: `auto`.
    pub model: Option<String>,
    /// What to draw.
    pub prompt: String,
    /// How many. Default: 1.
    pub n: Option<u32>,
    /// How large, such as `1024x1024`.
    pub size: Option<String>,
    /// `url` or `b64_json`, where the model can do either.
    pub response_format: Option<String>,
    #[schemars(flatten)]
    #[expect(missing_docs, reason = "its fields are part of this object")]
    pub choice: Choice,
}

/// Pictures to change. `model` is best sent before the pictures: only then are large ones passed on
/// while they arrive.
#[derive(JsonSchema)]
pub struct ImageEditRequest {
    /// A model, alias or route; `auto` leaves the choice to the router. Default: `auto`.
    pub model: Option<String>,
    /// The pictures.
    pub image: Value,
    /// What to change.
    pub prompt: String,
}

/// Pictures.
#[derive(JsonSchema)]
pub struct ImageList {
    /// Seconds since 1970.
    pub created: Option<i64>,
    /// One for each picture.
    pub data: Vec<Picture>,
    /// What was used, as the provider counts.
    pub usage: Option<Map<String, Value>>,
    /// How it came about.
    pub llm_cooperation: WorkMetadata,
}

/// One picture, or where it is.
#[derive(JsonSchema)]
pub struct Picture {
    /// The picture itself.
    pub b64_json: Option<String>,
    /// Where the provider keeps it for a while. It is not fetched by the gateway.
    pub url: Option<String>,
}

/// How work came about.
#[derive(JsonSchema)]
pub struct WorkMetadata {
    /// Our id of the request.
    pub request_id: String,
    /// The public name of the model that did it.
    pub model: String,
    /// Whose it is.
    pub provider: String,
    /// `embeddings`, `rerank`, `transcription`, …
    pub operation: String,
    /// What chose the model; `pinned` when the request named it.
    pub strategy: String,
    /// Exchanges with providers.
    pub attempts: u64,
    /// Whether the first choice failed and another model did it.
    pub failover: bool,
    /// What it cost.
    pub cost: Cost,
    /// Tokens.
    pub usage: OwnUsage,
    /// From admission to the end.
    pub duration_ms: u64,
    /// What the caller should know.
    pub warnings: Option<Vec<String>>,
}
