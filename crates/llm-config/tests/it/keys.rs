//! `keys` and `alias`: where the keys of providers are kept, and other names for models.

use llm_testkit::builders::config_toml;
use llm_testkit::env::TestEnvironment;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::ScriptedUpstream;
use serde_json::json;

use crate::support::{KEY, PROGRAM, config, fails, mode, ok, run, secrets};

fn configured() -> TestEnvironment {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &["preset", "--name", "deepseek", "--api-key", KEY],
    );
    environment
}

#[test]
fn keys_are_set_listed_and_removed_and_never_shown() {
    let environment = configured();
    let set = environment
        .command(PROGRAM)
        .args(&["keys", "set", "--provider", "deepseek", "--from", "stdin"])
        .input("sk-second-0123456789abcdef\n")
        .run();
    set.assert_code(0);
    assert!(
        set.stdout.contains("changed  providers.deepseek.api_key"),
        "{set}"
    );
    assert!(secrets(&environment).contains("sk-second-"));
    assert_eq!(mode(&environment.config_dir().join("secrets.toml")), 0o600);
    let list = ok(&environment, &["keys", "list", "--json"]).json();
    assert_eq!(list[0]["key"], "…cdef");
    assert_eq!(list[0]["state"], "ok");
    let removed = ok(&environment, &["keys", "rm", "deepseek"]);
    assert!(!secrets(&environment).contains("sk-"), "{removed}");
    let list = ok(&environment, &["keys", "list", "--json"]).json();
    assert_eq!(list[0]["state"], "no_key");
    for run in [set, removed] {
        assert!(!run.to_string().contains("sk-"), "{run}");
    }
    fails(
        &environment,
        &["keys", "set", "deepseek"],
        (2, "--api-key-stdin"),
    );
    fails(
        &environment,
        &["keys", "set", "deepsek", "--api-key", "x"],
        (3, "did you mean `deepseek`?"),
    );
    fails(
        &environment,
        &["keys", "rm", "openai"],
        (3, "llm-config preset --name openai"),
    );
    fails(
        &environment,
        &["keys", "set", "--api-key", "x"],
        (2, "PROVIDER"),
    );
}

#[test]
fn a_key_may_stay_where_it_is() {
    let mut environment = configured();
    environment.set("DEEPSEEK_API_KEY", "sk-of-the-environment-0123");
    ok(&environment, &["keys", "set", "deepseek", "--from", "env"]);
    assert!(config(&environment).contains("DEEPSEEK_API_KEY"));
    assert!(!secrets(&environment).contains(KEY));
    ok(
        &environment,
        &[
            "keys", "set", "deepseek", "--from", "env", "--store", "file",
        ],
    );
    assert!(secrets(&environment).contains("sk-of-the-environment"));
    environment.write("key.txt", "sk-of-a-file-0123456789\n");
    ok(
        &environment,
        &[
            "keys",
            "set",
            "deepseek",
            "--api-key-file",
            "key.txt",
            "--store",
            "ref",
        ],
    );
    assert!(config(&environment).contains("key.txt") && !secrets(&environment).contains("sk-"));
    fails(
        &environment,
        &[
            "keys",
            "set",
            "deepseek",
            "--api-key",
            "x",
            "--store",
            "ref",
        ],
        (2, "--api-key-env"),
    );
    fails(
        &environment,
        &["keys", "set", "deepseek", "--from", "file"],
        (2, "--api-key-file"),
    );
}

#[test]
fn which_explains_the_winner() {
    let mut environment = configured();
    environment.set("DEEPSEEK_API_KEY", "sk-of-the-environment-0123");
    let which = ok(&environment, &["keys", "which", "deepseek", "--json"]).json();
    assert_eq!(which[0]["used"], true);
    assert!(
        which[0]["credential"]
            .as_str()
            .unwrap()
            .contains("secrets.toml:")
    );
    assert_eq!(which[1]["used"], false);
    assert_eq!(
        which[1]["credential"],
        "environment variable DEEPSEEK_API_KEY"
    );
    assert!(!which.to_string().contains("sk-"));
    let still = ok(&environment, &["keys", "rm", "deepseek"]);
    assert!(
        still
            .stderr
            .contains("environment variable DEEPSEEK_API_KEY"),
        "{still}"
    );
    environment.unset("DEEPSEEK_API_KEY");
    let none = ok(&environment, &["keys", "which", "deepseek"]);
    assert!(none.stderr.contains("no key of deepseek"), "{none}");
    fails(&environment, &["keys", "which", "nobody"], (3, "nobody"));
}

#[test]
fn a_variable_that_wins_over_the_stored_key_is_told() {
    let mut environment = configured();
    environment.set(
        "LLMCOOP__PROVIDERS__DEEPSEEK__API_KEY",
        "sk-of-the-environment-0123",
    );
    let set = ok(&environment, &["keys", "set", "deepseek", "--api-key", KEY]);
    assert!(
        set.stderr
            .contains("LLMCOOP__PROVIDERS__DEEPSEEK__API_KEY wins"),
        "{set}"
    );
}

#[tokio::test]
async fn a_new_key_is_tried_before_the_old_one_goes() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    environment
        .write_config(&config_toml(&upstream.base_url(), &["a"]).replace("api_key", "# api_key"));
    fails(
        &environment,
        &["keys", "rotate", "scripted", "--api-key", KEY],
        (4, "llm-config keys set"),
    );
    ok(
        &environment,
        &[
            "keys",
            "set",
            "scripted",
            "--api-key",
            "sk-old-0123456789abcdef",
        ],
    );
    upstream.on_path("/v1/models").reply(Reply::error(401));
    let refused = run(
        &environment,
        &["keys", "rotate", "scripted", "--api-key", KEY],
    );
    refused.assert_code(4);
    assert!(secrets(&environment).contains("sk-old-"), "{refused}");
    assert!(!refused.to_string().contains(KEY));
    let models = json!({ "object": "list", "data": [] });
    upstream.on_path("/v1/models").reply(Reply::json(&models));
    ok(
        &environment,
        &["keys", "rotate", "scripted", "--api-key", KEY],
    );
    assert!(secrets(&environment).contains(KEY));
    let attempts = upstream.attempts();
    assert!(
        attempts.last().unwrap().carried_key(KEY),
        "the new key was tried"
    );
    ok(
        &environment,
        &[
            "keys",
            "rotate",
            "scripted",
            "--api-key",
            "sk-third-0123456789",
            "--no-test",
        ],
    );
    assert!(secrets(&environment).contains("sk-third-"));
}

#[test]
fn a_key_that_cannot_be_tried_is_not_called_good() {
    let environment = TestEnvironment::new();
    let url = "http://127.0.0.1:9/v1";
    let add = [
        "add-provider",
        "--name",
        "p",
        "--base-url",
        url,
        "--api-key",
        KEY,
    ];
    ok(&environment, &add);
    let rotated = ok(
        &environment,
        &[
            "keys",
            "rotate",
            "p",
            "--api-key",
            "sk-new-0123456789abcdef",
        ],
    );
    assert!(rotated.stderr.contains("was not tried"), "{rotated}");
}

#[test]
fn other_names_for_models() {
    let environment = configured();
    ok(&environment, &["alias", "set", "fast", "deepseek-flash"]);
    let list = ok(&environment, &["alias", "list", "--json"]).json();
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .any(|row| row["name"] == "fast")
    );
    assert!(
        ok(&environment, &["alias", "set", "fast", "deepseek-flash"])
            .stdout
            .contains("nothing")
    );
    fails(
        &environment,
        &["alias", "set", "slow", "deepseek-flsh"],
        (3, "did you mean `deepseek-flash`?"),
    );
    fails(
        &environment,
        &["alias", "set", "deepseek-flash", "fast"],
        (3, "already"),
    );
    ok(&environment, &["alias", "rm", "fast"]);
    fails(
        &environment,
        &["alias", "rm", "fast"],
        (3, "there is no alias `fast`"),
    );
}
