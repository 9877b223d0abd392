//! Embeddings: `POST {base}/api/embed`.
//!
//! | field | what becomes of it |
//! |---|---|
//! | texts | carried |
//! | texts cut into tokens | refused: the server takes text only |
//! | `dimensions` | carried |
//! | `encoding_format` | honoured when the reply is written |
//! | `user`, every other field | left out |
//!
//! A text longer than the model reads is refused rather than cut off unseen. The server has none
//! of the other operations.

use serde::Deserialize;
use serde_json::json;

use super::api_url;
use crate::provider::WireRequest;
use crate::provider::protocols::openai::vectors;
use crate::provider::protocols::reply::parse;
use crate::provider::protocols::translate::refuse;
use crate::provider::vendors::Vendor;
use crate::provider::work::{WorkAdapter, WorkCall, WorkReply, WorkRequest};
use crate::types::failure::Failure;
use crate::types::task::Capabilities;
use crate::types::usage::Usage;
use crate::types::work::{Embeddings, Inputs, WorkTask};

/// The adapter.
pub(super) struct OllamaWork;

impl WorkAdapter for OllamaWork {
    fn carries(&self, _vendor: &Vendor) -> Capabilities {
        Capabilities::EMBEDDINGS
    }

    fn encode(&self, call: &WorkCall<'_>) -> Result<WorkRequest, Failure> {
        let asked = embeddings(call)?;
        let Inputs::Texts(texts) = &asked.inputs else {
            return Err(refuse("input", "this provider embeds text, not tokens"));
        };
        let mut body = json!({
            "model": call.upstream_model,
            "input": texts,
            "truncate": false,
        });
        if let Some(dimensions) = asked.dimensions {
            body["dimensions"] = json!(dimensions);
        }
        let url = api_url(call.endpoint, "embed");
        Ok(WireRequest::post_json(call.endpoint, url, body.to_string().into_bytes()).into())
    }

    fn decode(&self, call: &WorkCall<'_>, body: &[u8]) -> Result<WorkReply, Failure> {
        #[derive(Deserialize)]
        struct Reply {
            embeddings: Vec<Vec<f32>>,
            prompt_eval_count: Option<u64>,
        }
        let reply: Reply = parse(body)?;
        let usage = reply
            .prompt_eval_count
            .filter(|count| *count > 0)
            .map(|count| Usage::reported(count, 0))
            .unwrap_or_default();
        vectors(embeddings(call)?, &reply.embeddings, usage)
    }
}

fn embeddings<'a>(call: &WorkCall<'a>) -> Result<&'a Embeddings, Failure> {
    match &call.work.task {
        WorkTask::Embeddings(asked) => Ok(asked),
        _ => Err(Failure::unsupported(
            "of the operations besides chat the Ollama protocol carries embeddings only",
        )),
    }
}
