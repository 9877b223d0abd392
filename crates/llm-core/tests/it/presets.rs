//! What the presets promise is kept by the providers, strategies and modes there are.

use std::path::PathBuf;

use llm_core::config::environment::Environment;
use llm_core::config::load::{LoadOptions, load};
use llm_core::config::presets;
use llm_core::config::validate::{KnownNames, validate};
use llm_core::cooperation::{integrators, modes};
use llm_core::provider::demo::BEHAVIOURS;
use llm_core::provider::vendors::{self, VENDORS};
use llm_core::routing::strategies;

#[test]
fn a_preset_and_its_vendor_tell_the_same_facts() {
    for preset in presets::all() {
        let (facts, name) = (&preset.facts, preset.name);
        let vendor = vendors::find(&facts.kind).unwrap_or_else(|| panic!("{name}: no vendor"));
        assert_eq!(facts.base_url, vendor.base_url, "{name}");
        assert_eq!(facts.key_env, vendor.key_env, "{name}");
        assert_eq!(facts.base_url_env, vendor.base_url_env, "{name}");
        assert_eq!(facts.key_optional, vendor.key_optional, "{name}");
    }
}

#[test]
fn every_simulated_model_has_a_behaviour() {
    let config = config(presets::DEMO);
    for (name, model) in &config.models {
        let path = model.path.as_ref().unwrap_or(name);
        let known = BEHAVIOURS.iter().any(|behaviour| behaviour.path == path);
        assert!(known, "{name}: {path}");
    }
}

#[test]
fn every_preset_is_valid_as_it_stands() {
    let vendors: Vec<_> = VENDORS.iter().map(|vendor| vendor.name).collect();
    let modes: Vec<_> = modes::MODES.iter().map(|mode| mode.name()).collect();
    let integrators: Vec<_> = integrators::INTEGRATORS
        .iter()
        .map(|integrator| integrator.name())
        .collect();
    let known = KnownNames {
        vendors: &vendors,
        strategies: &strategies::names(),
        modes: &modes,
        integrators: &integrators,
    };
    for preset in presets::all() {
        let found = validate(&loaded(preset.name), &known);
        assert!(
            found.errors.is_empty(),
            "{}: {:?}",
            preset.name,
            found.errors
        );
        assert!(
            found.warnings.is_empty(),
            "{}: {:?}",
            preset.name,
            found.warnings
        );
    }
}

fn config(preset: &str) -> llm_core::config::Config {
    loaded(preset).config
}

/// A preset's file, loaded as a user's.
fn loaded(preset: &str) -> llm_core::config::load::Loaded {
    let options = LoadOptions {
        config: Some(
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("data/presets/{preset}.toml")),
        ),
        ..LoadOptions::default()
    };
    load(Environment::empty(env!("CARGO_MANIFEST_DIR")), &options).unwrap()
}
