//! The official clients against the local model: what they understand, a gateway's client would too.

use std::path::Path;
use std::process::Command;

use llm_testkit::real_model::{self, MODEL};
use llm_testkit::reply::Reply;
use llm_testkit::{cache, sdk};
use serde_json::{Value, json};

use crate::alone;
use crate::gateway::{Gateway, SCRIPTED};

fn run(command: Command, script: &str) -> Value {
    run_with(command, script, &[&real_model::base_url(), MODEL])
}

fn run_with(mut command: Command, script: &str, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("real/clients")
        .join(script);
    command.arg(script).args(arguments);
    let printed = cache::run(&mut command).expect("the client's script");
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

fn assert_understood(seen: &Value) {
    assert_eq!(seen["models"], json!([MODEL]));
    assert!(
        seen["text"]
            .as_str()
            .is_some_and(|text| text.contains("Paris")),
        "{seen}"
    );
    assert_eq!(seen["streamed"], seen["text"]);
    assert_eq!(seen["prompt_tokens"], 27);
    assert_eq!(seen["streamed_prompt_tokens"], 27);
    assert_eq!(
        seen["error"],
        json!(["NotFoundError", 404, "model_not_found"])
    );
}

#[tokio::test]
async fn the_python_client_understands_it() {
    let _turn = alone().await;
    assert_understood(&run(sdk::python(), "chat.py"));
}

#[tokio::test]
async fn the_node_client_understands_it() {
    let _turn = alone().await;
    assert_understood(&run(sdk::node(), "chat.cjs"));
}

/// The gateway translates: the local model speaks another dialect. It cannot call tools, so those
/// are a scripted provider's.
#[tokio::test]
async fn the_anthropic_client_understands_the_gateway() {
    let _turn = alone().await;
    let gateway = Gateway::start();
    let calls = Reply::text("")
        .tool_call("call_1", "weather", r#"{"city":"Oslo"}"#)
        .tool_call("call_2", "weather", r#"{"city":"Rome"}"#);
    gateway
        .upstream
        .on(SCRIPTED)
        .reply(calls)
        .then(Reply::text("It rains in both."));
    let arguments = [gateway.origin.as_str(), MODEL, SCRIPTED];
    let seen = run_with(sdk::python(), "messages.py", &arguments);
    assert!(
        seen["text"]
            .as_str()
            .is_some_and(|text| text.contains("Paris")),
        "{seen}"
    );
    assert_eq!(seen["streamed"], seen["text"]);
    assert_eq!(seen["stop_reason"], "end_turn");
    assert_eq!(seen["streamed_stop_reason"], "end_turn");
    assert_eq!(seen["input_tokens"], 27);
    assert_eq!(seen["streamed_input_tokens"], 27);
    // An estimate, beside the 27 the model's own tokenizer counts.
    assert!(
        seen["counted"]
            .as_u64()
            .is_some_and(|count| (14..40).contains(&count)),
        "{seen}"
    );
    assert_eq!(
        seen["calls"],
        json!([["weather", { "city": "Oslo" }], ["weather", { "city": "Rome" }]])
    );
    assert_eq!(seen["calls_stop_reason"], "tool_use");
    assert_eq!(seen["after_calls"], "It rains in both.");
    let results: Vec<Value> = gateway.upstream.attempts()[1].json()["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].clone())
        .collect();
    assert_eq!(results, ["rain in Oslo", "rain in Rome"]);
    assert_eq!(
        seen["error"],
        json!(["NotFoundError", 404, "not_found_error", "model_not_found"])
    );
}

#[tokio::test]
async fn the_openai_client_understands_the_other_dialects_of_the_gateway() {
    let _turn = alone().await;
    let gateway = Gateway::start();
    let arguments = [gateway.origin.as_str(), MODEL];
    let seen = run_with(sdk::python(), "responses.py", &arguments);
    assert!(
        seen["text"]
            .as_str()
            .is_some_and(|text| text.contains("Paris")),
        "{seen}"
    );
    for name in ["streamed", "streamed_whole", "kept"] {
        assert_eq!(seen[name], seen["text"], "{name}");
    }
    assert_eq!(seen["status"], "completed");
    assert_eq!(seen["input_tokens"], 27);
    assert_eq!(seen["streamed_input_tokens"], 27);
    // The conversation so far is read again.
    assert!(
        seen["further_input_tokens"]
            .as_u64()
            .is_some_and(|tokens| tokens > 27),
        "{seen}"
    );
    assert!(
        seen["completed"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{seen}"
    );
    assert_eq!(seen["completed_streamed"], seen["completed"]);
    let error = json!([
        "BadRequestError",
        400,
        "unsupported_parameter",
        "background"
    ]);
    assert_eq!(seen["error"], error);
}
