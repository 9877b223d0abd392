//! What finished work is to its caller: the body where there is one, and how it came about.

use std::time::Duration;

use serde_json::{Value, json};

use super::WorkInbound;
use super::attempts::Success;
use crate::gateway::error::millis;
use crate::gateway::respond::Served;
use crate::gateway::shapes::{cost_json, usage_json};
use crate::types::caller::Attempt;
use crate::types::ids::RequestId;
use crate::types::money::Cost;
use crate::types::plan::RoutePlan;
use crate::types::raw::RawFields;
use crate::types::usage::Usage;
use crate::types::work::Operation;

/// Finished work.
#[derive(Clone, Debug)]
pub struct WorkDone {
    /// Our id for the request.
    pub id: RequestId,
    /// What it was.
    pub operation: Operation,
    /// The body a client is answered; `None` where the reply was passed on as it arrived.
    pub body: Option<RawFields>,
    /// Who did it.
    pub served: Served,
    /// How it was routed.
    pub plan: RoutePlan,
    /// Everything that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// Tokens.
    pub usage: Usage,
    /// What it cost.
    pub cost: Cost,
    /// From admission to the end.
    pub duration: Duration,
}

impl WorkDone {
    pub(super) fn of(
        inbound: WorkInbound,
        plan: RoutePlan,
        success: Success,
        attempts: Vec<Attempt>,
        duration: Duration,
    ) -> Self {
        Self {
            id: inbound.id,
            operation: inbound.work.operation(),
            body: success.reply.body,
            served: Served {
                model: success.deployment.model.clone(),
                provider: success.deployment.provider.clone(),
            },
            plan,
            attempts,
            usage: success.usage,
            cost: success.cost,
            duration,
        }
    }

    /// The `llm_cooperation` object of bodies.
    pub fn metadata(&self) -> Value {
        let mut data = json!({
            "request_id": self.id,
            "model": self.served.model,
            "provider": self.served.provider,
            "operation": self.operation.name(),
            "strategy": self.plan.strategy,
            "attempts": self.attempts.len(),
            "failover": self.failed_over(),
            "cost": cost_json(&self.cost),
            "usage": usage_json(&self.usage),
            "duration_ms": millis(self.duration),
        });
        if !self.plan.warnings.is_empty() {
            data["warnings"] = json!(self.plan.warnings);
        }
        data
    }

    /// Whether the first choice failed and another model did it.
    pub fn failed_over(&self) -> bool {
        self.attempts
            .first()
            .is_some_and(|first| first.model != self.served.model)
    }
}
