//! The official clients against the local model: what they understand, a gateway's client would too.

use std::path::Path;
use std::process::Command;

use llm_testkit::real_model::{self, MODEL};
use llm_testkit::{cache, sdk};
use serde_json::{Value, json};

use crate::alone;

fn run(mut command: Command, script: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("real/clients")
        .join(script);
    command.arg(script).arg(real_model::base_url()).arg(MODEL);
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
