//! Asking: reserve, call, settle; several at once, under the deadline, cancelled by dropping.

use std::borrow::Cow;
use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{timeout, timeout_at};

use crate::cooperation::Run;
use crate::cooperation::budget::Reservation;
use crate::types::caller::CallOrder;
use crate::types::chat::ChatRequest;
use crate::types::cooperation::{Contribution, Member, MemberFailure, Stage};
use crate::types::failure::{Failure, FailureKind};
use crate::types::run_event::RunEvent;

/// A call to be made.
pub(in crate::cooperation) struct Order<'a> {
    /// Whom to ask.
    pub(in crate::cooperation) member: &'a Member,
    /// What to ask.
    pub(in crate::cooperation) request: ChatRequest,
    /// What for.
    pub(in crate::cooperation) stage: Stage,
    /// Whether the text is the run's final answer.
    pub(in crate::cooperation) is_final: bool,
}

/// Calls made at the same time. Dropping it cancels them all.
///
/// A call whose worst case does not fit the budget while others are under way waits for what
/// they give back; one that does not fit an idle budget is refused.
pub(in crate::cooperation) struct Gathering<'a> {
    run: &'a Run<'a>,
    /// Calls the mode may need in all, for the warning about the cap on calls.
    needs: u32,
    waiting: VecDeque<Waiting<'a>>,
    calls: FuturesUnordered<BoxFuture<'a, Contribution>>,
    running: Vec<(&'a str, Stage)>,
    ended: VecDeque<Contribution>,
}

struct Waiting<'a> {
    order: Order<'a>,
    was_told: bool,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(run: &'a Run<'a>, orders: Vec<Order<'a>>, needs: u32) -> Self {
        let waiting = orders.into_iter().map(|order| Waiting {
            order,
            was_told: false,
        });
        Self {
            run,
            needs,
            waiting: waiting.collect(),
            calls: FuturesUnordered::new(),
            running: Vec::new(),
            ended: VecDeque::new(),
        }
    }

    /// Calls that may still give an answer.
    pub(in crate::cooperation) fn outstanding(&self) -> usize {
        self.waiting.len() + self.running.len()
    }

    /// The next call that ended, in whatever way; `None` when all have.
    pub(in crate::cooperation) async fn next(&mut self) -> Option<Contribution> {
        let deadline = self.run.budget.deadline();
        loop {
            if let Some(ended) = self.ended.pop_front() {
                return Some(ended);
            }
            if deadline.remaining(self.run.clock.now()).is_zero() {
                self.miss_deadline().await;
                if self.ended.is_empty() {
                    return None;
                }
                continue;
            }
            self.start_what_fits().await;
            if !self.ended.is_empty() {
                continue;
            }
            // Nothing under way means nothing waits either: it was started or refused.
            match timeout_at(deadline.at(), self.calls.next()).await {
                Ok(Some(contribution)) => {
                    let key = (contribution.member.as_str(), contribution.stage);
                    self.running.retain(|running| *running != key);
                    warn(self.run, self.needs).await;
                    return Some(contribution);
                }
                Ok(None) => return None,
                Err(_) => self.miss_deadline().await,
            }
        }
    }

    /// Cancels what is under way and gives up what waits; all of it ends as skipped.
    pub(in crate::cooperation) async fn stop(&mut self, reason: &str) {
        self.end_all(reason, || MemberFailure::Skipped(reason.to_owned()))
            .await;
    }

    async fn miss_deadline(&mut self) {
        let limit = self.run.budget.caps().deadline;
        let message = format!("no answer within the deadline of {limit:?}");
        let failure = Failure::new(FailureKind::Deadline, message.as_str());
        self.end_all(&message, || MemberFailure::Failed(failure.clone()))
            .await;
    }

    async fn end_all(&mut self, reason: &str, result: impl Fn() -> MemberFailure) {
        // Dropping the calls closes them upstream; only then is it reported.
        self.calls.clear();
        let waiting = self.waiting.drain(..);
        let waiting =
            waiting.map(|waiting| (waiting.order.member.label.as_str(), waiting.order.stage));
        let all: Vec<_> = self.running.drain(..).chain(waiting).collect();
        for (member, stage) in all {
            skip(self.run, member, reason).await;
            self.ended.push_back(Contribution {
                member: member.to_owned(),
                stage,
                result: Err(result()),
                used: false,
            });
        }
    }

    /// Starts, in order, every waiting call the budget allows; refuses what can never fit.
    async fn start_what_fits(&mut self) {
        for mut waiting in std::mem::take(&mut self.waiting) {
            let order = &waiting.order;
            match self.run.budget.reserve(order.member, &order.request) {
                Ok(reservation) => {
                    self.running
                        .push((order.member.label.as_str(), order.stage));
                    self.calls
                        .push(Box::pin(call(self.run, waiting.order, reservation)));
                }
                Err(refusal) if refusal.may_fit_later && !self.calls.is_empty() => {
                    if !std::mem::replace(&mut waiting.was_told, true) {
                        let queued = RunEvent::ModelQueued {
                            member: order.member.label.clone(),
                            stage: order.stage.name(),
                        };
                        self.run.events.emit(queued).await;
                    }
                    self.waiting.push_back(waiting);
                }
                Err(refusal) => {
                    let ended = refuse(self.run, order.member, order.stage, refusal.message).await;
                    self.ended.push_back(ended);
                }
            }
        }
    }
}

/// The call of an integrator. It is not bound by the members' deadline, which may have passed,
/// but by a limit of the same length of its own.
pub(in crate::cooperation) async fn ask_for_integration<'a>(
    run: &'a Run<'a>,
    order: Order<'a>,
) -> Contribution {
    let (member, stage) = (order.member, order.stage);
    let started = RunEvent::StageStarted {
        stage: stage.name(),
    };
    run.events.emit(started).await;
    let reservation = match run.budget.reserve(member, &order.request) {
        Ok(reservation) => reservation,
        Err(refusal) => return refuse(run, member, stage, refusal.message).await,
    };
    let limit = run.budget.caps().deadline;
    let call: BoxFuture<'_, Contribution> = Box::pin(call(run, order, reservation));
    let ended = if let Ok(ended) = timeout(limit, call).await {
        ended
    } else {
        let message = format!("no answer within {limit:?}");
        skip(run, &member.label, &message).await;
        Contribution {
            member: member.label.clone(),
            stage,
            result: Err(MemberFailure::Failed(Failure::new(
                FailureKind::Deadline,
                message,
            ))),
            used: false,
        }
    };
    let needs = run.budget.caps().calls;
    warn(run, needs).await;
    ended
}

async fn call<'a>(
    run: &'a Run<'a>,
    order: Order<'a>,
    mut reservation: Reservation<'a>,
) -> Contribution {
    let Order {
        member,
        request,
        stage,
        is_final,
    } = order;
    reservation.sent();
    let order = CallOrder {
        member,
        request: Cow::Owned(request),
        stage,
        events: run.events,
        is_final,
    };
    let result = match run.caller.ask(order).await {
        Ok(report) => {
            reservation.settle(&report);
            Ok(report)
        }
        Err(failed) => {
            reservation.fail(&failed);
            Err(MemberFailure::Failed(failed.failure))
        }
    };
    Contribution {
        member: member.label.clone(),
        stage,
        result,
        used: false,
    }
}

async fn refuse(run: &Run<'_>, member: &Member, stage: Stage, message: String) -> Contribution {
    skip(run, &member.label, &message).await;
    Contribution {
        member: member.label.clone(),
        stage,
        result: Err(MemberFailure::Failed(Failure::new(
            FailureKind::Budget,
            message,
        ))),
        used: false,
    }
}

async fn skip(run: &Run<'_>, member: &str, reason: &str) {
    let skipped = RunEvent::ModelSkipped {
        member: member.to_owned(),
        reason: reason.to_owned(),
    };
    run.events.emit(skipped).await;
}

async fn warn(run: &Run<'_>, calls_needed: u32) {
    if let Some(message) = run.budget.warning(calls_needed) {
        run.events.emit(RunEvent::BudgetWarning { message }).await;
    }
}
