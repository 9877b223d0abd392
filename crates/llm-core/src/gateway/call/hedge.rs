//! A second deployment asked while the first has nothing to show, and the race between the two.
//!
//! Whoever has content first answers; the other is dropped, which closes its exchange and books what
//! it used. Hedges draw on the retry budget and on a budget of their own, so that they stay a small
//! share of the traffic whatever happens.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::Call;
use super::attempt::{Lane, Miss};
use crate::gateway::deployments::Deployment;
use crate::telemetry::metrics::Extra;
use crate::types::caller::CallReport;

/// When a second deployment is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgeRules {
    /// Not before this time.
    pub after: Duration,
    /// Only when the first is slower than nineteen of twenty of its recent calls.
    pub by_p95: bool,
}

/// Which of two attempts gives the answer.
#[derive(Default)]
pub(super) struct Race {
    winner: AtomicU8,
    decided: Notify,
}

impl Race {
    const FIRST: u8 = 1;
    pub(super) const SECOND: u8 = 2;

    /// Whether the answer is this attempt's.
    pub(super) fn claim(&self, number: u8) -> bool {
        let claimed = self
            .winner
            .compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire);
        if claimed.is_ok() {
            self.decided.notify_one();
        }
        claimed.map_or_else(|winner| winner == number, |_| true)
    }

    /// Whose the answer is; 0 while it is open.
    pub(super) fn winner(&self) -> u8 {
        self.winner.load(Ordering::Acquire)
    }
}

impl Call<'_, '_> {
    /// The first attempt at a target, with another one beside it when it stays silent.
    pub(super) async fn first_try(&self, deployment: &Arc<Deployment>) -> Result<CallReport, Miss> {
        let lane = self.lane(deployment);
        let (Some(delay), Some(other)) = (
            self.hedge_delay(deployment),
            self.next_after(Some(deployment)),
        ) else {
            return self.attempt(deployment, lane).await;
        };
        let race = Race::default();
        let lane = Lane {
            race: Some((&race, Race::FIRST)),
            ..lane
        };
        let mut first = Box::pin(self.attempt(deployment, lane));
        tokio::select! {
            biased;
            result = first.as_mut() => return result,
            () = tokio::time::sleep(delay) => {}
        }
        if race.winner() != 0 || !self.may_hedge(deployment, other) {
            return first.await;
        }
        self.progress.lock().done.push(other.id.clone());
        let lane = Lane {
            race: Some((&race, Race::SECOND)),
            told: &self.told,
            limits: other.limits,
        };
        self.raced(first, Box::pin(self.attempt(other, lane)), &race)
            .await
    }

    /// Both until one has the answer. When both fail, the first one's failure is told: the second
    /// has its line among the attempts.
    async fn raced<A, B>(
        &self,
        first: Pin<Box<A>>,
        second: Pin<Box<B>>,
        race: &Race,
    ) -> Result<CallReport, Miss>
    where
        A: Future<Output = Result<CallReport, Miss>>,
        B: Future<Output = Result<CallReport, Miss>>,
    {
        let (mut first, mut second) = (Some(first), Some(second));
        let mut told: Option<Miss> = None;
        loop {
            let (result, is_first) = tokio::select! {
                biased;
                () = race.decided.notified() => {
                    // The loser is dropped in the middle of whatever it waits for.
                    if race.winner() == Race::FIRST {
                        second = None;
                    } else {
                        first = None;
                    }
                    continue;
                }
                result = running(&mut first) => (result, true),
                result = running(&mut second) => (result, false),
            };
            if is_first {
                first = None;
            } else {
                second = None;
            }
            match result {
                Ok(report) => return Ok(report),
                Err(miss) if is_first || told.is_none() => told = Some(miss),
                Err(_) => {}
            }
            if first.is_none()
                && second.is_none()
                && let Some(miss) = told
            {
                return Err(miss);
            }
        }
    }

    fn hedge_delay(&self, deployment: &Deployment) -> Option<Duration> {
        let rules = self.caller.engine.hedge?;
        if rules.by_p95 {
            Some(deployment.health.p95()?.max(rules.after))
        } else {
            Some(rules.after)
        }
    }

    fn may_hedge(&self, deployment: &Deployment, other: &Deployment) -> bool {
        let engine = self.caller.engine;
        let now = engine.clock.now();
        let may = self.progress.lock().sent < engine.max_attempts
            && other.health.refusal(now).is_none()
            && !other.health.gate().view().is_full
            && deployment.upstream.may_hedge(now)
            && other.upstream.may_retry(now);
        if may {
            other.instruments.extra_attempt(Extra::Hedge);
        }
        may
    }
}

/// An attempt that still runs; one that is over never ends again.
async fn running<F>(attempt: &mut Option<Pin<Box<F>>>) -> F::Output
where
    F: Future,
{
    match attempt {
        Some(attempt) => attempt.await,
        None => pending().await,
    }
}
