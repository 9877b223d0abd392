//! Who refers to an entry, so that nothing is removed from under somebody's feet.

use super::Section;
use crate::config::key::KeyPath;
use crate::config::load::Loaded;
use crate::config::source::Layer;

/// A place that names an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The key that names it.
    pub(super) key: KeyPath,
    /// The entry that goes with it, where the whole entry makes no sense without.
    pub(super) entry: Option<(Section, String)>,
}

/// Every place that names an entry and is not built in. `going` are the names that go with it.
///
/// What a gateway key may use is left alone: a list that ran empty would allow everything.
pub(super) fn to(loaded: &Loaded, section: Section, name: &str, going: &[&str]) -> Vec<Reference> {
    let mut found = Vec::new();
    match section {
        Section::Provider => to_provider(loaded, name, &mut found),
        Section::Model | Section::Alias | Section::Route => {
            to_name(loaded, name, going, &mut found);
        }
        Section::Task => {}
    }
    found.retain(|reference| {
        loaded
            .origin(&reference.key)
            .is_none_or(|origin| origin.layer > Layer::BuiltIn)
    });
    found
}

fn to_provider(loaded: &Loaded, name: &str, found: &mut Vec<Reference>) {
    let config = &loaded.config;
    for (model, entry) in &config.models {
        let place = KeyPath::of(["models", model]);
        let whole = Some((Section::Model, model.clone()));
        if entry.provider.as_deref() == Some(name) {
            found.push(Reference {
                key: place.child("provider"),
                entry: whole.clone(),
            });
        }
        let names_it =
            |part: &crate::config::model::DeploymentConfig| part.provider.as_deref() == Some(name);
        if entry.deployments.iter().any(names_it) {
            found.push(Reference {
                key: place.child("deployments"),
                entry: whole,
            });
        }
    }
    if config.default_provider.as_deref() == Some(name) {
        found.push(Reference {
            key: KeyPath::of(["default_provider"]),
            entry: None,
        });
    }
}

fn to_name(loaded: &Loaded, name: &str, going: &[&str], found: &mut Vec<Reference>) {
    let config = &loaded.config;
    for (route, entry) in &config.routes {
        // Without models of its own a route would choose among all.
        let is_left_empty = entry.models.iter().all(|m| going.contains(&m.as_str()));
        if entry.models.iter().any(|model| model == name) {
            found.push(Reference {
                key: KeyPath::of(["routes", route, "models"]),
                entry: is_left_empty.then(|| (Section::Route, route.clone())),
            });
        }
    }
    let mut list = |path: KeyPath, names: &[String]| {
        if names.iter().any(|known| known == name) {
            found.push(Reference {
                key: path,
                entry: None,
            });
        }
    };
    for (route, entry) in &config.routes {
        let place = KeyPath::of(["routes", route]);
        list(place.child("fallback"), &entry.fallback);
        list(place.child("judge"), entry.judge.as_slice());
    }
    for (task, entry) in &config.tasks {
        let place = KeyPath::of(["tasks", task]);
        list(place.child("primary"), &entry.primary);
        list(place.child("fallback"), &entry.fallback);
    }
    let cooperation = KeyPath::of(["cooperation"]);
    list(cooperation.child("models"), &config.cooperation.models);
    list(
        cooperation.child("judge"),
        config.cooperation.judge.as_slice(),
    );
    let default = config.routing.default_model.as_slice();
    list(KeyPath::of(["routing", "default_model"]), default);
    for (alias, target) in &config.aliases {
        if target == name {
            found.push(Reference {
                key: KeyPath::of(["aliases", alias]),
                entry: Some((Section::Alias, alias.clone())),
            });
        }
    }
}
