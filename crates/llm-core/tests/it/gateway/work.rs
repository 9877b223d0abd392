//! Work besides chat that takes its time: a task is begun, asked for until it is done, and given up
//! when it takes too long.

use llm_core::gateway::error::GatewayError;
use llm_core::gateway::work::{Begun, WorkDone, WorkInbound, read};
use llm_core::types::code::Code;
use llm_core::types::raw::RawFields;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use super::Fixture;

const STUDIO: &str = "\n[providers.studio]\nkind = \"dashscope\"\napi_key = \"k\"\n\
     base_url = \"https://studio.test/compatible-mode/v1\"\n\
     [models.painter]\nprovider = \"studio\"\npath = \"qwen-image\"\n\
     [models.ranker]\nprovider = \"studio\"\npath = \"qwen3-rerank\"\n\
     [limits]\nretries = 0\ntotal_ms = 10000\n";

fn fields(body: &Value) -> RawFields {
    RawFields::parse(body.to_string().as_bytes()).unwrap()
}

async fn draw(fixture: &Fixture, more: Value) -> Result<Box<WorkDone>, GatewayError> {
    let mut body = json!({ "model": "painter", "prompt": "a cat" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let asked = read::images(fields(&body)).unwrap();
    let mut run = fixture.gateway.work(WorkInbound::in_process(asked));
    match run.begin().await? {
        Begun::Whole(done) => Ok(done),
        Begun::Passing(_) => panic!("pictures come as a whole"),
    }
}

fn task(status: &str) -> Reply {
    Reply::json(&json!({ "output": { "task_id": "t/1", "task_status": status } }))
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_asked_for_until_it_is_there() {
    let fixture = Fixture::new(&["a"], STUDIO);
    let done = json!({ "output": {
        "task_id": "t/1", "task_status": "SUCCEEDED",
        "results": [{ "url": "https://cdn.test/1.png" }, { "code": "x", "message": "one failed" }],
    } });
    fixture
        .provider
        .next(task("PENDING"))
        .next(task("RUNNING"))
        .next(Reply::json(&done));
    let wishes = json!({ "n": 2, "size": "1024x768", "negative_prompt": "dogs", "seed": 7 });
    let done = draw(&fixture, wishes).await.unwrap();
    let body: Value = serde_json::to_value(done.body.as_ref().unwrap()).unwrap();
    assert_eq!(body["data"], json!([{ "url": "https://cdn.test/1.png" }]));
    let seen = fixture.provider.attempts();
    let paths: Vec<&str> = seen.iter().map(|attempt| attempt.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/api/v1/services/aigc/text2image/image-synthesis",
            "/api/v1/tasks/t%2F1",
            "/api/v1/tasks/t%2F1",
        ]
    );
    assert_eq!(seen[0].header("x-dashscope-async"), Some("enable"));
    let expected = json!({
        "model": "qwen-image",
        "input": { "prompt": "a cat", "negative_prompt": "dogs" },
        "parameters": { "n": 2, "size": "1024*768", "seed": 7 },
    });
    assert_eq!(seen[0].json(), expected);
    assert_eq!(done.attempts.len(), 1, "asking again is no other attempt");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_or_never_ends_is_no_picture() {
    let fixture = Fixture::new(&["a"], STUDIO);
    let failed = json!({ "output": {
        "task_id": "t", "task_status": "FAILED",
        "code": "DataInspectionFailed", "message": "The prompt is not allowed.",
    } });
    fixture
        .provider
        .next(task("PENDING"))
        .next(Reply::json(&failed));
    let error = draw(&fixture, json!({})).await.unwrap_err();
    assert_eq!(error.code, Code::ContentFilter, "{error}");

    fixture.provider.on_anything().reply(task("RUNNING"));
    let error = draw(&fixture, json!({})).await.unwrap_err();
    assert_eq!(error.code, Code::ProviderTimeout, "{error}");

    fixture.provider.on_anything().reply(task("UNKNOWN"));
    assert!(draw(&fixture, json!({})).await.is_err());

    let error = draw(&fixture, json!({ "response_format": "b64_json" }))
        .await
        .unwrap_err();
    assert_eq!(error.code, Code::UnsupportedParameter, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_ranking_is_translated_both_ways() {
    let fixture = Fixture::new(&["a"], STUDIO);
    fixture.provider.next(Reply::json(&json!({
        "output": { "results": [{ "index": 1, "relevance_score": 0.9 }] },
        "usage": { "total_tokens": 12 },
    })));
    let body =
        json!({ "model": "ranker", "query": "q", "documents": ["a", { "text": "b" }], "top_n": 1 });
    let asked = read::rerank(fields(&body)).unwrap();
    let mut run = fixture.gateway.work(WorkInbound::in_process(asked));
    let Begun::Whole(done) = run.begin().await.unwrap() else {
        panic!("a ranking comes as a whole")
    };
    assert_eq!(done.usage.input, 12);
    let seen = fixture.provider.attempts().remove(0);
    assert_eq!(seen.path, "/api/v1/services/rerank/text-rerank/text-rerank");
    assert_eq!(
        seen.json()["input"],
        json!({ "query": "q", "documents": ["a", "b"] })
    );
}
