//! Who may use what: every row of the table against every kind of caller.

use llm_core::gateway::auth::digest;
use llm_core::types::secret::Secret;
use llm_server::routes::{self, Verb};
use llm_testkit::http::{Request, Response};
use llm_testkit::logs::{assert_free_of, canary};
use serde_json::json;

use crate::support::{Setup, TestServer, checked, question};

/// The configuration of keys by name and scopes; the key of a name is `key-NAME`.
fn keys(all: &[(&str, &[&str])]) -> String {
    let tables = all.iter().map(|(name, scopes)| {
        let digest = digest(&Secret::new(format!("key-{name}"))).to_hex();
        format!("\n[keys.{name}]\ndigest = \"{digest}\"\nscopes = {scopes:?}\n")
    });
    tables.collect::<Vec<_>>().concat()
}

/// A request to a row, such that only its access can fail it with 401 or 403.
fn request(server: &TestServer, route: &routes::Route) -> Request {
    let path = route
        .path
        .replace("{*id}", "small:generateContent")
        .replace("{*target}", "small:generateContent");
    let request = Request::new(route.method.as_str(), server.url(&path));
    match route.method {
        Verb::Get | Verb::Delete => request,
        Verb::Post => request.header("content-type", "application/json"),
    }
}

fn is_refused(response: &Response) -> bool {
    matches!(response.status, 401 | 403)
}

#[tokio::test]
async fn without_keys_this_machine_may_ask_and_others_may_only_look_at_what_is_public() {
    let server = Setup::models(&["small"]).start().await;
    for route in routes::all() {
        let here = request(&server, route).send().await;
        let elsewhere = request(&server, route)
            .header("x-forwarded-for", "192.0.2.7")
            .send()
            .await;
        let (may_here, may_elsewhere) = match route.door.access() {
            "public" => (true, true),
            "watch" | "inference" => (true, false),
            _ => (false, false),
        };
        assert_eq!(!is_refused(&here), may_here, "{}", route.path);
        assert_eq!(!is_refused(&elsewhere), may_elsewhere, "{}", route.path);
    }
}

#[tokio::test]
async fn with_keys_everybody_needs_one_with_the_scope() {
    let server = Setup::models(&["small"])
        .toml(&keys(&[
            ("user", &["inference"]),
            ("root", &["inference", "admin"]),
            ("robot", &["admin"]),
        ]))
        .start()
        .await;
    for route in routes::all() {
        let access = route.door.access();
        for (key, may) in [
            (None, matches!(access, "public" | "watch")),
            (Some("wrong"), matches!(access, "public" | "watch")),
            (Some("key-user"), access != "admin"),
            (Some("key-root"), true),
            (Some("key-robot"), access != "inference"),
        ] {
            let mut request = request(&server, route);
            if let Some(key) = key {
                request = request.bearer(key);
            }
            let mut response = request.send().await;
            assert_eq!(!is_refused(&response), may, "{} with {key:?}", route.path);
            if !may {
                let expected = match key {
                    None | Some("wrong") => (401, "invalid_api_key"),
                    _ => (403, "permission_denied"),
                };
                let status = response.status;
                let body = response.json().await;
                // One dialect has a number in the place of the code.
                let error = &body["error"];
                let ours = error["llm_cooperation"]["code"].as_str();
                assert_eq!(
                    (status, error["code"].as_str().or(ours)),
                    (expected.0, Some(expected.1))
                );
            }
        }
    }
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_any_key() {
    let server = Setup::models(&["small"])
        .toml(&keys(&[("user", &["inference"]), ("robot", &["admin"])]))
        .start()
        .await;
    let remote = |key: &str| {
        let request = server
            .get("/metrics")
            .header("x-forwarded-for", "192.0.2.7");
        if key.is_empty() {
            request
        } else {
            request.bearer(key)
        }
    };
    assert_eq!(remote("").send().await.status, 401);
    assert_eq!(remote("wrong").send().await.status, 401);
    assert_eq!(remote("key-user").send().await.status, 200);
    assert_eq!(remote("key-robot").send().await.status, 200);
    assert_eq!(server.get("/metrics").send().await.status, 200);
}

#[tokio::test]
async fn a_refusal_is_the_same_whatever_was_wrong_with_the_key_and_repeats_nothing() {
    let expired = digest(&Secret::new("key-old")).to_hex();
    let server = Setup::models(&["small"])
        .toml(&keys(&[("user", &["inference"])]))
        .toml(&format!(
            "\n[keys.old]\ndigest = \"{expired}\"\nscopes = [\"inference\"]\nexpires = \"2001-01-01T00:00:00Z\"\n"
        ))
        .start()
        .await;
    let secret = canary("key");
    let mut messages = Vec::new();
    for key in [secret.as_str(), "key-old", "' OR 1=1 --", "Bearer"] {
        let mut response = server.get("/v1/models").bearer(key).send().await;
        let body = checked("get", "/v1/models", 401, &mut response).await;
        assert_free_of("a refusal", &body.to_string(), &[&secret, expired.as_str()]);
        messages.push(body["error"]["message"].as_str().unwrap().to_owned());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
    let missing = server.get_json("/v1/models", 401).await;
    assert!(
        missing["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("llm-server keys create")
    );
}

#[tokio::test]
async fn a_key_may_be_shown_in_either_header_but_only_one() {
    let server = Setup::models(&["small"])
        .toml(&keys(&[("user", &["inference"])]))
        .start()
        .await;
    let shown = server.get("/v1/models").header("x-api-key", "key-user");
    assert_eq!(shown.send().await.status, 200);
    let mut both = server
        .get("/v1/models")
        .bearer("wrong")
        .header("x-api-key", "key-user")
        .send()
        .await;
    let body = checked("get", "/v1/models", 400, &mut both).await;
    assert_eq!(body["error"]["code"], "ambiguous_credentials");
}

#[tokio::test]
async fn a_key_for_some_models_sees_and_uses_no_other() {
    let server = Setup::models(&["small", "large"])
        .toml("\n[aliases]\nbig = \"large\"\n")
        .toml(&keys(&[("user", &["inference"])]).replace("scopes", "models = [\"small\"]\nscopes"))
        .start()
        .await;
    server.upstream.on("small").reply_text("four");
    let ask = async |body: serde_json::Value| {
        let request = server
            .post("/v1/chat/completions", &body)
            .bearer("key-user");
        let mut response = request.send().await;
        (response.status, response.json().await)
    };
    let mut several = question("cooperate/parallel");
    several["models"] = json!(["small", "large"]);
    let mut fallback = question("small");
    fallback["fallbacks"] = json!(["large"]);
    for body in [
        question("large"),
        question("big"),
        question("scripted/large"),
        question("LARGE"),
        question(" large"),
        several,
        fallback,
    ] {
        let (status, reply) = ask(body.clone()).await;
        assert_eq!(
            (status, reply["error"]["code"].as_str()),
            (404, Some("model_not_found")),
            "{body}"
        );
    }
    assert_eq!(ask(question("small")).await.0, 200);
    assert_eq!(ask(question("auto")).await.1["model"], "small");
    for path in ["/v1/models", "/models", "/api/v1/models"] {
        let mut response = server.get(path).bearer("key-user").send().await;
        let list = response.text().await;
        assert!(
            list.contains("small") && !list.contains("large"),
            "{path}: {list}"
        );
    }
    let mut one = server
        .get("/v1/models/large")
        .bearer("key-user")
        .send()
        .await;
    checked("get", "/v1/models/large", 404, &mut one).await;
}

#[tokio::test]
async fn pages_of_other_sites_may_call_only_when_they_are_allowed() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\ncors_origins = [\"https://app.example\"]\n")
        .start()
        .await;
    server.upstream.on("small").reply_text("four");
    let from = |origin: &str| {
        server
            .post("/v1/chat/completions", &question("small"))
            .header("origin", origin)
    };
    let allowed = from("https://app.example").send().await;
    assert_eq!(allowed.status, 200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert!(
        allowed
            .header("access-control-expose-headers")
            .contains("x-llmcoop-cost")
    );
    for origin in ["https://evil.example", "null"] {
        let mut refused = from(origin).send().await;
        assert_eq!(refused.header("access-control-allow-origin"), "");
        let body = checked("post", "/v1/chat/completions", 403, &mut refused).await;
        assert_eq!(body["error"]["code"], "permission_denied", "{origin}");
    }
    let preflight = Request::new("OPTIONS", server.url("/v1/chat/completions"))
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
        .await;
    assert_eq!(preflight.status, 200);
    assert!(preflight.header("x-request-id").starts_with("req_"));
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    assert_eq!(preflight.header("access-control-allow-credentials"), "");
    // A name of somebody else's that points here is not this machine.
    let rebound = server.connect().await;
    drop(rebound);
    let reply = server
        .raw(b"GET /v1/models HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n")
        .await;
    assert!(reply.starts_with("HTTP/1.1 401 "), "{reply}");
}

#[tokio::test]
async fn switched_off_authentication_lets_everybody_ask_and_nobody_administer() {
    let server = Setup::models(&["small"])
        .toml("\n[auth]\nmode = \"off\"\n")
        .start()
        .await;
    let remote = |request: Request| request.header("x-forwarded-for", "192.0.2.7");
    assert_eq!(remote(server.get("/v1/models")).send().await.status, 200);
    let reload = server.post("/api/v1/admin/reload-models", &json!({}));
    assert_eq!(reload.send().await.status, 401);
}
