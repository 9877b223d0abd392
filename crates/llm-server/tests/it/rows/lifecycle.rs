//! The program's beginning and end: keys that are missing or lie open, and streams at a TERM.

use futures_util::future::join_all;
use llm_testkit::builders::{TEST_KEY, config_toml};
use llm_testkit::env::TestEnvironment;
use llm_testkit::gate::Gate;
use llm_testkit::http;
use llm_testkit::logs::canary;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::ScriptedUpstream;

use super::CHAT;
use crate::support::streamed;

const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-server");

#[cfg(unix)]
#[tokio::test]
async fn l01_a_term_cuts_no_stream_within_the_grace_and_the_end_is_clean() {
    const STREAMS: usize = 500;
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    let gate = Gate::new();
    upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]).hold_before(1, &gate));
    let config = config_toml(&upstream.base_url(), &["small"]);
    environment.write("server.toml", &config);
    let arguments = [
        "--config",
        "server.toml",
        "--port",
        "0",
        "--ops-listen",
        "127.0.0.1:0",
    ];
    let server = environment.serve(PROGRAM, &arguments);
    let url = server.url(CHAT);
    let mut streams = join_all((0..STREAMS).map(async |_| {
        let mut response = http::post(url.clone(), &streamed("small")).send().await;
        response.event().await.unwrap();
        response
    }))
    .await;
    server.ask_to_stop();
    server.wait_for_line("stopping");
    // New ones are not taken any more.
    while http::get(server.url("/livez")).try_send().await.is_ok() {}
    gate.open();
    let ends = join_all(streams.iter_mut().map(async |response| {
        let events = response.events().await.unwrap();
        events.last().cloned().unwrap_or_default()
    }))
    .await;
    let whole = ends.iter().filter(|end| *end == "[DONE]").count();
    assert_eq!(whole, STREAMS);
    let end = server.wait();
    end.assert_code(0);
    assert!(end.stderr.contains("every request was answered"), "{end}");
}

#[cfg(unix)]
#[tokio::test]
async fn l09_a_key_that_is_missing_or_lies_open_is_refused_without_being_shown() {
    use std::os::unix::fs::PermissionsExt as _;
    let environment = TestEnvironment::new();
    let secret = canary("key");
    let config = |key: &str| {
        config_toml("http://127.0.0.1:1/v1", &["small"]).replace(&format!("\"{TEST_KEY}\""), key)
    };
    let open = environment.write("open.key", &secret);
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    for (key, code) in [
        ("{ env = \"LLMCOOP_TEST_NOT_SET\" }".to_owned(), 4),
        ("{ file = \"no-such.key\" }".to_owned(), 4),
        (format!("{{ file = {:?} }}", open.display().to_string()), 3),
    ] {
        environment.write("server.toml", &config(&key));
        let run = environment.run(PROGRAM, &["--config", "server.toml", "--port", "0"]);
        run.assert_code(code);
        assert!(run.stderr.contains("providers.scripted.api_key"), "{run}");
        assert!(
            !run.stderr.contains(&secret) && !run.stderr.contains("http://"),
            "{run}"
        );
    }
}
