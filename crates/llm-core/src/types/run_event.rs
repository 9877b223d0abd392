//! The event vocabulary of a run, shared by the CLI's JSON Lines, the server's SSE and the UI.
//!
//! This one is a wire format on purpose: it is published and versioned ([`EVENT_VERSION`]).
//! Within a version fields are only added, and readers ignore types they do not know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

use super::event::StreamEvent;

/// Version of the vocabulary, in every event's `v`.
pub const EVENT_VERSION: u32 = 1;

/// Something that happened in a run.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub enum RunEvent {
    /// Work began.
    #[serde(rename = "run.started")]
    RunStarted {
        /// The mode.
        mode: String,
        /// Labels of the members, in order.
        members: Vec<String>,
    },
    /// The model or models were chosen.
    #[serde(rename = "route.decided")]
    RouteDecided {
        /// The decision, as `--explain json` prints it.
        route: Arc<Value>,
    },
    /// A stage began.
    #[serde(rename = "stage.started")]
    StageStarted {
        /// Its name.
        stage: String,
    },
    /// A call is waiting for its turn.
    #[serde(rename = "model.queued")]
    ModelQueued {
        /// Who.
        member: String,
        /// What for.
        stage: String,
    },
    /// A call went out.
    #[serde(rename = "model.started")]
    ModelStarted {
        /// Who.
        member: String,
        /// What for.
        stage: String,
        /// The model called.
        model: String,
        /// Whose it is.
        provider: String,
    },
    /// A model wrote something.
    #[serde(rename = "model.delta")]
    ModelDelta {
        /// Who.
        member: String,
        /// `text`, `reasoning` or `tool_call`.
        kind: &'static str,
        /// The text to append.
        text: String,
    },
    /// An attempt failed and another follows.
    #[serde(rename = "model.retry")]
    ModelRetry {
        /// Who.
        member: String,
        /// The error code.
        code: String,
        /// In words.
        message: String,
    },
    /// A call succeeded.
    #[serde(rename = "model.completed")]
    ModelCompleted {
        /// Who.
        member: String,
        /// What for.
        stage: String,
        /// The model that answered.
        model: String,
        /// Tokens.
        usage: Value,
        /// Amount, currency and kind.
        cost: Value,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// A call failed for good.
    #[serde(rename = "model.failed")]
    ModelFailed {
        /// Who.
        member: String,
        /// What for.
        stage: String,
        /// The error code.
        code: String,
        /// In words.
        message: String,
    },
    /// A member was stopped or never asked.
    #[serde(rename = "model.skipped")]
    ModelSkipped {
        /// Who.
        member: String,
        /// Why.
        reason: String,
    },
    /// An answer was counted.
    #[serde(rename = "vote.cast")]
    VoteCast {
        /// Who.
        member: String,
        /// The answer in normal form; `null` when it could not be counted.
        value: Option<String>,
        /// Which round, from 1.
        round: u32,
    },
    /// The order of the options changed.
    #[serde(rename = "ranking.updated")]
    RankingUpdated {
        /// Options with their votes, best first.
        options: Value,
    },
    /// The answers are being made into one.
    #[serde(rename = "integration.started")]
    IntegrationStarted {
        /// How.
        integrator: String,
    },
    /// More of the final answer.
    #[serde(rename = "integration.delta")]
    IntegrationDelta {
        /// The text to append.
        text: String,
    },
    /// The final answer is there.
    #[serde(rename = "integration.completed")]
    IntegrationCompleted {
        /// How the final text came about.
        how: String,
    },
    /// Most of the budget is used.
    #[serde(rename = "budget.warning")]
    BudgetWarning {
        /// In words.
        message: String,
    },
    /// The run succeeded.
    #[serde(rename = "run.completed")]
    RunCompleted {
        /// The result, as `--json` prints it.
        result: Arc<Value>,
        /// Tokens of all calls.
        usage: Value,
        /// Amount, currency and kind, of all calls.
        cost: Value,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The run failed.
    #[serde(rename = "run.failed")]
    RunFailed {
        /// The error object, as HTTP bodies carry it.
        error: Value,
        /// Tokens of all calls.
        usage: Value,
        /// Amount, currency and kind, of all calls.
        cost: Value,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The caller stopped the run.
    #[serde(rename = "run.cancelled")]
    RunCancelled {
        /// Tokens of all calls.
        usage: Value,
        /// Amount, currency and kind, of all calls.
        cost: Value,
        /// Milliseconds.
        duration_ms: u64,
    },
}

impl RunEvent {
    /// Whether it is a piece of text rather than a change of state.
    pub fn is_delta(&self) -> bool {
        matches!(
            self,
            Self::ModelDelta { .. } | Self::IntegrationDelta { .. }
        )
    }
}

/// An event with its place in the run.
#[derive(Clone, Debug, Serialize)]
pub struct EventRecord {
    /// [`EVENT_VERSION`].
    pub v: u32,
    /// The run.
    pub run_id: String,
    /// Position in the run, from 0, without gaps.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub ts: String,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// Numbers and dates the events of one run.
#[derive(Debug)]
pub struct EventNumbering {
    run_id: String,
    next: AtomicU64,
}

impl EventNumbering {
    /// Starts at 0.
    pub fn new(run_id: impl Into<String>) -> Self {
        Self {
            run_id: run_id.into(),
            next: AtomicU64::new(0),
        }
    }

    /// The next record.
    pub fn record(&self, event: RunEvent, now: jiff::Timestamp) -> EventRecord {
        EventRecord {
            v: EVENT_VERSION,
            run_id: self.run_id.clone(),
            seq: self.next.fetch_add(1, Ordering::Relaxed),
            ts: format!("{now:.3}"),
            event,
        }
    }
}

/// What a run sends to its reader while it works.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A change of state, or a piece of a member's text.
    Run(RunEvent),
    /// A piece of the final answer, with everything a chat client may see of it.
    Final(StreamEvent),
}

/// Where a run reports its progress: a bounded channel, or nowhere.
///
/// A slow reader slows the run down; a reader that left is ignored, because leaving also drops
/// the run. Clones report to the same reader.
#[derive(Clone, Debug, Default)]
pub struct EventSink(Option<Arc<Channel>>);

#[derive(Debug)]
struct Channel {
    sender: mpsc::Sender<Progress>,
    member_deltas: bool,
    final_started: AtomicBool,
}

impl EventSink {
    /// Events waiting for the reader before the run waits too.
    pub const CAPACITY: usize = 64;

    /// Nobody listens.
    pub fn none() -> Self {
        Self(None)
    }

    /// A sink and its reading end. With `member_deltas`, the text of members that is not the
    /// final answer is reported too.
    pub fn channel(member_deltas: bool) -> (Self, mpsc::Receiver<Progress>) {
        let (sender, receiver) = mpsc::channel(Self::CAPACITY);
        let channel = Channel {
            sender,
            member_deltas,
            final_started: AtomicBool::new(false),
        };
        (Self(Some(Arc::new(channel))), receiver)
    }

    /// Whether anybody listens.
    pub fn is_listening(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the reader wants the text of members.
    pub fn wants_member_deltas(&self) -> bool {
        self.0.as_ref().is_some_and(|channel| channel.member_deltas)
    }

    /// Whether a piece of the final answer has been sent. From then on nothing can be taken
    /// back: a failure must be told as such, and no other answer may follow.
    pub fn final_started(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|channel| channel.final_started.load(Ordering::Acquire))
    }

    /// Reports a change of state.
    pub async fn emit(&self, event: RunEvent) {
        self.send(Progress::Run(event)).await;
    }

    /// Sends a piece of the final answer.
    pub async fn emit_final(&self, event: StreamEvent) {
        if let Some(channel) = &self.0 {
            if event.is_content() {
                channel.final_started.store(true, Ordering::Release);
            }
            self.send(Progress::Final(event)).await;
        }
    }

    async fn send(&self, progress: Progress) {
        if let Some(channel) = &self.0 {
            // A closed channel means the reader left; the run is about to be dropped.
            let _ignored = channel.sender.send(progress).await;
        }
    }
}
