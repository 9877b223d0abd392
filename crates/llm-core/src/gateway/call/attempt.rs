//! One attempt: its place, its permit, its booking, and its line in the list of attempts.

use std::sync::Arc;

use tokio::time::Instant;

use super::entry::{Entry, alarm};
use super::hedge::Race;
use super::splice::Told;
use super::{Call, exchange};
use crate::gateway::account::{Booking, Input};
use crate::gateway::deployments::Deployment;
use crate::provider::AttemptLimits;
use crate::types::caller::{Attempt, CallOrder, CallReport};
use crate::types::code::Code;
use crate::types::failure::{Failure, FailureKind};
use crate::types::money::Cost;
use crate::types::run_event::RunEvent;
use crate::types::task::Capabilities;

/// An attempt that gave no answer.
pub(super) struct Miss {
    pub(super) failure: Failure,
    /// Whether it reached the provider.
    pub(super) sent: bool,
}

/// How an attempt runs beside another one, and its limits.
#[derive(Clone, Copy)]
pub(super) struct Lane<'r> {
    pub(super) race: Option<(&'r Race, u8)>,
    /// What the reader has of the answer.
    pub(super) told: &'r Told,
    pub(super) limits: AttemptLimits,
}

impl Lane<'_> {
    /// Whether the answer may be this attempt's. From then on it is no other's.
    pub(super) fn claims(&self) -> bool {
        self.race.is_none_or(|(race, number)| race.claim(number))
    }

    /// Whether somebody has claimed the answer.
    pub(super) fn is_claimed(&self) -> bool {
        self.race.is_some_and(|(race, _)| race.winner() != 0)
    }

    /// Whether another attempt may answer first.
    pub(super) fn is_racing(&self) -> bool {
        self.race.is_some()
    }

    /// Whether it is the one that was started while the first was silent.
    pub(super) fn is_hedge(&self) -> bool {
        self.race.is_some_and(|(_, number)| number == Race::SECOND)
    }
}

/// The other attempt was first.
pub(super) fn superseded() -> Failure {
    Failure::new(FailureKind::Superseded, "another attempt answered first")
}

/// Tells a run's reader that a call went out.
pub(super) async fn announce_start(order: &CallOrder<'_>, deployment: &Deployment) {
    if order.events.is_listening() {
        let event = RunEvent::ModelStarted {
            member: order.member.label.clone(),
            stage: order.stage.name(),
            model: deployment.model.to_string(),
            provider: deployment.provider.to_string(),
        };
        order.events.emit(event).await;
    }
}

impl Call<'_, '_> {
    /// The lane of an attempt without another beside it.
    pub(super) fn lane(&self, deployment: &Deployment) -> Lane<'_> {
        let mut limits = deployment.limits;
        let thinks = deployment.facts.capabilities.has(Capabilities::REASONING);
        if !thinks && self.next_after(Some(deployment)).is_some() {
            let shorter = self.caller.engine.first_token_with_fallback;
            limits.first_token = limits.first_token.min(shorter);
        }
        Lane {
            race: None,
            told: &self.told,
            limits,
        }
    }

    /// One exchange.
    pub(super) async fn attempt(
        &self,
        deployment: &Arc<Deployment>,
        lane: Lane<'_>,
    ) -> Result<CallReport, Miss> {
        let engine = self.caller.engine;
        let asked = engine.clock.now();
        let Entry {
            permit,
            places: _places,
        } = match self.caller.enter(deployment).await {
            Ok(entry) => entry,
            Err(failure) => return Err(self.unsent(deployment, asked, failure)),
        };
        let began = engine.clock.now();
        self.note_sent(deployment, began);
        if !lane.is_hedge() {
            announce_start(self.order, deployment).await;
        }
        let input = Input::Of(&self.order.request);
        let account = self.caller.account;
        let mut line = Line::begin(self, deployment, began);
        let mut booking = Booking::open(&*engine.store, &*engine.clock, account, deployment, input);
        let result = exchange::run(self.caller, self.order, deployment, &mut booking, lane).await;
        let now = engine.clock.now();
        let took = now - began;
        match result {
            Ok(exchange::Reply {
                mut answer,
                first_token,
            }) => {
                let (usage, cost) = booking.answered(answer.usage);
                answer.usage = usage;
                permit.succeeded(now, took, first_token);
                deployment
                    .instruments
                    .answered(&usage, cost, took, first_token);
                line.end(None);
                Ok(CallReport {
                    model: deployment.model.clone(),
                    provider: deployment.provider.clone(),
                    deployment: deployment.id.clone(),
                    answer,
                    cost,
                    attempts: Vec::new(),
                    duration: now - self.started,
                    first_token,
                })
            }
            Err(failure) => {
                let cost = booking.failed(&failure);
                if failure.kind != FailureKind::Superseded {
                    let is_new = permit.failed(now, &failure);
                    if is_new {
                        alarm(deployment);
                    }
                }
                deployment.instruments.failed(failure.kind.code(), cost);
                line.end(Some(failure.clone()));
                Err(Miss {
                    failure,
                    sent: true,
                })
            }
        }
    }

    /// Notes an attempt that is about to be sent.
    fn note_sent(&self, deployment: &Deployment, now: Instant) {
        let mut progress = self.progress.lock();
        progress.sent += 1;
        let upstream = &deployment.upstream;
        if !progress
            .addresses
            .iter()
            .any(|address| Arc::ptr_eq(address, upstream))
        {
            progress.addresses.push(Arc::clone(upstream));
            upstream.requested(now);
        }
    }

    /// An attempt of which nothing was sent.
    fn unsent(&self, deployment: &Deployment, began: Instant, failure: Failure) -> Miss {
        Line::begin(self, deployment, began).end(Some(failure.clone()));
        Miss {
            failure,
            sent: false,
        }
    }
}

/// An attempt's line in the list. One that is dropped unended was cut off by another that answered.
struct Line<'l, 'c, 'a> {
    call: &'l Call<'c, 'a>,
    deployment: &'l Deployment,
    began: Instant,
    is_over: bool,
}

impl<'l, 'c, 'a> Line<'l, 'c, 'a> {
    fn begin(call: &'l Call<'c, 'a>, deployment: &'l Deployment, began: Instant) -> Self {
        Self {
            call,
            deployment,
            began,
            is_over: false,
        }
    }

    fn end(&mut self, failure: Option<Failure>) {
        self.is_over = true;
        let deployment = self.deployment;
        let duration = self.call.caller.engine.clock.now() - self.began;
        self.call.progress.lock().attempts.push(Attempt {
            deployment: deployment.id.clone(),
            model: deployment.model.clone(),
            provider: deployment.provider.clone(),
            failure,
            duration,
        });
    }
}

impl Drop for Line<'_, '_, '_> {
    fn drop(&mut self) {
        if !self.is_over {
            let instruments = &self.deployment.instruments;
            instruments.failed(Code::Cancelled, Cost::Unknown);
            self.end(Some(superseded()));
        }
    }
}
