//! Every preset is complete, valid, and carries the names of the earlier programs.

use super::*;
use crate::config::Config;
use crate::config::decode;
use crate::config::key::KeyPath;
use crate::config::resolve::Named;
use crate::types::money::UnitPrices;
use crate::types::task::Capabilities;

fn config(preset: &Preset) -> Config {
    let decoded = decode::decode(&preset.fragment(&Origin::BUILT_IN), &KeyPath::root());
    assert_eq!(decoded.errors, [], "{}", preset.name);
    assert_eq!(decoded.unknown, [], "{}", preset.name);
    decoded.config
}

#[test]
fn every_preset_is_a_valid_configuration_of_one_provider_of_its_name() {
    for preset in all() {
        let facts = &preset.facts;
        assert!(
            !facts.title.is_empty() && !facts.kind.is_empty(),
            "{}",
            preset.name
        );
        assert!(url::Url::parse(&facts.base_url).is_ok(), "{}", preset.name);
        assert!(
            facts.key_optional || !facts.key_env.is_empty(),
            "{}",
            preset.name
        );
        assert!(facts.key_optional || preset.name == "aigcbest" || facts.key_page.is_some());
        assert_eq!(
            facts.note.is_some(),
            facts.note_zh.is_some(),
            "{}",
            preset.name
        );
        let config = config(preset);
        let providers: Vec<_> = config.providers.keys().collect();
        assert_eq!(providers, [preset.name]);
        assert_eq!(config.kind_of(preset.name), facts.kind);
        assert!(!config.models.is_empty(), "{}", preset.name);
        for (name, model) in &config.models {
            assert_eq!(model.provider.as_deref(), Some(preset.name), "{name}");
            let deployment = &config.deployments(name).unwrap()[0];
            let talks = deployment
                .capabilities
                .is_none_or(Capabilities::holds_conversations);
            assert!(
                deployment.quality.is_some() || !talks,
                "{}: {name}",
                preset.name
            );
        }
        for (alias, target) in &config.aliases {
            assert!(
                config.models.contains_key(target),
                "{}: {alias}",
                preset.name
            );
            assert!(
                !config.models.contains_key(alias),
                "{}: {alias}",
                preset.name
            );
        }
    }
}

#[test]
fn every_file_has_a_row_and_every_row_a_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/presets");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort_unstable();
    let mut rows: Vec<_> = all().iter().map(|preset| preset.name).collect();
    rows.sort_unstable();
    assert_eq!(files, rows);
}

#[test]
fn the_names_of_the_earlier_programs_lead_to_a_model() {
    let expected: &[(&str, &[&str])] = &[
        (
            "aigcbest",
            &[
                "qwen3_32b",
                "qwen3_32b_reasoning",
                "qwen3_8b",
                "qwen2_5_7b",
                "qwen2_5_vl_72b",
                "claude_3_5_sonnet",
                "gpt4o",
                "deepseek_v3",
                "gpt-4o",
            ],
        ),
        (
            "openai",
            &[
                "gpt4o",
                "gpt4_turbo",
                "gpt3_5_turbo",
                "gpt-4",
                "gpt-3.5-turbo",
                "gpt-4o",
            ],
        ),
        (
            "anthropic",
            &[
                "claude_3_5_sonnet",
                "claude_3_haiku",
                "claude-3-5-sonnet-20241022",
            ],
        ),
        (
            "deepseek",
            &[
                "deepseek_v3",
                "deepseek_coder",
                "deepseek-chat",
                "deepseek-coder",
            ],
        ),
        ("dashscope", &["qwen-plus", "qwen-turbo"]),
        ("gemini", &["gemini-pro", "gemini-1.5-flash"]),
        (
            "demo",
            &[
                "demo-small",
                "demo-large",
                "demo-reasoning",
                "demo-vision",
                "demo-contrarian",
                "demo-slow",
                "demo-flaky",
                "demo-down",
                "demo-limited",
                "qwen3_32b",
                "qwen3_32b_reasoning",
                "qwen3_32b_router",
                "qwen3_8b",
                "qwen2_5_7b",
                "qwen2_5_vl_72b",
            ],
        ),
    ];
    for (preset, names) in expected {
        let config = config(find(preset).unwrap());
        for name in *names {
            assert!(
                matches!(config.named(name), Some(Named::Model(_))),
                "{preset}: {name}"
            );
        }
    }
}

#[test]
fn the_demo_costs_something_and_says_that_it_is_invented() {
    let config = config(find(DEMO).unwrap());
    for (name, model) in &config.models {
        let price = model.price.as_ref().unwrap();
        assert_eq!(price.source.as_deref(), Some("simulated"), "{name}");
        let units = price.units() != UnitPrices::default();
        let tokens = price.input.picos_per_token() + price.output.picos_per_token();
        assert!(units || tokens > 0, "{name}");
    }
}

#[test]
fn vendors_main_models_have_a_verified_price() {
    for (preset, model) in [
        ("openai", "gpt-6.1-sol"),
        ("anthropic", "claude-sonnet-5-5"),
        ("deepseek", "deepseek-flash"),
        ("dashscope", "qwen-plus"),
        ("gemini", "gemini-3.8-flash"),
        ("zhipu", "glm-5.3"),
    ] {
        let config = config(find(preset).unwrap());
        let price = config.deployments(model).unwrap()[0].price.clone().unwrap();
        assert!(price.source.is_some() && price.date.is_some(), "{preset}");
    }
}

#[test]
fn an_unknown_preset_is_answered_with_the_nearest_or_all() {
    let near = require("depseek").unwrap_err();
    assert_eq!((near.code, near.code.row().exit), (Code::UnknownPreset, 3));
    assert!(
        near.to_string().contains("did you mean `deepseek`"),
        "{near}"
    );
    assert!(
        require("zzz")
            .unwrap_err()
            .to_string()
            .contains("aigcbest, openai")
    );
}
