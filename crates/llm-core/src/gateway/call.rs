//! One model call: attempts in order, retries with pauses, failover to the next target.
//!
//! Implements [`ModelCaller`], the only thing a cooperation mode can do to the world. A retry is
//! the same deployment again, a failover the next one, a hedge another one while the first is
//! silent. Once a piece of the final answer has been sent to the reader nothing can be taken back,
//! so the failure is told instead.

mod attempt;
mod entry;
mod exchange;
mod hedge;
mod overflow;
mod splice;

pub(super) use entry::{Entry, alarm};
pub(super) use exchange::{events_of, read_error};

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::account::Account;
use super::deployments::{Deployment, Deployments};
use super::shapes::{cost_json, usage_json};
use crate::provider::SharedTransport;
use crate::provider::retry::Backoff;
use crate::provider::upstream::Upstream;
use crate::store::UsageStore;
use crate::telemetry::metrics::Extra;
use crate::types::caller::{Attempt, CallFailed, CallOrder, CallReport, ModelCaller};
use crate::types::clock::{Clock, Deadline};
use crate::types::failure::{Failure, FailureKind, Retry};
use crate::types::ids::DeploymentId;
use crate::types::run_event::RunEvent;
use attempt::Miss;
pub use hedge::HedgeRules;
use overflow::Overflow;
use splice::Told;

/// Time below which another attempt is not worth beginning.
const LEAST_TIME: Duration = Duration::from_secs(1);

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
    /// Until the first content of a stream, while another deployment stands by.
    pub first_token_with_fallback: Duration,
    /// When a second deployment is asked beside a silent one.
    pub hedge: Option<HedgeRules>,
    /// Whether an answer that broke off is continued by whoever gives the same.
    pub continue_streams: bool,
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
            let deployments = &self.engine.deployments;
            let targets = order.member.targets.iter();
            let call = Call {
                caller: self,
                order: &order,
                targets: targets
                    .filter_map(|target| deployments.get(target).cloned())
                    .collect(),
                started: self.engine.clock.now(),
                progress: Mutex::default(),
                told: Told::default(),
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
    targets: Vec<Arc<Deployment>>,
    started: Instant,
    /// Shared by the attempts that race each other.
    progress: Mutex<Progress>,
    told: Told,
}

/// What has been tried.
#[derive(Default)]
struct Progress {
    attempts: Vec<Attempt>,
    /// Attempts that reached a provider.
    sent: u32,
    /// The addresses they went to.
    addresses: Vec<Arc<Upstream>>,
    /// Targets that need not be tried any more.
    done: Vec<DeploymentId>,
    /// A conversation that was too long for a target.
    overflow: Option<Overflow>,
    /// How the answer broke off whose beginning the reader has.
    broke_off: Option<Failure>,
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
    async fn over_targets(&self) -> Result<CallReport, Failure> {
        let mut decisive: Option<Failure> = None;
        for deployment in &self.targets {
            if self.is_out(deployment) || !self.may_go_on_to(deployment) {
                continue;
            }
            match self.at_target(deployment).await {
                Ok(report) => return Ok(report),
                Err((miss, give_up)) => {
                    // What was not sent is the weakest reason; any real failure outweighs it.
                    if decisive.is_none() || miss.sent {
                        decisive = Some(miss.failure);
                    }
                    if give_up {
                        break;
                    }
                }
            }
        }
        // Whatever came of continuing it, the reader's answer ended with this.
        let broke_off = self.progress.lock().broke_off.take();
        Err(broke_off.or(decisive).unwrap_or_else(|| {
            Failure::new(
                FailureKind::Unavailable,
                "the plan names no deployment that exists",
            )
        }))
    }

    /// Attempts at one deployment. The flag says that no other should be tried.
    async fn at_target(&self, deployment: &Arc<Deployment>) -> Result<CallReport, (Miss, bool)> {
        let mut tries = 0;
        let mut has_waited = false;
        loop {
            let result = if tries == 0 {
                self.first_try(deployment).await
            } else {
                self.attempt(deployment, self.lane(deployment)).await
            };
            let miss = match result {
                Ok(report) => return Ok(report),
                Err(miss) => miss,
            };
            tries += u32::from(miss.sent);
            self.settle(deployment, &miss.failure);
            match self.decide(deployment, &miss, tries, has_waited) {
                Next::GiveUp => return Err((miss, true)),
                Next::Elsewhere => {
                    if self.has_next() {
                        self.announce_retry(&miss.failure).await;
                    }
                    return Err((miss, false));
                }
                Next::Again(pause) => {
                    has_waited |= !miss.sent;
                    self.announce_retry(&miss.failure).await;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    fn decide(&self, deployment: &Deployment, miss: &Miss, tries: u32, has_waited: bool) -> Next {
        let engine = self.caller.engine;
        let failure = &miss.failure;
        let now = engine.clock.now();
        let may_continue = engine.continue_streams && self.told.may_continue(failure.kind);
        let is_told = self.is_told() && !may_continue;
        let left = self.caller.deadline.remaining(now);
        if is_told || failure.kind.retry() == Retry::No || left < LEAST_TIME {
            return Next::GiveUp;
        }
        if self.progress.lock().sent >= engine.max_attempts {
            return Next::GiveUp;
        }
        // Waiting out a limit makes sense only where nobody else could answer meanwhile.
        let should_wait = failure.kind != FailureKind::RateLimited || !self.has_next();
        let may_repeat = if miss.sent {
            failure.kind.retry() == Retry::Anywhere && tries <= deployment.retries
        } else {
            failure.kind == FailureKind::RateLimited && !has_waited
        };
        if !may_repeat || !should_wait {
            return Next::Elsewhere;
        }
        let pause = engine
            .backoff
            .pause(tries.max(1), failure.retry_after, rand::random());
        match pause.filter(|pause| *pause + LEAST_TIME <= left) {
            // A call that only waited has had no attempt that another could be extra to.
            Some(pause) if !miss.sent || self.may_repeat(deployment, Extra::Retry) => {
                Next::Again(pause)
            }
            _ => Next::Elsewhere,
        }
    }

    /// Whether the reader has a part of the answer.
    fn is_told(&self) -> bool {
        self.order.is_final && self.order.events.final_started()
    }

    /// Whether a target need not be tried any more: it has been, or it is no larger than one the
    /// conversation did not fit.
    fn is_out(&self, deployment: &Deployment) -> bool {
        let progress = self.progress.lock();
        let overflow = progress.overflow.as_ref();
        progress.done.contains(&deployment.id)
            || overflow.is_some_and(|overflow| !overflow.fits(deployment))
    }

    fn has_next(&self) -> bool {
        self.next_after(None).is_some()
    }

    /// The next target that has not been tried, other than this one.
    fn next_after(&self, current: Option<&Deployment>) -> Option<&Arc<Deployment>> {
        self.targets.iter().find(|target| {
            !self.is_out(target) && current.is_none_or(|current| current.id != target.id)
        })
    }

    /// Whether a call that failed elsewhere may come here. Another address is no burden to the one
    /// that fails; the same address is asked once more than it would have been.
    fn may_go_on_to(&self, deployment: &Deployment) -> bool {
        let is_first = self.progress.lock().sent == 0;
        is_first || self.may_repeat(deployment, Extra::Failover)
    }

    /// Takes an extra attempt from the budget of an address that was asked before.
    fn may_repeat(&self, deployment: &Deployment, kind: Extra) -> bool {
        let was_asked = self
            .progress
            .lock()
            .addresses
            .iter()
            .any(|address| Arc::ptr_eq(address, &deployment.upstream));
        if was_asked {
            return self.caller.may_repeat(deployment, kind);
        }
        deployment.instruments.extra_attempt(kind);
        true
    }

    /// Notes what a failure means for the targets that are left.
    fn settle(&self, deployment: &Deployment, failure: &Failure) {
        let mut progress = self.progress.lock();
        if !progress.done.contains(&deployment.id) {
            progress.done.push(deployment.id.clone());
        }
        if self.is_told() && progress.broke_off.is_none() {
            progress.broke_off = Some(failure.clone());
        }
        if failure.kind == FailureKind::ContextLength {
            let known = progress.overflow.take();
            progress.overflow = Some(Overflow::at(deployment).and(known));
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
        let (order, attempts) = (self.order, self.progress.into_inner().attempts);
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
