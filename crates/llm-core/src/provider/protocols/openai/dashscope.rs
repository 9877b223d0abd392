//! The operations besides chat where Alibaba Cloud's Model Studio keeps them: embeddings at its
//! `OpenAI` address, rankings and pictures at its own, below `{origin}/api/v1`.
//!
//! | operation | how |
//! |---|---|
//! | embeddings | as `OpenAI` has them |
//! | rankings | `POST services/rerank/text-rerank/text-rerank` |
//! | pictures | `POST services/aigc/text2image/image-synthesis` begins a task, `GET tasks/{id}` asks for it until it is done; `n`, `size`, `negative_prompt`, `seed`, `prompt_extend` and `watermark` are carried, every other field is left out; the reply is addresses, so `b64_json` is refused |
//! | pictures to change, speech, transcripts | absent: the service has them in forms of its own, over sockets that stay open or at addresses to be fetched |

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::work::{OpenAiWork, of_json};
use crate::provider::classify::ErrorDetail;
use crate::provider::protocols::reply::{failure_inside, parse};
use crate::provider::protocols::translate::refuse;
use crate::provider::vendors::Vendor;
use crate::provider::work::{Pending, WorkAdapter, WorkCall, WorkReply, WorkRequest};
use crate::provider::{Endpoint, WireRequest};
use crate::types::failure::Failure;
use crate::types::task::Capabilities;
use crate::types::work::{Images, Rerank, WorkTask};

/// Between two questions whether a task is done.
const BETWEEN: Duration = Duration::from_secs(2);

/// Fields of the request that belong beside the prompt, and those that are parameters.
const BESIDE_PROMPT: &[&str] = &["negative_prompt"];
const PARAMETERS: &[&str] = &["seed", "prompt_extend", "watermark"];

/// The adapter.
pub(super) struct DashScopeWork;

impl WorkAdapter for DashScopeWork {
    fn carries(&self, _vendor: &Vendor) -> Capabilities {
        Capabilities::EMBEDDINGS
            .with(Capabilities::RERANK)
            .with(Capabilities::IMAGE_GENERATION)
    }

    fn encode(&self, call: &WorkCall<'_>) -> Result<WorkRequest, Failure> {
        match &call.work.task {
            WorkTask::Embeddings(_) => OpenAiWork.encode(call),
            WorkTask::Rerank(asked) => Ok(rerank(call, asked).into()),
            WorkTask::Images(asked) => Ok(images(call, asked)?.into()),
            _ => Err(Failure::unsupported(format!(
                "{} through this provider is not supported",
                call.work.operation()
            ))),
        }
    }

    fn pending(&self, call: &WorkCall<'_>, body: &[u8]) -> Result<Option<Pending>, Failure> {
        if !matches!(call.work.task, WorkTask::Images(_)) {
            return Ok(None);
        }
        let Task { output } = parse(body)?;
        match output.task_status.as_str() {
            "PENDING" | "RUNNING" | "SUSPENDED" if !output.task_id.is_empty() => {
                let url = own_url(call.endpoint, ["tasks", &output.task_id]);
                Ok(Some(Pending {
                    request: WireRequest::get(call.endpoint, url),
                    after: BETWEEN,
                }))
            }
            "SUCCEEDED" => Ok(None),
            _ => Err(failed(&output.code, output.message)),
        }
    }

    fn decode(&self, call: &WorkCall<'_>, body: &[u8]) -> Result<WorkReply, Failure> {
        match &call.work.task {
            WorkTask::Rerank(_) => {
                let mut reply: Ranked = parse(body)?;
                let usage = reply.usage.take();
                let results = reply.output.results;
                of_json(call, &json!({ "results": results, "usage": usage }))
            }
            WorkTask::Images(_) => {
                let Task { output } = parse(body)?;
                let (pictures, failures): (Vec<_>, Vec<_>) = output
                    .results
                    .into_iter()
                    .partition(|result| result.get("url").is_some());
                if let (true, Some(first)) = (pictures.is_empty(), failures.first()) {
                    let text = |name: &str| first.get(name).and_then(Value::as_str);
                    let owned = |name: &str| text(name).unwrap_or_default().to_owned();
                    return Err(failed(&owned("code"), owned("message")));
                }
                of_json(call, &json!({ "data": pictures }))
            }
            _ => OpenAiWork.decode(call, body),
        }
    }
}

fn rerank(call: &WorkCall<'_>, asked: &Rerank) -> WireRequest {
    let mut parameters = json!({ "return_documents": asked.return_documents });
    if let Some(top_n) = asked.top_n {
        parameters["top_n"] = json!(top_n);
    }
    let body = json!({
        "model": call.upstream_model,
        "input": { "query": asked.query, "documents": asked.documents },
        "parameters": parameters,
    });
    let path = ["services", "rerank", "text-rerank", "text-rerank"];
    let url = own_url(call.endpoint, path);
    WireRequest::post_json(call.endpoint, url, body.to_string().into_bytes())
}

fn images(call: &WorkCall<'_>, asked: &Images) -> Result<WireRequest, Failure> {
    if asked.stream {
        return Err(refuse("stream", "this provider sends no drafts"));
    }
    if asked.response_format.as_deref() == Some("b64_json") {
        let why = "this provider answers with addresses, which are not fetched";
        return Err(refuse("response_format", why));
    }
    let copied = |names: &[&str]| -> Map<String, Value> {
        names
            .iter()
            .filter_map(|name| {
                let raw = call.work.wire.get(name)?;
                Some(((*name).to_owned(), serde_json::from_str(raw.get()).ok()?))
            })
            .collect()
    };
    let mut input = copied(BESIDE_PROMPT);
    input.insert("prompt".to_owned(), asked.prompt.as_str().into());
    let mut parameters = copied(PARAMETERS);
    if let Some(n) = asked.n {
        parameters.insert("n".to_owned(), n.into());
    }
    if let Some(size) = asked.size.as_deref().filter(|size| *size != "auto") {
        parameters.insert("size".to_owned(), size.replace('x', "*").into());
    }
    let body = json!({
        "model": call.upstream_model,
        "input": input,
        "parameters": parameters,
    });
    let path = ["services", "aigc", "text2image", "image-synthesis"];
    let url = own_url(call.endpoint, path);
    let mut wire = WireRequest::post_json(call.endpoint, url, body.to_string().into_bytes());
    wire.headers
        .insert("x-dashscope-async", HeaderValue::from_static("enable"));
    Ok(wire)
}

/// An address of its own, beside the one that speaks the `OpenAI` protocol.
fn own_url<'a>(endpoint: &Endpoint, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = endpoint.base_url.clone();
    let root = url
        .path()
        .trim_end_matches('/')
        .strip_suffix("/compatible-mode/v1")
        .unwrap_or_default()
        .to_owned();
    url.set_path(&root);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v1"]).extend(segments);
    }
    url
}

fn failed(code: &str, message: String) -> Failure {
    let detail = ErrorDetail {
        code: code.to_lowercase(),
        message,
    };
    failure_inside(400, &detail)
}

#[derive(Deserialize)]
struct Task {
    output: TaskOutput,
}

#[derive(Deserialize)]
struct TaskOutput {
    #[serde(default)]
    task_id: String,
    #[serde(default)]
    task_status: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    results: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Ranked {
    output: RankedOutput,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct RankedOutput {
    results: Value,
}
