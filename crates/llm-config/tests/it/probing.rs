//! `test`: real calls, over real sockets, to exactly the models that are meant.

use llm_testkit::builders::{TEST_KEY, config_toml};
use llm_testkit::env::TestEnvironment;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::{ScriptedUpstream, refused_url};
use serde_json::json;

use crate::support::{PROGRAM, fails, ok, run};

async fn with_models(models: &[&str]) -> (TestEnvironment, ScriptedUpstream) {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    let limits = "\n[limits]\nretries = 0\n";
    environment.write_config(&(config_toml(&upstream.base_url(), models) + limits));
    (environment, upstream)
}

#[test]
fn the_demonstration_answers_without_a_network_and_says_that_it_is_one() {
    let environment = TestEnvironment::new();
    ok(&environment, &["preset", "--name", "demo"]);
    let tested = ok(&environment, &["test"]);
    assert!(tested.stderr.contains("simulated"), "{tested}");
    assert!(
        tested.stderr.contains("11 of 11 answered, 9 not asked"),
        "{tested}"
    );
    assert!(tested.stdout.contains("demo-small\tdemo\tok\t"), "{tested}");
    let json = ok(
        &environment,
        &["test", "--model", "demo-small,demo-large", "--json"],
    )
    .json();
    assert_eq!(
        json["summary"],
        json!({ "reachable": 2, "failed": 0, "skipped": 0 })
    );
    assert_eq!(json["models"][0]["simulated"], true);
    let chinese = ok(&environment, &["test", "--lang", "zh", "--format", "table"]);
    assert!(
        chinese.stdout.contains("模拟") && chinese.stderr.contains("11 个模型"),
        "{chinese}"
    );
    let flag = ok(
        &environment,
        &["test", "--demo", "--no-config", "--offline"],
    );
    assert!(flag.stderr.contains("simulated"), "{flag}");
    fails(
        &environment,
        &["test", "--model", "demo-down"],
        (5, "0 of 1 answered"),
    );
}

#[tokio::test]
async fn every_model_is_called_once_with_a_tiny_question() {
    let (environment, upstream) = with_models(&["a", "b", "c"]).await;
    upstream.on_anything().reply(Reply::text("OK").usage(7, 1));
    let tested = ok(&environment, &["test", "--json"]).json();
    assert_eq!(tested["summary"]["reachable"], 3);
    assert_eq!(
        tested["models"][1]["model"], "b",
        "in the order of the configuration"
    );
    assert_eq!(tested["models"][1]["tokens_in"], 7);
    assert_eq!(tested["models"][1]["cost"]["kind"], "unknown");
    let attempts = upstream.attempts();
    assert_eq!(attempts.len(), 3);
    for attempt in &attempts {
        assert!(attempt.json()["max_tokens"].as_u64().unwrap() <= 16);
    }
}

#[tokio::test]
async fn eight_are_called_at_once_unless_said_otherwise() {
    let (environment, upstream) = with_models(&["a", "b", "c"]).await;
    let gate = Gate::new();
    for model in ["a", "b", "c"] {
        upstream.on(model).reply(Reply::text("OK").hold(&gate));
    }
    let testing = tokio::task::spawn_blocking(move || ok(&environment, &["test"]));
    // None is answered before all have asked.
    upstream.wait_for_attempts(3).await;
    gate.open();
    testing.await.unwrap();
}

#[tokio::test]
async fn a_failure_is_final_and_tells_who_failed() {
    let (environment, upstream) = with_models(&["good", "bad"]).await;
    upstream.on("good").reply_text("OK");
    upstream.on("bad").reply(Reply::error(500));
    let tested = fails(&environment, &["test"], (5, "1 of 2 answered"));
    assert!(tested.stdout.contains("good\tscripted\tok"), "{tested}");
    assert!(tested.stdout.contains("bad\tscripted\tfailed"), "{tested}");
    assert_eq!(
        upstream.attempts_of("good").len(),
        1,
        "it stands in for nobody"
    );
    let failed = run(&environment, &["test", "--model", "bad", "--json"]);
    failed.assert_code(5);
    assert_eq!(failed.json()["error"]["exit_code"], 5);
    assert_eq!(failed.json()["models"][0]["code"], "upstream_error");
    ok(&environment, &["test", "--model", "good"]);
}

#[tokio::test]
async fn keys_that_are_rejected_or_missing_have_an_exit_code_of_their_own() {
    let (environment, upstream) = with_models(&["a"]).await;
    upstream.on("a").reply(Reply::error(401));
    let rejected = fails(
        &environment,
        &["test"],
        (4, "llm-config keys which scripted"),
    );
    assert!(!rejected.to_string().contains(TEST_KEY));
    let environment = TestEnvironment::new();
    environment
        .write_config("[providers.openai]\nkind = \"openai\"\n[models.m]\nprovider = \"openai\"\n");
    let missing = run(&environment, &["test", "--model", "m"]);
    missing.assert_code(4);
    assert!(missing.stdout.contains("no_key"), "{missing}");
    fails(
        &TestEnvironment::new(),
        &["test"],
        (4, "no provider is configured"),
    );
}

#[tokio::test]
async fn a_model_that_does_not_answer_in_time_is_given_up() {
    let (environment, upstream) = with_models(&["slow"]).await;
    upstream.on("slow").reply(Reply::hang());
    let failed = run(&environment, &["test", "--timeout", "200ms"]);
    failed.assert_code(5);
    assert!(
        failed.stdout.contains("deadline") || failed.stdout.contains("time"),
        "{failed}"
    );
}

#[tokio::test]
async fn without_cost_only_the_lists_are_asked_for() {
    let (environment, upstream) = with_models(&["a", "b"]).await;
    let models = json!({ "object": "list", "data": [{ "id": "a", "object": "model" }] });
    upstream.on_path("/v1/models").reply(Reply::json(&models));
    let tested = ok(&environment, &["test", "--no-cost", "--json"]).json();
    assert_eq!(tested["models"][0]["listed"], true);
    assert_eq!(tested["models"][1]["listed"], false);
    assert_eq!(upstream.attempts().len(), 1, "one list for both");
    upstream.on_path("/v1/models").reply(Reply::error(403));
    fails(&environment, &["test", "--no-cost"], (4, "0 of 2"));
}

#[tokio::test]
async fn names_are_found_or_corrected() {
    let (environment, upstream) = with_models(&["alpha", "beta"]).await;
    upstream.on_anything().reply_text("OK");
    ok(&environment, &["alias", "set", "first", "alpha"]);
    let tested = ok(&environment, &["test", "--model", "first", "--json"]).json();
    assert_eq!(tested["models"][0]["model"], "alpha");
    let earlier = ok(&environment, &["test", "beta"]);
    assert!(
        earlier.stderr.contains("llm-config test --model beta"),
        "{earlier}"
    );
    fails(
        &environment,
        &["test", "--model", "alhpa"],
        (2, "llm-config test --model alpha"),
    );
    fails(&environment, &["test", "--concurrency", "0"], (2, "0"));
}

#[tokio::test]
async fn nothing_beyond_this_machine_is_asked_offline() {
    let environment = TestEnvironment::new();
    environment.write_config(
        "[providers.far]\nkind = \"openai-compatible\"\nbase_url = \"https://provider.invalid/v1\"\n[models.m]\nprovider = \"far\"\n",
    );
    let skipped = run(&environment, &["test", "--offline"]);
    skipped.assert_code(5);
    assert!(skipped.stdout.contains("skipped"), "{skipped}");
}

#[tokio::test]
async fn a_model_can_be_tried_as_it_is_added() {
    let (environment, upstream) = with_models(&["a"]).await;
    upstream.on("vendor/new").reply_text("OK");
    let add = [
        "add-model",
        "--name",
        "new",
        "--path",
        "vendor/new",
        "--test",
    ];
    let added = ok(&environment, &add);
    assert!(added.stderr.contains("1 of 1 answered"), "{added}");
    assert_eq!(upstream.attempts_of("vendor/new").len(), 1);
    let url = refused_url();
    let add = [
        "add-model",
        "--name",
        "gone",
        "--path",
        "x",
        "--base-url",
        &url,
        "--test",
    ];
    fails(&environment, &add, (5, "0 of 1 answered"));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let environment = TestEnvironment::new();
    let line = format!("{PROGRAM} preset show demo | head -1; echo ${{PIPESTATUS[0]}}");
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", &line]);
    let run = environment.adopt(shell).run();
    assert!(run.stdout.trim_end().ends_with('0'), "{run}");
    assert_eq!(run.stderr, "");
}
