//! The operations besides chat: what reaches the provider, what comes back, and every way it fails.

mod embeddings;
mod faults;
mod images;
mod ranking;
mod speech;
mod uploads;

use llm_testkit::http::{self, Request};
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, TestServer};

/// One of the operations, with a request that a provider can answer and its answer.
pub(crate) struct Case {
    pub(crate) path: &'static str,
    pub(crate) ability: &'static str,
    /// The body without its model; a form where it is null.
    body: Value,
    reply: fn() -> Reply,
}

pub(crate) fn cases() -> Vec<Case> {
    let case = |path, ability, body, reply| Case {
        path,
        ability,
        body,
        reply,
    };
    vec![
        case(
            "/v1/embeddings",
            "embeddings",
            json!({ "input": "hello" }),
            || Reply::json(&vectors(&[json!([0.25, -1.5])])),
        ),
        case(
            "/v1/rerank",
            "rerank",
            json!({ "query": "cats", "documents": ["a dog", "a cat"] }),
            || Reply::json(&json!({ "results": [{ "index": 1, "relevance_score": 0.9 }] })),
        ),
        case(
            "/v1/audio/speech",
            "speech",
            json!({ "input": "hello", "voice": "alloy" }),
            || Reply::chunks("audio/mpeg", ["sound"]),
        ),
        case(
            "/v1/audio/transcriptions",
            "transcription",
            Value::Null,
            || Reply::json(&json!({ "text": "hello" })),
        ),
        case(
            "/v1/audio/translations",
            "speech_translation",
            Value::Null,
            || Reply::json(&json!({ "text": "hello" })),
        ),
        case(
            "/v1/images/generations",
            "image_generation",
            json!({ "prompt": "a cat" }),
            || Reply::json(&json!({ "created": 1, "data": [{ "b64_json": "aGk=" }] })),
        ),
        case("/v1/images/edits", "image_editing", Value::Null, || {
            Reply::json(&json!({ "created": 1, "data": [{ "url": "https://cdn.example/p.png" }] }))
        }),
    ]
}

impl Case {
    /// The request, to a model.
    pub(crate) fn ask(&self, server: &TestServer, model: &str) -> Request {
        if self.body.is_null() {
            return form_to(server, self.path, &form(model, "a recording"));
        }
        let mut body = self.body.clone();
        body["model"] = json!(model);
        server.post(self.path, &body)
    }

    pub(crate) fn good(&self) -> Reply {
        (self.reply)()
    }
}

/// A server with one model that can do everything besides chat, and one for conversations.
pub(crate) async fn server(toml: &str) -> TestServer {
    let abilities: Vec<&str> = cases().iter().map(|case| case.ability).collect();
    let models = format!(
        "\n[models.worker]\nprovider = \"scripted\"\npath = \"up/worker\"\ncapabilities = {abilities:?}\n"
    );
    Setup::models(&["talker"])
        .toml(&models)
        .toml(toml)
        .start()
        .await
}

/// A reply with these vectors.
pub(crate) fn vectors(vectors: &[Value]) -> Value {
    let data: Vec<Value> = vectors
        .iter()
        .enumerate()
        .map(
            |(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }),
        )
        .collect();
    json!({
        "object": "list",
        "data": data,
        "model": "up/worker",
        "usage": { "prompt_tokens": 3, "total_tokens": 3 },
    })
}

pub(crate) const BOUNDARY: &str = "boundary-of-the-test";

/// A field of a form.
pub(crate) fn field(name: &str, value: &str) -> String {
    format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

/// A file of a form.
pub(crate) fn file(content: &str) -> String {
    format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"talk.mp3\"\r\n\
         content-type: audio/mpeg\r\n\r\n{content}\r\n"
    )
}

/// The end of a form.
pub(crate) fn end() -> String {
    format!("--{BOUNDARY}--\r\n")
}

/// A form with a recording.
pub(crate) fn form(model: &str, content: &str) -> String {
    field("model", model) + &file(content) + &end()
}

pub(crate) fn form_to(server: &TestServer, path: &str, body: &str) -> Request {
    http::Request::new("POST", server.url(path))
        .header(
            "content-type",
            &format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body.to_owned())
}
