//! `show`, `get`, `set`, `unset`.

use llm_testkit::env::TestEnvironment;
use serde_json::json;

use crate::support::{KEY, config, fails, mode, ok, run, secrets};

#[test]
fn one_value_is_set_read_and_taken_out() {
    let environment = TestEnvironment::new();
    environment.write_config("# head\n[server]\n# the port\nport = 9000 # why\n");
    let get = |key: &str| ok(&environment, &["get", key]).stdout;
    assert_eq!(get("server.port"), "9000\n");
    ok(&environment, &["set", "server.port", "9001"]);
    ok(
        &environment,
        &[
            "set",
            "server.cors_origins",
            "https://a.example,https://b.example",
        ],
    );
    ok(&environment, &["set", "routing.strategy", "cost"]);
    let text = config(&environment);
    assert!(
        text.contains("# head") && text.contains("# the port\nport = 9001 # why"),
        "{text}"
    );
    assert_eq!(get("routing.strategy"), "cost\n");
    assert_eq!(
        ok(&environment, &["get", "server.cors_origins", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    ok(&environment, &["unset", "server.port"]);
    assert_eq!(get("server.port"), "8080\n", "the default");
    assert!(
        ok(&environment, &["unset", "server.port"])
            .stdout
            .contains("nothing to change")
    );
}

#[test]
fn wrong_keys_and_values_are_corrected() {
    let environment = TestEnvironment::new();
    for (arguments, says) in [
        (
            &["set", "server.prot", "1"][..],
            "did you mean `server.port`?",
        ),
        (&["get", "server.prot"], "did you mean `server.port`?"),
        (&["unset", "server.prot"], "did you mean `server.port`?"),
        (&["set", "server.port", "many"], "whole number"),
        (&["set", "server.port", "70000"], "65535"),
        (&["set", "routing.strategy", "cheapest!"], "cheapest!"),
        (&["set", "routing.default_model", "nobody"], "nobody"),
        (&["set", "a..b", "1"], "a..b"),
        (&["get", "models.qwen3_8b.quality"], "not set"),
        (&["show", "servre"], "did you mean `server`?"),
    ] {
        fails(&environment, arguments, (3, says));
    }
    fails(&environment, &["set", "server.port"], (2, "VALUE"));
    let failed = run(&environment, &["get", "server.prot", "--json"]);
    assert_eq!(failed.json()["error"]["code"], "config_invalid");
    assert!(!environment.config_dir().join("config.toml").exists());
}

#[test]
fn a_key_that_is_set_goes_to_the_owner_only_file() {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &[
            "preset",
            "--name",
            "openai",
            "--api-key",
            "sk-first-0123456789",
        ],
    );
    let set = ok(&environment, &["set", "providers.openai.api_key", KEY]);
    assert!(!set.to_string().contains(KEY), "{set}");
    assert!(secrets(&environment).contains(KEY) && !config(&environment).contains(KEY));
    assert_eq!(mode(&environment.config_dir().join("secrets.toml")), 0o600);
    for arguments in [
        &["show"][..],
        &["show", "--effective"],
        &["show", "--origin"],
        &["show", "--json"],
        &["show", "--format", "csv"],
        &["get", "providers.openai.api_key"],
        &["get", "providers"],
        &["export"],
        &["export", "--format", "json"],
        &["export", "--format", "env"],
        &["export", "--resolved"],
        &["list", "--json"],
        &["keys", "list"],
        &["validate", "--json"],
    ] {
        let shown = run(&environment, arguments);
        assert!(!shown.to_string().contains(KEY), "{arguments:?}: {shown}");
    }
    ok(&environment, &["unset", "providers.openai.api_key"]);
    assert!(!secrets(&environment).contains(KEY));
}

#[test]
fn each_value_is_shown_with_the_line_it_comes_from() {
    let mut environment = TestEnvironment::new();
    environment.write_config("[server]\nport = 9000\nhost = \"127.0.0.1\"\n");
    environment.set("LLMCOOP_PORT", "9002");
    let rows = ok(&environment, &["show", "server", "--origin", "--json"]).json();
    let origin = |key: &str| {
        let rows = rows.as_array().unwrap();
        rows.iter().find(|row| row["key"] == key).unwrap()["origin"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(origin("server.port"), "environment variable LLMCOOP_PORT");
    assert!(origin("server.host").ends_with("config.toml:3"));
    let toml = ok(&environment, &["show", "server"]);
    assert!(toml.stdout.starts_with("[server]\nport = 9002"), "{toml}");
    let everything = ok(&environment, &["show", "--effective", "--format", "json"]).json();
    assert_eq!(everything["server"]["port"], json!(9002));
    assert!(everything["limits"]["retries"].is_number());
    ok(&environment, &["show", "--redacted", "--format", "toml"]);
    let hidden = ok(&environment, &["set", "server.port", "9003"]);
    assert!(
        hidden
            .stderr
            .contains("environment variable LLMCOOP_PORT says otherwise"),
        "{hidden}"
    );
}

#[test]
fn a_broken_file_is_told_with_its_line_and_mended_step_by_step() {
    let environment = TestEnvironment::new();
    environment.write_config("[server]\nport = \"x\"\nhots = \"a\"\n[models\n");
    let broken = fails(&environment, &["list"], (3, "config.toml:4:"));
    assert!(broken.stderr.contains("LC3002"), "{broken}");
    fails(
        &environment,
        &["set", "server.port", "1"],
        (3, "config.toml:4:"),
    );
    environment.write_config("[server]\nport = \"x\"\nhots = \"a\"\n");
    let broken = fails(
        &environment,
        &["list", "--lang", "zh"],
        (3, "config.toml:2:8: server.port"),
    );
    assert!(broken.stderr.contains("错误"), "{broken}");
    ok(&environment, &["set", "server.port", "9000"]);
    let odd = ok(&environment, &["unset", "server.hots"]);
    assert!(odd.stderr.contains("did you mean `host`?"), "{odd}");
    assert_eq!(config(&environment), "[server]\nport = 9000\n");
}

#[test]
fn changes_go_to_the_file_that_is_meant() {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &["set", "server.port", "9000", "--scope", "project"],
    );
    assert!(environment.read("llm-cooperation.toml").contains("9000"));
    ok(
        &environment,
        &["set", "server.port", "9001", "--scope", "local"],
    );
    assert!(
        environment
            .read("llm-cooperation.local.toml")
            .contains("9001")
    );
    ok(
        &environment,
        &["--config", "own.toml", "set", "server.port", "9002"],
    );
    let again = ok(
        &environment,
        &["--config", "own.toml", "set", "server.port", "9003"],
    );
    assert!(!again.stderr.contains("otherwise"), "{again}");
    assert!(environment.read("own.toml").contains("9003"));
    assert!(!environment.config_dir().join("config.toml").exists());
    let key = ok(
        &environment,
        &[
            "--config",
            "own.toml",
            "preset",
            "--name",
            "openai",
            "--api-key",
            KEY,
        ],
    );
    assert!(key.stderr.contains("own.secrets.toml"), "{key}");
    assert_eq!(mode(&environment.work().join("own.secrets.toml")), 0o600);
    fails(
        &environment,
        &[
            "--config",
            "own.toml",
            "set",
            "server.port",
            "1",
            "--scope",
            "user",
        ],
        (2, "exclude each other"),
    );
}
