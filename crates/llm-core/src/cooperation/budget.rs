//! The caps all calls of a run share: calls, tokens, money and time.
//!
//! A call reserves its worst case before it is made and settles with the real numbers after, so
//! calls made at the same time cannot overdraw a cap together. The only way past a cap is a
//! provider that reports more than was reserved, and [`Budget::spent`] shows by how much.

mod estimate;

#[cfg(test)]
mod tests;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::types::caller::{CallFailed, CallReport};
use crate::types::chat::ChatRequest;
use crate::types::clock::Deadline;
use crate::types::cooperation::{Caps, Member};
use crate::types::failure::FailureKind;
use crate::types::money::{Currency, Money, Price};
use crate::types::usage::Usage;

/// Share of a cap, in percent, from which a run is warned.
const WARN_AT: u128 = 80;

/// What is left of a run's caps.
#[derive(Debug)]
pub struct Budget {
    caps: Caps,
    deadline: Deadline,
    state: Mutex<State>,
}

/// A part of the caps. Money is in nano-units of the cap's currency, zero where money is not capped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Calls.
    pub calls: u32,
    /// Tokens, read and written.
    pub tokens: u64,
    /// Nano-units of money.
    pub nanos: i64,
}

/// What a run has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// By calls that ended.
    pub settled: Amount,
    /// Held for calls under way.
    pub reserved: Amount,
    /// What providers reported above what had been reserved; a part of `settled`.
    pub overrun: Amount,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    warned: bool,
}

/// Why a call was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words.
    pub message: String,
    /// Whether it fits once calls under way give back what they do not use.
    pub may_fit_later: bool,
}

/// A part of the budget, held for one call.
///
/// Dropped before [`sent`](Self::sent), all of it returns. Dropped after, the call stays counted
/// and the prompt stays paid, because the provider has read it by then; the rest returns.
#[derive(Debug)]
pub struct Reservation<'a> {
    budget: &'a Budget,
    held: Amount,
    /// What the call costs if it is broken off.
    prompt: Amount,
    /// What becomes of it on drop.
    used: Amount,
}

impl Budget {
    /// A full budget whose deadline starts to run `now`.
    pub fn new(caps: Caps, now: Instant) -> Self {
        Self {
            caps,
            deadline: Deadline::after(now, caps.deadline),
            state: Mutex::default(),
        }
    }

    /// The caps it started with.
    pub fn caps(&self) -> Caps {
        self.caps
    }

    /// When members are no longer waited for.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// What has been used so far.
    pub fn spent(&self) -> Spent {
        self.state.lock().spent
    }

    /// Whether the cost of this member's calls can be held against the cap; in words if not.
    pub fn can_price(&self, member: &Member) -> Result<(), String> {
        let Some(cap) = self.caps.cost else {
            return Ok(());
        };
        match member.price.as_deref() {
            Some(price) if price.currency == cap.currency => Ok(()),
            Some(price) => Err(format!(
                "the cost of `{}` is in {} and the cap in {}; give the cap in the currency of the prices",
                member.label, price.currency, cap.currency
            )),
            None => Err(format!(
                "`{}` has no price, so its cost cannot be held to the cap of {cap}; set its price or drop the cap",
                member.label
            )),
        }
    }

    /// Holds the worst case of one call: its prompt, the longest answer, and what both cost.
    pub fn reserve(
        &self,
        member: &Member,
        request: &ChatRequest,
    ) -> Result<Reservation<'_>, Refusal> {
        let never = |message| Refusal {
            message,
            may_fit_later: false,
        };
        self.can_price(member).map_err(never)?;
        let input = estimate::input_tokens(request);
        let output = estimate::output_tokens(request, member.max_output);
        let prompt = self.amount(member, input, 0);
        let held = self.amount(member, input, output);
        self.hold(held, prompt)
    }

    /// Holds one call without tokens or money, so that members do not use up the judge's.
    pub fn hold_call(&self) -> Option<Reservation<'_>> {
        let call = Amount {
            calls: 1,
            ..Amount::default()
        };
        self.hold(call, call).ok()
    }

    /// A warning, once, when four fifths of a cap are used.
    ///
    /// `calls_needed` is what the mode may need; a cap that allows all of it is no news.
    pub fn warning(&self, calls_needed: u32) -> Option<String> {
        let mut state = self.state.lock();
        if state.warned {
            return None;
        }
        let used = state.spent.settled;
        let reached = |used: u128, cap: u128| used * 100 >= cap * WARN_AT;
        let message = if let Some(cap) = self.caps.cost
            && reached(nanos(used.nanos), nanos(cap.nanos))
        {
            format!(
                "{} of the run's {cap} are spent",
                money(used.nanos, cap.currency)
            )
        } else if let Some(cap) = self.caps.tokens
            && reached(used.tokens.into(), cap.into())
        {
            format!("{} of the run's {cap} tokens are used", used.tokens)
        } else if self.caps.calls < calls_needed
            && reached(used.calls.into(), self.caps.calls.into())
        {
            format!(
                "{} of the run's {} calls are made",
                used.calls, self.caps.calls
            )
        } else {
            return None;
        };
        state.warned = true;
        Some(message)
    }

    fn hold(&self, held: Amount, prompt: Amount) -> Result<Reservation<'_>, Refusal> {
        let mut state = self.state.lock();
        let (settled, reserved) = (state.spent.settled, state.spent.reserved);
        if let Some(message) = self.shortage(held, settled.plus(reserved)) {
            return Err(Refusal {
                may_fit_later: self.shortage(held, settled).is_none(),
                message,
            });
        }
        state.spent.reserved = reserved.plus(held);
        Ok(Reservation {
            budget: self,
            held,
            prompt,
            used: Amount::default(),
        })
    }

    /// The cap that `needed` on top of `taken` would break, in words.
    fn shortage(&self, needed: Amount, taken: Amount) -> Option<String> {
        let total = taken.plus(needed);
        if total.calls > self.caps.calls {
            return Some(format!(
                "all {} calls the run may make are made or held",
                self.caps.calls
            ));
        }
        if let Some(cap) = self.caps.tokens
            && total.tokens > cap
        {
            return Some(format!(
                "the call may use {} tokens and {} of the run's {cap} are left",
                needed.tokens,
                cap.saturating_sub(taken.tokens)
            ));
        }
        let cap = self.caps.cost?;
        (total.nanos > cap.nanos).then(|| {
            format!(
                "the call may cost {} and {} of the run's {cap} are left",
                money(needed.nanos, cap.currency),
                money((cap.nanos - taken.nanos).max(0), cap.currency)
            )
        })
    }

    fn amount(&self, member: &Member, input: u64, output: u64) -> Amount {
        let nanos = match (self.caps.cost, member.price.as_deref()) {
            (Some(_), Some(price)) => worst_cost(price, input, output),
            _ => 0,
        };
        Amount {
            calls: 1,
            tokens: input.saturating_add(output),
            nanos,
        }
    }
}

impl Reservation<'_> {
    /// The call goes out now.
    pub fn sent(&mut self) {
        self.used = self.prompt;
    }

    /// Books what a successful call really used. What the provider did not tell stays as held.
    pub fn settle(mut self, report: &CallReport) {
        let usage = &report.answer.usage;
        let billed = match (report.cost.money(), self.budget.caps.cost) {
            (Some(cost), Some(cap)) if cost.currency == cap.currency => cost.nanos,
            _ => self.held.nanos,
        };
        self.used = Amount {
            calls: 1,
            tokens: if usage.is_known() {
                usage.total()
            } else {
                self.held.tokens
            },
            nanos: billed,
        };
    }

    /// Books a failed call: nothing when nothing was sent, the prompt when an answer had begun or
    /// was waited for in vain, the mere call otherwise, because providers do not bill refusals.
    pub fn fail(mut self, failed: &CallFailed) {
        self.used = match failed.failure.kind {
            _ if failed.attempts.is_empty() => Amount::default(),
            FailureKind::Timeout(_) | FailureKind::Truncated | FailureKind::Deadline => self.prompt,
            _ => Amount {
                calls: 1,
                ..Amount::default()
            },
        };
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let spent = &mut self.budget.state.lock().spent;
        spent.reserved = spent.reserved.minus(self.held);
        spent.settled = spent.settled.plus(self.used);
        spent.overrun = spent.overrun.plus(self.used.minus(self.held));
    }
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
            nanos: self.nanos.saturating_add(other.nanos),
        }
    }

    /// The difference, nowhere below zero.
    fn minus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(other.calls),
            tokens: self.tokens.saturating_sub(other.tokens),
            nanos: self.nanos.saturating_sub(other.nanos).max(0),
        }
    }
}

/// The most the tokens can cost. Writing to a provider's cache may cost more than plain reading.
/// A cost beyond the integer's range fits no cap.
fn worst_cost(price: &Price, input: u64, output: u64) -> i64 {
    let plain = Usage::estimated(input, output);
    let cached = Usage {
        cache_write: input,
        ..plain
    };
    let cost = |usage| price.cost(&usage).map_or(i64::MAX, |money| money.nanos);
    cost(plain).max(cost(cached))
}

fn money(nanos: i64, currency: Currency) -> Money {
    Money { nanos, currency }
}

fn nanos(nanos: i64) -> u128 {
    u128::try_from(nanos).unwrap_or(0)
}
