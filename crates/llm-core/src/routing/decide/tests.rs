//! Decisions over the registry of the earlier system and over small ones made for a purpose.

mod choice;
mod explained;
mod golden;
mod refusals;

use super::*;
use crate::config::cooperation::CooperationConfig;
use crate::config::route::{RouteConfig, RoutingConfig, TaskConfig};
use crate::routing::fixtures::{earlier_registry, now};
use crate::routing::names::ModelEntry;
use crate::types::chat::ChatRequest;
use indexmap::IndexMap;

/// A router and the candidates it chooses among.
struct Bench {
    candidates: Vec<Candidate>,
    routing: RoutingConfig,
    routes: IndexMap<String, RouteConfig>,
    tasks: IndexMap<String, TaskConfig>,
    aliases: IndexMap<String, String>,
    cooperation: CooperationConfig,
    excluded: Vec<Exclusion>,
}

impl Bench {
    fn of(candidates: Vec<Candidate>) -> Self {
        Self {
            candidates,
            routing: RoutingConfig::default(),
            routes: IndexMap::new(),
            tasks: IndexMap::new(),
            aliases: IndexMap::new(),
            cooperation: CooperationConfig::default(),
            excluded: Vec::new(),
        }
    }

    fn earlier() -> Self {
        Self::of(earlier_registry())
    }

    fn try_router(&self) -> Result<Router, Vec<RouterProblem>> {
        let mut models: Vec<ModelEntry> = Vec::new();
        for candidate in &self.candidates {
            let at = (candidate.provider.clone(), candidate.model.to_string());
            match models
                .iter_mut()
                .find(|entry| entry.name == candidate.model)
            {
                Some(entry) => entry.served.push(at),
                None => models.push(ModelEntry {
                    name: candidate.model.clone(),
                    served: vec![at],
                }),
            }
        }
        for out in &self.excluded {
            models.push(ModelEntry {
                name: out.model.clone(),
                served: Vec::new(),
            });
        }
        Router::build(&RouterSources {
            models: &models,
            aliases: &self.aliases,
            routes: &self.routes,
            tasks: &self.tasks,
            routing: &self.routing,
            cooperation: &self.cooperation,
            modes: &["sequential", "parallel", "voting", "pipeline"],
            generation: 1,
            profiler: None,
        })
    }

    fn router(&self) -> Router {
        self.try_router().unwrap()
    }

    fn query<'a>(&self, ask: &'a Ask) -> Decide<'a> {
        Decide {
            ask,
            candidates: self.candidates.clone(),
            prepared_exclusions: self.excluded.clone(),
            scope: "",
            sequence: 0,
            seed: 1,
            now: now(),
            in_full: true,
        }
    }

    fn decide(&self, ask: &Ask) -> Result<Decision, RouteError> {
        self.router().decide(self.query(ask))
    }
}

fn ask(text: &str) -> Ask {
    Ask::auto(ChatRequest::question(text))
}

fn pinned(model: &str) -> Ask {
    Ask::of_model(model, ChatRequest::question("hello"))
}

/// The models of the plan, in order, each as often as it has deployments.
fn models(decision: &Decision) -> Vec<&str> {
    decision
        .steps
        .iter()
        .map(|step| step.model.as_str())
        .collect()
}

fn deployments(decision: &Decision) -> Vec<&str> {
    decision
        .steps
        .iter()
        .map(|step| step.deployment.as_str())
        .collect()
}

fn members(decision: &Decision) -> Vec<&str> {
    let cooperation = decision.cooperation.as_ref().unwrap();
    cooperation
        .members
        .iter()
        .map(|member| member.model.as_str())
        .collect()
}
