//! `doctor` and `help`: what is looked at, what is said of it, and that no key is shown.

use llm_testkit::builders::TEST_KEY;
use llm_testkit::env::{Finished, TestEnvironment};
use llm_testkit::reply::Reply;
use serde_json::json;

use crate::support::{PROGRAM, Place, demo};

/// The levels of a check in a report.
fn levels(run: &Finished, check: &str) -> Vec<String> {
    let report = run.json();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|one| one["check"] == check)
        .map(|one| one["level"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_sound_configuration_is_well_and_its_key_is_not_shown() {
    let place = Place::models(&["small"]);
    let list = json!({ "object": "list", "data": [{ "id": "small" }] });
    place
        .upstream
        .on_path("/v1/models")
        .reply(Reply::json(&list));
    let run = place.run(&["doctor", "--json"]);
    run.assert_code(0);
    for check in ["program", "terminal", "permissions", "secrets", "provider"] {
        assert_eq!(levels(&run, check), ["ok"], "{check}: {run}");
    }
    assert!(run.stdout.contains("config.toml (user)"), "{run}");
    assert!(!run.to_string().contains(TEST_KEY), "{run}");
    assert_eq!(place.upstream.attempts().len(), 1, "one list, no question");
    let people = place.run(&["doctor", "--lang", "zh"]);
    assert!(people.stdout.contains("使用此密钥"), "{people}");
}

#[test]
fn what_is_wrong_fails_only_when_strictness_is_asked_for() {
    let place = Place::models(&["small"]);
    place
        .upstream
        .on_path("/v1/models")
        .reply(Reply::error(401));
    let run = place.run(&["doctor", "--json"]);
    run.assert_code(0);
    assert_eq!(run.json()["ok"], false);
    assert_eq!(levels(&run, "provider"), ["failed"]);
    let strict = place.run(&["doctor", "--strict"]);
    strict.assert_code(10);
    assert!(strict.stderr.contains("failed: 1; warnings: 0"), "{strict}");
    let silent = place.run(&["doctor", "--strict", "--no-network"]);
    silent.assert_code(0);
}

#[test]
fn a_broken_configuration_is_told_and_everything_else_too() {
    let environment = TestEnvironment::new();
    environment.write_config("[providers.a]\nbase_url = 3\n");
    let run = environment.run(PROGRAM, &["doctor", "--json"]);
    run.assert_code(0);
    assert_eq!(levels(&run, "configuration"), ["failed"]);
    assert!(run.stdout.contains("config.toml:2"), "{run}");
    assert_eq!(levels(&run, "program"), ["ok"]);
}

#[test]
fn a_file_others_can_change_and_a_proxy_nobody_uses_are_warnings() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::models(&["small"]);
    let path = place.environment.config_dir().join("config.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let run = (place.environment.command(PROGRAM))
        .args(&["doctor", "--json", "--no-network"])
        .env("HTTPS_PROXY", "http://user:password@proxy.invalid:1")
        .run();
    assert_eq!(levels(&run, "permissions"), ["warning"]);
    assert_eq!(levels(&run, "proxy"), ["warning"]);
    assert!(!run.to_string().contains("password"), "{run}");
}

#[test]
fn of_several_keys_it_says_which_one_wins() {
    let environment = TestEnvironment::new();
    environment.write_config(
        "[providers.openai]\nkind = \"openai\"\napi_key = { env = \"MINE\" }\n\
         [models.m]\nprovider = \"openai\"\n",
    );
    let run = (environment.command(PROGRAM))
        .args(&["doctor", "--no-network"])
        .env("MINE", "sk-mine-0123456789")
        .env("OPENAI_API_KEY", "sk-other-0123456789")
        .run();
    run.assert_code(0);
    let line = |text: &str| run.stdout.lines().any(|line| line.contains(text));
    assert!(line("environment variable MINE"), "{run}");
    assert!(
        line("also in environment variable OPENAI_API_KEY; not used"),
        "{run}"
    );
    assert!(!run.stdout.contains("0123456789"), "{run}");
}

#[test]
fn help_explains_commands_codes_and_topics() {
    let code = demo(&["help", "LC4012"]);
    code.assert_code(0);
    assert!(code.stdout.starts_with("LC4012 upstream_auth\n"), "{code}");
    let chinese = demo(&["help", "upstream_auth", "--lang", "zh"]);
    assert!(chinese.stdout.contains("渠道拒绝了 API 密钥"), "{chinese}");
    let command = demo(&["help", "status"]);
    assert!(command.stdout.contains("--fail-on"), "{command}");
    let codes = demo(&["help", "error-codes", "--fields", "code"]);
    assert!(codes.stdout.lines().any(|line| line == "LC5003"), "{codes}");
    demo(&["help", "exit-codes"]).assert_code(0);
    demo(&["help", "environment"]).assert_code(0);
    demo(&["help"]).assert_code(0);
    let unknown = demo(&["help", "statsu"]);
    unknown.assert_code(2);
    assert!(
        unknown.stderr.contains("llm-cooperation help status"),
        "{unknown}"
    );
}
