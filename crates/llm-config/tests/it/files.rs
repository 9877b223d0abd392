//! `export`, `import`, `migrate`, `edit`, `trust`, `untrust`.

use llm_testkit::env::TestEnvironment;

use crate::support::{KEY, config, fails, mode, ok, run, secrets};

const EARLIER: &str = r#"{
  "global": { "base_url": "https://api2.aigcbest.top/v1", "api_key": "sk-earlier-0123456789abcdef" },
  "models": { "old_model": { "model_path": "vendor/old", "api_base_url": "https://api2.aigcbest.top/v1",
    "api_key": "sk-earlier-0123456789abcdef", "supported_tasks": ["math"], "max_tokens": 4096,
    "temperature": 0.7, "gpu_memory_utilization": 0.8 } }
}"#;

#[test]
fn an_export_has_keys_only_when_confirmed_and_then_is_private() {
    let environment = TestEnvironment::new();
    ok(
        &environment,
        &["preset", "--name", "aigcbest", "--api-key", KEY],
    );
    let plain = ok(&environment, &["export", "plain.toml"]);
    assert!(plain.stderr.contains("plain.toml"), "{plain}");
    assert!(environment.read("plain.toml").contains("[models.qwen3_8b]"));
    fails(&environment, &["export", "--with-secrets"], (2, "--yes"));
    let whole = ["export", "whole.toml", "--with-secrets", "--yes"];
    let exported = ok(&environment, &whole);
    assert!(exported.stderr.contains("keys in clear text"), "{exported}");
    assert!(environment.read("whole.toml").contains(KEY));
    assert_eq!(mode(&environment.work().join("whole.toml")), 0o600);
    environment.write("open.toml", "x = 1\n");
    ok(
        &environment,
        &["export", "-o", "open.toml", "--with-secrets", "-y"],
    );
    assert_eq!(
        mode(&environment.work().join("open.toml")),
        0o600,
        "also over an open file"
    );
    let json = ok(&environment, &["export", "--format", "json"]).json();
    assert_eq!(json["models"]["qwen3_8b"]["model_path"], "Qwen/Qwen3-8B");
    assert_eq!(
        json["default_openai_config"]["base_url"],
        "https://api2.aigcbest.top/v1"
    );
    let env = ok(&environment, &["export", "--format", "env"]);
    assert!(
        env.stdout
            .starts_with("BASE_URL=https://api2.aigcbest.top/v1\nAPI_KEY=\n"),
        "{env}"
    );
    fails(
        &environment,
        &["export", "a.toml", "-o", "b.toml"],
        (2, "exclude each other"),
    );
    fails(&environment, &["export", "none/a.toml"], (1, "none/a.toml"));
    ok(&environment, &["--config", "whole.toml", "list"]);
}

#[test]
fn files_of_the_earlier_program_are_taken_over() {
    let environment = TestEnvironment::new();
    environment.write("api_configs.json", EARLIER);
    let dry = ok(&environment, &["import", "api_configs.json", "--dry-run"]);
    assert!(
        dry.stdout.contains("would add     models.old_model"),
        "{dry}"
    );
    assert!(!environment.config_dir().join("config.toml").exists());
    let imported = ok(&environment, &["import", "api_configs.json"]);
    assert!(
        imported.stdout.contains("added    models.old_model"),
        "{imported}"
    );
    assert!(
        imported.stderr.contains("gpu_memory_utilization"),
        "what is lost is told: {imported}"
    );
    assert!(imported.stderr.contains("keys in clear text"), "{imported}");
    assert!(!imported.to_string().contains("sk-earlier"));
    assert!(secrets(&environment).contains("sk-earlier"));
    assert!(!config(&environment).contains("sk-earlier"));
    assert!(
        ok(&environment, &["import", "--input", "api_configs.json"])
            .stdout
            .contains("nothing")
    );
    let list = ok(&environment, &["list", "--json"]).json();
    let row = list
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "old_model")
        .unwrap()
        .clone();
    assert_eq!(
        (row["path"].as_str(), row["state"].as_str()),
        (Some("vendor/old"), Some("usable"))
    );
}

#[test]
fn what_is_there_is_kept_unless_replaced_and_exports_come_back() {
    let environment = TestEnvironment::new();
    environment.write("api_configs.json", EARLIER);
    ok(
        &environment,
        &["add-model", "--name", "old_model", "--path", "mine"],
    );
    let kept = ok(&environment, &["import", "api_configs.json"]);
    assert!(kept.stdout.contains("kept     models.old_model"), "{kept}");
    assert!(config(&environment).contains("\"mine\""));
    let chinese = ok(
        &environment,
        &["import", "api_configs.json", "--lang", "zh"],
    );
    assert!(chinese.stdout.contains("已存在且内容不同"), "{chinese}");
    ok(&environment, &["import", "api_configs.json", "--replace"]);
    assert!(!config(&environment).contains("\"mine\""));
    ok(
        &environment,
        &[
            "export",
            "all.json",
            "--format",
            "json",
            "--with-secrets",
            "-y",
        ],
    );
    let other = TestEnvironment::new();
    other.write("all.json", &environment.read("all.json"));
    ok(&other, &["import", "all.json", "--from", "llm-cooperation"]);
    assert!(config(&other).contains("vendor/old"));
}

#[test]
fn env_files_and_configurations_are_taken_over_and_nonsense_is_not() {
    let environment = TestEnvironment::new();
    environment.write(
        "old.env",
        "OPENAI_API_KEY=sk-env-0123456789abcdef\nSERVER_PORT=9009\nSECRET_KEY=x\n",
    );
    let imported = ok(&environment, &["import", "old.env"]);
    assert!(
        imported.stderr.contains("SECRET_KEY has no counterpart"),
        "{imported}"
    );
    assert!(config(&environment).contains("9009"));
    assert!(secrets(&environment).contains("sk-env-"));
    environment.write(
        "more.toml",
        "[models.extra]\npath = \"x\"\nprovider = \"openai\"\n",
    );
    ok(&environment, &["import", "more.toml"]);
    assert!(config(&environment).contains("[models.extra]"));
    environment.write("list.json", "{\"a\": 1}");
    fails(
        &environment,
        &["import", "list.json"],
        (3, "neither `models`"),
    );
    environment.write("broken.json", "{\"models\": ");
    fails(
        &environment,
        &["import", "broken.json"],
        (3, "broken.json:1:"),
    );
    fails(
        &environment,
        &["import", "more.toml", "--from", "openai-env"],
        (2, "it looks like toml"),
    );
    fails(&environment, &["import", "none.json"], (3, "none.json"));
    fails(&environment, &["import"], (2, "FILE"));
}

#[test]
fn migration_says_the_format_keeps_the_old_text_and_takes_earlier_files() {
    let environment = TestEnvironment::new();
    let old = "# mine\n[server]\nport = 9000\n";
    environment.write_config(old);
    environment.write("api_configs.json", EARLIER);
    let dry = ok(&environment, &["migrate", "--dry-run"]);
    assert!(dry.stdout.contains("would add     schema_version"), "{dry}");
    assert_eq!(config(&environment), old);
    let migrated = ok(&environment, &["migrate"]);
    assert!(
        migrated.stdout.contains("added    models.old_model"),
        "{migrated}"
    );
    assert!(config(&environment).contains("schema_version = 1"));
    assert!(config(&environment).contains("# mine"));
    assert_eq!(
        environment.read(environment.config_dir().join("config.toml.bak")),
        old
    );
    let before = config(&environment);
    assert!(
        ok(&environment, &["migrate", "--to", "1"])
            .stdout
            .contains("nothing to change")
    );
    assert_eq!(config(&environment), before);
    fails(&environment, &["migrate", "--to", "2"], (2, "no version 2"));
}

#[test]
fn an_editor_changes_the_file_and_what_is_wrong_is_not_saved() {
    let mut environment = TestEnvironment::new();
    environment.write_config("# mine\n[server]\nport = 9000\n");
    environment.set("EDITOR", "sed -i s/9000/9001/");
    let edited = ok(&environment, &["edit"]);
    assert!(edited.stderr.contains("wrote"), "{edited}");
    assert_eq!(config(&environment), "# mine\n[server]\nport = 9001\n");
    assert!(
        ok(&environment, &["edit"])
            .stdout
            .contains("nothing to change")
    );
    environment.set("VISUAL", "sed -i s/9001/many/");
    let refused = run(&environment, &["edit"]);
    refused.assert_code(3);
    assert!(config(&environment).contains("9001"), "{refused}");
    let kept = refused.stderr.split("is kept in ").nth(1).unwrap();
    let kept = kept.lines().next().unwrap().trim();
    assert!(environment.read(kept).contains("many"), "{refused}");
    environment.set("VISUAL", "false");
    fails(&environment, &["edit"], (2, "the editor false failed"));
}

#[test]
fn a_change_that_somebody_else_makes_meanwhile_is_not_overwritten() {
    let mut environment = TestEnvironment::new();
    let file = environment.write_config("[server]\nport = 9000\n");
    // The editor of this user is slow: somebody else changes the file while it is open.
    let editor = format!(
        "sh -c 'echo \"# theirs\" >> {}; echo \"# mine\" >> \"$1\"' editor",
        file.display()
    );
    environment.set("EDITOR", &editor);
    fails(&environment, &["edit"], (3, "changed by somebody else"));
    assert!(config(&environment).contains("# theirs"));
    assert!(!config(&environment).contains("# mine"));
}

#[test]
fn a_projects_file_chooses_no_address_until_it_is_trusted() {
    let environment = TestEnvironment::new();
    environment.write(
        "llm-cooperation.toml",
        "[server]\nport = 9009\n[providers.p]\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:9/v1\"\n[models.m]\nprovider = \"p\"\n",
    );
    let ignored = ok(&environment, &["show", "providers"]);
    assert!(ignored.stderr.contains("llm-config trust"), "{ignored}");
    assert!(!ignored.stdout.contains("127.0.0.1"), "{ignored}");
    fails(&environment, &["trust"], (2, "--yes"));
    let trusted = ok(&environment, &["trust", "--yes"]);
    assert!(
        trusted.stderr.contains("providers.p.base_url"),
        "what is allowed is shown: {trusted}"
    );
    assert!(
        ok(&environment, &["show", "providers"])
            .stdout
            .contains("127.0.0.1")
    );
    let changed = ok(
        &environment,
        &[
            "update-provider",
            "p",
            "--base-url",
            "http://127.0.0.1:8/v1",
            "--scope",
            "project",
        ],
    );
    assert!(
        changed.stderr.contains("ignored until it is trusted"),
        "{changed}"
    );
    assert!(
        !ok(&environment, &["show", "providers"])
            .stdout
            .contains("127.0.0.1")
    );
    assert_eq!(
        ok(&environment, &["trust", ".", "-y", "--json"]).json()["trusted"],
        true
    );
    assert!(
        ok(&environment, &["untrust"])
            .stdout
            .contains("not trusted any more")
    );
    assert!(
        ok(&environment, &["untrust"])
            .stdout
            .contains("was not trusted")
    );
    fails(&environment, &["trust", "nowhere", "-y"], (3, "nowhere"));
}
