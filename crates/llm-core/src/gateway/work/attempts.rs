//! The attempts at one piece of work: retries with pauses and failover, with the same permits,
//! bookings and pauses as the calls of conversations. Not those calls themselves: work is not
//! hedged, continued or asked of several models.

use std::sync::Arc;
use std::time::Duration;

use super::exchange::{Delivered, Working};
use crate::gateway::account::{Booking, Input};
use crate::gateway::call::{Caller, Entry, alarm};
use crate::gateway::deployments::Deployment;
use crate::provider::upstream::Upstream;
use crate::telemetry::metrics::Extra;
use crate::types::caller::Attempt;
use crate::types::failure::{Failure, FailureKind, Retry};
use crate::types::money::Cost;
use crate::types::usage::Usage;
use tokio::time::Instant;

/// Work that succeeded: where, and with what.
pub(super) struct Success {
    pub(super) deployment: Arc<Deployment>,
    pub(super) reply: Delivered,
    pub(super) usage: Usage,
    pub(super) cost: Cost,
}

/// The attempts at one piece of work.
pub(super) struct Attempts<'a> {
    pub(super) caller: &'a Caller<'a>,
    pub(super) working: &'a Working<'a>,
    /// Everything that was tried, in order.
    pub(super) made: Vec<Attempt>,
    /// Attempts that reached a provider.
    sent: u32,
    /// The addresses they went to.
    addresses: Vec<Arc<Upstream>>,
}

/// An attempt that gave nothing.
struct Miss {
    failure: Failure,
    /// Whether it reached the provider.
    sent: bool,
}

/// What to do after a failed attempt.
enum Next {
    Again(Duration),
    Elsewhere,
    GiveUp,
}

impl<'a> Attempts<'a> {
    /// None yet.
    pub(super) fn new(caller: &'a Caller<'a>, working: &'a Working<'a>) -> Self {
        Self {
            caller,
            working,
            made: Vec::new(),
            sent: 0,
            addresses: Vec::new(),
        }
    }

    /// Tries one deployment after the other.
    pub(super) async fn over_targets(&mut self) -> Result<Success, Failure> {
        let mut decisive: Option<Failure> = None;
        let targets = self.working.targets();
        for (position, target) in targets.iter().enumerate() {
            let Some(deployment) = self.caller.engine.deployments.get(target) else {
                continue;
            };
            let was_asked = |one: &Arc<Upstream>| Arc::ptr_eq(one, &deployment.upstream);
            if self.addresses.iter().any(was_asked)
                && !self.caller.may_repeat(deployment, Extra::Failover)
            {
                continue;
            }
            let has_next = position + 1 < targets.len();
            match self.at_target(&Arc::clone(deployment), has_next).await {
                Ok(success) => return Ok(success),
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
        Err(decisive.unwrap_or_else(|| {
            let message = "the plan names no deployment that exists";
            Failure::new(FailureKind::Unavailable, message)
        }))
    }

    /// Attempts at one deployment. The flag says that no other should be tried.
    async fn at_target(
        &mut self,
        deployment: &Arc<Deployment>,
        has_next: bool,
    ) -> Result<Success, (Miss, bool)> {
        let mut tries = 0;
        loop {
            let miss = match self.attempt(deployment).await {
                Ok(success) => return Ok(success),
                Err(miss) => miss,
            };
            tries += u32::from(miss.sent);
            match self.decide(deployment, &miss, tries, has_next) {
                Next::GiveUp => return Err((miss, true)),
                Next::Elsewhere => return Err((miss, false)),
                Next::Again(pause) => tokio::time::sleep(pause).await,
            }
        }
    }

    fn decide(&self, deployment: &Deployment, miss: &Miss, tries: u32, has_next: bool) -> Next {
        let engine = self.caller.engine;
        let failure = &miss.failure;
        let left = self.caller.deadline.remaining(engine.clock.now());
        if self.working.is_spent()
            || failure.kind.retry() == Retry::No
            || left.is_zero()
            || self.sent >= engine.max_attempts
        {
            return Next::GiveUp;
        }
        let may_repeat =
            miss.sent && failure.kind.retry() == Retry::Anywhere && tries <= deployment.retries;
        // Waiting out a limit makes sense only where nobody else could answer meanwhile.
        let should_wait = failure.kind != FailureKind::RateLimited || !has_next;
        if may_repeat && should_wait {
            let pause = engine
                .backoff
                .pause(tries, failure.retry_after, rand::random());
            if let Some(pause) = pause.filter(|pause| *pause < left)
                && self.caller.may_repeat(deployment, Extra::Retry)
            {
                return Next::Again(pause);
            }
        }
        Next::Elsewhere
    }

    /// Notes an attempt that is about to be sent. The first at an address is what extra ones are
    /// measured against.
    fn note_sent(&mut self, deployment: &Deployment, now: Instant) {
        self.sent += 1;
        let upstream = &deployment.upstream;
        if !self.addresses.iter().any(|one| Arc::ptr_eq(one, upstream)) {
            self.addresses.push(Arc::clone(upstream));
            upstream.requested(now);
        }
    }

    /// One exchange, with its permit, its booking and its place in the list of attempts.
    async fn attempt(&mut self, deployment: &Arc<Deployment>) -> Result<Success, Miss> {
        let engine = self.caller.engine;
        let began = engine.clock.now();
        let Entry {
            permit,
            places: _places,
        } = match self.caller.enter(deployment).await {
            Ok(entry) => entry,
            Err(failure) => {
                self.note(deployment, began, Some(failure.clone()));
                return Err(Miss {
                    failure,
                    sent: false,
                });
            }
        };
        let began = engine.clock.now();
        self.note_sent(deployment, began);
        let input = Input::Tokens(self.working.input_tokens());
        let account = self.caller.account;
        let mut booking = Booking::open(&*engine.store, &*engine.clock, account, deployment, input);
        let result = self.working.exchange(deployment, &mut booking).await;
        let now = engine.clock.now();
        match result {
            Ok(reply) => {
                let (usage, cost) = booking.worked(reply.usage, &reply.measure);
                permit.succeeded(now, now - began, reply.first);
                deployment
                    .instruments
                    .answered(&usage, cost, now - began, reply.first);
                self.note(deployment, began, None);
                Ok(Success {
                    deployment: Arc::clone(deployment),
                    reply,
                    usage,
                    cost,
                })
            }
            Err(failure) => {
                let cost = booking.failed(&failure);
                if permit.failed(now, &failure) {
                    alarm(deployment);
                }
                deployment.instruments.failed(failure.kind.code(), cost);
                self.note(deployment, began, Some(failure.clone()));
                Err(Miss {
                    failure,
                    sent: true,
                })
            }
        }
    }

    fn note(&mut self, deployment: &Deployment, began: Instant, failure: Option<Failure>) {
        self.made.push(Attempt {
            deployment: deployment.id.clone(),
            model: deployment.model.clone(),
            provider: deployment.provider.clone(),
            failure,
            duration: self.caller.engine.clock.now() - began,
        });
    }
}
