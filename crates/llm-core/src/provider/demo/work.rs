//! The operations besides chat, simulated: vectors made by hashing words, a tone for speech, a
//! pattern for a picture, and for a recording a text that says it is simulated.
//!
//! Every reply says so where its format has a place for it: a field of the JSON, a comment in the
//! sound and in the picture, the text itself.

mod picture;
mod sound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::behaviour::{self, Kind};
use super::reply::Simulated;
use super::tokens;
use crate::provider::work::Upload;

/// Length of vectors where none is asked for.
const DIMENSIONS: usize = 256;

/// Longest vector.
const MAX_DIMENSIONS: usize = 4_096;

/// Most pictures at once.
const MAX_PICTURES: u64 = 4;

/// Marks what is made up.
const MARK: &str = "[simulated]";

/// What is asked, as far as it is known.
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    /// Bytes of a form that followed.
    pub(super) uploaded: usize,
}

/// Whether this is one of the operations.
pub(super) fn is_work(path: &str) -> bool {
    matches!(
        path,
        "/embeddings"
            | "/rerank"
            | "/audio/speech"
            | "/audio/transcriptions"
            | "/audio/translations"
            | "/images/generations"
            | "/images/edits"
    )
}

/// Takes in what is uploaded, as a provider does before it answers; the bytes there were, or
/// `None` where the client broke off.
pub(super) async fn take_in(upload: Option<Upload>) -> Option<usize> {
    let mut bytes = 0;
    let mut upload = upload?;
    while let Some(piece) = upload.next().await {
        bytes += piece.ok()?.len();
    }
    Some(bytes)
}

/// The reply.
pub(super) fn simulate(asked: &Asked<'_>) -> Simulated {
    let is_form = matches!(
        asked.path,
        "/audio/transcriptions" | "/audio/translations" | "/images/edits"
    );
    let body: Value = if is_form {
        json!({
            "model": form_field(asked.body, "model"),
            "prompt": form_field(asked.body, "prompt"),
            "response_format": form_field(asked.body, "response_format"),
        })
    } else {
        serde_json::from_slice(asked.body).unwrap_or_default()
    };
    let kind = behaviour::of(body["model"].as_str().unwrap_or_default()).kind;
    if let Some(trouble) = Simulated::trouble(kind) {
        return trouble;
    }
    let simulated = match asked.path {
        "/embeddings" => embeddings(&body),
        "/rerank" => rerank(&body),
        "/audio/speech" => sound::speech(&body),
        "/images/generations" | "/images/edits" => images(&body),
        _ => transcript(asked, &body),
    };
    if kind == Kind::Cut {
        simulated.cut()
    } else {
        simulated
    }
}

fn embeddings(body: &Value) -> Simulated {
    let dimensions = body["dimensions"]
        .as_u64()
        .and_then(|asked| usize::try_from(asked).ok())
        .unwrap_or(DIMENSIONS)
        .clamp(1, MAX_DIMENSIONS);
    let texts: Vec<String> = match &body["input"] {
        Value::Array(items) if items.iter().all(Value::is_number) => {
            vec![body["input"].to_string()]
        }
        Value::Array(items) => items.iter().map(text_of).collect(),
        one => vec![text_of(one)],
    };
    let counted: u64 = texts.iter().map(|text| tokens::count(text)).sum();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, dimensions);
            let embedding = if body["encoding_format"] == "base64" {
                let bytes: Vec<u8> = vector.iter().flat_map(|it| it.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    Simulated::json(
        200,
        &json!({
            "object": "list",
            "data": data,
            "model": body["model"],
            "usage": { "prompt_tokens": counted, "total_tokens": counted },
            "simulated": true,
        }),
    )
}

fn rerank(body: &Value) -> Simulated {
    let query = vector(&text_of(&body["query"]), DIMENSIONS);
    let empty = Vec::new();
    let documents = body["documents"].as_array().unwrap_or(&empty);
    let text = |document: &Value| match &document["text"] {
        Value::String(text) => text.clone(),
        _ => text_of(document),
    };
    let mut results: Vec<(f64, Value)> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| {
            let likeness = likeness(&query, &vector(&text(document), DIMENSIONS));
            let mut result = json!({ "index": index, "relevance_score": likeness });
            if body["return_documents"] == true {
                result["document"] = json!({ "text": text(document) });
            }
            (likeness, result)
        })
        .collect();
    results.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = body["top_n"].as_u64().and_then(|n| usize::try_from(n).ok());
    results.truncate(most.unwrap_or(usize::MAX));
    let counted: u64 = documents.iter().map(|one| tokens::count(&text(one))).sum();
    let results: Vec<Value> = results.into_iter().map(|(_, result)| result).collect();
    Simulated::json(
        200,
        &json!({
            "model": body["model"],
            "results": results,
            "usage": { "total_tokens": counted.max(1) },
            "simulated": true,
        }),
    )
}

fn images(body: &Value) -> Simulated {
    let count = body["n"].as_u64().unwrap_or(1).clamp(1, MAX_PICTURES);
    let prompt = text_of(&body["prompt"]);
    let data: Vec<Value> = (0..count)
        .map(|number| {
            let picture = STANDARD.encode(picture::png(&format!("{prompt}#{number}")));
            if body["response_format"] == "url" {
                json!({ "url": format!("data:image/png;base64,{picture}") })
            } else {
                json!({ "b64_json": picture })
            }
        })
        .collect();
    Simulated::json(
        200,
        &json!({ "created": 0, "data": data, "simulated": true }),
    )
}

fn transcript(asked: &Asked<'_>, body: &Value) -> Simulated {
    let bytes = asked.body.len() + asked.uploaded;
    let what = if asked.path == "/audio/translations" {
        "translated"
    } else {
        "written down"
    };
    let text = format!("{MARK} What is said in these {bytes} bytes would be {what} here.");
    match body["response_format"].as_str() {
        Some("text") => Simulated::text(format!("{text}\n")),
        Some("srt") => Simulated::text(format!("1\n00:00:00,000 --> 00:00:01,000\n{text}\n")),
        Some("vtt") => Simulated::text(format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{text}\n")),
        _ => Simulated::json(
            200,
            &json!({
                "text": text,
                "usage": { "type": "duration", "seconds": 1 },
                "simulated": true,
            }),
        ),
    }
}

/// A vector of words: each adds to the place its hash says, and the whole has the length 1. Texts
/// with words in common are alike.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let lower = text.to_lowercase();
    for piece in tokens::pieces(&lower) {
        let word = piece.trim();
        if word.is_empty() {
            continue;
        }
        let hash = blake3::hash(word.as_bytes());
        let [a, b, c, d, sign, ..] = *hash.as_bytes();
        let place = u32::from_le_bytes([a, b, c, d]) as usize % dimensions;
        vector[place] += if sign % 2 == 0 { 1.0 } else { -1.0 };
    }
    let length = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
    if length == 0.0 {
        vector[0] = 1.0;
        return vector;
    }
    for it in &mut vector {
        *it /= length;
    }
    vector
}

/// From 0 for nothing in common to 1 for the same.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    f64::from(product.clamp(-1.0, 1.0).midpoint(1.0))
}

fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A field of a form in its first bytes.
fn form_field(body: &[u8], name: &str) -> Option<String> {
    let head = format!("form-data; name=\"{name}\"\r\n\r\n");
    let start = memchr::memmem::find(body, head.as_bytes())? + head.len();
    let length = memchr::memmem::find(&body[start..], b"\r\n--")?;
    String::from_utf8(body[start..start + length].to_vec()).ok()
}
