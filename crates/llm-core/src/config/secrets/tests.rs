//! Which key goes where, where it came from, and what is refused.

use super::*;
use crate::config::testing::{Place as Home, put_private, set_mode};

const KEY: &str = "sk-0123456789abcdef";

fn loaded(home: &Home) -> Loaded {
    home.load().unwrap()
}

fn credential(loaded: &Loaded, model: &str) -> Result<Option<Found>, ConfigError> {
    loaded.credential(&loaded.config.deployments(model).unwrap()[0])
}

#[test]
fn what_is_configured_wins_over_what_is_in_the_environment() {
    let home = Home::new()
        .user("[providers.deepseek]\n[models.m]\nprovider = \"deepseek\"\n")
        .with("DEEPSEEK_API_KEY", "from-the-environment");
    let found = credential(&loaded(&home), "m").unwrap().unwrap();
    assert_eq!(found.secret.expose(), "from-the-environment");
    assert_eq!(
        found.place.to_string(),
        "environment variable DEEPSEEK_API_KEY"
    );
    let home = home.secrets(&format!("[providers.deepseek]\napi_key = \"{KEY}\"\n"));
    let both = loaded(&home);
    let found = credential(&both, "m").unwrap().unwrap();
    assert_eq!(found.secret.expose(), KEY);
    assert!(
        found.place.to_string().ends_with("secrets.toml:2"),
        "{}",
        found.place
    );
    let told: Vec<_> = both
        .key_candidates("deepseek")
        .iter()
        .map(|c| (c.outcome.clone().unwrap(), c.is_used))
        .collect();
    assert_eq!(
        told,
        [("…cdef".to_owned(), true), ("…ment".to_owned(), false)]
    );
    let home = home.with("LLMCOOP__PROVIDERS__DEEPSEEK__API_KEY", "for-this-run-only");
    let found = credential(&loaded(&home), "m").unwrap().unwrap();
    assert_eq!(found.secret.expose(), "for-this-run-only");
    assert_eq!(
        found.place.to_string(),
        "environment variable LLMCOOP__PROVIDERS__DEEPSEEK__API_KEY"
    );
}

#[test]
fn a_reference_is_followed_and_both_ends_are_told() {
    let home = Home::new()
        .user("[providers.p]\nkind = \"openai\"\napi_key = { env = \"MY_KEY\" }\n[models.m]\n")
        .with("MY_KEY", KEY);
    let found = credential(&loaded(&home), "m").unwrap().unwrap();
    assert_eq!(found.secret.expose(), KEY);
    let text = found.place.to_string();
    assert!(
        text.starts_with("environment variable MY_KEY (named in "),
        "{text}"
    );
    assert!(text.ends_with("config.toml:3)"), "{text}");
}

#[test]
fn a_missing_secret_is_an_error_with_exit_4_that_names_the_place() {
    let home = Home::new().user("[providers.p]\nkind = \"openai\"\napi_key = { env = \"GONE\" }\n[providers.q]\nkind = \"openai\"\napi_key = { file = \"gone.key\" }\n[models.m]\nprovider = \"p\"\n[models.n]\nprovider = \"q\"\n");
    let loaded = loaded(&home);
    let error = credential(&loaded, "m").unwrap_err();
    assert_eq!(
        (error.code, error.code.row().exit),
        (Code::MissingCredential, 4)
    );
    assert!(
        error.to_string().contains(
            "config.toml:3:1: providers.p.api_key: the environment variable GONE is not set"
        ),
        "{error}"
    );
    let error = credential(&loaded, "n").unwrap_err();
    assert_eq!(error.code, Code::MissingCredential);
    assert!(error.to_string().contains("gone.key"), "{error}");
}

#[test]
fn a_file_is_meant_from_the_file_that_names_it_and_its_first_line_counts() {
    let home = Home::new()
        .user("[providers.p]\nkind = \"openai\"\napi_key = { file = \"keys/p\" }\n[models.m]\n");
    let file = home.target().config.with_file_name("keys").join("p");
    put_private(&file, &format!("{KEY}  \nsecond line\n"));
    let found = credential(&loaded(&home), "m").unwrap().unwrap();
    assert_eq!(found.secret.expose(), KEY);
    assert_eq!(found.place.file.as_deref(), Some(file.as_path()));
    put_private(&file, "\n");
    assert!(
        credential(&loaded(&home), "m").is_err(),
        "an empty file holds no key"
    );
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused_without_showing_it() {
    let home = Home::new()
        .user("[providers.p]\nkind = \"openai\"\napi_key = { file = \"p.key\" }\n[models.m]\n");
    let file = home.target().config.with_file_name("p.key");
    put_private(&file, KEY);
    set_mode(&file, 0o644);
    let error = credential(&loaded(&home), "m").unwrap_err().to_string();
    assert!(
        error.contains("can be read by other users") && error.contains("chmod 600"),
        "{error}"
    );
    assert!(!error.contains("0123"), "{error}");
    set_mode(&file, 0o640);
    assert!(
        credential(&loaded(&home), "m").is_ok(),
        "a group may share a key"
    );
}

#[test]
fn a_file_variant_of_a_variable_is_read_like_a_file() {
    let home = Home::new().user("[providers.openai]\n[models.m]\nprovider = \"openai\"\n");
    let file = home.work().join("openai.key");
    put_private(&file, KEY);
    let home = home.with("OPENAI_API_KEY_FILE", "openai.key");
    let found = credential(&loaded(&home), "m").unwrap().unwrap();
    assert_eq!(found.secret.expose(), KEY);
}

#[test]
fn a_providers_key_never_goes_to_another_address() {
    let home = Home::new().user("[providers.openai]\napi_key = { env = \"K\" }\n[models.same]\nprovider = \"openai\"\nbase_url = \"https://api.openai.com/v2\"\n[models.elsewhere]\nprovider = \"openai\"\nbase_url = \"https://elsewhere.example/v1\"\n[models.own]\nprovider = \"openai\"\nbase_url = \"https://elsewhere.example/v1\"\napi_key = { env = \"OWN\" }\n[models.alone]\nbase_url = \"http://127.0.0.1:9/v1\"\n")
        .with("K", KEY)
        .with("OWN", "own-key");
    let loaded = loaded(&home);
    let key = |model: &str| {
        credential(&loaded, model)
            .unwrap()
            .map(|found| found.secret.expose().to_owned())
    };
    assert_eq!(key("same").as_deref(), Some(KEY));
    assert_eq!(key("elsewhere"), None);
    assert_eq!(key("own").as_deref(), Some("own-key"));
    assert_eq!(key("alone"), None);
}

#[test]
fn a_variable_that_is_set_is_not_used_for_an_address_of_dotenv() {
    let home = Home::new()
        .with("OPENAI_API_KEY", KEY)
        .work_file(".env", "OPENAI_BASE_URL=https://evil.example/v1\n");
    let loaded = loaded(&home);
    let deployment = &loaded.config.deployments("gpt-6.1-sol").unwrap()[0];
    assert_eq!(
        deployment.base_url.as_deref(),
        Some("https://api.openai.com/v1")
    );
}

#[test]
fn examples_are_told_from_keys() {
    for text in [
        "YOUR_API_KEY",
        "your-api-key-here",
        "sk-xxx",
        "sk-xxxxxxxx",
        "<key>",
        "${API_KEY}",
        "changeme",
    ] {
        assert!(is_placeholder(&Secret::new(text)), "{text}");
    }
    for text in [KEY, "sk-ant-api03-AbCdEf", "a1b2c3d4e5f6"] {
        assert!(!is_placeholder(&Secret::new(text)), "{text}");
    }
}

#[test]
fn a_rotated_key_is_used_after_the_next_load() {
    let home = Home::new().user("[providers.openai]\n[models.m]\nprovider = \"openai\"\n");
    let key = |home: &Home| credential(&loaded(home), "m").unwrap().unwrap().secret;
    let home = home.secrets("[providers.openai]\napi_key = \"first-key-0001\"\n");
    assert_eq!(key(&home).expose(), "first-key-0001");
    let home = home.secrets("[providers.openai]\napi_key = \"second-key-0002\"\n");
    assert_eq!(key(&home).expose(), "second-key-0002");
}
