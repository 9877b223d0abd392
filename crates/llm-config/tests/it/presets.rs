//! `preset`: the documented first command, as it is written in the documentation.

use llm_testkit::env::TestEnvironment;

use crate::support::{KEY, PROGRAM, config, fails, mode, ok, run, secrets};

#[test]
fn the_documented_command_works_byte_for_byte_and_again() {
    let environment = TestEnvironment::new();
    let command = ["preset", "--name", "aigcbest", "--api-key", "YOUR_API_KEY"];
    let first = ok(&environment, &command);
    assert!(first.stdout.contains("added    models.qwen3_8b"), "{first}");
    for text in ["next: llm-config test", "placeholder", "shell's history"] {
        assert!(first.stderr.contains(text), "{text}: {first}");
    }
    assert!(secrets(&environment).contains("YOUR_API_KEY"));
    assert!(!config(&environment).contains("YOUR_API_KEY"));
    assert_eq!(mode(&environment.config_dir().join("secrets.toml")), 0o600);
    let before = config(&environment);
    let again = ok(&environment, &command);
    assert!(again.stdout.contains("nothing to change"), "{again}");
    let replaced = ok(
        &environment,
        &["preset", "--name", "aigcbest", "--api-key", KEY],
    );
    assert!(
        replaced
            .stdout
            .contains("changed  providers.aigcbest.api_key"),
        "{replaced}"
    );
    assert!(!replaced.to_string().contains(KEY), "{replaced}");
    assert!(!replaced.stderr.contains("placeholder"), "{replaced}");
    assert!(secrets(&environment).contains(KEY));
    assert!(!secrets(&environment).contains("YOUR_API_KEY"));
    assert_eq!(config(&environment), before);
}

#[test]
fn a_key_comes_from_a_pipe_a_file_or_a_variable() {
    let mut environment = TestEnvironment::new();
    let piped = environment
        .command(PROGRAM)
        .args(&["preset", "--name", "openai", "--api-key-stdin"])
        .input(&format!("  {KEY}\n"))
        .run();
    piped.assert_code(0);
    assert!(!piped.stderr.contains("history"), "{piped}");
    assert!(secrets(&environment).contains(KEY));
    environment.write("key.txt", "sk-of-a-file-0123456789\nsecond line\n");
    ok(
        &environment,
        &["preset", "--name", "openai", "--api-key-file", "key.txt"],
    );
    assert!(secrets(&environment).contains("\"sk-of-a-file-0123456789\""));
    environment.set("MY_KEY", KEY);
    ok(
        &environment,
        &["preset", "--name", "openai", "--api-key-env", "MY_KEY"],
    );
    assert!(config(&environment).contains("MY_KEY"));
    assert!(
        !secrets(&environment).contains("sk-"),
        "the stored key would win"
    );
    environment.unset("MY_KEY");
    let unset = ok(
        &environment,
        &["preset", "--name", "openai", "--api-key-env", "MY_KEY"],
    );
    assert!(unset.stderr.contains("MY_KEY is not set"), "{unset}");
}

#[test]
fn a_key_that_is_none_is_refused_and_nothing_is_written() {
    let environment = TestEnvironment::new();
    for key in ["", "   ", "two words"] {
        fails(
            &environment,
            &["preset", "--name", "openai", "--api-key", key],
            (2, "the key from --api-key"),
        );
    }
    let preset = ["preset", "--name", "openai"];
    fails(&environment, &preset, (2, "pass --api-key-stdin"));
    let both = [
        "preset",
        "--name",
        "openai",
        "--api-key",
        "x",
        "--api-key-stdin",
    ];
    fails(&environment, &both, (2, "exclude each other"));
    fails(
        &environment,
        &["preset", "--name", "openai", "--api-key-file", "none"],
        (2, "none"),
    );
    assert!(!environment.config_dir().join("config.toml").exists());
}

#[test]
fn a_vendors_own_variable_is_used_where_no_key_is_given() {
    let mut environment = TestEnvironment::new();
    environment.set("DEEPSEEK_API_KEY", KEY);
    let applied = ok(&environment, &["preset", "--name", "deepseek"]);
    assert!(
        applied
            .stderr
            .contains("environment variable DEEPSEEK_API_KEY"),
        "{applied}"
    );
    assert!(config(&environment).contains("DEEPSEEK_API_KEY"));
    assert!(!environment.config_dir().join("secrets.toml").exists());
}

#[test]
fn an_unknown_preset_is_corrected() {
    let environment = TestEnvironment::new();
    let unknown = ["preset", "--name", "aigcbset", "--api-key", "x"];
    fails(&environment, &unknown, (3, "did you mean `aigcbest`?"));
    let run = run(&environment, &["preset", "show", "nothing", "--json"]);
    run.assert_code(3);
    assert_eq!(run.json()["error"]["code"], "unknown_preset");
    assert_eq!(run.json()["error"]["exit_code"], 3);
}

#[test]
fn presets_are_listed_and_shown() {
    let environment = TestEnvironment::new();
    let list = ok(&environment, &["preset", "list", "--json"]).json();
    let names: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|preset| preset["name"].as_str().unwrap())
        .collect();
    for name in [
        "aigcbest",
        "openai",
        "anthropic",
        "deepseek",
        "ollama",
        "demo",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let shown = ok(&environment, &["preset", "show", "ollama"]);
    assert!(shown.stdout.contains("[providers.ollama]"), "{shown}");
    let shown = ok(&environment, &["preset", "show", "ollama", "--json"]).json();
    assert_eq!(
        shown["configuration"]["providers"]["ollama"]["kind"],
        "ollama"
    );
    let chinese = ok(
        &environment,
        &["preset", "list", "--lang", "zh", "--format", "table"],
    );
    assert!(chinese.stdout.contains("演示（模拟）"), "{chinese}");
    fails(
        &environment,
        &["preset", "--name", "demo", "list"],
        (2, "exclude each other"),
    );
    fails(&environment, &["preset"], (2, "--name"));
}

#[test]
fn a_dry_run_writes_nothing_and_an_address_is_checked() {
    let environment = TestEnvironment::new();
    let dry = ok(
        &environment,
        &["preset", "--name", "demo", "--dry-run", "--json"],
    );
    assert_eq!(dry.json()["dry_run"], true);
    assert_eq!(dry.json()["written"].as_array().unwrap().len(), 0);
    assert!(
        !environment.config_dir().exists()
            || !environment.config_dir().join("config.toml").exists()
    );
    let wrong = ["preset", "--name", "ollama", "--base-url", "localhost"];
    fails(&environment, &wrong, (3, "base_url"));
    assert!(!environment.config_dir().join("config.toml").exists());
    ok(
        &environment,
        &[
            "preset",
            "--name",
            "ollama",
            "--base-url",
            "http://10.0.0.7:11434",
        ],
    );
    assert!(config(&environment).contains("10.0.0.7"));
}

#[test]
fn two_at_once_lose_nothing_and_comments_survive() {
    let environment = TestEnvironment::new();
    environment.write_config("# mine\nschema_version = 1 # keep\n");
    std::thread::scope(|scope| {
        for number in 0..6 {
            let environment = &environment;
            scope.spawn(move || {
                let name = format!("m{number}");
                ok(environment, &["add-model", "--name", &name, "--path", "p"]);
                let key = format!("sk-{number}-0123456789abcdef");
                let provider = format!("p{number}");
                let url = format!("http://127.0.0.1:{}/v1", 9000 + number);
                ok(
                    environment,
                    &[
                        "add-provider",
                        "--name",
                        &provider,
                        "--base-url",
                        &url,
                        "--api-key",
                        &key,
                    ],
                );
            });
        }
    });
    let (config, secrets) = (config(&environment), secrets(&environment));
    assert!(
        config.starts_with("# mine\nschema_version = 1 # keep\n"),
        "{config}"
    );
    for number in 0..6 {
        assert!(config.contains(&format!("[models.m{number}]")), "{config}");
        assert!(
            config.contains(&format!("[providers.p{number}]")),
            "{config}"
        );
        assert!(secrets.contains(&format!("sk-{number}-")), "a key is lost");
    }
}
