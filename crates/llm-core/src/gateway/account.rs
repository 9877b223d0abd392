//! Booking: every attempt that reached a provider leaves exactly one usage record.
//!
//! A [`Booking`] is opened before the first byte is sent. Whatever happens next (an answer, a
//! failure, a caller that leaves) closes it: dropping an open one books what was seen so far as an
//! estimate, so that leaving is never free and never lost.

use std::sync::Arc;

use tokio::time::Instant;

use super::deployments::Deployment;
use super::limits::Admitted;
use crate::store::{UsageRecord, UsageStore};
use crate::types::clock::Clock;
use crate::types::failure::{Failure, FailureKind};
use crate::types::ids::{KeyId, RequestId};
use crate::types::money::Cost;
use crate::types::plan::RoutePlan;
use crate::types::tokens;
use crate::types::usage::Usage;

/// Whom the calls of a request are booked to.
#[derive(Clone, Debug)]
pub struct Account {
    /// The request.
    pub request: RequestId,
    /// The gateway key.
    pub key: Option<KeyId>,
    /// The end user.
    pub user: Option<String>,
    /// The task.
    pub task: String,
}

impl Account {
    /// Whom an admitted request is booked to.
    pub fn of(admitted: &Admitted, plan: &RoutePlan) -> Self {
        let inbound = admitted.inbound();
        Self {
            request: inbound.id.clone(),
            key: admitted.grant().key().cloned(),
            user: inbound.user.clone(),
            task: plan.profile.task.to_string(),
        }
    }
}

/// An attempt that has not been booked yet.
pub struct Booking<'a> {
    store: &'a dyn UsageStore,
    clock: &'a dyn Clock,
    account: &'a Account,
    deployment: Arc<Deployment>,
    started: Instant,
    /// Estimated tokens of what was asked.
    input: u64,
    /// Text received so far.
    received: String,
    is_open: bool,
}

impl<'a> Booking<'a> {
    /// Opens a booking for an attempt that is about to be sent.
    pub fn open(
        store: &'a dyn UsageStore,
        clock: &'a dyn Clock,
        account: &'a Account,
        deployment: &Arc<Deployment>,
        input: u64,
    ) -> Self {
        Self {
            store,
            clock,
            account,
            deployment: Arc::clone(deployment),
            started: clock.now(),
            input,
            received: String::new(),
            is_open: true,
        }
    }

    /// Notes text as it arrives, so that an attempt cut short can be estimated.
    pub fn received(&mut self, text: &str) {
        self.received.push_str(text);
    }

    /// Books an answer. Where the provider counted nothing, the numbers are ours and marked so.
    pub fn answered(mut self, usage: Usage) -> (Usage, Cost) {
        let usage = if usage.is_known() {
            usage
        } else {
            self.estimate()
        };
        (usage, self.close(usage, true))
    }

    /// Books a failure. A provider that refused costs nothing; one that worked and then failed
    /// is booked by what arrived, or as unknown where nothing did.
    pub fn failed(mut self, failure: &Failure) -> Cost {
        let may_have_worked = matches!(
            failure.kind,
            FailureKind::InvalidResponse
                | FailureKind::Truncated
                | FailureKind::Timeout(_)
                | FailureKind::Deadline
                | FailureKind::Superseded
        );
        let usage = match (may_have_worked, self.received.is_empty()) {
            (false, _) => Usage::reported(0, 0),
            (true, true) => Usage::default(),
            (true, false) => self.estimate(),
        };
        self.close(usage, false)
    }

    fn estimate(&self) -> Usage {
        Usage::estimated(self.input, tokens::of_text(&self.received))
    }

    fn close(&mut self, usage: Usage, succeeded: bool) -> Cost {
        self.is_open = false;
        let cost = Cost::of(self.deployment.facts.price.as_deref(), &usage);
        let took = self.clock.now() - self.started;
        self.store.record(UsageRecord {
            request: self.account.request.clone(),
            at: self.clock.wall(),
            key: self.account.key.clone(),
            user: self.account.user.clone(),
            model: self.deployment.model.clone(),
            provider: self.deployment.provider.clone(),
            deployment: self.deployment.id.clone(),
            task: self.account.task.clone(),
            usage,
            cost,
            seconds: took.as_secs_f64(),
            succeeded,
        });
        cost
    }
}

impl Drop for Booking<'_> {
    fn drop(&mut self) {
        if self.is_open {
            let usage = self.estimate();
            self.close(usage, false);
        }
    }
}
