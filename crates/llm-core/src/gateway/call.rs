//! One model call: attempts in order, retries with pauses, failover to the next target.
//!
//! Implements [`ModelCaller`], the only thing a cooperation mode can do to the world. A retry is
//! the same deployment again, a failover the next one. Once a piece of the final answer has been
//! sent to the reader nothing can be taken back, so the failure is told instead.

mod exchange;

pub(super) use exchange::{events_of, read_error};

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::account::{Account, Booking};
use super::deployments::{Deployment, Deployments};
use super::shapes::{cost_json, usage_json};
use crate::provider::SharedTransport;
use crate::provider::retry::Backoff;
use crate::store::UsageStore;
use crate::types::caller::{Attempt, CallFailed, CallOrder, CallReport, ModelCaller};
use crate::types::clock::{Clock, Deadline};
use crate::types::failure::{Failure, FailureKind, Retry};
use crate::types::run_event::RunEvent;
use crate::types::tokens;

/// What calls are made with; shared by all requests of a configuration.
pub struct CallEngine {
    /// What can be called.
    pub deployments: Deployments,
    /// The way out.
    pub transport: SharedTransport,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where usage is booked.
    pub store: Arc<dyn UsageStore>,
    /// Pauses between attempts.
    pub backoff: Backoff,
    /// Attempts for one call over all targets.
    pub max_attempts: u32,
    /// Largest reply that is read.
    pub max_reply_bytes: usize,
    /// Largest single event of a stream.
    pub max_event_bytes: usize,
}

/// Makes the calls of one request.
pub struct Caller<'a> {
    /// What calls are made with.
    pub engine: &'a CallEngine,
    /// Whom they are booked to.
    pub account: &'a Account,
    /// When the request must be over.
    pub deadline: Deadline,
}

impl ModelCaller for Caller<'_> {
    fn ask<'a>(&'a self, order: CallOrder<'a>) -> BoxFuture<'a, Result<CallReport, CallFailed>> {
        Box::pin(async move {
            let started = self.engine.clock.now();
            let mut call = Call {
                caller: self,
                order: &order,
                started,
                attempts: Vec::new(),
            };
            let result = call.over_targets().await;
            call.conclude(result).await
        })
    }
}

/// A call under way.
struct Call<'c, 'a> {
    caller: &'c Caller<'c>,
    order: &'c CallOrder<'a>,
    started: Instant,
    attempts: Vec<Attempt>,
}

/// What to do after a failed attempt.
enum Next {
    /// The same deployment again, after this pause.
    Again(Duration),
    /// The next deployment.
    Elsewhere,
    /// Nothing would help.
    GiveUp,
}

impl Call<'_, '_> {
    async fn over_targets(&mut self) -> Result<CallReport, Failure> {
        let mut decisive: Option<Failure> = None;
        let targets = &self.order.member.targets;
        for (position, target) in targets.iter().enumerate() {
            let Some(deployment) = self.caller.engine.deployments.get(target) else {
                continue;
            };
            let has_next = position + 1 < targets.len();
            match self.at_target(&Arc::clone(deployment), has_next).await {
                Ok(report) => return Ok(report),
                Err((failure, give_up)) => {
                    // A resting deployment is the weakest reason; any real failure outweighs it.
                    if decisive.is_none() || failure.kind != FailureKind::CircuitOpen {
                        decisive = Some(failure);
                    }
                    if give_up {
                        break;
                    }
                }
            }
        }
        Err(decisive.unwrap_or_else(|| {
            Failure::new(
                FailureKind::Unavailable,
                "the plan names no deployment that exists",
            )
        }))
    }

    /// Attempts at one deployment. The flag says that no other should be tried.
    async fn at_target(
        &mut self,
        deployment: &Arc<Deployment>,
        has_next: bool,
    ) -> Result<CallReport, (Failure, bool)> {
        let mut tries = 0;
        loop {
            let failure = match self.attempt(deployment).await {
                Ok(report) => return Ok(report),
                Err(failure) => failure,
            };
            tries += 1;
            match self.decide(deployment, &failure, tries, has_next) {
                Next::GiveUp => return Err((failure, true)),
                Next::Elsewhere => {
                    if has_next {
                        self.announce_retry(&failure).await;
                    }
                    return Err((failure, false));
                }
                Next::Again(pause) => {
                    self.announce_retry(&failure).await;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    fn decide(
        &self,
        deployment: &Deployment,
        failure: &Failure,
        tries: u32,
        has_next: bool,
    ) -> Next {
        let engine = self.caller.engine;
        let now = engine.clock.now();
        let spent = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        let is_told = self.order.is_final && self.order.events.final_started();
        let left = self.caller.deadline.remaining(now);
        if is_told || failure.kind.retry() == Retry::No || left.is_zero() {
            return Next::GiveUp;
        }
        if spent >= engine.max_attempts {
            return Next::GiveUp;
        }
        let may_repeat = failure.kind.retry() == Retry::Anywhere && tries <= deployment.retries;
        // Waiting out a limit makes sense only where nobody else could answer meanwhile.
        let should_wait = failure.kind != FailureKind::RateLimited || !has_next;
        if may_repeat && should_wait {
            let pause = engine
                .backoff
                .pause(tries, failure.retry_after, rand::random());
            if let Some(pause) = pause.filter(|pause| *pause < left) {
                return Next::Again(pause);
            }
        }
        Next::Elsewhere
    }

    /// One exchange, with its permit, its booking and its place in the list of attempts.
    async fn attempt(&mut self, deployment: &Arc<Deployment>) -> Result<CallReport, Failure> {
        let engine = self.caller.engine;
        let began = engine.clock.now();
        let permit = deployment.health.admit(began).map_err(|wait| {
            let message = "resting after repeated failures";
            let mut failure = Failure::new(FailureKind::CircuitOpen, message);
            failure.retry_after = Some(wait);
            failure
        });
        let permit = match permit {
            Ok(permit) => permit,
            Err(failure) => {
                self.note(deployment, began, Some(failure.clone()));
                return Err(failure);
            }
        };
        self.announce_start(deployment).await;
        let input = tokens::of_request(&self.order.request);
        let account = self.caller.account;
        let mut booking = Booking::open(&*engine.store, &*engine.clock, account, deployment, input);
        let result = exchange::run(self.caller, self.order, deployment, &mut booking).await;
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
                self.note(deployment, began, None);
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
                permit.failed(now, &failure);
                deployment.instruments.failed(failure.kind.code(), cost);
                self.note(deployment, began, Some(failure.clone()));
                Err(failure)
            }
        }
    }

    fn note(&mut self, deployment: &Deployment, began: Instant, failure: Option<Failure>) {
        self.attempts.push(Attempt {
            deployment: deployment.id.clone(),
            model: deployment.model.clone(),
            provider: deployment.provider.clone(),
            failure,
            duration: self.caller.engine.clock.now() - began,
        });
    }

    async fn announce_start(&self, deployment: &Deployment) {
        if self.order.events.is_listening() {
            let event = RunEvent::ModelStarted {
                member: self.order.member.label.clone(),
                stage: self.order.stage.name(),
                model: deployment.model.to_string(),
                provider: deployment.provider.to_string(),
            };
            self.order.events.emit(event).await;
        }
    }

    async fn announce_retry(&self, failure: &Failure) {
        if self.order.events.is_listening() {
            let event = RunEvent::ModelRetry {
                member: self.order.member.label.clone(),
                code: failure.kind.code().name().to_owned(),
                message: failure.to_string(),
            };
            self.order.events.emit(event).await;
        }
    }

    /// Tells the reader how the call ended and hands over the attempts.
    async fn conclude(self, result: Result<CallReport, Failure>) -> Result<CallReport, CallFailed> {
        let (order, attempts) = (self.order, self.attempts);
        let (member, stage) = (order.member.label.clone(), order.stage.name());
        match result {
            Ok(mut report) => {
                report.attempts = attempts;
                let event = RunEvent::ModelCompleted {
                    member,
                    stage,
                    model: report.model.to_string(),
                    usage: usage_json(&report.answer.usage),
                    cost: cost_json(&report.cost),
                    duration_ms: super::error::millis(report.duration),
                };
                order.events.emit(event).await;
                Ok(report)
            }
            Err(failure) => {
                let event = RunEvent::ModelFailed {
                    member,
                    stage,
                    code: failure.kind.code().name().to_owned(),
                    message: failure.to_string(),
                };
                order.events.emit(event).await;
                tracing::debug!(
                    request_id = %self.caller.account.request,
                    code = failure.kind.code().name(),
                    attempts = attempts.len(),
                    "model call failed"
                );
                Err(CallFailed { failure, attempts })
            }
        }
    }
}
