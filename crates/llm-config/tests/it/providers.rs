//! `add-provider`, `update-provider`, `remove-provider`: what may be said of an address, and what not.

use llm_testkit::env::TestEnvironment;

use crate::support::{KEY, config, fails, ok, secrets};

const URL: &str = "http://127.0.0.1:9/v1";

#[test]
fn a_provider_is_added_changed_and_removed() {
    let environment = TestEnvironment::new();
    let add = [
        "add-provider",
        "--name",
        "mine",
        "--base-url",
        URL,
        "--api-key",
        KEY,
        "--header",
        "x-team=core",
    ];
    let added = ok(&environment, &add);
    assert!(
        added
            .stderr
            .contains("add-model --name MODEL --path ID --provider mine"),
        "{added}"
    );
    assert!(config(&environment).contains("kind = \"openai-compatible\""));
    assert!(secrets(&environment).contains(KEY) && !config(&environment).contains(KEY));
    assert!(ok(&environment, &add).stdout.contains("nothing to change"));
    ok(
        &environment,
        &[
            "update-provider",
            "mine",
            "--timeout",
            "30s",
            "--retries",
            "1",
            "--header",
            "x-more=1",
        ],
    );
    let get = |key: &str| ok(&environment, &["get", key]).stdout;
    assert_eq!(get("providers.mine.timeout_ms"), "30000\n");
    assert_eq!(get("providers.mine.headers.x-team"), "core\n");
    assert_eq!(get("providers.mine.headers.x-more"), "1\n");
    ok(
        &environment,
        &["update-provider", "mine", "--unset", "headers"],
    );
    assert!(!config(&environment).contains("x-team"));
    ok(
        &environment,
        &[
            "add-model",
            "--name",
            "m",
            "--path",
            "x",
            "--provider",
            "mine",
        ],
    );
    fails(
        &environment,
        &["remove-provider", "mine"],
        (3, "models.m.provider"),
    );
    ok(&environment, &["remove-provider", "mine", "--cascade"]);
    assert!(!config(&environment).contains("mine"));
    assert!(!secrets(&environment).contains(KEY));
}

#[test]
fn a_key_does_not_move_to_another_address() {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &[
            "add-provider",
            "--name",
            "mine",
            "--base-url",
            URL,
            "--api-key",
            KEY,
        ],
    );
    let moved = ok(
        &environment,
        &[
            "update-provider",
            "mine",
            "--base-url",
            "https://other.example/v1",
        ],
    );
    assert!(
        moved.stdout.contains("the key was for the former address"),
        "{moved}"
    );
    assert!(!secrets(&environment).contains(KEY));
    let chinese = TestEnvironment::new();
    ok(
        &chinese,
        &[
            "add-provider",
            "--name",
            "mine",
            "--base-url",
            URL,
            "--api-key",
            KEY,
        ],
    );
    let moved = ok(
        &chinese,
        &[
            "update-provider",
            "mine",
            "--base-url",
            "https://other.example/v1",
            "--lang",
            "zh",
        ],
    );
    assert!(moved.stdout.contains("该密钥属于原来的地址"), "{moved}");
}

#[test]
fn what_could_not_be_called_is_refused() {
    let environment = TestEnvironment::new();
    for (flags, code, says) in [
        (&["--name", "mine"][..], 2, "--base-url"),
        (&["--name", "mine", "--base-url", "ftp://x"], 3, "base_url"),
        (
            &["--name", "mine", "--base-url", URL, "--kind", "opnai"],
            3,
            "did you mean `openai`?",
        ),
        (
            &["--name", "mine", "--base-url", URL, "--header", "nothing"],
            2,
            "NAME=VALUE",
        ),
        (
            &["--name", "mine", "--base-url", URL, "--timeout", "30"],
            2,
            "30",
        ),
    ] {
        fails(
            &environment,
            &[&["add-provider"], flags].concat(),
            (code, says),
        );
    }
    fails(
        &environment,
        &["update-provider", "nothing", "--retries", "1"],
        (3, "nothing"),
    );
    fails(
        &environment,
        &["remove-provider", "nothing"],
        (3, "nothing"),
    );
    assert!(!environment.config_dir().join("config.toml").exists());
}

#[test]
fn a_vendor_needs_no_address() {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &["add-provider", "--name", "openai", "--api-key", KEY],
    );
    let list = ok(&environment, &["list", "--kind", "providers", "--json"]).json();
    let row = &list.as_array().unwrap()[0];
    assert_eq!(row["base_url"], "https://api.openai.com/v1");
    assert_eq!(row["kind"], "openai");
}
