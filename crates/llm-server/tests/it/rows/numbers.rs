//! Numbers that do not fit and keys that come twice: refused by name, and nothing is sent.

use llm_testkit::http::Request;

use super::CHAT;
use crate::support::{Setup, TestServer, checked};

async fn refused(server: &TestServer, body: String) -> (String, String) {
    let shown = body.clone();
    let request = Request::new("POST", server.url(CHAT));
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let mut response = request.send().await;
    assert_eq!(response.status, 400, "{shown}");
    let reply = checked("post", CHAT, 400, &mut response).await;
    let text = |name: &str| reply["error"][name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("param"))
}

const MESSAGES: &str = r#""messages":[{"role":"user","content":"hi"}]"#;

#[tokio::test]
async fn b05_a_key_that_comes_twice_is_refused_wherever_it_stands() {
    let server = Setup::models(&["small"]).start().await;
    for twice in [
        format!(r#"{{"model":"small","model":"large",{MESSAGES}}}"#),
        format!(r#"{{"model":"small","max_tokens":1,"max_tokens":100000,{MESSAGES}}}"#),
        format!(r#"{{"model":"small","stream":false,"stream":true,{MESSAGES}}}"#),
        format!(r#"{{"model":"small",{MESSAGES},{MESSAGES}}}"#),
        // The same key, written in another way.
        format!(r#"{{"model":"small","mode\u006c":"large",{MESSAGES}}}"#),
        format!(r#"{{"model":"small","n":1,"stream":false,"n":1,{MESSAGES}}}"#),
    ] {
        let (code, _) = refused(&server, twice.clone()).await;
        assert_eq!(code, "duplicate_key", "{twice}");
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn b06_numbers_that_do_not_fit_are_refused_by_name() {
    let server = Setup::models(&["small"]).start().await;
    for name in ["n", "max_tokens", "max_completion_tokens"] {
        for number in [
            "-1",
            "9223372036854775808",
            "18446744073686646784",
            "18446744073709551616",
            "1e400",
            "1.5",
            "-0.5",
            "\"1\"",
            "[1]",
            "0",
        ] {
            let body = format!(r#"{{"model":"small","{name}":{number},{MESSAGES}}}"#);
            let (code, param) = refused(&server, body).await;
            // A number JSON itself cannot hold is no JSON of ours.
            let is_named = code == "invalid_value" && param == name;
            assert!(
                is_named || code == "invalid_json",
                "{name} = {number}: {code} {param}"
            );
        }
    }
    for (name, number) in [
        ("temperature", "-1"),
        ("temperature", "1e400"),
        ("temperature", "9223372036854775808"),
        ("top_p", "2"),
        ("presence_penalty", "1e99"),
        ("frequency_penalty", "-1e99"),
    ] {
        let body = format!(r#"{{"model":"small","{name}":{number},{MESSAGES}}}"#);
        let (code, param) = refused(&server, body).await;
        let is_named = code == "invalid_value" && param == name;
        assert!(
            is_named || code == "invalid_json",
            "{name} = {number}: {code} {param}"
        );
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}
