//! Builds a router from the configuration, and says everything that is wrong with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::super::decision_cache::DecisionCache;
use super::super::names::{ModelEntry, NameProblem, NameSources, Names, Pick, Resolved};
use super::super::profile::HeuristicProfiler;
use super::super::tasks::TaskTable;
use super::super::{Profiler, RoutingStrategy, strategies};
use super::{RouteError, Router};
use crate::config::cooperation::CooperationConfig;
use crate::config::route::{RouteConfig, RoutingConfig, TaskConfig};
use crate::types::money::{Currency, Money};
use crate::types::plan::AUTO;
use crate::types::task::TaskProfile;

/// What a router is built from.
pub struct RouterSources<'a> {
    /// The models and where they are served, in the order of the configuration.
    pub models: &'a [ModelEntry],
    /// `[aliases]`.
    pub aliases: &'a IndexMap<String, String>,
    /// `[routes]`.
    pub routes: &'a IndexMap<String, RouteConfig>,
    /// `[tasks]`.
    pub tasks: &'a IndexMap<String, TaskConfig>,
    /// `[routing]`.
    pub routing: &'a RoutingConfig,
    /// `[cooperation]`.
    pub cooperation: &'a CooperationConfig,
    /// Names of the cooperation modes.
    pub modes: &'a [&'a str],
    /// Counts the configurations; part of the key of remembered decisions.
    pub generation: u64,
    /// Reads requests; the built-in one when absent.
    pub profiler: Option<Arc<dyn Profiler>>,
}

/// A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterProblem {
    /// In the aliases.
    #[error(transparent)]
    Name(#[from] NameProblem),
    /// In a value; the key is the one in the file.
    #[error("{key}: {problem}")]
    Value {
        /// Such as `routes.fast.strategy`.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// In what is compiled in: a mistake in this program.
    #[error("built-in routing data: {0}")]
    BuiltIn(String),
}

/// What the configuration says, ready to use.
pub(super) struct Settings {
    pub(super) strategy: &'static dyn RoutingStrategy,
    /// Orders the deployments of one model.
    pub(super) balance: &'static dyn RoutingStrategy,
    pub(super) quality_priority: f64,
    pub(super) default_model: String,
    pub(super) auto_cooperate: bool,
    pub(super) fallback_for_pinned: bool,
    pub(super) max_candidates: usize,
    pub(super) members: usize,
    /// Who takes part in a cooperation where nobody else says so.
    pub(super) cooperation_models: Option<Vec<Pick>>,
    pub(super) modes: Vec<String>,
    pub(super) routes: HashMap<String, RouteRow>,
    pub(super) generation: u64,
}

/// A route, ready to use.
pub(super) struct RouteRow {
    pub(super) models: Option<Vec<Pick>>,
    pub(super) strategy: Option<&'static dyn RoutingStrategy>,
    pub(super) mode: Option<String>,
    pub(super) quality_priority: Option<f64>,
    pub(super) max_cost: Option<Money>,
    pub(super) fallback: Vec<Pick>,
}

impl Router {
    /// Builds it, or says everything that is wrong.
    pub fn build(sources: &RouterSources<'_>) -> Result<Self, Vec<RouterProblem>> {
        let route_names: Vec<String> = sources.routes.keys().cloned().collect();
        let names = Names::build(&NameSources {
            models: sources.models,
            aliases: sources.aliases,
            routes: &route_names,
            modes: sources.modes,
        })
        .map_err(|problems| {
            problems
                .into_iter()
                .map(RouterProblem::Name)
                .collect::<Vec<_>>()
        })?;
        let built_in = |problem: String| vec![RouterProblem::BuiltIn(problem)];
        let tasks = TaskTable::build(sources.tasks).map_err(built_in)?;
        let profiler: Arc<dyn Profiler> = match &sources.profiler {
            Some(profiler) => Arc::clone(profiler),
            None => Arc::new(HeuristicProfiler::new(tasks.names()).map_err(built_in)?),
        };
        let mut checker = Checker {
            names: &names,
            modes: sources.modes,
            problems: Vec::new(),
        };
        let settings = checker.settings(sources);
        if !checker.problems.is_empty() {
            return Err(checker.problems);
        }
        let routing = sources.routing;
        Ok(Self {
            tasks,
            profiler,
            cache: DecisionCache::new(
                routing.cache_entries,
                Duration::from_secs(routing.cache_ttl_s),
            ),
            settings,
            names,
        })
    }
}

impl Settings {
    /// A mode by its name.
    pub(super) fn known_mode(&self, name: &str) -> Result<String, RouteError> {
        if self.modes.iter().any(|mode| mode == name) {
            return Ok(name.to_owned());
        }
        Err(RouteError::UnknownMode {
            name: name.to_owned(),
            known: self.modes.clone(),
        })
    }

    /// The mode for a request that wants cooperation and leaves the mode open: a vote where
    /// answers are right or wrong, one after the other where a draft gains from a second hand,
    /// side by side otherwise.
    pub(super) fn mode_for(&self, profile: &TaskProfile) -> String {
        let wanted = match profile.task.as_str() {
            "math" | "reasoning" | "classification" | "extraction" => "voting",
            "code" | "code_generation" | "translation" | "rewriting" | "writing" => "sequential",
            _ => "parallel",
        };
        let wanted = profile.cooperation.unwrap_or(wanted);
        self.known_mode(wanted).unwrap_or_else(|_| {
            self.modes
                .first()
                .cloned()
                .unwrap_or_else(|| wanted.to_owned())
        })
    }
}

/// Gathers mistakes while the settings are read.
struct Checker<'a> {
    names: &'a Names,
    modes: &'a [&'a str],
    problems: Vec<RouterProblem>,
}

impl Checker<'_> {
    fn settings(&mut self, sources: &RouterSources<'_>) -> Settings {
        let routing = sources.routing;
        let default_model = routing
            .default_model
            .clone()
            .unwrap_or_else(|| AUTO.to_owned());
        if let Err(unknown) = self.names.resolve(&default_model) {
            self.wrong("routing.default_model", unknown.to_string());
        }
        let routes = sources
            .routes
            .iter()
            .map(|(name, config)| (name.clone(), self.route(name, config)))
            .collect();
        let count = |number: u32| usize::try_from(number.max(1)).unwrap_or(usize::MAX);
        Settings {
            strategy: self
                .strategy("routing.strategy", &routing.strategy)
                .unwrap_or(strategies::STRATEGIES[0]),
            balance: self
                .strategy("routing.balance", &routing.balance)
                .unwrap_or(strategies::STRATEGIES[0]),
            quality_priority: self
                .share("routing.quality_priority", Some(routing.quality_priority))
                .unwrap_or_default(),
            default_model,
            auto_cooperate: routing.auto_cooperate,
            fallback_for_pinned: routing.fallback_for_pinned,
            max_candidates: count(routing.max_candidates),
            members: count(sources.cooperation.members),
            cooperation_models: (!sources.cooperation.models.is_empty())
                .then(|| self.picks("cooperation.models", &sources.cooperation.models)),
            modes: self.modes.iter().map(|mode| (*mode).to_owned()).collect(),
            routes,
            generation: sources.generation,
        }
    }

    fn route(&mut self, name: &str, config: &RouteConfig) -> RouteRow {
        let key = |field: &str| format!("routes.{name}.{field}");
        let models = self.picks(&key("models"), &config.models);
        let mode = config.mode.clone().filter(|mode| mode != "single");
        if let Some(mode) = mode.as_deref().filter(|mode| !self.modes.contains(mode)) {
            let known = self.modes.join(", ");
            self.wrong(
                &key("mode"),
                format!("there is no mode `{mode}`; there are {known}"),
            );
        }
        RouteRow {
            models: (!config.models.is_empty()).then_some(models),
            strategy: config
                .strategy
                .as_deref()
                .and_then(|strategy| self.strategy(&key("strategy"), strategy)),
            mode,
            quality_priority: self.share(&key("quality_priority"), config.quality_priority),
            max_cost: self.money(&key("max_cost"), config.max_cost.as_deref()),
            fallback: self.picks(&key("fallback"), &config.fallback),
        }
    }

    fn picks(&mut self, key: &str, models: &[String]) -> Vec<Pick> {
        let mut picks = Vec::with_capacity(models.len());
        for name in models {
            match self.names.resolve(name) {
                Ok(Resolved::Model(pick)) => picks.push(pick.clone()),
                Ok(other) => {
                    let kind = other.kind();
                    self.wrong(
                        key,
                        format!("`{name}` is a name of kind {kind}, not a model"),
                    );
                }
                Err(unknown) => self.wrong(key, unknown.to_string()),
            }
        }
        picks
    }

    fn strategy(&mut self, key: &str, name: &str) -> Option<&'static dyn RoutingStrategy> {
        let found = strategies::find(name);
        if found.is_none() {
            let known = strategies::names().join(", ");
            self.wrong(
                key,
                format!("there is no strategy `{name}`; there are {known}"),
            );
        }
        found
    }

    fn share(&mut self, key: &str, value: Option<f64>) -> Option<f64> {
        if let Some(wrong) = value.filter(|value| !(0.0..=1.0).contains(value)) {
            self.wrong(key, format!("{wrong} is not between 0 and 1"));
        }
        value
    }

    fn money(&mut self, key: &str, text: Option<&str>) -> Option<Money> {
        match Money::parse(text?, Currency::USD) {
            Ok(money) => Some(money),
            Err(problem) => {
                self.wrong(key, problem);
                None
            }
        }
    }

    fn wrong(&mut self, key: &str, problem: String) {
        self.problems.push(RouterProblem::Value {
            key: key.to_owned(),
            problem,
        });
    }
}
