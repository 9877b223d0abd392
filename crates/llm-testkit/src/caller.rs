//! A model caller that follows a script and remembers what it was asked.
//!
//! Reports the same events as the gateway's caller: `model.started`, the pieces as `model.delta`
//! where the reader wants them or as pieces of the final answer, then `model.completed` or
//! `model.failed`. Waits on the runtime's clock, so that a paused clock makes a script instant. A
//! dropped call is noted.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use llm_core::types::answer::{Answer, FinishReason};
use llm_core::types::caller::{Attempt, CallFailed, CallOrder, CallReport, ModelCaller};
use llm_core::types::chat::ChatRequest;
use llm_core::types::cooperation::{Member, Stage};
use llm_core::types::event::StreamEvent;
use llm_core::types::failure::{Failure, FailureKind};
use llm_core::types::ids::ProviderName;
use llm_core::types::money::Cost;
use llm_core::types::run_event::RunEvent;
use llm_core::types::usage::Usage;
use parking_lot::Mutex;
use serde_json::json;

/// What a member does when it is asked.
#[derive(Clone)]
pub struct Reply {
    after: Duration,
    usage: Usage,
    act: Act,
    edit: Option<Edit>,
}

/// Changes an answer before it is handed over.
type Edit = Arc<dyn Fn(&mut Answer) + Send + Sync>;

#[derive(Clone)]
enum Act {
    Say {
        pieces: Vec<String>,
        pause: Duration,
    },
    Compute(Arc<dyn Fn(&ChatRequest) -> String + Send + Sync>),
    Fail(Failure),
    BreakOff {
        pieces: Vec<String>,
        failure: Failure,
    },
    Hang,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let act = match &self.act {
            Act::Say { pieces, .. } => format!("says {pieces:?}"),
            Act::Compute(_) => "computes its answer".to_owned(),
            Act::Fail(failure) => format!("fails: {failure}"),
            Act::BreakOff { pieces, failure } => format!("says {pieces:?} and fails: {failure}"),
            Act::Hang => "hangs".to_owned(),
        };
        write!(f, "after {:?} {act}, using {:?}", self.after, self.usage)
    }
}

/// A call as it was ordered, and what became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Who was asked.
    pub member: String,
    /// What for.
    pub stage: Stage,
    /// Whether its text was the run's final answer.
    pub is_final: bool,
    /// What it was asked.
    pub request: ChatRequest,
    /// What became of it.
    pub state: CallState,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// It is under way.
    Running,
    /// It answered.
    Answered,
    /// It failed.
    Failed,
    /// It was dropped before it ended.
    Cancelled,
}

/// Plays the scripts of several members.
#[derive(Default)]
pub struct ScriptedCaller {
    scripts: HashMap<String, Vec<Reply>>,
    journal: Mutex<Journal>,
}

#[derive(Default)]
struct Journal {
    seen: Vec<Seen>,
    running: usize,
    peak: usize,
}

impl Reply {
    /// Answers with this text at once.
    pub fn text(text: impl Into<String>) -> Self {
        Self::pieces([text.into()])
    }

    /// Streams these pieces.
    pub fn pieces<T: Into<String>>(pieces: impl IntoIterator<Item = T>) -> Self {
        Self::of(Act::Say {
            pieces: pieces.into_iter().map(Into::into).collect(),
            pause: Duration::ZERO,
        })
    }

    /// Answers with what `compute` makes of the request.
    pub fn computed(compute: impl Fn(&ChatRequest) -> String + Send + Sync + 'static) -> Self {
        Self::of(Act::Compute(Arc::new(compute)))
    }

    /// Fails.
    pub fn fails(kind: FailureKind) -> Self {
        Self::of(Act::Fail(Failure::new(kind, "scripted failure")))
    }

    /// Streams these pieces and then fails.
    pub fn breaks_off<T: Into<String>>(
        pieces: impl IntoIterator<Item = T>,
        kind: FailureKind,
    ) -> Self {
        Self::of(Act::BreakOff {
            pieces: pieces.into_iter().map(Into::into).collect(),
            failure: Failure::new(kind, "scripted break"),
        })
    }

    /// Never ends.
    pub fn hangs() -> Self {
        Self::of(Act::Hang)
    }

    /// Waits this long first.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.after = wait;
        self
    }

    /// Waits this long between pieces.
    #[must_use]
    pub fn with_pause(mut self, wait: Duration) -> Self {
        if let Act::Say { pause, .. } = &mut self.act {
            *pause = wait;
        }
        self
    }

    /// Reports these tokens. Default: 10 read, 5 written, reported.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// Changes the answer before it is handed over, as to add tool calls.
    #[must_use]
    pub fn edited(mut self, edit: impl Fn(&mut Answer) + Send + Sync + 'static) -> Self {
        self.edit = Some(Arc::new(edit));
        self
    }

    fn of(act: Act) -> Self {
        Self {
            after: Duration::ZERO,
            usage: Usage::reported(10, 5),
            act,
            edit: None,
        }
    }
}

impl ScriptedCaller {
    /// Nobody has a script yet; who has none fails.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next reply of a member, by its label. The last one repeats.
    #[must_use]
    pub fn on(mut self, member: &str, reply: Reply) -> Self {
        self.scripts
            .entry(member.to_owned())
            .or_default()
            .push(reply);
        self
    }

    /// Every call so far, in the order they were made.
    pub fn seen(&self) -> Vec<Seen> {
        self.journal.lock().seen.clone()
    }

    /// Calls under way now.
    pub fn running(&self) -> usize {
        self.journal.lock().running
    }

    /// Most calls that were under way at once.
    pub fn peak(&self) -> usize {
        self.journal.lock().peak
    }

    /// Notes the call and finds its reply.
    fn open(&self, order: &CallOrder<'_>) -> (Guard<'_>, Option<Reply>) {
        let label = &order.member.label;
        let mut journal = self.journal.lock();
        let turn = journal
            .seen
            .iter()
            .filter(|seen| seen.member == *label)
            .count();
        let script = self.scripts.get(label);
        let reply = script.and_then(|script| script.get(turn).or(script.last()).cloned());
        journal.seen.push(Seen {
            member: label.clone(),
            stage: order.stage,
            is_final: order.is_final,
            request: order.request.clone().into_owned(),
            state: CallState::Running,
        });
        journal.running += 1;
        journal.peak = journal.peak.max(journal.running);
        let guard = Guard {
            caller: self,
            place: journal.seen.len() - 1,
            state: CallState::Cancelled,
        };
        (guard, reply)
    }
}

/// Notes how a call ended, also when it is dropped.
struct Guard<'a> {
    caller: &'a ScriptedCaller,
    place: usize,
    state: CallState,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let mut journal = self.caller.journal.lock();
        journal.running -= 1;
        journal.seen[self.place].state = self.state;
    }
}

impl ModelCaller for ScriptedCaller {
    fn ask<'a>(&'a self, order: CallOrder<'a>) -> BoxFuture<'a, Result<CallReport, CallFailed>> {
        Box::pin(async move {
            let (mut guard, reply) = self.open(&order);
            let started = RunEvent::ModelStarted {
                member: order.member.label.clone(),
                stage: order.stage.name(),
                model: order.member.model.to_string(),
                provider: provider().to_string(),
            };
            order.events.emit(started).await;
            let missing = Failure::new(FailureKind::ModelNotFound, "there is no script for it");
            let reply = reply.unwrap_or_else(|| Reply::of(Act::Fail(missing)));
            tokio::time::sleep(reply.after).await;
            let result = match &reply.act {
                Act::Hang => std::future::pending().await,
                Act::Fail(failure) => Err(fail(&order, failure.clone()).await),
                Act::BreakOff { pieces, failure } => {
                    for piece in pieces {
                        show(&order, piece.clone()).await;
                    }
                    Err(fail(&order, failure.clone()).await)
                }
                Act::Compute(compute) => {
                    let text = compute(&order.request);
                    Ok(say(&order, &reply, &[text], Duration::ZERO).await)
                }
                Act::Say { pieces, pause } => Ok(say(&order, &reply, pieces, *pause).await),
            };
            guard.state = if result.is_ok() {
                CallState::Answered
            } else {
                CallState::Failed
            };
            result
        })
    }
}

async fn say(
    order: &CallOrder<'_>,
    reply: &Reply,
    pieces: &[String],
    pause: Duration,
) -> CallReport {
    let member = order.member;
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 {
            tokio::time::sleep(pause).await;
        }
        show(order, piece.clone()).await;
    }
    if order.is_final {
        let finish = StreamEvent::Finish {
            choice: 0,
            reason: FinishReason::Stop,
        };
        order.events.emit_final(finish).await;
    }
    let mut answer = Answer::of_text(pieces.concat(), reply.usage);
    if let Some(edit) = &reply.edit {
        edit(&mut answer);
    }
    let cost = Cost::of(member.price.as_deref(), &answer.usage);
    let duration = reply.after + pause * u32::try_from(pieces.len()).unwrap_or(0).saturating_sub(1);
    let completed = RunEvent::ModelCompleted {
        member: member.label.clone(),
        stage: order.stage.name(),
        model: member.model.to_string(),
        usage: json!({"input_tokens": answer.usage.input, "output_tokens": answer.usage.output}),
        cost: json!({"kind": cost.kind()}),
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    };
    order.events.emit(completed).await;
    CallReport {
        model: member.model.clone(),
        provider: provider(),
        deployment: member.targets[0].clone(),
        answer,
        cost,
        attempts: vec![attempt(member, None, duration)],
        duration,
        first_token: Some(reply.after),
    }
}

async fn show(order: &CallOrder<'_>, text: String) {
    if text.is_empty() {
        return;
    }
    if order.is_final {
        let piece = StreamEvent::Text { choice: 0, text };
        order.events.emit_final(piece).await;
    } else if order.events.wants_member_deltas() {
        let delta = RunEvent::ModelDelta {
            member: order.member.label.clone(),
            kind: "text",
            text,
        };
        order.events.emit(delta).await;
    }
}

async fn fail(order: &CallOrder<'_>, failure: Failure) -> CallFailed {
    let failed = RunEvent::ModelFailed {
        member: order.member.label.clone(),
        stage: order.stage.name(),
        code: failure.kind.code().to_string(),
        message: failure.message.clone(),
    };
    order.events.emit(failed).await;
    // These kinds are found out before anything is sent.
    let was_sent = !matches!(
        failure.kind,
        FailureKind::Unsupported | FailureKind::MissingCredential | FailureKind::CircuitOpen
    );
    let attempt = attempt(order.member, Some(failure.clone()), Duration::ZERO);
    CallFailed {
        failure,
        attempts: if was_sent { vec![attempt] } else { Vec::new() },
    }
}

fn attempt(member: &Member, failure: Option<Failure>, duration: Duration) -> Attempt {
    Attempt {
        deployment: member.targets[0].clone(),
        model: member.model.clone(),
        provider: provider(),
        failure,
        duration,
    }
}

fn provider() -> ProviderName {
    ProviderName::from("scripted")
}
