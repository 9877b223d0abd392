//! What the `model` of a request stands for: `auto`, a model, a route, a cooperation mode, a model
//! at one particular provider, an alias of any of these, or a strategy.
//!
//! Looked up in this order; the first that fits wins. Everything is resolved once, when the
//! configuration is loaded, so that a request costs one lookup. Upper and lower case differ.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{RoutingStrategy, strategies};
use crate::types::ids::{ModelName, ProviderName};
use crate::types::plan::{AUTO, Candidate};

/// What the names are made from.
#[derive(Clone, Copy, Debug)]
pub struct NameSources<'a> {
    /// The models, in the order of the configuration.
    pub models: &'a [ModelEntry],
    /// Other names: alias to target.
    pub aliases: &'a IndexMap<String, String>,
    /// Names of the routes, in the order of the configuration.
    pub routes: &'a [String],
    /// Names of the cooperation modes.
    pub modes: &'a [&'a str],
}

/// A model and where it is served.
#[derive(Clone, Debug)]
pub struct ModelEntry {
    /// The public name.
    pub name: ModelName,
    /// For each deployment: the provider, and the name the provider knows the model by.
    pub served: Vec<(ProviderName, String)>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The router chooses among all models.
    Auto {
        /// By this strategy, where the name is a strategy's.
        strategy: Option<&'static str>,
    },
    /// This model.
    Model(Pick),
    /// This route of the configuration.
    Route(Arc<str>),
    /// Several models together.
    Cooperate {
        /// The mode; the router chooses when absent.
        mode: Option<Arc<str>>,
    },
}

impl Resolved {
    /// What kind of thing it is, in machine output.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Auto { .. } => "auto",
            Self::Model(_) => "model",
            Self::Route(_) => "route",
            Self::Cooperate { .. } => "cooperate",
        }
    }
}

/// One model, wherever it is served or at one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which.
    pub model: ModelName,
    /// At this provider only.
    pub provider: Option<ProviderName>,
}

impl Pick {
    /// Whether a candidate is meant.
    pub fn means(&self, candidate: &Candidate) -> bool {
        self.model == candidate.model
            && self
                .provider
                .as_ref()
                .is_none_or(|provider| *provider == candidate.provider)
    }
}

/// All names a client may send.
#[derive(Debug)]
pub struct Names {
    known: HashMap<String, Resolved>,
    /// In the order for lists: `auto`, models, routes, modes, aliases, strategies.
    listed: Vec<String>,
}

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no model or route named `{name}`{}", hint(.nearest))]
pub struct UnknownName {
    /// What was sent.
    pub name: String,
    /// The names most like it, at most three.
    pub nearest: Vec<String>,
}

/// A mistake in the aliases of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// An alias has the name of something else.
    #[error("alias `{0}` has the name of a model, route or mode")]
    Taken(String),
    /// An alias leads to another alias.
    #[error("alias `{alias}` leads to alias `{target}`; let it name the model itself")]
    Chain {
        /// The alias.
        alias: String,
        /// The alias it leads to.
        target: String,
    },
    /// Aliases lead to each other.
    #[error("aliases lead in a circle: {}", .0.join(" -> "))]
    Circle(Vec<String>),
    /// An alias leads nowhere.
    #[error("alias `{alias}` leads to `{target}`, which does not exist{}", hint(.nearest))]
    Dangling {
        /// The alias.
        alias: String,
        /// What it names.
        target: String,
        /// The names most like it.
        nearest: Vec<String>,
    },
}

impl Names {
    /// What precedes the mode in the name of a cooperation.
    pub const COOPERATE: &'static str = "cooperate";

    /// Resolves everything, or says everything that is wrong with the aliases.
    pub fn build(sources: &NameSources<'_>) -> Result<Self, Vec<NameProblem>> {
        let mut names = Self {
            known: HashMap::new(),
            listed: Vec::new(),
        };
        names.add(AUTO, &Resolved::Auto { strategy: None });
        for entry in sources.models {
            let pick = Pick {
                model: entry.name.clone(),
                provider: None,
            };
            names.add(entry.name.as_str(), &Resolved::Model(pick));
        }
        for route in sources.routes {
            names.add(route, &Resolved::Route(Arc::from(route.as_str())));
        }
        names.add(Self::COOPERATE, &Resolved::Cooperate { mode: None });
        for mode in sources.modes {
            let resolved = Resolved::Cooperate {
                mode: (*mode != AUTO).then(|| Arc::from(*mode)),
            };
            names.add(&format!("{}/{mode}", Self::COOPERATE), &resolved);
        }
        names.add_quietly(
            &format!("{}/{AUTO}", Self::COOPERATE),
            &Resolved::Cooperate { mode: None },
        );
        names.add_providers(sources.models);
        names.add_aliases(sources.aliases)?;
        for strategy in strategies::STRATEGIES {
            names.add(strategy.name(), &by_strategy(*strategy));
        }
        Ok(names)
    }

    /// What a name stands for.
    pub fn resolve(&self, name: &str) -> Result<&Resolved, UnknownName> {
        self.known.get(name).ok_or_else(|| UnknownName {
            name: name.to_owned(),
            nearest: self.nearest(name, |_| true),
        })
    }

    /// Every name for lists, with what it stands for; `provider/model` forms are left out.
    pub fn listed(&self) -> impl Iterator<Item = (&str, &Resolved)> {
        self.listed
            .iter()
            .filter_map(|name| Some((name.as_str(), self.known.get(name)?)))
    }

    /// The listed names most like an unknown one, at most three, best first; only those `may`
    /// allows, so that a hint does not name what the caller may not know of.
    pub fn nearest(&self, name: &str, may: impl Fn(&Resolved) -> bool) -> Vec<String> {
        let sent = name.to_lowercase();
        let mut scored: Vec<(f64, &str)> = self
            .listed()
            .filter(|(_, resolved)| may(resolved))
            .map(|(known, _)| (likeness(&sent, known), known))
            .filter(|(score, _)| *score >= ALIKE)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored
            .into_iter()
            .take(3)
            .map(|(_, known)| known.to_owned())
            .collect()
    }

    fn add(&mut self, name: &str, resolved: &Resolved) {
        if self.add_quietly(name, resolved) {
            self.listed.push(name.to_owned());
        }
    }

    /// Adds a name unless it is taken.
    fn add_quietly(&mut self, name: &str, resolved: &Resolved) -> bool {
        let is_new = !self.known.contains_key(name);
        if is_new {
            self.known.insert(name.to_owned(), resolved.clone());
        }
        is_new
    }

    /// `provider/model` by the model's public name, and by the name the provider knows it by.
    fn add_providers(&mut self, models: &[ModelEntry]) {
        for entry in models {
            for (provider, path) in &entry.served {
                let resolved = Resolved::Model(Pick {
                    model: entry.name.clone(),
                    provider: Some(provider.clone()),
                });
                self.add_quietly(&format!("{provider}/{}", entry.name), &resolved);
                self.add_quietly(&format!("{provider}/{path}"), &resolved);
            }
        }
    }

    fn add_aliases(&mut self, aliases: &IndexMap<String, String>) -> Result<(), Vec<NameProblem>> {
        let mut problems = Vec::new();
        let mut resolved = Vec::new();
        for (alias, target) in aliases {
            if self.known.contains_key(alias) {
                problems.push(NameProblem::Taken(alias.clone()));
            } else if let Some(found) = self.known.get(target) {
                resolved.push((alias, found.clone()));
            } else if let Some(strategy) = strategies::find(target) {
                resolved.push((alias, by_strategy(strategy)));
            } else if aliases.contains_key(target) {
                problems.extend(chain(alias, target, aliases));
            } else {
                problems.push(NameProblem::Dangling {
                    alias: alias.clone(),
                    target: target.clone(),
                    nearest: self.nearest(target, |_| true),
                });
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        for (alias, found) in resolved {
            self.add(alias, &found);
        }
        Ok(())
    }
}

fn by_strategy(strategy: &dyn RoutingStrategy) -> Resolved {
    Resolved::Auto {
        strategy: Some(strategy.name()),
    }
}

/// From this likeness on a name is worth suggesting.
const ALIKE: f64 = 0.72;

/// Jaro–Winkler, and certain enough when one name holds the other.
fn likeness(sent: &str, known: &str) -> f64 {
    let known = known.to_lowercase();
    let holds = sent.len() >= 3 && (known.contains(sent) || sent.contains(&known));
    strsim::jaro_winkler(sent, &known).max(if holds { 0.9 } else { 0.0 })
}

/// What is wrong with an alias that leads to another. A circle is told once, by its first member
/// in alphabetical order.
fn chain(alias: &str, target: &str, aliases: &IndexMap<String, String>) -> Option<NameProblem> {
    let mut path = vec![alias.to_owned()];
    let mut at = target;
    while let Some(next) = aliases.get(at) {
        path.push(at.to_owned());
        if at == alias {
            let first = path.iter().min().is_some_and(|first| first == alias);
            return first.then_some(NameProblem::Circle(path));
        }
        if path.len() > aliases.len() + 1 {
            break;
        }
        at = next;
    }
    Some(NameProblem::Chain {
        alias: alias.to_owned(),
        target: target.to_owned(),
    })
}

fn hint(nearest: &[String]) -> impl fmt::Display + use<> {
    match nearest {
        [] => String::new(),
        names => format!("; did you mean `{}`?", names.join("`, `")),
    }
}

#[cfg(test)]
mod tests;
