//! Edits as users make them: what is written where, what is refused, what is told.

use super::*;
use crate::config::model::ModelConfig;
use crate::config::presets;
use crate::config::provider::ProviderConfig;
use crate::config::secret_ref::SecretRef;
use crate::config::testing::Place;
use crate::types::code::Code;
use crate::types::secret::Secret;

const KEY: &str = "sk-0123456789abcdef";

fn path(key: &str) -> KeyPath {
    KeyPath::parse(key).unwrap()
}

fn here(text: &str) -> SecretRef {
    SecretRef::Here(Secret::new(text))
}

/// Edits the user's files of a place and returns what was done.
fn edit<T>(place: &Place, change: impl FnOnce(&Editor<'_>) -> T) -> T {
    let loaded = place.load().unwrap();
    let editor = Editor::new(&loaded, &Scope::User).unwrap();
    change(&editor)
}

fn config_text(place: &Place) -> String {
    std::fs::File::open(place.target().config).map_or_else(
        |_| String::new(),
        |file| std::io::read_to_string(file).unwrap(),
    )
}

fn secrets_text(place: &Place) -> String {
    std::io::read_to_string(std::fs::File::open(place.target().secrets).unwrap()).unwrap()
}

fn told(edit: &Edit) -> Vec<String> {
    edit.changes.iter().map(ToString::to_string).collect()
}

fn preset(place: &Place, name: &str, key: Option<&str>) -> Edit {
    let options = PresetOptions {
        key: key.map(here),
        ..PresetOptions::default()
    };
    edit(place, |e| {
        e.apply_preset(presets::find(name).unwrap(), &options)
    })
    .unwrap()
}

fn model(path: &str) -> Entry {
    Entry::Model(Box::new(ModelConfig {
        path: Some(path.to_owned()),
        tasks: vec!["reasoning".to_owned(), "math".to_owned()],
        max_tokens: Some(4096),
        temperature: Some(0.7),
        ..ModelConfig::default()
    }))
}

#[test]
fn a_preset_with_a_key_is_all_it_takes_and_the_key_is_in_the_owners_file_alone() {
    let place = Place::new();
    let done = preset(&place, "aigcbest", Some("YOUR_API_KEY"));
    assert!(told(&done).contains(&"added models.qwen3_32b_reasoning".to_owned()));
    assert_eq!(done.written.len(), 2);
    let loaded = place.load().unwrap();
    loaded.is_configured().unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.default_provider().unwrap(), "aigcbest");
    assert!(!config_text(&place).contains("YOUR_API_KEY"));
    assert!(config_text(&place).starts_with("schema_version = 1\n"));
    assert_eq!(
        secrets_text(&place),
        "[providers.aigcbest]\napi_key = \"YOUR_API_KEY\"\n"
    );
    assert!(!crate::config::files::readable_by(
        &place.target().secrets,
        0o077
    ));
}

#[test]
fn a_preset_again_changes_nothing_but_the_key() {
    let place = Place::new();
    preset(&place, "aigcbest", Some("first-key-000001"));
    let before = config_text(&place);
    let again = preset(&place, "aigcbest", Some("first-key-000001"));
    assert!(
        again.is_unchanged() && again.written.is_empty(),
        "{again:?}"
    );
    let rotated = preset(&place, "aigcbest", Some("second-key-000002"));
    assert_eq!(rotated.written, [place.target().secrets]);
    assert_eq!(config_text(&place), before);
    assert!(!secrets_text(&place).contains("first"));
}

#[test]
fn a_preset_keeps_what_the_user_changed_unless_told_to_replace() {
    let place = Place::new();
    preset(&place, "deepseek", None);
    edit(&place, |e| {
        e.set_text(&path("models.deepseek-flash.max_tokens"), "77")
    })
    .unwrap();
    edit(&place, |e| e.unset(&path("models.deepseek-flash.tasks"))).unwrap();
    preset(&place, "deepseek", None);
    let loaded = place.load().unwrap();
    let kept = &loaded.config.models["deepseek-flash"];
    assert_eq!(
        (kept.max_tokens, kept.tasks.is_empty()),
        (Some(77), false),
        "what it lacked is added"
    );
    let replace = PresetOptions {
        replace: true,
        ..PresetOptions::default()
    };
    edit(&place, |e| {
        e.apply_preset(presets::find("deepseek").unwrap(), &replace)
    })
    .unwrap();
    assert_eq!(
        place.load().unwrap().config.models["deepseek-flash"].max_tokens,
        None
    );
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let place = Place::new();
    let loaded = place.load().unwrap();
    let editor = Editor::new(&loaded, &Scope::User).unwrap().dry_run(true);
    let done = editor
        .apply_preset(presets::find("openai").unwrap(), &PresetOptions::default())
        .unwrap();
    assert!(done.changes.len() > 5 && done.written.is_empty());
    assert!(!place.target().config.exists());
}

#[test]
fn the_demo_gives_way_to_a_real_vendor_and_never_takes_its_names() {
    let place = Place::new();
    preset(&place, "demo", None);
    preset(&place, "aigcbest", Some(KEY));
    let loaded = place.load().unwrap();
    assert!(loaded.config.providers["demo"].disabled);
    assert_eq!(
        loaded.config.models["qwen3_32b"].provider.as_deref(),
        Some("aigcbest")
    );
    assert_eq!(
        loaded.config.models["qwen3_32b"].price, None,
        "nothing of the demo is left in it"
    );
    assert_eq!(loaded.config.default_provider.as_deref(), Some("aigcbest"));
    let done = preset(&place, "demo", None);
    assert!(
        told(&done)
            .iter()
            .any(|t| t.starts_with("kept models.qwen3_32b (")),
        "{done:?}"
    );
    let loaded = place.load().unwrap();
    assert!(!loaded.config.providers["demo"].disabled, "asked for again");
    assert_eq!(
        loaded.config.models["qwen3_32b"].provider.as_deref(),
        Some("aigcbest")
    );
}

#[test]
fn adding_a_model_twice_is_one_model_and_a_different_one_is_a_conflict() {
    let place = Place::new();
    let add = |entry: &Entry, replace| edit(&place, |e| e.add("custom_model", entry, replace));
    assert_eq!(
        told(&add(&model("a/b"), false).unwrap()),
        ["added models.custom_model"]
    );
    let text = config_text(&place);
    assert_eq!(
        text,
        "[models.custom_model]\npath = \"a/b\"\ntasks = [\"reasoning\", \"math\"]\nmax_tokens = 4096\ntemperature = 0.7\n"
    );
    assert!(add(&model("a/b"), false).unwrap().is_unchanged());
    let error = add(&model("c/d"), false).unwrap_err();
    assert_eq!(error.code(), Code::ConfigConflict, "{error}");
    assert_eq!(config_text(&place), text);
    assert_eq!(
        told(&add(&model("c/d"), true).unwrap()),
        ["changed models.custom_model"]
    );
}

#[test]
fn twenty_writers_at_once_lose_nothing() {
    let place = Place::new();
    let loaded = place.load().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..20 {
            let loaded = &loaded;
            scope.spawn(move || {
                let editor = Editor::new(loaded, &Scope::User).unwrap();
                editor
                    .add(&format!("m{writer}"), &model("x"), false)
                    .unwrap();
            });
        }
    });
    let loaded = place.load().unwrap();
    for writer in 0..20 {
        assert!(
            loaded.config.models.contains_key(&format!("m{writer}")),
            "{writer}"
        );
    }
}

#[test]
fn a_wrong_key_or_value_is_refused_and_nothing_is_written() {
    let place = Place::new().user("[server]\nport = 1 # mine\n");
    let before = config_text(&place);
    for (key, value, expected) in [
        ("server.prot", "1", "did you mean `server.port`"),
        ("server.port", "70000", "expected whole number, 0 to 65535"),
        ("server.port", "eighty", "expected whole number"),
        ("models.m.price", "{ input = 1 }", "`output` is missing"),
        (
            "models.m.price",
            "{ input = 2000, output = 1 }",
            "above 1000 per million",
        ),
    ] {
        let error = edit(&place, |e| e.set_text(&path(key), value))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{key}={value}: {error}");
    }
    assert_eq!(config_text(&place), before);
}

#[test]
fn a_file_with_two_mistakes_is_mended_one_at_a_time() {
    let place = Place::new();
    let loaded = place.load().unwrap();
    let place = place.user("colour = 1\n[server]\nport = \"x\"\nhost = 5\n");
    let editor = Editor::new(&loaded, &Scope::User).unwrap();
    editor.set_text(&path("server.port"), "80").unwrap();
    editor.set_text(&path("server.host"), "::1").unwrap();
    editor.unset(&path("colour")).unwrap();
    assert_eq!(config_text(&place), "[server]\nport = 80\nhost = \"::1\"\n");
}

#[test]
fn a_key_set_by_its_name_goes_to_the_secrets_file() {
    let place = Place::new().user("[providers.openai]\n");
    let done = edit(&place, |e| {
        e.set_text(&path("providers.openai.api_key"), KEY)
    })
    .unwrap();
    assert_eq!(told(&done), ["added providers.openai.api_key (…cdef)"]);
    assert!(!config_text(&place).contains("sk-"));
    let reference = SecretRef::Env("MY_KEY".to_owned());
    let owner = path("providers.openai");
    edit(&place, |e| e.set_credential(&owner, &reference)).unwrap();
    assert!(config_text(&place).contains("api_key = { env = \"MY_KEY\" }"));
    assert!(
        !secrets_text(&place).contains("api_key"),
        "the stored key would win over the reference"
    );
    let done = edit(&place, |e| e.remove_credential(&owner)).unwrap();
    assert_eq!(told(&done), ["removed providers.openai.api_key"]);
    assert!(
        edit(&place, |e| e.remove_credential(&owner))
            .unwrap()
            .is_unchanged()
    );
}

#[test]
fn a_stored_key_does_not_follow_its_provider_to_another_host() {
    let place = Place::new();
    preset(&place, "openai", Some(KEY));
    let address = path("providers.openai.base_url");
    edit(&place, |e| {
        e.set_text(&address, "https://api.openai.com/v2")
    })
    .unwrap();
    assert!(secrets_text(&place).contains(KEY), "the same host");
    let done = edit(&place, |e| e.set_text(&address, "https://evil.example/v1")).unwrap();
    assert!(
        told(&done)
            .iter()
            .any(|t| t.contains("the key was for the former address")),
        "{done:?}"
    );
    assert!(!secrets_text(&place).contains(KEY));
    let moved = Entry::Provider(ProviderConfig {
        base_url: Some("https://third.example/v1".to_owned()),
        api_key: Some(here("key-of-the-third")),
        ..ProviderConfig::default()
    });
    edit(&place, |e| e.add("openai", &moved, true)).unwrap();
    assert!(
        secrets_text(&place).contains("key-of-the-third"),
        "given with the address"
    );
}

#[test]
fn what_is_referred_to_is_not_removed_unless_everything_goes() {
    let place = Place::new().user(
        "[providers.p]\nkind = \"openai\"\n[models.a]\nprovider = \"p\"\n[models.b]\nprovider = \"p\"\n[aliases]\nx = \"a\"\ny = \"x\"\n[routes.r]\nmodels = [\"a\", \"b\"]\njudge = \"a\"\n[cooperation]\nmodels = [\"a\"]\n",
    );
    let before = config_text(&place);
    let error = edit(&place, |e| e.remove(Section::Model, "a", false)).unwrap_err();
    assert_eq!(error.code(), Code::ConfigConflict);
    let text = error.to_string();
    for key in [
        "routes.r.models",
        "routes.r.judge",
        "cooperation.models",
        "aliases.x",
        "aliases.y",
    ] {
        assert!(text.contains(key), "{key}: {text}");
    }
    assert_eq!(config_text(&place), before);
    edit(&place, |e| e.remove(Section::Model, "a", true)).unwrap();
    assert_eq!(
        config_text(&place),
        "[providers.p]\nkind = \"openai\"\n[models.b]\nprovider = \"p\"\n[routes.r]\nmodels = [\"b\"]\n"
    );
    edit(&place, |e| e.remove(Section::Provider, "p", true)).unwrap();
    assert_eq!(
        config_text(&place),
        "",
        "a route without models would be a route to all"
    );
}

#[test]
fn a_model_that_is_elsewhere_says_where() {
    let place = Place::new();
    let error = edit(&place, |e| e.remove(Section::Model, "qwen3_8b", false)).unwrap_err();
    assert!(
        error.to_string().contains("llm-config disable qwen3_8b"),
        "{error}"
    );
    edit(&place, |e| e.enable(Section::Model, "qwen3_8b", false)).unwrap();
    assert_eq!(config_text(&place), "[models.qwen3_8b]\ndisabled = true\n");
    assert!(place.load().unwrap().config.models["qwen3_8b"].disabled);
    edit(&place, |e| e.enable(Section::Model, "qwen3_8b", true)).unwrap();
    assert!(!place.load().unwrap().config.models["qwen3_8b"].disabled);
    let error = edit(&place, |e| e.remove(Section::Model, "qwen3_9b", false)).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `qwen3_8b`"),
        "{error}"
    );
}

#[test]
fn several_keys_of_an_entry_change_together_or_not_at_all() {
    let place = Place::new().user("[models.m]\npath = \"x\"\ntasks = [\"a\"]\n");
    let good = ("max_tokens".to_owned(), 9.into());
    let bad = ("temperature".to_owned(), "hot".into());
    let update =
        |set: &[_], unset: &[String]| edit(&place, |e| e.update(Section::Model, "m", set, unset));
    assert!(update(&[good.clone(), bad], &[]).is_err());
    assert_eq!(
        config_text(&place),
        "[models.m]\npath = \"x\"\ntasks = [\"a\"]\n"
    );
    update(&[good], &["tasks".to_owned()]).unwrap();
    assert_eq!(
        config_text(&place),
        "[models.m]\npath = \"x\"\nmax_tokens = 9\n"
    );
    assert!(edit(&place, |e| e.update(Section::Model, "n", &[], &[])).is_err());
}

#[test]
fn aliases_lead_somewhere_and_never_in_a_circle() {
    let place = Place::new().user("[models.m]\n[aliases]\na = \"m\"\n");
    let alias = |name: &str, target: &str| {
        edit(&place, |e| {
            e.add(name, &Entry::Alias(target.to_owned()), false)
        })
    };
    alias("b", "a").unwrap();
    assert!(alias("c", "nothing").is_err());
    assert!(alias("m", "a").is_err(), "a model's name is not free");
    let circle = edit(&place, |e| e.add("a", &Entry::Alias("b".to_owned()), true));
    assert!(circle.unwrap_err().to_string().contains("circle"));
    edit(&place, |e| e.remove(Section::Alias, "b", false)).unwrap();
    assert_eq!(config_text(&place), "[models.m]\n[aliases]\na = \"m\"\n");
}

#[test]
fn a_text_that_somebody_else_changed_meanwhile_is_not_overwritten() {
    let place = Place::new().user("[server]\nport = 1\n");
    let loaded = place.load().unwrap();
    let editor = Editor::new(&loaded, &Scope::User).unwrap();
    let seen = editor.text().unwrap();
    let wrong = editor
        .replace_text(&seen, "[server]\nport = \"x\"\n")
        .unwrap_err();
    assert!(wrong.to_string().contains(":2:8: server.port"), "{wrong}");
    editor.set_text(&path("server.port"), "2").unwrap();
    let late = editor
        .replace_text(&seen, "[server]\nport = 3\n")
        .unwrap_err();
    assert_eq!(late.code(), Code::ConfigConflict);
    let now = editor.text().unwrap();
    editor.replace_text(&now, "[server]\nport = 3\n").unwrap();
    assert_eq!(config_text(&place), "[server]\nport = 3\n");
}

#[test]
fn a_project_gets_its_own_file_and_its_keys_stay_with_the_user() {
    let place = Place::new();
    let loaded = place.load().unwrap();
    let editor = Editor::new(&loaded, &Scope::Project).unwrap();
    let options = PresetOptions {
        key: Some(here(KEY)),
        ..PresetOptions::default()
    };
    editor
        .apply_preset(presets::find("openai").unwrap(), &options)
        .unwrap();
    assert!(place.work().join("llm-cooperation.toml").exists());
    assert!(secrets_text(&place).contains(KEY));
}
