//! From an admitted request to its plan: the router's decision, and for several models the plan of
//! their cooperation.

mod cooperation;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::auth::Grant;
use super::call::CallEngine;
use super::deployments::Deployment;
use super::error::GatewayError;
use super::inbound::Inbound;
use super::limits::Admitted;
use crate::config::cooperation::CooperationConfig;
use crate::config::error::ConfigError;
use crate::config::key::KeyPath;
use crate::config::load::Loaded;
use crate::config::route::RouteConfig;
use crate::cooperation::modes::MODES;
use crate::routing::decide::{Decide, Decision, RouteError, Router, RouterProblem, RouterSources};
use crate::routing::explain;
use crate::routing::names::{ModelEntry, Resolved};
use crate::telemetry::metrics;
use crate::types::message::Message;
use crate::types::plan::{Candidate, Exclusion, RoutePlan};
use crate::types::run_event::{EventSink, RunEvent};

/// Counts the configurations of this process, so that no decision outlives its own.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Makes plans.
pub struct Planner {
    router: Router,
    routes: indexmap::IndexMap<String, RouteConfig>,
    cooperation: CooperationConfig,
    health_threshold: f64,
    /// Counts the requests.
    sequence: AtomicU64,
}

impl Planner {
    /// Builds it, or adds what is wrong to `errors`.
    pub(super) fn build(
        loaded: &Loaded,
        deployments: &[Arc<Deployment>],
        errors: &mut Vec<ConfigError>,
    ) -> Option<Self> {
        let config = &loaded.config;
        let mut models: Vec<ModelEntry> = Vec::new();
        for one in deployments {
            let served = (one.provider.clone(), one.upstream_model.clone());
            match models.iter_mut().find(|entry| entry.name == one.model) {
                Some(entry) => entry.served.push(served),
                None => models.push(ModelEntry {
                    name: one.model.clone(),
                    served: vec![served],
                }),
            }
        }
        let modes: Vec<&str> = MODES.iter().map(|mode| mode.name()).collect();
        let router = Router::build(&RouterSources {
            models: &models,
            aliases: &config.aliases,
            routes: &config.routes,
            tasks: &config.tasks,
            routing: &config.routing,
            cooperation: &config.cooperation,
            modes: &modes,
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
            profiler: None,
        });
        let before = errors.len();
        errors.extend(cooperation::problems(loaded));
        match router {
            Ok(_) if errors.len() > before => None,
            Ok(router) => Some(Self {
                router,
                routes: config.routes.clone(),
                cooperation: config.cooperation.clone(),
                health_threshold: config.routing.health_threshold,
                sequence: AtomicU64::new(0),
            }),
            Err(problems) => {
                errors.extend(problems.iter().map(|problem| located(loaded, problem)));
                None
            }
        }
    }

    /// The plan of a request.
    pub(super) fn plan(
        &self,
        admitted: &Admitted,
        engine: &CallEngine,
    ) -> Result<RoutePlan, GatewayError> {
        let started = engine.clock.now();
        let decision = self.decide(admitted, engine)?;
        let cooperation = match &decision.cooperation {
            None => None,
            Some(cooperating) => {
                let draft = cooperation::Draft {
                    request: admitted.ask(),
                    route: self.route_of(&decision.target),
                    defaults: &self.cooperation,
                    router: &self.router,
                    grant: admitted.grant(),
                    engine,
                };
                Some(draft.plan(cooperating)?)
            }
        };
        let took = engine.clock.now() - started;
        if let Some(first) = decision.steps.first() {
            metrics::routed(decision.strategy, first.model.as_str(), took);
        }
        Ok(decision.into_plan(cooperation, took))
    }

    fn decide(&self, admitted: &Admitted, engine: &CallEngine) -> Result<Decision, GatewayError> {
        let now = engine.clock.now();
        let grant = admitted.grant();
        let (candidates, mut unusable) = self.allowed(grant, engine, now);
        let candidates = work::able(
            candidates,
            &mut unusable,
            |candidate| candidate.capabilities.holds_conversations(),
            "holds no conversations",
        );
        let scope = grant.scope();
        let query = Decide {
            ask: admitted.ask(),
            candidates,
            prepared_exclusions: unusable,
            scope: &scope,
            sequence: self.next_in_sequence(),
            seed: rand::random(),
            now,
            in_full: admitted.inbound().explains,
        };
        self.router.decide(query).map_err(|error| refused(&error))
    }

    /// What the caller may use, and what of it cannot be called.
    fn allowed(
        &self,
        grant: &Grant,
        engine: &CallEngine,
        now: Instant,
    ) -> (Vec<Candidate>, Vec<Exclusion>) {
        let (mut candidates, mut unusable) =
            engine.deployments.candidates(now, self.health_threshold);
        candidates.retain(|candidate| grant.allows_model(candidate.model.as_str()));
        unusable.retain(|out| grant.allows_model(out.model.as_str()));
        (candidates, unusable)
    }

    fn next_in_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    /// The share of recent calls that must have succeeded for a healthy deployment.
    pub(super) fn health_threshold(&self) -> f64 {
        self.health_threshold
    }

    /// Decisions in the decision cache.
    pub(super) fn cached_decisions(&self) -> u64 {
        self.router.cache().len() as u64
    }

    /// The request with what its route puts before it: a system prompt, where it has none.
    pub(super) fn prepared(&self, mut inbound: Inbound) -> Inbound {
        let ask = &mut inbound.ask;
        let resolved = self.router.names().resolve(&ask.model).ok();
        let route = resolved.and_then(|resolved| self.route_of(resolved));
        let Some(system) = route.and_then(|route| route.system.as_deref()) else {
            return inbound;
        };
        if !ask
            .chat
            .messages
            .iter()
            .any(|message| message.role.is_instruction())
        {
            let mut messages = vec![Message::system(system)];
            messages.append(&mut ask.chat.messages);
            ask.chat.set_messages(messages);
        }
        inbound
    }

    /// Every name a caller may send besides the models' own, with the kind of thing it is.
    pub(super) fn other_names(&self, grant: &Grant) -> Vec<(String, &'static str)> {
        self.router
            .names()
            .listed()
            .filter(|(name, resolved)| match resolved {
                Resolved::Model(pick) => {
                    pick.model.as_str() != *name && grant.allows_model(pick.model.as_str())
                }
                _ => true,
            })
            .map(|(name, resolved)| (name.to_owned(), resolved.kind()))
            .collect()
    }

    fn route_of(&self, target: &Resolved) -> Option<&RouteConfig> {
        match target {
            Resolved::Route(name) => self.routes.get(&**name),
            _ => None,
        }
    }
}

/// Tells a run's reader where it goes.
pub(super) async fn announce(plan: &RoutePlan, events: &EventSink) {
    if events.is_listening() {
        events
            .emit(RunEvent::RouteDecided {
                route: Arc::new(explain::plan(plan)),
            })
            .await;
    }
}

/// Why a request goes nowhere, as its caller sees it.
fn refused(error: &RouteError) -> GatewayError {
    let mut told =
        GatewayError::new(error.code(), error.to_string()).with_retry_after(error.retry_in());
    told.param = error.param().map(str::to_owned);
    told
}

fn located(loaded: &Loaded, problem: &RouterProblem) -> ConfigError {
    match problem {
        RouterProblem::Value { key, problem } => match KeyPath::parse(key) {
            Ok(path) => loaded.finding(&path, problem.clone()),
            Err(_) => ConfigError::invalid(problem.clone()).at_key(key.clone()),
        },
        other => loaded.finding(&KeyPath::of(["aliases"]), other.to_string()),
    }
}
