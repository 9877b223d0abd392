//! `/v1/responses`: the Responses dialect, and the answers that are kept for it.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::Setup;

const RESPONSES: &str = "/v1/responses";
const KEEPING: &str = "\n[server]\nkeep_responses = 2\n";

fn question(text: &str) -> Value {
    json!({ "model": "small", "input": text })
}

#[tokio::test]
async fn an_answer_is_items() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four").usage(7, 1);
    let mut body = question("What is 2+2?");
    body["metadata"] = json!({ "job": "7" });
    let answer = server.post_json(RESPONSES, &body, 200).await;
    assert_eq!(answer["object"], "response");
    assert_eq!(answer["status"], "completed");
    assert_eq!(answer["output"][0]["content"][0]["text"], "four");
    assert_eq!(answer["usage"]["total_tokens"], 8);
    assert_eq!(answer["metadata"], body["metadata"]);
    assert_eq!(answer["store"], false);
    let id = answer["id"].as_str().unwrap();
    server.get_json(&format!("{RESPONSES}/{id}"), 404).await;
}

#[tokio::test]
async fn a_stream_is_created_and_completed_or_fails() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    let mut body = question("What is 2+2?");
    body["stream"] = json!(true);
    let kinds = |events: &[String]| -> Vec<String> {
        let kind = |event: &String| {
            let event: Value = serde_json::from_str(event).unwrap();
            event["type"].as_str().unwrap().to_owned()
        };
        events.iter().map(kind).collect()
    };
    server.upstream.next(Reply::pieces(["fo", "ur"]));
    let mut response = server.post(RESPONSES, &body).send().await;
    let events = response.events().await.unwrap();
    assert_eq!(
        kinds(&events),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    server
        .upstream
        .next(Reply::pieces(["half", "gone"]).cut_after(1));
    let mut response = server.post(RESPONSES, &body).send().await;
    let events = response.events().await.unwrap();
    let kinds = kinds(&events);
    assert_eq!(kinds[kinds.len() - 2..], ["error", "response.failed"]);
    assert!(!kinds.contains(&"response.completed".to_owned()));
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(
        last["response"]["error"]["code"],
        "upstream_stream_interrupted"
    );
}

#[tokio::test]
async fn a_kept_answer_is_gone_on_from_found_and_forgotten() {
    let server = Setup::models(&["small"]).toml(KEEPING).start().await;
    server
        .upstream
        .on("small")
        .reply(Reply::text("four"))
        .then(Reply::pieces(["fi", "ve"]))
        .then(Reply::text("six"));
    let mut first = question("What is 2+2?");
    first["store"] = json!(true);
    first["instructions"] = json!("Be brief.");
    let answer = server.post_json(RESPONSES, &first, 200).await;
    let id = answer["id"].as_str().unwrap();
    assert_eq!(answer["store"], true);
    let path = format!("{RESPONSES}/{id}");
    assert_eq!(server.get_json(&path, 200).await, answer);

    let mut second = question("And one more?");
    second["previous_response_id"] = json!(id);
    second["store"] = json!(true);
    second["stream"] = json!(true);
    let mut response = server.post(RESPONSES, &second).send().await;
    let events = response.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    let kept = last["response"]["id"].as_str().unwrap();
    assert_eq!(last["response"]["previous_response_id"], id);
    let found = server.get_json(&format!("{RESPONSES}/{kept}"), 200).await;
    assert_eq!(found, last["response"]);

    let mut third = question("And another?");
    third["previous_response_id"] = json!(kept);
    server.post_json(RESPONSES, &third, 200).await;
    let sent = server.upstream.attempts()[2].json();
    let said: Vec<&str> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        [
            "What is 2+2?",
            "four",
            "And one more?",
            "five",
            "And another?"
        ]
    );

    let mut response = server.delete(&path).send().await;
    assert_eq!(response.json().await["deleted"], true);
    server.get_json(&path, 404).await;
    let mut response = server.delete(&path).send().await;
    assert_eq!(response.status, 404);
    assert_eq!(response.json().await["error"]["code"], "not_found");
    third["previous_response_id"] = json!(id);
    let error = server.post_json(RESPONSES, &third, 404).await;
    assert_eq!(error["error"]["param"], "previous_response_id");
}

#[tokio::test]
async fn where_nothing_is_kept_it_is_said() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply(Reply::text("four"));
    let mut body = question("hi");
    body["store"] = json!(true);
    let answer = server.post_json(RESPONSES, &body, 200).await;
    let warnings = answer["llm_cooperation"]["warnings"].to_string();
    assert!(warnings.contains("`store`"), "{warnings}");
    assert_eq!(answer["store"], false);
    body["previous_response_id"] = answer["id"].clone();
    let error = server.post_json(RESPONSES, &body, 400).await;
    assert_eq!(error["error"]["param"], "previous_response_id");
    assert_eq!(error["error"]["code"], "unsupported_parameter");
}
