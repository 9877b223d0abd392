//! `POST /v1/images/…`: addresses are passed on in both directions and never fetched.

use llm_testkit::reply::Reply;
use serde_json::json;

use super::{end, field, file, form_to, server};
use crate::support::checked;

#[tokio::test]
async fn pictures_are_billed_by_the_piece_and_their_addresses_not_fetched() {
    let server = server("price = { input = 0, output = 0, image = 0.04 }\n").await;
    let elsewhere = format!("{}/never", server.upstream.origin());
    server.upstream.next(Reply::json(
        &json!({ "created": 5, "data": [{ "url": elsewhere }, { "url": elsewhere }] }),
    ));
    let request = json!({ "model": "worker", "prompt": "a cat", "n": 2, "size": "1024x1024", "quality": "hd" });
    let body = server
        .post_json("/v1/images/generations", &request, 200)
        .await;
    assert_eq!(body["data"][1]["url"], elsewhere.as_str());
    assert_eq!(body["llm_cooperation"]["cost"]["amount"], "0.08");
    let attempts = server.upstream.attempts();
    assert_eq!(attempts.len(), 1, "the address was fetched");
    assert_eq!(attempts[0].json()["quality"], "hd");
}

#[tokio::test]
async fn a_reply_in_another_shape_is_understood_and_an_empty_one_is_not() {
    let server = server("\n[limits]\nretries = 0\n").await;
    let request = json!({ "model": "worker", "prompt": "a cat" });
    let list = json!({ "images": [{ "url": "https://cdn.example/p.png" }], "seed": 7 });
    server.upstream.next(Reply::json(&list));
    let body = server
        .post_json("/v1/images/generations", &request, 200)
        .await;
    assert_eq!(body["data"], list["images"]);
    for reply in [
        json!({ "data": [] }),
        json!({ "data": [{}] }),
        json!({ "data": [{ "url": "" }] }),
    ] {
        server.upstream.next(Reply::json(&reply));
        let error = server
            .post_json("/v1/images/generations", &request, 502)
            .await;
        assert_eq!(error["error"]["code"], "upstream_invalid_response");
    }
}

#[tokio::test]
async fn a_picture_to_change_reaches_the_provider_with_its_fields() {
    let server = server("").await;
    server
        .upstream
        .next(Reply::json(&json!({ "data": [{ "b64_json": "aGk=" }] })));
    let body = field("model", "worker") + &field("prompt", "add a \"hat\"") + &file("PNG") + &end();
    let mut response = form_to(&server, "/v1/images/edits", &body).send().await;
    checked("post", "/v1/images/edits", 200, &mut response).await;
    let sent = server.upstream.attempts().remove(0);
    let text = String::from_utf8_lossy(&sent.body).into_owned();
    assert!(text.contains("\r\n\r\nup/worker\r\n"), "{text}");
    assert!(text.contains("\r\n\r\nadd a \"hat\"\r\n"), "{text}");
    assert!(
        text.contains("filename=\"talk.mp3\"\r\ncontent-type: audio/mpeg\r\n\r\nPNG\r\n"),
        "{text}"
    );
}

#[tokio::test]
async fn drafts_are_passed_on_as_events_and_must_come_to_an_end() {
    let server = server("\n[limits]\nretries = 0\n").await;
    let request = json!({ "model": "worker", "prompt": "a cat", "stream": true });
    let draft = r#"{"type":"image_generation.partial_image","b64_json":"aGk="}"#;
    let done = r#"{"type": "image_generation.completed", "b64_json": "aGk="}"#;
    server.upstream.next(Reply::events([draft, done]));
    let mut response = server.post("/v1/images/generations", &request).send().await;
    assert_eq!(response.header("content-type"), "text/event-stream");
    assert_eq!(response.events().await.unwrap(), [draft, done]);
    server.upstream.next(Reply::events([draft]));
    let mut response = server.post("/v1/images/generations", &request).send().await;
    assert_eq!(response.event().await.unwrap().as_deref(), Some(draft));
    assert!(
        response.events().await.is_err(),
        "a cut stream looks complete"
    );
}
