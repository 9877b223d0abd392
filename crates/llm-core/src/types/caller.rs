//! The one way a profiler or a cooperation mode can act on the world: ask a model something.
//!
//! Lives here so that routing and cooperation can both use it without knowing each other.
//! `gateway/call.rs` implements it; the testkit has a scripted one.

use std::borrow::Cow;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::answer::Answer;
use super::chat::ChatRequest;
use super::cooperation::{Member, Stage};
use super::failure::Failure;
use super::ids::{DeploymentId, ModelName, ProviderName};
use super::money::Cost;
use super::run_event::EventSink;

/// Asks models. Dropping the returned future closes the upstream call.
pub trait ModelCaller: Send + Sync {
    /// One call: attempts, retries and failover within the member's own targets.
    fn ask<'a>(&'a self, order: CallOrder<'a>) -> BoxFuture<'a, Result<CallReport, CallFailed>>;
}

/// One call to be made.
pub struct CallOrder<'a> {
    /// Whom to ask.
    pub member: &'a Member,
    /// What to ask. Its `stream` field is ignored: the caller decides by what `events` wants.
    pub request: Cow<'a, ChatRequest>,
    /// What for.
    pub stage: Stage,
    /// Where progress is reported.
    pub events: &'a EventSink,
    /// Whether the text is the run's final answer: sent to the reader piece by piece
    /// ([`EventSink::emit_final`]) as it arrives. At most one call of a run may be, and once it
    /// has sent something no other answer may take its place.
    pub is_final: bool,
}

/// A call that succeeded.
#[derive(Clone, Debug)]
pub struct CallReport {
    /// The model that answered.
    pub model: ModelName,
    /// Whose it is.
    pub provider: ProviderName,
    /// What was called.
    pub deployment: DeploymentId,
    /// What it answered.
    pub answer: Answer,
    /// What the successful attempt cost.
    pub cost: Cost,
    /// Everything that was tried, in order; the last one succeeded.
    pub attempts: Vec<Attempt>,
    /// From the first attempt to the end.
    pub duration: Duration,
    /// Until the first content, where the call streamed.
    pub first_token: Option<Duration>,
}

/// A call that failed on every target.
#[derive(Clone, Debug, PartialEq)]
pub struct CallFailed {
    /// The failure that decided.
    pub failure: Failure,
    /// Everything that was tried, in order.
    pub attempts: Vec<Attempt>,
}

/// One exchange with a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// What was called.
    pub deployment: DeploymentId,
    /// The model it serves.
    pub model: ModelName,
    /// Whose it is.
    pub provider: ProviderName,
    /// `None` when it succeeded.
    pub failure: Option<Failure>,
    /// How long it took.
    pub duration: Duration,
}
