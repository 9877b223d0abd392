//! How many calls may be under way at one deployment, and who waits for a place.
//!
//! The limit is fixed, or found by watching how long calls take. Whoever finds no place waits for a
//! moment in a line of bounded length that is fair to all callers; who leaves the line, or whose
//! time is over, is gone from it before anything is sent.

mod adaptive;
mod line;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::types::ids::KeyId;
use adaptive::Adaptive;
use line::{Joined, Line};

/// The limits of one deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateRules {
    /// Calls under way at once; the ceiling where the limit adapts.
    pub most: Option<u32>,
    /// Whether the limit follows what is measured.
    pub adapts: bool,
    /// Callers that may wait.
    pub queue: u32,
    /// How long each may wait.
    pub wait: Duration,
}

/// Lets calls to one deployment through.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rules: GateRules,
    adaptive: Adaptive,
    under_way: u32,
    line: Line<oneshot::Sender<()>>,
    next_ticket: u64,
}

/// A gate at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateView {
    /// Calls that may be under way at once; `None` for any number.
    pub limit: Option<u32>,
    /// Callers in the line.
    pub waiting: u32,
    /// Whether another caller would be turned away.
    pub is_full: bool,
}

/// There is neither a place nor room in the line, or no place came free in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Gate {
    /// A gate with nobody at it.
    pub fn new(rules: GateRules) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                rules,
                adaptive: Adaptive::new(),
                under_way: 0,
                line: Line::new(),
                next_ticket: 0,
            }),
        })
    }

    /// Follows other rules from now on.
    pub fn renew(&self, rules: GateRules) {
        let mut state = self.state.lock();
        state.rules = rules;
        state.let_in();
    }

    /// Waits for a place, not longer than the rules and `until` allow.
    pub async fn enter(
        self: &Arc<Self>,
        whose: Option<&KeyId>,
        now: Instant,
        until: Instant,
    ) -> Result<Entered, Full> {
        let (mut waiting, wait) = {
            let mut state = self.state.lock();
            if state.line.is_empty() && state.has_place() {
                state.under_way += 1;
                return Ok(Entered {
                    gate: Arc::clone(self),
                });
            }
            let (grant, granted) = oneshot::channel();
            state.next_ticket += 1;
            let ticket = state.next_ticket;
            let most = state.rules.queue as usize;
            match state.line.join(whose, ticket, grant, most) {
                Joined::Refused => return Err(Full),
                // Whoever gave way hears it by the end of its channel.
                Joined::Waits | Joined::InsteadOf(_) => {}
            }
            let waiting = Waiting {
                gate: Arc::clone(self),
                ticket,
                granted,
            };
            (waiting, state.rules.wait)
        };
        let until = until.min(now + wait);
        match tokio::time::timeout_at(until, &mut waiting.granted).await {
            Ok(Ok(())) => Ok(Entered {
                gate: Arc::clone(self),
            }),
            // Given way, or waited in vain; dropping `waiting` clears up.
            Ok(Err(_)) | Err(_) => Err(Full),
        }
    }

    /// A look at it.
    pub fn view(&self) -> GateView {
        let state = self.state.lock();
        let waiting = u32::try_from(state.line.len()).unwrap_or(u32::MAX);
        GateView {
            limit: state.limit(),
            waiting,
            is_full: waiting >= state.rules.queue && !state.has_place(),
        }
    }

    /// A call took this long until it had something to show.
    pub fn measured(&self, took: Duration, streamed: bool) {
        let mut state = self.state.lock();
        let (under_way, most) = (state.under_way, state.rules.most);
        state.adaptive.measured(took, streamed, under_way, most);
        state.let_in();
    }

    /// The deployment showed that it has too much to do.
    pub fn strained(&self) {
        self.state.lock().adaptive.strained();
    }

    fn leave(&self) {
        let mut state = self.state.lock();
        state.under_way = state.under_way.saturating_sub(1);
        state.let_in();
    }
}

impl State {
    fn limit(&self) -> Option<u32> {
        if self.rules.adapts {
            Some(self.adaptive.limit(self.rules.most))
        } else {
            self.rules.most
        }
    }

    fn has_place(&self) -> bool {
        self.limit().is_none_or(|limit| self.under_way < limit)
    }

    fn let_in(&mut self) {
        while self.has_place() {
            let Some(grant) = self.line.next() else {
                return;
            };
            // One that left in this very moment takes no place.
            if grant.send(()).is_ok() {
                self.under_way += 1;
            }
        }
    }
}

/// A place among the calls under way. Given back when dropped.
#[derive(Debug)]
pub struct Entered {
    gate: Arc<Gate>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.gate.leave();
    }
}

/// A place in the line. Dropping it leaves the line, or gives back the place that was just granted.
struct Waiting {
    gate: Arc<Gate>,
    ticket: u64,
    granted: oneshot::Receiver<()>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Under the lock, so that no grant is on its way.
        let mut state = self.gate.state.lock();
        state.line.leave(self.ticket);
        // A receiver that has been read says that it is closed, so an `Entered` is not undone.
        if self.granted.try_recv().is_ok() {
            state.under_way = state.under_way.saturating_sub(1);
            state.let_in();
        }
    }
}

#[cfg(test)]
mod tests;
