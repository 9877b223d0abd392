//! What can be seen of a running gateway without asking a model: its models, their health, the
//! totals. Nothing here costs anything; no call is made to find out.

use std::time::Duration;

use super::Gateway;
use super::auth::Grant;
use super::deployments::{Deployment, Unusable};
use super::stats::Stats;
use crate::store::{UsageQuery, UsageReport};
use crate::types::plan::{HealthSnapshot, HealthState};

/// A model as lists show it.
#[derive(Clone, Debug)]
pub struct ModelView<'a> {
    /// The first of its deployments, which carries the model's facts.
    pub deployment: &'a Deployment,
    /// How it is doing: the best of its deployments, with the traffic of all of them.
    pub health: HealthSnapshot,
    /// Why it cannot be called at all.
    pub unusable: Option<&'a Unusable>,
    /// How many places serve it.
    pub places: usize,
}

impl ModelView<'_> {
    /// Whether calls are let through.
    pub fn is_available(&self) -> bool {
        self.unusable.is_none() && self.health.state != HealthState::Open
    }

    /// One stable word for lists: `disabled`, `credential`, or the state of its health.
    pub fn state(&self) -> &'static str {
        self.unusable
            .map_or(self.health.state.as_str(), |why| why.reason)
    }
}

/// How the system as a whole is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemHealth {
    /// At least four fifths of the models are available.
    Healthy,
    /// At least half.
    Degraded,
    /// Less than half, or there are none.
    Unhealthy,
}

impl SystemHealth {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl Gateway {
    /// All models, in the order of the configuration.
    pub fn models(&self) -> Vec<ModelView<'_>> {
        let engine = &self.parts.engine;
        let now = engine.clock.now();
        let threshold = self.parts.planner.health_threshold();
        let mut views: Vec<ModelView<'_>> = Vec::new();
        for deployment in engine.deployments.iter() {
            let health = deployment.health.snapshot(now, threshold);
            let unusable = deployment.unusable.as_ref();
            match views
                .iter_mut()
                .find(|view| view.deployment.model == deployment.model)
            {
                Some(view) => {
                    view.places += 1;
                    let mut together = view.health;
                    if rank(unusable, &health) < rank(view.unusable, &view.health) {
                        together = health;
                        view.unusable = unusable;
                    }
                    // Traffic is that of all places; the state and the averages are the best one's.
                    together.in_flight = view.health.in_flight + health.in_flight;
                    together.requests = view.health.requests + health.requests;
                    together.last_minute = view.health.last_minute + health.last_minute;
                    together.waiting = view.health.waiting + health.waiting;
                    together.concurrency_limit = view
                        .health
                        .concurrency_limit
                        .zip(health.concurrency_limit)
                        .map(|(one, other)| one.saturating_add(other));
                    view.health = together;
                }
                None => views.push(ModelView {
                    deployment,
                    health,
                    unusable,
                    places: 1,
                }),
            }
        }
        views
    }

    /// How the system as a whole is doing. Disabled models do not count.
    pub fn health(&self) -> SystemHealth {
        let models = self.models();
        let counted = models
            .iter()
            .filter(|view| view.unusable.is_none_or(|why| why.reason != "disabled"));
        let (mut all, mut available) = (0_usize, 0_usize);
        for view in counted {
            all += 1;
            available += usize::from(view.is_available());
        }
        if all > 0 && available * 5 >= all * 4 {
            SystemHealth::Healthy
        } else if all > 0 && available * 2 >= all {
            SystemHealth::Degraded
        } else {
            SystemHealth::Unhealthy
        }
    }

    /// Running totals.
    pub fn stats(&self) -> &Stats {
        &self.parts.stats
    }

    /// Since the process began to count.
    pub fn uptime(&self) -> Duration {
        self.parts.stats.uptime(self.parts.engine.clock.now())
    }

    /// Sums of the usage store.
    pub fn usage(&self, query: &UsageQuery) -> UsageReport {
        self.parts.engine.store.report(query)
    }

    /// Requests that may still come in at once.
    pub fn free_places(&self) -> usize {
        self.parts.limits.free_places()
    }

    /// Whether anything can be called at all.
    pub fn is_ready(&self) -> bool {
        self.models().iter().any(ModelView::is_available)
    }

    /// Decisions in the decision cache.
    pub fn cached_decisions(&self) -> u64 {
        self.parts.planner.cached_decisions()
    }

    /// Every name a caller may send besides the models' own: routes, aliases, `auto`, modes,
    /// strategies, each with the kind of thing it is.
    pub fn other_names(&self, grant: &Grant) -> Vec<(String, &'static str)> {
        self.parts.planner.other_names(grant)
    }
}

/// Lower is better.
fn rank(unusable: Option<&Unusable>, health: &HealthSnapshot) -> u8 {
    match (unusable, health.state) {
        (Some(_), _) => 6,
        (None, HealthState::Healthy) => 0,
        (None, HealthState::Unknown) => 1,
        (None, HealthState::Degraded | HealthState::Recovering) => 2,
        (None, HealthState::Limited | HealthState::KeyRejected) => 3,
        (None, HealthState::Probing) => 4,
        (None, HealthState::Open) => 5,
    }
}
