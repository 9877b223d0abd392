//! The deployments of a configuration, ready to be called.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use crate::provider::concurrency::GateRules;
use crate::provider::health::Health;
use crate::provider::upstream::Upstream;
use crate::provider::{Adapter, AttemptLimits, Credential, Endpoint, ModelDefaults};
use crate::telemetry::metrics::ModelInstruments;
use crate::types::ids::{DeploymentId, ModelName, ProviderName};
use crate::types::money::Price;
use crate::types::plan::{Candidate, Exclusion, Fit};
use crate::types::task::Capabilities;

/// One deployment, ready to be called.
#[derive(Debug)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The model it serves.
    pub model: ModelName,
    /// Whose it is.
    pub provider: ProviderName,
    /// The protocol.
    pub adapter: SharedAdapter,
    /// The address.
    pub endpoint: Endpoint,
    /// The name the provider knows the model by.
    pub upstream_model: String,
    /// The key to send.
    pub credential: Option<Credential>,
    /// A proxy of the configuration.
    pub proxy: Option<String>,
    /// What the model uses where a request is silent.
    pub defaults: ModelDefaults,
    /// Limits of one attempt.
    pub limits: AttemptLimits,
    /// Further attempts after a failure.
    pub retries: u32,
    /// What routing looks at.
    pub facts: Facts,
    /// Why it cannot be called at all, such as a missing key.
    pub unusable: Option<Unusable>,
    /// How it has been doing.
    pub health: Arc<Health>,
    /// The places for calls to it.
    pub gate: GateRules,
    /// What it shares with the others at its address.
    pub upstream: Arc<Upstream>,
    /// What is measured of it.
    pub instruments: ModelInstruments,
}

/// An adapter that shows its name when printed.
#[derive(Clone, Copy)]
pub struct SharedAdapter(pub Adapter);

impl std::fmt::Debug for SharedAdapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

/// Facts about the model behind a deployment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Task tags.
    pub tasks: Arc<[String]>,
    /// Words to find it by.
    pub tags: Arc<[String]>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Most tokens it may write.
    pub max_output: Option<u64>,
    /// What it costs.
    pub price: Option<Arc<Price>>,
    /// How good it is, 0 to 1.
    pub quality: Option<f64>,
    /// Share of traffic.
    pub weight: f64,
    /// Lower is preferred.
    pub priority: i32,
}

/// Why a deployment cannot be called at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// A stable word: `disabled`, `credential`, `provider`.
    pub reason: &'static str,
    /// In words.
    pub detail: String,
}

/// All deployments, in the order of the configuration.
#[derive(Debug, Default)]
pub struct Deployments {
    list: Vec<Arc<Deployment>>,
    by_id: HashMap<DeploymentId, usize>,
}

impl Deployments {
    /// Collects deployments whose ids are unique.
    pub fn new(list: Vec<Arc<Deployment>>) -> Self {
        let by_id = list
            .iter()
            .enumerate()
            .map(|(at, one)| (one.id.clone(), at))
            .collect();
        Self { list, by_id }
    }

    /// The deployment of an id.
    pub fn get(&self, id: &DeploymentId) -> Option<&Arc<Deployment>> {
        self.by_id.get(id).map(|at| &self.list[*at])
    }

    /// All, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        self.list.iter()
    }

    /// All that serve a model.
    pub fn of_model<'a>(&'a self, model: &'a str) -> impl Iterator<Item = &'a Arc<Deployment>> {
        self.list
            .iter()
            .filter(move |one| one.model.as_str() == model)
    }

    /// Whether anything can be called.
    pub fn any_usable(&self) -> bool {
        self.list.iter().any(|one| one.unusable.is_none())
    }

    /// What routing chooses among now, and what it may not choose.
    pub fn candidates(&self, now: Instant, threshold: f64) -> (Vec<Candidate>, Vec<Exclusion>) {
        let mut candidates = Vec::with_capacity(self.list.len());
        let mut exclusions = Vec::new();
        for one in &self.list {
            match &one.unusable {
                None => candidates.push(one.candidate(now, threshold)),
                Some(why) => exclusions.push(Exclusion {
                    model: one.model.clone(),
                    reason: why.reason,
                    detail: why.detail.clone(),
                }),
            }
        }
        (candidates, exclusions)
    }
}

impl Deployment {
    fn candidate(&self, now: Instant, threshold: f64) -> Candidate {
        let facts = &self.facts;
        Candidate {
            deployment: self.id.clone(),
            model: self.model.clone(),
            provider: self.provider.clone(),
            tasks: Arc::clone(&facts.tasks),
            capabilities: facts.capabilities,
            context: facts.context,
            max_output: facts.max_output,
            price: facts.price.clone(),
            quality: facts.quality,
            weight: facts.weight,
            priority: facts.priority,
            // The task table fills this in once the task is known.
            fit: Fit::Untold,
            health: self.health.snapshot(now, threshold),
        }
    }
}
