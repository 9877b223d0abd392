//! Where requests go: to configured places only, whatever callers and providers say.

use llm_core::gateway::auth::digest;
use llm_core::types::secret::Secret;
use llm_testkit::builders::TEST_KEY;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::ScriptedUpstream;
use serde_json::json;

use super::CHAT;
use crate::support::{Setup, checked, question};

#[tokio::test]
async fn e01_no_header_says_where_a_request_goes() {
    // Callers that came through a proxy need a key, and some of these headers look like one.
    let digest = digest(&Secret::new("key-known")).to_hex();
    let key = format!("\n[keys.known]\ndigest = \"{digest}\"\nscopes = [\"inference\"]\n");
    let server = Setup::models(&["small"]).toml(&key).start().await;
    server.upstream.on("small").reply_text("four");
    let evil = ScriptedUpstream::start().await;
    let host = evil.address().to_string();
    for (name, value) in [
        ("x-portkey-custom-host", evil.base_url()),
        ("x-custom-host", evil.base_url()),
        ("x-base-url", evil.base_url()),
        ("x-api-base", evil.base_url()),
        ("x-upstream", evil.origin()),
        ("x-forwarded-host", host.clone()),
        ("x-original-host", host.clone()),
        ("x-original-url", format!("{}/v1/models", evil.origin())),
        ("x-rewrite-url", "/livez".to_owned()),
        ("x-http-method-override", "GET".to_owned()),
        ("forwarded", format!("host={host}")),
        ("openai-base-url", evil.base_url()),
        ("proxy-authorization", "Basic c2VzYW1l".to_owned()),
    ] {
        let request = server
            .post(CHAT, &question("small"))
            .bearer("key-known")
            .header(name, &value);
        assert_eq!(request.send().await.status, 200, "{name}");
    }
    assert_eq!(evil.attempts().len(), 0);
    for attempt in server.upstream.attempts() {
        assert!(attempt.carried_key(TEST_KEY));
        let sent = format!("{:?}", attempt.headers);
        assert!(
            !sent.contains(&host) && !sent.contains("c2VzYW1l"),
            "{sent}"
        );
    }
}

#[tokio::test]
async fn e04_a_redirect_is_a_failure_and_takes_the_key_nowhere() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\nbreaker_failures = 100\n")
        .start()
        .await;
    let evil = ScriptedUpstream::start().await;
    let elsewhere = format!("{}/chat/completions", evil.base_url());
    let here = format!("{}/other", server.upstream.base_url());
    let mut asked = 0;
    // Fewer than make the model rest.
    let statuses = [301, 302, 303, 307, 308].map(|status| (status, elsewhere.as_str()));
    let targets = [here.as_str(), "/other", "file:///etc/passwd", ""].map(|to| (307, to));
    for (status, target) in statuses.into_iter().chain(targets) {
        server.upstream.next(Reply::redirect(target).status(status));
        let reply = server.ask("small", 502).await;
        assert_eq!(
            reply["error"]["code"], "upstream_redirect",
            "{status} {target}"
        );
        asked += 1;
    }
    assert_eq!(evil.attempts().len(), 0);
    assert_eq!(server.upstream.attempts().len(), asked);
}

#[tokio::test]
async fn e05_addresses_in_a_conversation_are_passed_on_and_never_fetched() {
    let server = Setup::models(&["small"])
        .toml(
            "\n[models.seeing]\nprovider = \"scripted\"\n\
             capabilities = [\"vision\", \"audio\", \"files\"]\n",
        )
        .start()
        .await;
    server.upstream.on("seeing").reply_text("a cat");
    let evil = ScriptedUpstream::start().await;
    for address in [
        format!("{}/cat.png", evil.origin()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]:1/x.png".to_owned(),
    ] {
        let part = json!({ "type": "image_url", "image_url": { "url": address } });
        let mut body = question("seeing");
        body["messages"][0]["content"] = json!([{ "type": "text", "text": "What is it?" }, part]);
        let response = server.post(CHAT, &body).send().await;
        assert_eq!(response.status, 200, "{address}");
        let attempts = server.upstream.attempts();
        let sent = attempts.last().unwrap().json();
        let passed = &sent["messages"][0]["content"][1]["image_url"]["url"];
        assert_eq!(passed, &json!(address));
    }
    for scheme in ["file:///etc/passwd", "gopher://localhost/x"] {
        let part = json!({ "type": "image_url", "image_url": { "url": scheme } });
        let mut body = question("seeing");
        body["messages"][0]["content"] = json!([part]);
        let response = server.post(CHAT, &body).send().await;
        assert!([200, 400].contains(&response.status), "{scheme}");
    }
    assert_eq!(evil.attempts().len(), 0);
}

#[tokio::test]
async fn e08_a_name_cannot_leave_its_segment_of_a_path() {
    let server = Setup::models(&["small"])
        .toml(
            "\n[providers.paths]\nkind = \"gemini\"\nbase_url = \"http://127.0.0.1:1/v1\"\napi_key = \"sk-paths\"\n",
        )
        .start()
        .await;
    let base = server.upstream.base_url();
    for name in [
        "../../secret",
        "a/../../../x",
        "a?key=evil",
        "a#b",
        "a%2f..%2fb",
        "a b",
        "模型",
    ] {
        server.rewrite(|text| {
            let text = text.replace("http://127.0.0.1:1/v1", &base);
            let text = text.split("\n[models.odd]").next().unwrap().to_owned();
            format!("{text}\n[models.odd]\nprovider = \"paths\"\npath = {name:?}\n")
        });
        // A name that cannot be written into a path may be refused as configuration too.
        if server.app.reload().await.is_err() {
            continue;
        }
        server.upstream.next(Reply::error(500));
        server.post(CHAT, &question("odd")).send().await;
    }
    let attempts = server.upstream.attempts();
    assert!(attempts.len() >= 4, "{} were sent", attempts.len());
    for attempt in attempts {
        let rest = attempt.path.strip_prefix("/v1/models/").unwrap_or_default();
        let (segment, method) = rest.rsplit_once(':').unwrap_or((rest, ""));
        assert_eq!(method, "generateContent", "{}", attempt.path);
        assert!(
            !segment.contains(['/', '?', '#', ' ']) && segment != "..",
            "{}",
            attempt.path
        );
        assert!(!attempt.query.contains("evil"), "{}", attempt.query);
    }
}

#[tokio::test]
async fn e08_a_path_of_the_caller_cannot_leave_its_segment_either() {
    let server = Setup::models(&["small"]).start().await;
    for id in [
        "..%2f..%2flivez",
        "%2e%2e/livez",
        "small%2f..",
        "small%3fx=y",
        "small%23",
        "small%00",
        "a/../../livez",
    ] {
        let path = format!("/v1/models/{id}");
        let mut response = server.get(&path).send().await;
        checked("get", &path, 404, &mut response).await;
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}
