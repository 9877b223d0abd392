//! `validate`, `diff`, `schema`, `path`, `completions`, `help`.

use llm_testkit::env::TestEnvironment;

use crate::support::{KEY, fails, ok, run};

#[test]
fn a_sound_configuration_is_valid() {
    let environment = TestEnvironment::new();
    ok(&environment, &["preset", "--name", "demo"]);
    let valid = ok(&environment, &["validate"]);
    assert_eq!(valid.stdout, "");
    assert!(valid.stderr.contains("valid"), "{valid}");
    assert_eq!(
        ok(&environment, &["validate", "--strict", "--json"]).json()["valid"],
        true
    );
}

#[test]
fn every_finding_has_its_file_line_and_correction() {
    let environment = TestEnvironment::new();
    environment.write(
        "wrong.toml",
        "[server]\nport = 70000\nhots = \"x\"\n[providers.p]\nkind = \"opnai\"\n[models.m]\nprovider = \"p\"\ntemperature = 5\n",
    );
    let found = fails(&environment, &["validate", "wrong.toml"], (3, "not valid"));
    assert!(
        found
            .stdout
            .contains("error: wrong.toml:2:8: server.port: "),
        "{found}"
    );
    assert!(found.stdout.contains("warning: wrong.toml:3:"), "{found}");
    assert!(found.stdout.contains("did you mean `host`?"), "{found}");
    environment.write(
        "wrong.toml",
        "[server]\nhots = \"x\"\n[providers.p]\nkind = \"opnai\"\n[models.m]\nprovider = \"p\"\ntemperature = 5\n[aliases]\na = \"n\"\n",
    );
    let json = run(
        &environment,
        &["validate", "wrong.toml", "--format", "json"],
    );
    json.assert_code(3);
    let json = json.json();
    assert_eq!(
        (&json["valid"], &json["error"]["exit_code"]),
        (&false.into(), &3.into())
    );
    let keys: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["key"].as_str().unwrap())
        .collect();
    for key in [
        "providers.p.kind",
        "models.m.temperature",
        "aliases.a",
        "server.hots",
    ] {
        assert!(keys.contains(&key), "{key} of {keys:?}");
    }
    let github = run(
        &environment,
        &["validate", "wrong.toml", "--format", "github"],
    );
    assert!(
        github
            .stdout
            .contains("::error file=wrong.toml,line=4,col="),
        "{github}"
    );
    assert!(
        github.stdout.contains("::warning file=wrong.toml,line=2,"),
        "{github}"
    );
    let chinese = run(&environment, &["validate", "wrong.toml", "--lang", "zh"]);
    assert!(
        chinese.stdout.contains("错误：") && chinese.stdout.contains("建议："),
        "{chinese}"
    );
}

#[test]
fn what_is_odd_fails_only_when_asked() {
    let environment = TestEnvironment::new();
    environment.write("odd.toml", "[server]\nhots = \"x\"\n");
    ok(&environment, &["validate", "odd.toml"]);
    fails(
        &environment,
        &["validate", "odd.toml", "--strict"],
        (3, "1 error"),
    );
    fails(&environment, &["validate", "nowhere.toml"], (3, ""));
    ok(
        &environment,
        &["preset", "--name", "openai", "--api-key", "YOUR_API_KEY"],
    );
    let placeholder = ok(&environment, &["validate"]);
    assert!(placeholder.stdout.contains("placeholder"), "{placeholder}");
}

#[test]
fn two_files_are_compared_without_showing_keys() {
    let environment = TestEnvironment::new();
    environment.write(
        "a.toml",
        "[server]\nport = 1\n[providers.openai]\nkind = \"openai\"\n",
    );
    environment.write(
        "b.toml",
        "[server]\nport = 2\n[providers.openai]\nkind = \"openai\"\n",
    );
    for (name, key) in [("a", "sk-one-0123456789abcdef"), ("b", KEY)] {
        let file = format!("{name}.toml");
        ok(
            &environment,
            &["--config", &file, "keys", "set", "openai", "--api-key", key],
        );
    }
    let rows = ok(&environment, &["diff", "a.toml", "b.toml", "--json"]);
    let keys: Vec<String> = rows
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys, ["providers.openai.api_key", "server.port"]);
    assert!(!rows.to_string().contains("sk-"), "{rows}");
    run(&environment, &["diff", "a.toml", "b.toml", "--exit-code"]).assert_code(10);
    ok(&environment, &["diff", "a.toml", "a.toml", "--exit-code"]);
    ok(&environment, &["diff", "a.toml"]);
    fails(
        &environment,
        &["diff", "a.toml", "none.toml"],
        (3, "none.toml"),
    );
}

#[test]
fn the_schema_accepts_what_the_program_writes() {
    let environment = TestEnvironment::new();
    ok(&environment, &["preset", "--name", "demo"]);
    let schema = ok(&environment, &["schema"]).json();
    let shown = ok(&environment, &["show", "--json"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&shown), "{shown}");
}

#[test]
fn paths_are_told_even_when_files_are_broken() {
    let environment = TestEnvironment::new();
    let file = environment.write_config("broken = = 1\n");
    let path = ok(&environment, &["path", "config"]);
    assert_eq!(path.stdout.trim(), file.to_string_lossy());
    let rows = ok(&environment, &["path", "--json"]).json();
    assert_eq!(rows[0]["kind"], "config");
    assert_eq!(rows[0]["exists"], true);
    assert_eq!(rows[1]["exists"], false);
    let own = ok(&environment, &["--config", "own.toml", "path", "secrets"]);
    assert!(own.stdout.trim().ends_with("own.secrets.toml"), "{own}");
    fails(&environment, &["path", "nowhere"], (2, "config"));
}

#[test]
fn help_explains_in_both_languages() {
    let environment = TestEnvironment::new();
    let page = ok(&environment, &["--help"]);
    for command in ["init", "preset", "add-model", "validate", "trust"] {
        assert!(
            page.stdout.contains(&format!("\n  {command} ")),
            "{command}: {page}"
        );
    }
    for hidden in ["presets", "global", "add-endpoint"] {
        assert!(
            !page.stdout.contains(&format!("\n  {hidden} ")),
            "{hidden}: {page}"
        );
    }
    let chinese = ok(&environment, &["add-model", "--help", "--lang", "zh"]);
    assert!(chinese.stdout.contains("调用者使用的名称"), "{chinese}");
    assert!(chinese.stdout.contains("[默认值：4096]"), "{chinese}");
    assert!(
        chinese.stdout.contains("密钥：") && !chinese.stdout.contains("Key:"),
        "{chinese}"
    );
    let code = ok(&environment, &["help", "LC4012"]);
    assert!(code.stdout.contains("upstream_auth"), "{code}");
    assert!(
        ok(&environment, &["help", "exit-codes"])
            .stdout
            .contains("exit_code")
    );
    assert!(
        ok(&environment, &["help", "keys", "set"])
            .stdout
            .contains("--from")
    );
    fails(
        &environment,
        &["help", "add-modle"],
        (2, "llm-config help add-model"),
    );
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            ok(&environment, &["completions", shell])
                .stdout
                .contains("add-model")
        );
    }
    let nothing = run(&environment, &[]);
    nothing.assert_code(2);
    fails(&environment, &["add-modle"], (2, "add-model"));
    ok(&environment, &["--version"]);
}
