//! The `llm-server` program itself: what it prints, how it ends.

use llm_testkit::builders::{TEST_KEY, config_toml};
use llm_testkit::env::TestEnvironment;
use llm_testkit::http;
use llm_testkit::upstream::ScriptedUpstream;
use serde_json::{Value, json};

use crate::support::question;

const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-server");

async fn ask(url: String, key: Option<&str>) -> (u16, Value) {
    let mut request = http::post(url, &question("auto"));
    if let Some(key) = key {
        request = request.bearer(key);
    }
    let mut response = request.send().await;
    (response.status, response.json().await)
}

#[tokio::test]
async fn without_a_provider_it_explains_and_does_not_listen() {
    let environment = TestEnvironment::new();
    let run = environment.run(PROGRAM, &["--port", "0"]);
    run.assert_code(4);
    assert!(run.stderr.contains("no provider is configured"), "{run}");
    assert!(run.stderr.contains("llm-config preset"), "{run}");
    assert!(!run.stderr.contains("http://"), "{run}");
    let chinese = environment.run(PROGRAM, &["--port", "0", "--lang", "zh"]);
    chinese.assert_code(4);
    assert!(chinese.stderr.contains("尚未配置任何渠道"), "{chinese}");
}

#[tokio::test]
async fn it_serves_until_it_is_asked_to_stop() {
    let environment = TestEnvironment::new();
    let server = environment.serve(PROGRAM, &["--demo", "--port", "0"]);
    let (status, body) = ask(server.url("/v1/chat/completions"), None).await;
    assert_eq!(status, 200, "{body}");
    let end = server.stop();
    end.assert_code(0);
    assert_eq!(end.stdout, "");
    for text in [
        "API base",
        "/docs",
        "simulated",
        "no gateway key exists yet",
        "stopped",
    ] {
        assert!(end.stderr.contains(text), "{text}: {end}");
    }
    assert!(
        end.stderr.contains("\"route\":\"/v1/chat/completions\""),
        "a line of JSON: {end}"
    );
}

#[tokio::test]
async fn an_address_that_is_taken_is_told() {
    let environment = TestEnvironment::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = environment.run(PROGRAM, &["--demo", "--port", &port]);
    run.assert_code(3);
    assert!(run.stderr.contains("cannot listen on 127.0.0.1"), "{run}");
}

#[tokio::test]
async fn listening_beyond_this_machine_without_a_key_is_warned_about() {
    let environment = TestEnvironment::new();
    let server = environment.serve(PROGRAM, &["--demo", "--host", "0.0.0.0", "--port", "0"]);
    let end = server.stop();
    assert!(
        end.stderr.contains("can be reached from elsewhere"),
        "{end}"
    );
}

#[tokio::test]
async fn a_key_is_made_shown_once_needed_and_taken_away() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").reply_text("four");
    environment.write_config(&config_toml(&upstream.base_url(), &["small"]));
    let made = environment.run(
        PROGRAM,
        &[
            "keys",
            "create",
            "--name",
            "ci",
            "--scopes",
            "inference,admin",
        ],
    );
    made.assert_code(0);
    let key = made.stdout.trim();
    assert!(key.starts_with("llmc_") && key.len() == 69, "{made}");
    let config = environment.read(environment.config_dir().join("config.toml"));
    assert!(
        config.contains("[keys.ci]") && !config.contains(key),
        "{config}"
    );
    environment
        .run(PROGRAM, &["keys", "create", "--name", "ci"])
        .assert_code(3);

    let server = environment.serve(PROGRAM, &["--port", "0"]);
    let chat = server.url("/v1/chat/completions");
    assert_eq!(ask(chat.clone(), None).await.0, 401);
    assert_eq!(ask(chat.clone(), Some(key)).await.0, 200);

    let list = environment.run(PROGRAM, &["keys", "list", "--json"]);
    assert_eq!(list.json()[0]["name"], "ci", "{list}");
    assert!(!list.stdout.contains(&key[5..]), "{list}");
    environment
        .run(PROGRAM, &["keys", "revoke", "--name", "ci"])
        .assert_code(0);
    server.ask_to_reload();
    server.wait_for_line("configuration reloaded");
    // The last key is gone, so this machine needs none; the old one is not looked at.
    assert_eq!(ask(chat, None).await.0, 200);
    let end = server.stop();
    assert!(!end.to_string().contains(key), "the key is in the log");
    environment
        .run(PROGRAM, &["keys", "revoke", "--name", "ci"])
        .assert_code(3);
}

#[tokio::test]
async fn a_reload_that_fails_keeps_the_old_configuration() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").reply_text("four");
    let config = config_toml(&upstream.base_url(), &["small"]);
    environment.write_config(&config);
    let server = environment.serve(PROGRAM, &["--port", "0"]);
    environment.write_config(&format!("{config}\nnonsense"));
    server.ask_to_reload();
    server.wait_for_line("the old one stays");
    assert_eq!(ask(server.url("/v1/chat/completions"), None).await.0, 200);
    server.stop().assert_code(0);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    upstream
        .on("small")
        .reply(llm_testkit::reply::Reply::hang());
    environment.write_config(&config_toml(&upstream.base_url(), &["small"]));
    let server = environment.serve(PROGRAM, &["--port", "0"]);
    let hanging = http::post(server.url("/v1/chat/completions"), &question("small"));
    let ending = async {
        upstream.wait_for_attempts(1).await;
        server.ask_to_stop();
        server.wait_for_line("stopping");
        server.ask_to_stop();
        server.wait()
    };
    let (_cut, end) = tokio::join!(hanging.try_send(), ending);
    end.assert_code(143);
}

#[tokio::test]
async fn check_tells_what_can_be_called_and_fails_when_a_provider_refuses() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").reply_text("four");
    environment.write_config(&config_toml(&upstream.base_url(), &["small"]));
    let run = environment.run(PROGRAM, &["check", "--json"]);
    run.assert_code(0);
    assert_eq!(run.json()["models"][0]["usable"], true, "{run}");
    assert_eq!(run.json()["providers"][0]["reached"], true, "{run}");
    upstream
        .on_path("/v1/models")
        .reply(llm_testkit::reply::Reply::error(401));
    let refused = environment.run(PROGRAM, &["check"]);
    refused.assert_code(4);
    assert!(
        refused
            .stderr
            .contains("provider \"scripted\" cannot be used"),
        "{refused}"
    );
    assert!(!refused.to_string().contains(TEST_KEY));
    let attempts = upstream.attempts().len();
    environment
        .run(PROGRAM, &["check", "--no-network"])
        .assert_code(0);
    assert_eq!(upstream.attempts().len(), attempts);
    environment.write_config("[server]\nport = \"x\"\n");
    environment
        .run(PROGRAM, &["check", "--no-network"])
        .assert_code(3);
}

#[tokio::test]
async fn healthcheck_asks_the_running_server() {
    let environment = TestEnvironment::new();
    let server = environment.serve(PROGRAM, &["--demo", "--port", "0"]);
    let port = server.origin().rsplit(':').next().unwrap().to_owned();
    for extra in [&[][..], &["--ready"]] {
        let arguments = [&["--demo", "--port", &port, "healthcheck"], extra].concat();
        environment.run(PROGRAM, &arguments).assert_code(0);
    }
    server.stop();
    let gone = environment.run(PROGRAM, &["--demo", "--port", &port, "healthcheck"]);
    gone.assert_code(5);
    assert!(gone.stderr.contains("does not answer"), "{gone}");
}

#[tokio::test]
async fn the_lists_are_complete_and_machine_readable() {
    let environment = TestEnvironment::new();
    let routes = environment.run(PROGRAM, &["routes", "--json"]).json();
    let access = |path: &str| {
        let rows = routes.as_array().unwrap();
        rows.iter().find(|row| row["route"] == path).unwrap()["access"].clone()
    };
    assert_eq!(access("/v1/chat/completions"), "inference");
    assert_eq!(access("/api/v1/admin/reload-models"), "admin");
    assert_eq!(access("/livez"), "public");
    let document = environment.run(PROGRAM, &["openapi"]).json();
    assert_eq!(document["openapi"], "3.1.0");
    let metrics = environment.run(PROGRAM, &["metrics-list", "--json"]).json();
    assert!(
        metrics
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["name"] == "llmcoop_tokens_total")
    );
}

#[tokio::test]
async fn samples_help_and_mistakes() {
    let environment = TestEnvironment::new();
    for (sample, part) in [
        ("systemd", "ExecStart="),
        ("compose", "healthcheck:"),
        ("nginx", "proxy_buffering off;"),
    ] {
        let run = environment.run(PROGRAM, &["install", sample]);
        run.assert_code(0);
        assert!(run.stdout.contains(part), "{run}");
    }
    let version = environment.run(PROGRAM, &["--version", "-v"]);
    let formats = format!(
        "configuration schema {}, events {}",
        llm_core::config::SCHEMA_VERSION,
        llm_core::types::run_event::EVENT_VERSION
    );
    assert!(version.stdout.contains(&formats), "{version}");
    let help = environment.run(PROGRAM, &["help", "LC4010"]);
    assert!(
        help.stdout.contains("not_configured") && help.stdout.contains("503"),
        "{help}"
    );
    let page = environment.run(PROGRAM, &["--help"]);
    assert!(page.stdout.contains("--shutdown-grace") && !page.stdout.contains("--server-key-file"));
    let chinese = environment.run(PROGRAM, &["--help", "--lang", "zh"]);
    assert!(chinese.stdout.contains("监听的地址"), "{chinese}");
    for wrong in [
        &["--port", "high"][..],
        &["--max-body", "much"],
        &["--shutdown-grace", "10"],
        &["keys", "create"],
        &["help", "LC9999"],
        &["serve"],
    ] {
        let run = environment.run(PROGRAM, wrong);
        run.assert_code(2);
        assert_eq!(run.stdout, "", "{run}");
    }
}

#[tokio::test]
async fn flags_go_before_variables_and_variables_before_files() {
    let mut environment = TestEnvironment::new();
    let port = |n: u16| format!("127.0.0.1:{n}");
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let (by_variable, by_flag) = (free(), free());
    environment.set("LLMCOOP_PORT", &by_variable.to_string());
    let server = environment.serve(PROGRAM, &["--demo"]);
    assert!(server.origin().ends_with(&port(by_variable)));
    server.stop();
    let server = environment.serve(PROGRAM, &["--demo", "--port", &by_flag.to_string()]);
    assert!(server.origin().ends_with(&port(by_flag)));
    let body = json!({ "query": "2+2?" });
    let response = http::post(server.url("/query"), &body).send().await;
    assert_eq!(response.status, 200);
    server.stop();
}
