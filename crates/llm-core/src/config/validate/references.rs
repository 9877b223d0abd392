//! Names that refer to something: providers, models, aliases, routes, components.

use super::Check;
use crate::config::key::KeyPath;
use crate::config::resolve::{COMPATIBLE, Named};
use crate::config::source::Layer;

impl Check<'_> {
    pub(super) fn references(&mut self) {
        self.providers();
        self.models();
        self.aliases();
        self.routes();
        self.tasks();
        self.defaults();
    }

    fn providers(&mut self) {
        let config = self.config;
        for (name, provider) in &config.providers {
            let kind = config.kind_of(name);
            let key = KeyPath::of(["providers", name]);
            if !self.known.vendors.contains(&kind.as_str()) {
                let vendors = self.known.vendors;
                if provider.kind.is_some() {
                    self.unknown(&key.child("kind"), "vendor", &kind, vendors);
                } else {
                    self.error(
                        &key,
                        format!("`{name}` is no vendor, and no `kind` says which it is"),
                    )
                    .hint = Some(format!(
                        "kind = \"{COMPATIBLE}\" for a service with an address of its own"
                    ));
                }
            } else if kind == COMPATIBLE && provider.base_url.is_none() {
                self.error(&key, "has no address").hint =
                    Some("set base_url to what /chat/completions is appended to".to_owned());
            }
        }
        if let Some(name) = &config.default_provider {
            self.provider(&KeyPath::of(["default_provider"]), name);
        }
    }

    fn provider(&mut self, key: &KeyPath, name: &str) {
        let config = self.config;
        if !config.providers.contains_key(name) {
            let names: Vec<_> = config.providers.keys().map(String::as_str).collect();
            self.unknown(key, "provider", name, &names);
        }
    }

    fn models(&mut self) {
        let config = self.config;
        for (name, model) in &config.models {
            let key = KeyPath::of(["models", name]);
            if let Some(provider) = &model.provider {
                self.provider(&key.child("provider"), provider);
            } else if let Err(error) = config.deployments(name) {
                let hint = error.hint.clone();
                self.error(&key, error.message.clone()).hint = hint;
            }
            for (index, part) in model.deployments.iter().enumerate() {
                if let Some(provider) = &part.provider {
                    let key = key.child("deployments").item(index).child("provider");
                    self.provider(&key, provider);
                }
            }
            if config.routes.contains_key(name) {
                self.error(
                    &key,
                    format!("there is a route `{name}` too; which one is meant cannot be told"),
                );
            }
        }
    }

    fn aliases(&mut self) {
        let config = self.config;
        for (name, target) in &config.aliases {
            let key = KeyPath::of(["aliases", name]);
            if config.models.contains_key(name) || config.routes.contains_key(name) {
                self.warn(&key, "is never used: a model or route has this name");
            } else if config.named(name).is_none() {
                if config.aliases.contains_key(target) {
                    self.error(&key, "leads in a circle, or nowhere");
                } else {
                    self.name(&key, target);
                }
            }
        }
    }

    /// A name that has to be a model, an alias of one, or a route.
    fn name(&mut self, key: &KeyPath, name: &str) {
        let config = self.config;
        if config.named(name).is_none() {
            let names: Vec<_> = config
                .models
                .keys()
                .chain(config.aliases.keys())
                .chain(config.routes.keys())
                .map(String::as_str)
                .collect();
            self.unknown(key, "model", name, &names);
        }
    }

    /// A name that has to be a model or an alias of one.
    fn model(&mut self, key: &KeyPath, name: &str) {
        if let Some(Named::Route(_)) = self.config.named(name) {
            self.error(key, format!("`{name}` is a route; a model is wanted here"));
        } else {
            self.name(key, name);
        }
    }

    fn model_list(&mut self, key: &KeyPath, names: &[String]) {
        for (index, name) in names.iter().enumerate() {
            self.model(&key.item(index), name);
        }
    }

    fn routes(&mut self) {
        let (config, known) = (self.config, self.known);
        for (name, route) in &config.routes {
            let key = KeyPath::of(["routes", name]);
            self.model_list(&key.child("models"), &route.models);
            self.model_list(&key.child("fallback"), &route.fallback);
            if let Some(judge) = &route.judge {
                self.model(&key.child("judge"), judge);
            }
            for (field, what, value, known) in [
                ("strategy", "strategy", &route.strategy, known.strategies),
                ("mode", "cooperation mode", &route.mode, known.modes),
                (
                    "integrate",
                    "integration strategy",
                    &route.integrate,
                    known.integrators,
                ),
            ] {
                if let Some(value) = value
                    && !known.contains(&value.as_str())
                {
                    self.unknown(&key.child(field), what, value, known);
                }
            }
            let off = |model: &String| matches!(config.named(model), Some(Named::Model(m)) if config.models[m].disabled);
            if !route.models.is_empty() && route.models.iter().all(off) {
                self.warn(
                    &key.child("models"),
                    "every model of this route is disabled",
                );
            }
        }
    }

    fn tasks(&mut self) {
        let config = self.config;
        for (name, task) in &config.tasks {
            for (field, names) in [("primary", &task.primary), ("fallback", &task.fallback)] {
                let key = KeyPath::of(["tasks", name, field]);
                let is_ours = self
                    .loaded
                    .origin(&key)
                    .is_none_or(|origin| origin.layer == Layer::BuiltIn);
                for (index, model) in names.iter().enumerate().filter(|_| !is_ours) {
                    if config.named(model).is_none() {
                        self.warn(
                            &key.item(index),
                            format!("there is no model `{model}`; it is passed over"),
                        );
                    }
                }
            }
        }
    }

    fn defaults(&mut self) {
        let (config, known) = (self.config, self.known);
        let cooperation = KeyPath::of(["cooperation"]);
        self.model_list(&cooperation.child("models"), &config.cooperation.models);
        if let Some(judge) = &config.cooperation.judge {
            self.model(&cooperation.child("judge"), judge);
        }
        let routing = KeyPath::of(["routing"]);
        for (field, name) in [
            ("strategy", &config.routing.strategy),
            ("balance", &config.routing.balance),
        ] {
            if !known.strategies.contains(&name.as_str()) {
                self.unknown(&routing.child(field), "strategy", name, known.strategies);
            }
        }
        if let Some(name) = &config.routing.default_model {
            let is_mode = name
                .strip_prefix("cooperate/")
                .is_some_and(|mode| known.modes.contains(&mode));
            if name != "auto" && !is_mode {
                self.name(&routing.child("default_model"), name);
            }
        }
        for (name, key) in &config.keys {
            for (index, model) in key.models.iter().enumerate() {
                if config.named(model).is_none() {
                    let key = KeyPath::of(["keys", name, "models"]).item(index);
                    self.warn(&key, format!("there is no model `{model}`"));
                }
            }
        }
    }
}
