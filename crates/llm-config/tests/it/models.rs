//! `add-model`, `update-model`, `remove-model`, `enable`, `disable`, `list`.

use llm_testkit::env::TestEnvironment;
use serde_json::{Value, json};

use crate::support::{KEY, config, fails, ok, secrets};

fn configured() -> TestEnvironment {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &["preset", "--name", "aigcbest", "--api-key", KEY],
    );
    environment
}

fn model(environment: &TestEnvironment, name: &str) -> Value {
    let list = ok(environment, &["list", "--json"]).json();
    let rows = list.as_array().unwrap().clone();
    let found = rows.into_iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not listed: {list}"))
}

#[test]
fn the_documented_command_adds_a_model_on_the_active_provider() {
    let environment = configured();
    let command = [
        "add-model",
        "--name",
        "custom_model",
        "--path",
        "provider/model-name",
    ];
    let added = ok(&environment, &command);
    assert!(
        added.stdout.contains("added    models.custom_model"),
        "{added}"
    );
    assert!(
        added
            .stderr
            .contains("llm-config test --model custom_model"),
        "{added}"
    );
    let listed = model(&environment, "custom_model");
    assert_eq!(listed["provider"], "aigcbest");
    assert_eq!(listed["path"], "provider/model-name");
    assert_eq!(listed["max_tokens"], 4096);
    assert_eq!(listed["temperature"], 0.7);
    assert_eq!(listed["tasks"], json!(["text_generation"]));
    assert_eq!(listed["state"], "usable");
    let before = config(&environment);
    let again = ok(&environment, &command);
    assert!(again.stdout.contains("nothing to change"), "{again}");
    assert_eq!(config(&environment), before);
    let other = ["add-model", "--name", "custom_model", "--path", "another"];
    fails(&environment, &other, (3, "--replace"));
    assert_eq!(config(&environment), before);
    let replaced = [&other[..], &["--replace"]].concat();
    ok(&environment, &replaced);
    assert_eq!(model(&environment, "custom_model")["path"], "another");
}

#[test]
fn tasks_are_written_with_spaces_commas_or_repeated() {
    let environment = configured();
    for (name, tasks) in [
        ("a", &["--tasks", "reasoning", "math"][..]),
        ("b", &["--tasks", "reasoning,math"]),
        ("c", &["--tasks", "reasoning", "--tasks", "math"]),
        ("d", &["--tasks", "reasoning, math", "reasoning"]),
    ] {
        let command = [
            &["add-model", "--name", name, "--path", "provider/model"],
            tasks,
        ]
        .concat();
        ok(&environment, &command);
        assert_eq!(
            model(&environment, name)["tasks"],
            json!(["reasoning", "math"]),
            "{name}"
        );
    }
    let first = [
        "add-model",
        "--tasks",
        "reasoning",
        "math",
        "--name",
        "e",
        "--path",
        "x",
    ];
    ok(&environment, &first);
    fails(
        &environment,
        &["add-model", "word", "--name", "f", "--path", "x"],
        (2, "word"),
    );
    fails(&environment, &["add-model", "--name", "f"], (2, "--path"));
}

#[test]
fn everything_a_model_can_say_is_said_with_flags() {
    let environment = configured();
    ok(
        &environment,
        &[
            "add-model",
            "--name",
            "gpt-4.1",
            "--path",
            "openai/gpt-4.1",
            "--provider",
            "aigcbest",
            "--max-tokens",
            "1024",
            "--temperature",
            "0",
            "--context",
            "128000",
            "--price-in",
            "0.14",
            "--price-out",
            "0.28",
            "--currency",
            "CNY",
            "--capabilities",
            "tools",
            "json",
            "--weight",
            "0.5",
            "--priority",
            "-1",
            "--quality",
            "0.9",
            "--tags",
            "mine",
            "--top-p",
            "0.9",
            "--api-key",
            "sk-own-0123456789abcdef",
        ],
    );
    let listed = model(&environment, "gpt-4.1");
    assert_eq!(listed["price_in"], "0.14");
    assert_eq!(listed["currency"], "CNY");
    assert_eq!(listed["context"], 128_000);
    assert!(secrets(&environment).contains("sk-own-"));
    assert!(!config(&environment).contains("sk-own-"));
    let value = |key: &str| ok(&environment, &["get", key]).stdout;
    assert_eq!(value("models.gpt-4.1.priority"), "-1\n");
    assert_eq!(value("models.gpt-4.1.api_key"), "…cdef\n");
}

#[test]
fn values_that_make_no_sense_are_refused_before_anything_is_written() {
    let environment = configured();
    let before = config(&environment);
    let add = ["add-model", "--name", "m", "--path", "x"];
    for (flags, code, says) in [
        (&["--temperature", "3"][..], 3, "temperature"),
        (&["--max-tokens", "0"], 3, "max_tokens"),
        (&["--max-tokens", "many"], 2, "many"),
        (&["--base-url", "nowhere"], 3, "base_url"),
        (&["--provider", "aigcbset"], 3, "did you mean `aigcbest`?"),
        (
            &["--provider", "openai"],
            3,
            "llm-config preset --name openai",
        ),
        (&["--capabilities", "flying"], 3, "flying"),
        (&["--price-in", "1"], 2, "--price-out"),
        (&["--price-in", "1", "--price-out", "cheap"], 2, "cheap"),
        (&["--name", "x y", "--name", "z"], 2, "only once"),
    ] {
        fails(&environment, &[&add[..], flags].concat(), (code, says));
    }
    fails(
        &environment,
        &["add-model", "--name", " ", "--path", "x"],
        (3, "not a name"),
    );
    assert_eq!(config(&environment), before);
}

#[test]
fn with_several_providers_and_no_default_one_has_to_be_named() {
    let environment = TestEnvironment::new();
    for (name, port) in [("one", "1"), ("two", "2")] {
        let url = format!("http://127.0.0.1:{port}/v1");
        ok(
            &environment,
            &["add-provider", "--name", name, "--base-url", &url],
        );
    }
    let add = ["add-model", "--name", "m", "--path", "x"];
    fails(&environment, &add, (3, "--provider one|two"));
    ok(&environment, &[&add[..], &["--provider", "two"]].concat());
    assert_eq!(model(&environment, "m")["provider"], "two");
}

#[test]
fn a_model_is_changed_key_by_key_and_comments_stay() {
    let environment = configured();
    let text =
        config(&environment).replace("[models.qwen3_8b]", "# the small one\n[models.qwen3_8b]");
    environment.write_config(&text);
    ok(
        &environment,
        &[
            "update-model",
            "qwen3_8b",
            "--max-tokens",
            "100",
            "--tasks",
            "math",
        ],
    );
    let listed = model(&environment, "qwen3_8b");
    assert_eq!(
        (&listed["max_tokens"], &listed["tasks"]),
        (&json!(100), &json!(["math"]))
    );
    assert_eq!(listed["path"], "Qwen/Qwen3-8B", "what was not named stays");
    ok(
        &environment,
        &[
            "update-model",
            "--name",
            "qwen3_8b",
            "--unset",
            "max_tokens",
        ],
    );
    assert_eq!(
        ok(&environment, &["show", "models.qwen3_8b"])
            .stdout
            .matches("max_tokens")
            .count(),
        1
    );
    assert!(config(&environment).contains("# the small one"));
    fails(
        &environment,
        &["update-model", "qwen3_8b"],
        (2, "nothing to change"),
    );
    fails(
        &environment,
        &["update-model", "qwen3_9b", "--max-tokens", "5"],
        (3, "did you mean `qwen3_8b`?"),
    );
    fails(
        &environment,
        &["update-model", "qwen3_8b", "--temperature", "9"],
        (3, "temperature"),
    );
    fails(
        &environment,
        &["update-model", "qwen3_8b", "--unset", "max_token"],
        (3, "did you mean"),
    );
}

#[test]
fn what_refers_to_a_model_keeps_it_unless_asked() {
    let environment = configured();
    ok(&environment, &["alias", "set", "fast", "qwen3_8b"]);
    let removed = fails(
        &environment,
        &["remove-model", "qwen3_8b"],
        (3, "aliases.fast"),
    );
    assert!(removed.stderr.contains("--cascade"), "{removed}");
    ok(
        &environment,
        &["remove-model", "--name", "qwen3_8b", "--cascade"],
    );
    assert!(!config(&environment).contains("[models.qwen3_8b]"));
    assert!(!config(&environment).contains("fast"));
    fails(
        &environment,
        &["remove-model", "nothing"],
        (3, "there is no model `nothing`"),
    );
    fails(&environment, &["remove-model"], (2, "NAME"));
}

#[test]
fn models_and_providers_are_switched_off_and_on() {
    let environment = configured();
    ok(&environment, &["disable", "qwen3_8b"]);
    assert_eq!(model(&environment, "qwen3_8b")["state"], "disabled");
    assert_eq!(model(&environment, "gpt4o")["state"], "usable");
    ok(&environment, &["enable", "qwen3_8b"]);
    assert_eq!(model(&environment, "qwen3_8b")["state"], "usable");
    ok(&environment, &["disable", "aigcbest"]);
    assert_eq!(model(&environment, "gpt4o")["state"], "disabled");
    ok(&environment, &["enable", "--name", "aigcbest"]);
    let off = ok(&environment, &["disable", "gpt-4o"]);
    assert!(
        off.stdout.contains("models.gpt4o.disabled"),
        "an alias means its model: {off}"
    );
    fails(&environment, &["disable", "nothing"], (3, "nothing"));
}

#[test]
fn lists_are_for_people_on_a_terminal_and_for_programs_in_a_pipe() {
    let environment = configured();
    let piped = ok(&environment, &["list"]);
    let mut lines = piped.stdout.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("name\tprovider\tpath\ttasks")
    );
    assert!(
        piped.stdout.contains("qwen3_8b\taigcbest\tQwen/Qwen3-8B\t"),
        "{piped}"
    );
    let table = ok(&environment, &["list", "--format", "table", "--lang", "zh"]);
    assert!(
        table.stdout.contains("名称") && table.stdout.contains("可用"),
        "{table}"
    );
    assert!(!table.stdout.contains('\u{1b}'), "{table}");
    let csv = ok(
        &environment,
        &["list", "--format", "csv", "--fields", "name,state"],
    );
    assert!(csv.stdout.starts_with("name,state\r\n"), "{csv}");
    for kind in [
        "providers",
        "routes",
        "policies",
        "tasks",
        "aliases",
        "presets",
    ] {
        ok(&environment, &["list", "--kind", kind, "--json"]).json();
    }
    fails(
        &environment,
        &["list", "--fields", "nmae"],
        (2, "--fields name"),
    );
    fails(&environment, &["list", "--format", "text"], (2, "table"));
    let everything = [
        piped.to_string(),
        table.to_string(),
        ok(&environment, &["list", "--kind", "providers"]).to_string(),
    ];
    assert!(!everything.concat().contains(KEY));
}

#[test]
fn without_any_provider_the_list_says_what_to_do() {
    let environment = TestEnvironment::new();
    let list = ok(&environment, &["list"]);
    assert!(list.stderr.contains("llm-config init"), "{list}");
    assert_eq!(model(&environment, "qwen3_8b")["state"], "no_key");
    let added = ok(&environment, &["add-model", "--name", "m", "--path", "x"]);
    assert!(added.stderr.contains("llm-config preset"), "{added}");
    let demo = ok(&environment, &["list", "--demo", "--json"]).json();
    assert_eq!(demo[0]["provider"], "demo");
}
