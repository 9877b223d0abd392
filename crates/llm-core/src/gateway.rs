//! The gateway: a request's way through authentication, limits, routing, models and accounting.
//!
//! [`Gateway::flow`] is the whole of it and reads from top to bottom. Each stage hands the next a
//! type that only it can make.

pub mod inbound;

pub mod asked;

pub mod auth;

pub mod limits;

pub mod route;

pub mod cooperate;

pub mod call;

pub mod deployments;

pub mod account;

pub mod shapes;

pub mod respond;

pub mod schema;

pub mod stream;

pub mod work;

pub mod stats;

pub mod inspect;

pub mod reach;

pub mod remote;

pub mod error;

pub mod runtime;

pub mod assemble;

mod check;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout_at;

use crate::telemetry::metrics;
use crate::types::code::Code;
use crate::types::run_event::EventSink;

use account::Account;
use auth::{Authenticator, Grant, Permission};
use call::CallEngine;
use cooperate::{Outcome, Runner};
use error::GatewayError;
use inbound::{Inbound, Origin};
use limits::Limits;
use respond::Completion;
use route::Planner;
use stats::{Running, Stats, Total};
use stream::RunStream;

use crate::types::plan::RoutePlan;
use crate::types::secret::Secret;

/// A configuration at work. Cheap to clone; a reload builds another one and swaps it in.
#[derive(Clone)]
pub struct Gateway {
    parts: Arc<Parts>,
}

struct Parts {
    authenticator: Authenticator,
    limits: Limits,
    planner: Planner,
    engine: CallEngine,
    stats: Arc<Stats>,
}

impl Gateway {
    /// Answers a request as a whole.
    pub async fn chat(&self, inbound: Inbound) -> Result<Completion, GatewayError> {
        self.observed(inbound, EventSink::none()).await
    }

    /// Answers a request piece by piece. With `member_deltas`, the text of members of a
    /// cooperation that is not the final answer is among the pieces.
    pub fn stream(&self, inbound: Inbound, member_deltas: bool) -> RunStream {
        let (events, progress) = EventSink::channel(member_deltas);
        let gateway = self.clone();
        let run = async move { gateway.observed(inbound, events).await };
        RunStream::new(Box::pin(run), progress)
    }

    /// Decides where a request would go, and sends nothing.
    pub fn explain(&self, mut inbound: Inbound) -> Result<RoutePlan, GatewayError> {
        inbound.explains = true;
        let clock = &self.parts.engine.clock;
        let caller = self
            .parts
            .authenticator
            .authenticate(inbound, clock.wall())?;
        let admitted = self.parts.limits.admit(caller, clock.now())?;
        self.parts.planner.plan(&admitted, &self.parts.engine)
    }

    /// Whether a caller may do this, for endpoints that do not ask a model.
    pub fn authorize(
        &self,
        credential: Option<&Secret>,
        origin: Origin,
        permission: Permission,
    ) -> Result<Grant, GatewayError> {
        let now = self.parts.engine.clock.wall();
        self.parts
            .authenticator
            .authorize(credential, origin, permission, now)
    }

    /// Whether there is room for a request of this caller, before it is read. Refusing here is what
    /// keeps a flood cheap; the place itself is taken when the request runs.
    pub fn check_room(&self, grant: &Grant) -> Result<(), GatewayError> {
        self.parts.limits.check_room(grant)
    }

    /// The way of a request.
    async fn flow(&self, inbound: Inbound, events: &EventSink) -> Result<Completion, GatewayError> {
        let Parts {
            authenticator,
            limits,
            planner,
            engine,
            ..
        } = &*self.parts;
        let inbound = planner.prepared(inbound);
        let caller = authenticator.authenticate(inbound, engine.clock.wall())?;
        let admitted = limits.admit(caller, engine.clock.now())?;
        let plan = Arc::new(planner.plan(&admitted, engine)?);
        route::announce(&plan, events).await;
        let account = Account::of(&admitted, &plan);
        let runner = Runner {
            engine,
            account: &account,
            events,
        };
        let counted = Counted::begin(&self.parts.stats, &plan);
        let started = engine.clock.now();
        let outcome = timeout_at(admitted.deadline().at(), runner.run(&plan, &admitted))
            .await
            .unwrap_or_else(|_| Err(error::deadline_passed()))
            .and_then(|outcome| hold_to_schema(outcome, &admitted));
        counted.end(outcome.is_ok(), engine.clock.now() - started);
        Ok(Completion::of(
            outcome?,
            plan,
            &admitted,
            engine.clock.now(),
        ))
    }

    /// The flow, counted. A caller that leaves drops the counters too, which count it as failed.
    async fn observed(
        &self,
        inbound: Inbound,
        events: EventSink,
    ) -> Result<Completion, GatewayError> {
        let clock = &self.parts.engine.clock;
        let stats = &self.parts.stats;
        let started = clock.now();
        let running = stats.requests.begin();
        let result = self.flow(inbound, &events).await;
        let took = clock.now() - started;
        running.end(result.is_ok(), took);
        match &result {
            Ok(completion) => metrics::finished(completion.plan.mode(), "ok", took),
            Err(error) => metrics::finished("none", error.code.name(), took),
        }
        result
    }
}

/// A planned request in the totals of its strategy and its mode. Dropped untold it counts as failed.
struct Counted<'a>([Option<Running<'a>>; 2]);

impl<'a> Counted<'a> {
    fn begin(stats: &'a Stats, plan: &RoutePlan) -> Self {
        let totals = [
            stats.strategies.get(&plan.strategy),
            stats.modes.get(plan.mode()),
        ];
        Self(totals.map(|total| total.map(Total::begin)))
    }

    fn end(self, succeeded: bool, took: Duration) {
        for running in self.0.into_iter().flatten() {
            running.end(succeeded, took);
        }
    }
}

/// An answer that does not follow the schema asked for is no answer.
fn hold_to_schema(
    mut outcome: Outcome,
    admitted: &limits::Admitted,
) -> Result<Outcome, GatewayError> {
    let Some(schema) = &admitted.ask().check_schema else {
        return Ok(outcome);
    };
    let Some(choice) = outcome.answer.choices.first_mut() else {
        return Ok(outcome);
    };
    if choice.refusal.is_some() {
        return Err(GatewayError::new(
            Code::Refused,
            "the model declined to answer",
        ));
    }
    let checked = schema::check_answer(&choice.text, schema)?;
    if checked != choice.text {
        choice.text = checked;
        outcome.answer.wire = None;
    }
    Ok(outcome)
}
