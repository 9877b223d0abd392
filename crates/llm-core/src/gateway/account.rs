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
use crate::types::chat::ChatRequest;
use crate::types::clock::Clock;
use crate::types::failure::{Failure, FailureKind};
use crate::types::ids::{KeyId, RequestId};
use crate::types::money::{Cost, Price};
use crate::types::plan::RoutePlan;
use crate::types::tokens;
use crate::types::usage::Usage;
use crate::types::work::Measure;

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

/// What was asked, for the estimate that is needed only where a provider counts nothing.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// So many tokens.
    Tokens(u64),
    /// The tokens of this conversation.
    Of(&'a ChatRequest),
}

impl Input<'_> {
    fn tokens(self) -> u64 {
        match self {
            Self::Tokens(tokens) => tokens,
            Self::Of(request) => tokens::of_request(request),
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
    input: Input<'a>,
    /// Text received so far.
    received: String,
    /// Whether tokens can be estimated from text at all.
    is_text: bool,
    is_open: bool,
}

impl<'a> Booking<'a> {
    /// Opens a booking for an attempt that is about to be sent.
    pub fn open(
        store: &'a dyn UsageStore,
        clock: &'a dyn Clock,
        account: &'a Account,
        deployment: &Arc<Deployment>,
        input: Input<'a>,
    ) -> Self {
        Self {
            store,
            clock,
            account,
            deployment: Arc::clone(deployment),
            started: clock.now(),
            input,
            received: String::new(),
            is_text: true,
            is_open: true,
        }
    }

    /// Says that this is about sound or pictures: what nobody counted stays unknown.
    pub fn is_not_text(&mut self) {
        self.is_text = false;
    }

    /// Books work, which may be measured by more than tokens.
    pub fn worked(mut self, usage: Usage, measure: &Measure) -> (Usage, Cost) {
        let usage = if usage.is_known() {
            usage
        } else {
            self.estimate()
        };
        let cost = Cost::of_work(self.price(), &usage, measure);
        (usage, self.close_at(usage, cost, true))
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
        if !self.is_text {
            return Usage::default();
        }
        Usage::estimated(self.input.tokens(), tokens::of_text(&self.received))
    }

    fn price(&self) -> Option<&Price> {
        self.deployment.facts.price.as_deref()
    }

    fn close(&mut self, usage: Usage, succeeded: bool) -> Cost {
        let cost = Cost::of(self.price(), &usage);
        self.close_at(usage, cost, succeeded)
    }

    fn close_at(&mut self, usage: Usage, cost: Cost, succeeded: bool) -> Cost {
        self.is_open = false;
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
