//! Layers, origins, the ground below the files, and what is reported.

use super::*;
use crate::config::paths::{PROJECT_FILE, PROJECT_LOCAL_FILE};
use crate::config::source::Layer;
use crate::config::testing::{Place, put, set_mode};
use crate::types::code::Code;

fn path(key: &str) -> KeyPath {
    KeyPath::parse(key).unwrap()
}

fn set(text: &str) -> Override {
    Override::parse(text).unwrap()
}

#[test]
fn every_layer_wins_over_the_ones_below_and_keeps_its_origin() {
    let system = tempfile::tempdir().unwrap();
    put(&system.path().join("config.toml"), "[server]\nport = 1\n");
    let mut place = Place::new()
        .with("SERVER_PORT", "9")
        .work_file(".env", "SERVER_PORT=8\n");
    let port = |place: &Place, options: &LoadOptions| {
        let loaded = place.load_with(options).unwrap();
        let origin = loaded.origin(&path("server.port")).cloned();
        (loaded.config.server.port, origin.map(|origin| origin.layer))
    };
    let plain = LoadOptions::default();
    assert_eq!(port(&place, &plain), (9, Some(Layer::BareVariable)));
    place.env.system_dir = Some(system.path().to_owned());
    assert_eq!(port(&place, &plain), (1, Some(Layer::System)));
    let place = place.user("[server]\nport = 2\n[profiles.p.server]\nport = 6\n");
    assert_eq!(port(&place, &plain), (2, Some(Layer::User)));
    let place = place.secrets("[server]\nport = 3\n");
    assert_eq!(port(&place, &plain), (3, Some(Layer::Secrets)));
    let place = place.work_file(PROJECT_FILE, "[server]\nport = 4\n");
    assert_eq!(port(&place, &plain), (4, Some(Layer::Project)));
    let place = place.work_file(PROJECT_LOCAL_FILE, "[server]\nport = 5\n");
    assert_eq!(port(&place, &plain), (5, Some(Layer::ProjectLocal)));
    let profile = LoadOptions {
        profile: Some("p".to_owned()),
        ..LoadOptions::default()
    };
    assert_eq!(port(&place, &profile), (6, Some(Layer::Profile)));
    let place = place.with("LLMCOOP_PORT", "7");
    assert_eq!(port(&place, &profile), (7, Some(Layer::Variable)));
    let place = place.with("LLMCOOP__SERVER__PORT", "70");
    assert_eq!(port(&place, &profile), (70, Some(Layer::Variable)));
    let flags = LoadOptions {
        set: vec![set("server.port=71")],
        ..profile
    };
    assert_eq!(port(&place, &flags), (71, Some(Layer::Flag)));
}

#[test]
fn a_named_file_replaces_the_discovered_ones_and_no_config_all_files() {
    let place = Place::new()
        .user("[server]\nport = 2\nhost = \"user\"\n")
        .work_file("other.toml", "[server]\nport = 3\n")
        .work_file(
            "other.secrets.toml",
            "[providers.p]\nkind = \"openai\"\napi_key = \"k\"\n",
        );
    set_mode(&place.work().join("other.secrets.toml"), 0o600);
    let named = LoadOptions {
        config: Some(place.work().join("other.toml")),
        ..LoadOptions::default()
    };
    let loaded = place.load_with(&named).unwrap();
    assert_eq!(loaded.config.server.port, 3);
    assert_eq!(loaded.config.server.host, "127.0.0.1");
    assert!(loaded.config.providers["p"].api_key.is_some());
    let none = LoadOptions {
        no_config: true,
        ..LoadOptions::default()
    };
    assert_eq!(place.load_with(&none).unwrap().config.server.port, 8080);
    let place = place.with("LLMCOOP_CONFIG", "other.toml");
    assert_eq!(place.load().unwrap().config.server.port, 3);
    let place = place.with("LLMCOOP_NO_CONFIG", "1");
    assert_eq!(place.load().unwrap().config.server.port, 8080);
    let missing = LoadOptions {
        config: Some("/nowhere/c.toml".into()),
        ..LoadOptions::default()
    };
    let error = place.load_with(&missing).unwrap_err();
    assert_eq!(error.code(), Code::ConfigUnreadable, "{error}");
}

#[test]
fn without_anything_the_earlier_models_are_there_and_the_program_says_what_to_do() {
    let loaded = Place::new().load().unwrap();
    let names: Vec<_> = loaded.config.models.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "qwen3_32b",
            "qwen3_32b_reasoning",
            "qwen3_32b_router",
            "qwen3_8b",
            "qwen2_5_7b",
            "qwen2_5_vl_72b"
        ]
    );
    let error = loaded.is_configured().unwrap_err();
    assert_eq!(
        (error.code, error.code.row().exit),
        (Code::NotConfigured, 4)
    );
    assert!(error.to_string().contains("--demo"), "{error}");
    assert_eq!(loaded.warnings, []);
}

#[test]
fn an_address_and_a_key_in_dotenv_carry_the_earlier_models() {
    let place = Place::new().work_file(
        ".env",
        "BASE_URL=https://gw.example/v1\nAPI_KEY=sk-0123456789abcdef\n",
    );
    let loaded = place.load().unwrap();
    let deployment = &loaded.config.deployments("qwen3_32b_reasoning").unwrap()[0];
    assert_eq!(deployment.provider.as_str(), "default");
    assert_eq!(deployment.kind, "openai-compatible");
    assert_eq!(
        deployment.base_url.as_deref(),
        Some("https://gw.example/v1")
    );
    assert_eq!(deployment.upstream_model, "Qwen/Qwen3-32B");
    assert_eq!(deployment.max_tokens, Some(8192));
    let found = loaded.credential(deployment).unwrap().unwrap();
    assert_eq!(found.secret.expose(), "sk-0123456789abcdef");
    assert!(
        found.place.to_string().ends_with(".env:2"),
        "{}",
        found.place
    );
    loaded.is_configured().unwrap();
}

#[test]
fn a_users_key_never_goes_to_an_address_of_dotenv_whatever_layer_it_is_in() {
    for place in [
        Place::new().secrets("[providers.default]\napi_key = \"users-own-key-1\"\n"),
        Place::new().with("LLMCOOP__PROVIDERS__DEFAULT__API_KEY", "users-own-key-1"),
        Place::new().with("API_KEY", "users-own-key-1"),
    ] {
        let place = place.work_file(".env", "BASE_URL=https://evil.example/v1\n");
        let loaded = place.load().unwrap();
        let deployment = &loaded.config.deployments("qwen3_8b").unwrap()[0];
        let address = deployment.base_url.clone().unwrap_or_default();
        assert!(!address.contains("evil"), "{address}");
        assert!(
            loaded
                .warnings
                .iter()
                .any(|w| w.message.contains("ignored")),
            "{:?}",
            loaded.warnings
        );
    }
}

#[test]
fn a_vendors_variable_is_enough_to_start_and_files_switch_detection_off() {
    let place = Place::new().with("DEEPSEEK_API_KEY", "sk-0123456789abcdef");
    let loaded = place.load().unwrap();
    loaded.is_configured().unwrap();
    assert!(loaded.config.models.contains_key("deepseek-flash"));
    assert!(
        !loaded.config.models.contains_key("qwen3_8b"),
        "models that cannot be called step back"
    );
    assert_eq!(
        loaded
            .origin(&path("models.deepseek-flash"))
            .unwrap()
            .to_string(),
        "environment variable DEEPSEEK_API_KEY"
    );
    let place = place.user("[providers.deepseek]\ntimeout_ms = 5\n");
    let tuned = place.load().unwrap();
    assert_eq!(tuned.config.providers["deepseek"].timeout_ms, Some(5));
    tuned.is_configured().unwrap();
    let place = place.user("[providers.mine]\nbase_url = \"http://127.0.0.1:1/v1\"\nkind = \"openai-compatible\"\n[models.m]\nprovider = \"mine\"\n");
    let own = place.load().unwrap();
    let names: Vec<_> = own.config.models.keys().collect();
    assert_eq!(
        names,
        ["m"],
        "a file that configures a provider is the whole truth"
    );
}

#[test]
fn a_dotenv_file_cannot_set_our_own_variables_and_is_noted_when_outranked() {
    let place = Place::new()
        .work_file(
            ".env",
            "LLMCOOP__SERVER__PORT=1\nBASE_URL=https://x.example/v1\n",
        )
        .user("[providers.openai]\nkind = \"openai\"\n");
    let loaded = place.load().unwrap();
    assert_eq!(loaded.config.server.port, 8080);
    let warning = loaded.warnings[0].to_string();
    assert!(
        warning.contains(".env:1: LLMCOOP__SERVER__PORT is ignored"),
        "{warning}"
    );
    assert!(!loaded.config.providers.contains_key("default"));
    assert!(
        loaded.notes[0]
            .to_string()
            .contains(".env:2: BASE_URL is passed over")
    );
}

#[test]
fn the_built_in_models_stay_while_their_provider_has_a_key() {
    let place = Place::new().user(
        "[providers.aigcbest]\napi_key = { env = \"K\" }\n[models.mine]\nprovider = \"aigcbest\"\n[models.qwen3_8b]\nmax_tokens = 5\n",
    );
    let loaded = place.load().unwrap();
    let names: Vec<_> = loaded.config.models.keys().map(String::as_str).collect();
    assert_eq!(
        &names[..2],
        ["qwen3_8b", "mine"],
        "the user's own come first"
    );
    assert_eq!(names.len(), 7);
    let small = &loaded.config.models["qwen3_8b"];
    assert_eq!(small.max_tokens, Some(5));
    assert_eq!(small.provider.as_deref(), Some("aigcbest"));
    let error = loaded.is_configured().unwrap_err();
    assert_eq!(error.code, Code::MissingCredential, "{error}");
    assert!(
        error.to_string().contains("variable K is not set"),
        "{error}"
    );
}

#[test]
fn the_only_provider_of_the_user_is_the_default_beside_the_built_in_one() {
    let place = Place::new().user("[providers.openai]\n[models.m]\n");
    let loaded = place.load().unwrap();
    assert_eq!(
        loaded.config.deployments("m").unwrap()[0].provider.as_str(),
        "openai"
    );
    let built_in = &loaded.config.deployments("qwen3_8b").unwrap()[0];
    assert_eq!(built_in.provider.as_str(), "aigcbest");
}

#[test]
fn demo_is_simulated_alone() {
    let place = Place::new()
        .with("DEEPSEEK_API_KEY", "k")
        .with("BASE_URL", "https://x.example")
        .with("SERVER_PORT", "9")
        .user("[models.real]\nbase_url = \"https://y.example\"\n");
    let demo = LoadOptions {
        demo: true,
        ..LoadOptions::default()
    };
    let loaded = place.load_with(&demo).unwrap();
    loaded.is_configured().unwrap();
    assert_eq!(loaded.config.server.port, 9);
    for name in loaded.config.models.keys() {
        assert_eq!(
            loaded.config.deployments(name).unwrap()[0].kind,
            "demo",
            "{name}"
        );
    }
    assert!(loaded.config.models.contains_key("qwen3_32b"));
}

#[test]
fn all_errors_of_all_files_are_in_one_report() {
    let place = Place::new()
        .user("[server]\nport = \"x\"\n")
        .work_file(PROJECT_FILE, "[limits]\nretries = -1\nidle_ms = \n")
        .with("LLMCOOP__AUTH__MODE", "nobody");
    let errors = place.load().unwrap_err();
    let text = errors.to_string();
    for expected in [
        "config.toml:2:8: server.port: expected whole number, 0 to 65535, found \"x\"",
        "llm-cooperation.toml:2:11: limits.retries: expected whole number",
        "llm-cooperation.toml:3:",
        "environment variable LLMCOOP__AUTH__MODE: auth.mode: expected `auto`, `required`, `off`",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(errors.code().row().exit, 3);
}

#[test]
fn an_unknown_key_warns_and_fails_when_strict() {
    let place = Place::new().user("[servr]\nport = 1\n[profiles.p.server]\nprt = 1\n");
    let loaded = place.load().unwrap();
    let texts: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(
        texts[0].ends_with(
            "config.toml:1:2: servr: unknown key; nothing reads it\n  try: did you mean `server`?"
        ),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("config.toml:4:7: profiles.p.server.prt: unknown key"),
        "{texts:?}"
    );
    let strict = LoadOptions {
        strict: true,
        ..LoadOptions::default()
    };
    assert_eq!(place.load_with(&strict).unwrap_err().iter().count(), 2);
}

#[test]
fn an_unknown_profile_is_an_error_with_a_suggestion() {
    let place = Place::new().user("[profiles.work.server]\nport = 1\n");
    let options = LoadOptions {
        profile: Some("wrok".to_owned()),
        ..LoadOptions::default()
    };
    let text = place.load_with(&options).unwrap_err().to_string();
    assert!(text.contains("did you mean `work`"), "{text}");
}

#[test]
fn a_project_is_not_trusted_by_itself() {
    let file = "[providers.deepseek]\nbase_url = \"https://evil.example\"\n[routing]\nstrategy = \"cost\"\n";
    let place = Place::new()
        .user("[providers.deepseek]\nkind = \"deepseek\"\n[models.m]\nprovider = \"deepseek\"\n")
        .secrets("[providers.deepseek]\napi_key = \"users-own-key\"\n")
        .work_file(PROJECT_FILE, file);
    let loaded = place.load().unwrap();
    let address = loaded.config.deployments("m").unwrap()[0].base_url.clone();
    assert!(!address.unwrap().contains("evil"));
    assert_eq!(loaded.config.routing.strategy, "cost");
    assert!(
        loaded.warnings[0].to_string().contains("llm-config trust"),
        "{:?}",
        loaded.warnings
    );
    super::super::trust::trust(&loaded.paths, &place.work()).unwrap();
    let loaded = place.load().unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(
        loaded.config.providers["deepseek"].base_url.as_deref(),
        Some("https://evil.example")
    );
}

#[cfg(unix)]
#[test]
fn secrets_that_others_can_read_are_refused_without_showing_them() {
    let place = Place::new().secrets("[providers.p]\napi_key = \"sk-0123456789abcdef\"\n");
    set_mode(&place.target().secrets, 0o644);
    let error = place.load().unwrap_err().to_string();
    assert!(
        error.contains("chmod 600") && !error.contains("0123"),
        "{error}"
    );
}

#[test]
fn a_key_is_found_though_the_name_has_dots() {
    let place = Place::new()
        .user("[models.\"gpt-4.1\"]\nprovider = \"openai\"\ncontext = 5\n[models.\"gpt-4\"]\n");
    let loaded = place.load().unwrap();
    let found = |text: &str| loaded.find_key(text).map(|key| key.to_string());
    assert_eq!(
        found("models.gpt-4.1.context").unwrap(),
        "models.\"gpt-4.1\".context"
    );
    assert_eq!(
        found("models.gpt-4.1.quality").unwrap(),
        "models.\"gpt-4.1\".quality"
    );
    assert_eq!(found("models.\"gpt-4.1\"").unwrap(), "models.\"gpt-4.1\"");
    assert_eq!(found("server.port").unwrap(), "server.port");
    assert_eq!(found("models.new.path").unwrap(), "models.new.path");
    let error = found("server.prot").unwrap_err().to_string();
    assert!(error.contains("did you mean `server.port`"), "{error}");
}

#[test]
fn values_are_shown_with_their_origin_and_never_a_secret() {
    let place = Place::new()
        .user("[providers.p]\nkind = \"openai\"\nheaders = { authorization = \"Bearer 0123456789abcdef\" }\n[providers.q]\napi_kye = \"sk-0123456789abcdef\"\n")
        .secrets("[providers.p]\napi_key = \"sk-0123456789abcdef\"\n");
    let loaded = place.load().unwrap();
    let all = loaded.effective_values(&KeyPath::root());
    let text = format!("{all:?} {loaded:?}");
    assert!(!text.contains("0123"), "{text}");
    let key = loaded.set_values(&path("providers.p.api_key"));
    assert_eq!(key[0].value.as_str(), Some("…cdef"));
    assert_eq!(key[0].origin.layer, Layer::Secrets);
    assert!(
        all.iter()
            .any(|shown| shown.key == path("limits.connect_ms"))
    );
    let set = loaded.set_values(&path("limits"));
    assert!(set.is_empty(), "nothing sets it");
}

#[test]
fn the_file_cut_off_anywhere_is_read_or_refused_with_its_place() {
    let text = "schema_version = 1\n[providers.p]\nkind = \"openai\"\nbase_url = \"https://x.example/v1\"\n[models.m]\nprovider = \"p\"\nprice = { input = 0.5, output = 1.5, currency = \"CNY\" }\ntasks = [\n  \"a\",\n]\n";
    for end in 0..=text.len() {
        let place = Place::new().user(&text[..end]);
        if let Err(errors) = place.load() {
            for error in &errors {
                assert!(
                    error.file.is_some() && error.line.is_some(),
                    "{end}: {error:?}"
                );
            }
        }
    }
}

#[test]
fn a_newer_format_is_refused() {
    let error = Place::new()
        .user("schema_version = 2\n")
        .load()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("config.toml:1:18: schema_version"),
        "{error}"
    );
}
