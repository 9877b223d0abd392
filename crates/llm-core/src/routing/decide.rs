//! The decision: from a request and the candidates of the moment to an order with reasons.
//!
//! The gateway calls [`Router::decide`] and makes a [`RoutePlan`] of the result. Everything that
//! changes between two requests (health, prices, load, the seed, the sequence number, the time)
//! comes in as a value; the router itself holds only what was built from the configuration, and
//! the decision cache.

mod balance;
mod build;
mod cooperate;
mod error;
mod field;
mod rules;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::decision_cache::DecisionCache;
use super::decision_cache::key::DecisionKey;
use super::filter::{Limits, filter};
use super::names::{Names, Resolved};
use super::tasks::TaskTable;
use super::{Profiler, RouteQuery};
use crate::types::cooperation::CooperationPlan;
use crate::types::plan::{Ask, Candidate, Exclusion, PlanStep, RoutePlan};
use crate::types::task::TaskProfile;
pub use build::{RouterProblem, RouterSources};
use cooperate::Scene;
pub use cooperate::{Cooperating, Participant};
pub use error::RouteError;
use error::refusal;
use field::{Balanced, Field, ordered};
use rules::{Rules, Sight};

/// Decides where requests go. Built once for each configuration.
pub struct Router {
    names: Names,
    tasks: TaskTable,
    profiler: Arc<dyn Profiler>,
    cache: DecisionCache,
    settings: build::Settings,
}

/// What one decision is made from.
#[derive(Debug)]
pub struct Decide<'a> {
    /// What is asked for.
    pub ask: &'a Ask,
    /// Every deployment the caller may use, in the order of the configuration, with its health.
    /// `fit` is filled in here.
    pub candidates: Vec<Candidate>,
    /// What the gateway left out beforehand: disabled models, missing credentials.
    pub prepared_exclusions: Vec<Exclusion>,
    /// Whose rules apply: the gateway key or tenant. Part of the cache key only.
    pub scope: &'a str,
    /// Counts the requests.
    pub sequence: u64,
    /// Random bits.
    pub seed: u64,
    /// The time, for the decision cache.
    pub now: Instant,
    /// Whether the text is read although nothing depends on it, because somebody wants to know
    /// what it would have been taken for.
    pub in_full: bool,
}

/// Where a request goes, and why.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The name the caller sent.
    pub requested: String,
    /// What it stands for.
    pub target: Resolved,
    /// What the request was taken for.
    pub profile: TaskProfile,
    /// The strategy that ordered the candidates, or `pinned` for a named model.
    pub strategy: &'static str,
    /// What to try, best first. Never empty.
    pub steps: Vec<PlanStep>,
    /// What was left out, and why.
    pub excluded: Vec<Exclusion>,
    /// Several models instead of one: asked for, or chosen because the question gains from it.
    pub cooperation: Option<Cooperating>,
    /// What the caller should know.
    pub warnings: Vec<String>,
    /// Whether the profile came from the decision cache.
    pub cached: bool,
}

impl Decision {
    /// The plan of this decision; `took` is the time it took to decide.
    pub fn into_plan(self, cooperation: Option<CooperationPlan>, took: Duration) -> RoutePlan {
        RoutePlan {
            requested: self.requested,
            profile: self.profile,
            strategy: self.strategy.to_owned(),
            steps: self.steps,
            excluded: self.excluded,
            cooperation,
            warnings: self.warnings,
            cached: self.cached,
            took,
        }
    }
}

impl Router {
    /// The names a client may send.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Which models suit which task.
    pub fn tasks(&self) -> &TaskTable {
        &self.tasks
    }

    /// The decision cache.
    pub fn cache(&self) -> &DecisionCache {
        &self.cache
    }

    /// Decides.
    pub fn decide(&self, query: Decide<'_>) -> Result<Decision, RouteError> {
        let sight = Sight {
            candidates: &query.candidates,
            excluded: &query.prepared_exclusions,
        };
        let sent = query.ask.model.as_str();
        let name = if sent.is_empty() {
            &self.settings.default_model
        } else {
            sent
        };
        let target = self.resolve(name, &sight)?;
        let rules = self.rules(&target, query.ask, &sight)?;
        let (profile, cached) = self.profile(&query, &rules);
        let pools = Pools::of(query.candidates, &rules, &self.tasks, &profile);
        let mut excluded = relevant(query.prepared_exclusions, &rules);

        let limits = Limits {
            profile: &profile,
            max_latency: rules.max_latency,
            max_costs: &rules.max_costs,
            models: rules.allowed.as_deref(),
        };
        // Whoever names a fallback means it, whatever list of models stands beside it.
        let anything = Limits {
            models: None,
            ..limits
        };
        let field = Field {
            first: filter(pools.first, &limits),
            spare: filter(pools.spare, &anything),
        };
        let order = RouteQuery {
            profile: &profile,
            preferences: &query.ask.preferences,
            quality_priority: rules.quality_priority,
            sequence: query.sequence,
            seed: query.seed,
        };
        let mut first = ordered(&field.first, rules.strategy, &order);
        let mut spare = ordered(&field.spare, rules.spare_strategy, &order);
        let method = self.settings.balance;
        let balanced = Balanced {
            method: method.name(),
            first: rules.balance_first(&mut first, &field.first.kept, method, &order),
            spare: rules.balance_spare(&mut spare, &field.spare.kept, method, &order),
        };
        let mut warnings = rules.warnings.clone();
        if first.is_empty() && !field.spare.kept.is_empty() {
            warnings.push(
                "the first choice cannot serve this request; its fallback is used".to_owned(),
            );
        }
        let cooperation = Scene {
            target: &target,
            ask: query.ask,
            rules: &rules,
            kept: &field.first.kept,
            order: &first,
            profile: &profile,
            tasks: &self.tasks,
        }
        .cooperation(&self.settings)?;
        let (places, behind) = field.plan(first, spare, &balanced, &rules);
        if places.is_empty() {
            return Err(refusal(&target, &rules, &field.first, excluded));
        }
        let steps = field.steps(places, &rules, &order);
        excluded.extend(field.first.excluded);
        excluded.extend(field.spare.excluded);
        excluded.extend(behind);
        Ok(Decision {
            requested: query.ask.model.clone(),
            target,
            strategy: rules.label,
            steps,
            excluded,
            cooperation,
            warnings,
            cached,
            profile,
        })
    }

    /// What the request is about, from the cache where it was seen before.
    fn profile(&self, query: &Decide<'_>, rules: &Rules) -> (TaskProfile, bool) {
        let word = query.ask.task.as_deref();
        let task = word.map(|word| self.tasks.canonical(word).unwrap_or(word));
        if !query.in_full && !rules.follow_the_text() {
            return (self.profiler.facts(&query.ask.chat, task), false);
        }
        let read = || self.profiler.profile(&query.ask.chat, task);
        if !self.cache.keeps() {
            return (read(), false);
        }
        let key = DecisionKey::of(query.ask, query.scope, self.settings.generation);
        if let Some(profile) = self.cache.get(&key, query.now) {
            return (TaskProfile::clone(&profile), true);
        }
        let profile = Arc::new(read());
        self.cache.put(key, Arc::clone(&profile), query.now);
        (TaskProfile::clone(&profile), false)
    }
}

/// The candidates a request chooses among, and those for when they all fail.
struct Pools {
    first: Vec<Candidate>,
    spare: Vec<Candidate>,
}

impl Pools {
    /// Sorts the candidates into pools and fills in how well each suits the task. What is in
    /// neither is not named as excluded: nobody asked for it.
    fn of(
        candidates: Vec<Candidate>,
        rules: &Rules,
        tasks: &TaskTable,
        profile: &TaskProfile,
    ) -> Self {
        let mut first = Vec::with_capacity(candidates.len());
        let mut spare = Vec::new();
        for mut candidate in candidates {
            let (is_first, is_spare) = (rules.is_first(&candidate), rules.is_spare(&candidate));
            if !is_first && !is_spare {
                continue;
            }
            candidate.fit = tasks.fit_for(profile, candidate.model.as_str(), &candidate.tasks);
            if is_first {
                first.push(candidate);
            } else {
                spare.push(candidate);
            }
        }
        // The order of the caller's or route's list stands in for that of the configuration.
        first.sort_by_key(|candidate| rules.place(candidate));
        Self { first, spare }
    }
}

/// What was left out beforehand and concerns this request.
fn relevant(prepared: Vec<Exclusion>, rules: &Rules) -> Vec<Exclusion> {
    prepared
        .into_iter()
        .filter(|out| rules.concerns(&out.model))
        .collect()
}
