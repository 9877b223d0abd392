//! The plan of work besides chat: the same names, strategies, fallbacks and filters, among the
//! models that can do it.

use std::collections::BTreeSet;

use super::{Planner, refused};
use crate::gateway::auth::Grant;
use crate::gateway::call::CallEngine;
use crate::gateway::error::GatewayError;
use crate::gateway::work::WorkInbound;
use crate::routing::decide::Decide;
use crate::routing::names::Resolved;
use crate::telemetry::metrics;
use crate::types::chat::ChatRequest;
use crate::types::code::Code;
use crate::types::plan::{AUTO, Ask, Candidate, Exclusion, RoutePlan};
use crate::types::work::Operation;

/// Models named in a message.
const NAMED: usize = 8;

impl Planner {
    /// The plan of a piece of work.
    pub(in crate::gateway) fn plan_work(
        &self,
        inbound: &WorkInbound,
        grant: &Grant,
        engine: &CallEngine,
    ) -> Result<RoutePlan, GatewayError> {
        let now = engine.clock.now();
        let operation = inbound.work.operation();
        let model = match inbound.model.trim() {
            "" => AUTO,
            _ => inbound.model.as_str(),
        };
        self.check_name(model, operation, grant, engine)?;
        let (candidates, mut excluded) = self.allowed(grant, engine, now);
        let candidates = able(
            candidates,
            &mut excluded,
            |candidate| candidate.capabilities.has(operation.needs()),
            &format!("lacks {operation}"),
        );
        let scope = grant.scope();
        let mut ask = Ask::of_model(model, ChatRequest::question(""));
        ask.preferences = inbound.preferences.clone();
        let query = Decide {
            ask: &ask,
            candidates,
            prepared_exclusions: excluded,
            scope: &scope,
            sequence: self.next_in_sequence(),
            seed: rand::random(),
            now,
            in_full: false,
        };
        let decision = self.router.decide(query).map_err(|error| refused(&error))?;
        let took = engine.clock.now() - now;
        if let Some(first) = decision.steps.first() {
            metrics::routed(decision.strategy, first.model.as_str(), took);
        }
        Ok(decision.into_plan(None, took))
    }

    /// Refuses what can be told from the name alone: cooperation is for conversations, and a
    /// named model must be able to do the work.
    fn check_name(
        &self,
        name: &str,
        operation: Operation,
        grant: &Grant,
        engine: &CallEngine,
    ) -> Result<(), GatewayError> {
        let resolved = self.router.names().resolve(name).ok();
        let cooperates = |resolved: &&Resolved| match resolved {
            Resolved::Cooperate { .. } => true,
            other => self
                .route_of(other)
                .is_some_and(|route| route.mode.is_some()),
        };
        if resolved.as_ref().is_some_and(cooperates) {
            let message = format!("`{name}` makes models cooperate, which is for conversations");
            return Err(GatewayError::invalid("model", message));
        }
        let able: BTreeSet<&str> = engine
            .deployments
            .iter()
            .filter(|one| one.facts.capabilities.has(operation.needs()))
            .map(|one| one.model.as_str())
            .filter(|model| grant.allows_model(model))
            .collect();
        let message = match resolved {
            // One the caller may not use does not exist for it; routing says so.
            Some(Resolved::Model(pick)) if !grant.allows_model(pick.model.as_str()) => {
                return Ok(());
            }
            Some(Resolved::Model(pick)) if !able.contains(pick.model.as_str()) => {
                format!("model `{}` does not do {operation}", pick.model)
            }
            Some(Resolved::Auto { .. } | Resolved::Route(_)) if able.is_empty() => {
                format!("no configured model does {operation}")
            }
            _ => return Ok(()),
        };
        Err(lacking(message, operation, &able))
    }
}

/// The refusal that names what would do.
fn lacking(message: String, operation: Operation, able: &BTreeSet<&str>) -> GatewayError {
    let names: Vec<String> = able
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        let hint = format!("give a model that does `capabilities = [\"{operation}\"]`");
        return GatewayError::new(Code::NoCandidate, message)
            .with_param("model")
            .with_hint(hint);
    }
    let message = format!("{message}; these do: {}", names.join(", "));
    GatewayError::new(Code::NoCandidate, message)
        .with_param("model")
        .with_hint("name one of them, or `auto`")
}

/// Sets aside the candidates that are not able.
pub(super) fn able(
    candidates: Vec<Candidate>,
    excluded: &mut Vec<Exclusion>,
    is_able: impl Fn(&Candidate) -> bool,
    detail: &str,
) -> Vec<Candidate> {
    let (able, unable): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_able);
    excluded.extend(unable.into_iter().map(|candidate| Exclusion {
        model: candidate.model,
        reason: "capability",
        detail: detail.to_owned(),
    }));
    able
}
