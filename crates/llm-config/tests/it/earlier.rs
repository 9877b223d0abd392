//! Spellings of the earlier programs: each works and says how it is written today.

use llm_testkit::env::TestEnvironment;

use crate::support::{KEY, config, ok, secrets};

#[test]
fn presets_lists_presets() {
    let environment = TestEnvironment::new();
    let list = ok(&environment, &["presets"]);
    assert!(list.stdout.contains("aigcbest\t"), "{list}");
    assert_eq!(
        list.stderr,
        "this is written today: llm-config preset list\n"
    );
    let chinese = ok(&environment, &["presets", "--lang", "zh"]);
    assert_eq!(chinese.stderr, "现在的写法：llm-config preset list\n");
}

#[test]
fn global_sets_the_one_address_and_key_and_sets_them_again() {
    let environment = TestEnvironment::new();
    let global = |url: &str, key: &str| {
        ok(
            &environment,
            &["global", "--base-url", url, "--api-key", key],
        )
    };
    let first = global("http://127.0.0.1:9/v1", KEY);
    assert!(
        first
            .stderr
            .contains("llm-config add-provider --name default"),
        "{first}"
    );
    assert!(!first.to_string().contains(KEY), "{first}");
    assert!(secrets(&environment).contains(KEY));
    global("http://127.0.0.1:8/v1", "sk-other-0123456789abcdef");
    assert!(config(&environment).contains("127.0.0.1:8"));
    assert!(secrets(&environment).contains("sk-other-") && !secrets(&environment).contains(KEY));
    let list = ok(&environment, &["list", "--json"]).json();
    assert_eq!(
        list[0]["provider"], "default",
        "the built-in models are called there"
    );
    assert_eq!(list[0]["state"], "usable");
}

#[test]
fn add_endpoint_adds_a_provider_with_its_models() {
    let environment = TestEnvironment::new();
    let added = ok(
        &environment,
        &[
            "add-endpoint",
            "--name",
            "mine",
            "--base-url",
            "http://127.0.0.1:9/v1",
            "--api-key",
            KEY,
            "--models",
            "a,b",
        ],
    );
    assert!(
        added.stderr.contains("llm-config add-model --name b"),
        "{added}"
    );
    for part in ["[providers.mine]", "[models.a]", "[models.b]"] {
        assert!(config(&environment).contains(part), "{part}");
    }
}
