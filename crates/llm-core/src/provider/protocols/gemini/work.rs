//! Embeddings: `POST {base}/models/{model}:batchEmbedContents`, one request for each text.
//!
//! | field | what becomes of it |
//! |---|---|
//! | texts | carried, each a request of its own, at most 100 of them |
//! | texts cut into tokens | refused: the provider takes text only |
//! | `dimensions` | carried |
//! | `encoding_format` | honoured when the reply is written |
//! | `user`, every other field | left out |
//!
//! Tokens are not counted by the provider. Other operations are absent: its models draw and speak
//! through conversations.

use serde::Deserialize;
use serde_json::{Value, json};

use super::VERSION;
use crate::provider::WireRequest;
use crate::provider::protocols::openai::vectors;
use crate::provider::protocols::reply::parse;
use crate::provider::protocols::translate::{refuse, versioned_url};
use crate::provider::vendors::Vendor;
use crate::provider::work::{WorkAdapter, WorkCall, WorkReply, WorkRequest};
use crate::types::failure::Failure;
use crate::types::task::Capabilities;
use crate::types::usage::Usage;
use crate::types::work::{Embeddings, Inputs, WorkTask};

/// Most texts of one call.
const MAX_TEXTS: usize = 100;

/// The adapter.
pub(super) struct GeminiWork;

impl WorkAdapter for GeminiWork {
    fn carries(&self, _vendor: &Vendor) -> Capabilities {
        Capabilities::EMBEDDINGS
    }

    fn encode(&self, call: &WorkCall<'_>) -> Result<WorkRequest, Failure> {
        let asked = embeddings(call)?;
        let Inputs::Texts(texts) = &asked.inputs else {
            return Err(refuse("input", "this provider embeds text, not tokens"));
        };
        if texts.len() > MAX_TEXTS {
            let why = format!("this provider embeds at most {MAX_TEXTS} texts at once");
            return Err(refuse("input", why));
        }
        let (collection, name) = super::resource(call.upstream_model);
        let model = format!("{collection}/{name}");
        let requests = texts.iter().map(|text| {
            let mut request = json!({
                "model": model,
                "content": { "parts": [{ "text": text }] },
            });
            if let Some(dimensions) = asked.dimensions {
                request["outputDimensionality"] = json!(dimensions);
            }
            request
        });
        let body = json!({ "requests": requests.collect::<Value>() });
        let method = format!("{name}:batchEmbedContents");
        let url = versioned_url(call.endpoint, VERSION, [collection, &method]);
        Ok(WireRequest::post_json(call.endpoint, url, body.to_string().into_bytes()).into())
    }

    fn decode(&self, call: &WorkCall<'_>, body: &[u8]) -> Result<WorkReply, Failure> {
        #[derive(Deserialize)]
        struct Reply {
            embeddings: Vec<Vector>,
        }
        #[derive(Deserialize)]
        struct Vector {
            values: Vec<f32>,
        }
        let reply: Reply = parse(body)?;
        let found: Vec<Vec<f32>> = reply.embeddings.into_iter().map(|one| one.values).collect();
        vectors(embeddings(call)?, &found, Usage::default())
    }
}

fn embeddings<'a>(call: &WorkCall<'a>) -> Result<&'a Embeddings, Failure> {
    match &call.work.task {
        WorkTask::Embeddings(asked) => Ok(asked),
        _ => Err(Failure::unsupported(
            "of the operations besides chat the Gemini protocol carries embeddings only",
        )),
    }
}
