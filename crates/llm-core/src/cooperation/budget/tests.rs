//! The budget: what is held, what comes back, and that nothing is overdrawn.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::types::answer::Answer;
use crate::types::caller::Attempt;
use crate::types::clock::{Clock as _, SystemClock};
use crate::types::failure::{Failure, Limit};
use crate::types::money::Cost;

fn caps() -> Caps {
    Caps {
        calls: 10,
        tokens: None,
        cost: None,
        deadline: Duration::from_secs(1),
    }
}

fn budget(caps: Caps) -> Budget {
    Budget::new(caps, SystemClock.now())
}

/// A member whose every token costs a thousandth of a dollar.
fn member(max_output: u64) -> Member {
    Member {
        label: "m".into(),
        model: "m".into(),
        targets: vec!["m".into()],
        role: None,
        price: Some(Arc::new(Price {
            input: 1_000_000_000,
            output: 1_000_000_000,
            ..Price::free()
        })),
        max_output,
    }
}

fn question() -> ChatRequest {
    ChatRequest::question("how many?")
}

/// Tokens [`question`] is estimated at.
fn prompt() -> u64 {
    estimate::input_tokens(&question())
}

fn report(usage: Usage, cost: Cost) -> CallReport {
    CallReport {
        model: "m".into(),
        provider: "p".into(),
        deployment: "m".into(),
        answer: Answer::of_text("42", usage),
        cost,
        attempts: Vec::new(),
        duration: Duration::ZERO,
        first_token: None,
    }
}

fn failed(kind: FailureKind, sent: bool) -> CallFailed {
    let attempt = Attempt {
        deployment: "m".into(),
        model: "m".into(),
        provider: "p".into(),
        failure: None,
        duration: Duration::ZERO,
    };
    CallFailed {
        failure: Failure::new(kind, "no"),
        attempts: if sent { vec![attempt] } else { Vec::new() },
    }
}

#[test]
fn the_worst_case_is_held_until_the_real_numbers_are_known() {
    let budget = budget(Caps {
        tokens: Some(prompt() + 100),
        ..caps()
    });
    let first = budget.reserve(&member(100), &question()).unwrap();
    let refusal = budget.reserve(&member(1), &question()).unwrap_err();
    assert!(refusal.may_fit_later);
    assert_eq!(
        refusal.message,
        format!(
            "the call may use {} tokens and 0 of the run's {} are left",
            prompt() + 1,
            prompt() + 100
        )
    );

    first.settle(&report(Usage::reported(10, 20), Cost::Unknown));
    assert_eq!(budget.spent().settled.tokens, 30);
    assert_eq!(budget.spent().reserved, Amount::default());
    budget.reserve(&member(1), &question()).unwrap();
}

#[test]
fn what_can_never_fit_is_told_apart_from_what_has_to_wait() {
    let budget = budget(Caps {
        tokens: Some(50),
        ..caps()
    });
    let refusal = budget.reserve(&member(100), &question()).unwrap_err();
    assert!(!refusal.may_fit_later);
}

#[test]
fn a_reservation_that_was_never_sent_returns_whole() {
    let budget = budget(caps());
    drop(budget.reserve(&member(100), &question()).unwrap());
    assert_eq!(budget.spent(), Spent::default());
}

#[test]
fn a_call_that_is_broken_off_keeps_the_call_and_its_prompt() {
    let budget = budget(caps());
    let mut reservation = budget.reserve(&member(100), &question()).unwrap();
    reservation.sent();
    drop(reservation);
    let spent = budget.spent();
    assert_eq!((spent.settled.calls, spent.settled.tokens), (1, prompt()));
    assert_eq!(spent.reserved, Amount::default());
}

#[test]
fn a_failed_call_costs_what_providers_bill_for_it() {
    let timeout = FailureKind::Timeout(Limit::Idle);
    for (failure, calls, tokens) in [
        (failed(FailureKind::CircuitOpen, false), 0, 0),
        (failed(FailureKind::RateLimited, true), 1, 0),
        (failed(timeout, true), 1, prompt()),
    ] {
        let budget = budget(caps());
        let mut reservation = budget.reserve(&member(100), &question()).unwrap();
        reservation.sent();
        reservation.fail(&failure);
        let settled = budget.spent().settled;
        assert_eq!(
            (settled.calls, settled.tokens),
            (calls, tokens),
            "{failure:?}"
        );
    }
}

#[test]
fn a_report_above_the_reservation_is_shown() {
    let budget = budget(caps());
    let mut reservation = budget.reserve(&member(10), &question()).unwrap();
    reservation.sent();
    reservation.settle(&report(Usage::reported(prompt(), 15), Cost::Unknown));
    assert_eq!(budget.spent().overrun.tokens, 5);
}

#[test]
fn money_is_held_at_the_dearest_reading_of_the_price() {
    let budget = budget(Caps {
        cost: Some(Money::parse("1", Currency::USD).unwrap()),
        ..caps()
    });
    let mut member = member(100);
    let plain = budget.reserve(&member, &question()).unwrap();
    let expected = i64::try_from(prompt() + 100).unwrap() * 1_000_000;
    assert_eq!(budget.spent().reserved.nanos, expected);
    drop(plain);

    let price = Price {
        cache_write: Some(2_000_000_000),
        ..Price::clone(member.price.as_ref().unwrap())
    };
    member.price = Some(Arc::new(price));
    let _dear = budget.reserve(&member, &question()).unwrap();
    assert!(budget.spent().reserved.nanos > expected);
}

#[test]
fn an_unknown_cost_stays_as_held() {
    let budget = budget(Caps {
        cost: Some(Money::parse("1", Currency::USD).unwrap()),
        ..caps()
    });
    let reservation = budget.reserve(&member(100), &question()).unwrap();
    let held = budget.spent().reserved;
    reservation.settle(&report(Usage::default(), Cost::Unknown));
    assert_eq!(budget.spent().settled, held);
}

#[test]
fn a_cap_on_money_wants_prices_in_its_currency() {
    let dollars = budget(Caps {
        cost: Some(Money::parse("1", Currency::USD).unwrap()),
        ..caps()
    });
    assert_eq!(dollars.can_price(&member(1)), Ok(()));
    let unpriced = Member {
        price: None,
        ..member(1)
    };
    let message = dollars.can_price(&unpriced).unwrap_err();
    assert!(message.contains("`m` has no price"), "{message}");
    assert!(
        !dollars
            .reserve(&unpriced, &question())
            .unwrap_err()
            .may_fit_later
    );

    let yuan = budget(Caps {
        cost: Some(Money::parse("1", Currency::CNY).unwrap()),
        ..caps()
    });
    let message = yuan.can_price(&member(1)).unwrap_err();
    assert!(message.contains("in USD and the cap in CNY"), "{message}");
}

#[test]
fn the_warning_comes_once_and_not_for_a_cap_that_suffices() {
    let tight = budget(Caps { calls: 5, ..caps() });
    for calls in 1..=5 {
        let mut reservation = tight.reserve(&member(1), &question()).unwrap();
        reservation.sent();
        drop(reservation);
        let expected = (calls == 4).then(|| "4 of the run's 5 calls are made".to_owned());
        assert_eq!(tight.warning(6), expected);
    }
    let enough = budget(Caps { calls: 1, ..caps() });
    enough
        .reserve(&member(1), &question())
        .unwrap()
        .settle(&report(Usage::reported(1, 1), Cost::Unknown));
    assert_eq!(enough.warning(1), None);
}

#[test]
fn threads_together_cannot_overdraw() {
    let each = prompt() + 100;
    let budget = budget(Caps {
        calls: 1_000,
        tokens: Some(each * 7 + 1),
        ..caps()
    });
    let granted: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let held: Vec<_> = (0..50)
                        .filter_map(|_| budget.reserve(&member(100), &question()).ok())
                        .collect();
                    let count = held.len();
                    std::mem::forget(held);
                    count
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    assert_eq!(granted, 7);
    assert_eq!(budget.spent().reserved.tokens, each * 7);
}

/// What may happen to a budget.
#[derive(Clone, Debug)]
enum Step {
    Reserve {
        max_output: u64,
    },
    Settle {
        which: usize,
        output: u64,
        cost: i64,
    },
    BreakOff {
        which: usize,
    },
    Return {
        which: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0_usize..8;
    prop_oneof![
        3 => (0_u64..200).prop_map(|max_output| Step::Reserve { max_output }),
        2 => (which.clone(), 0_u64..300, 0_i64..300_000_000)
            .prop_map(|(which, output, cost)| Step::Settle { which, output, cost }),
        1 => which.clone().prop_map(|which| Step::BreakOff { which }),
        1 => which.prop_map(|which| Step::Return { which }),
    ]
}

proptest! {
    /// Whatever happens in whatever order, what is used and held passes a cap by no more than
    /// what providers reported above their reservations.
    #[test]
    fn a_cap_is_passed_only_by_what_providers_report(
        steps in prop::collection::vec(step(), 1..60),
        calls in 1_u32..12,
        tokens in 50_u64..1_500,
        cents in 1_i64..150,
    ) {
        let cost = Money { nanos: cents * 10_000_000, currency: Currency::USD };
        let budget = budget(Caps { calls, tokens: Some(tokens), cost: Some(cost), ..caps() });
        let mut held: Vec<Reservation<'_>> = Vec::new();
        for step in steps {
            match step {
                Step::Reserve { max_output } => {
                    held.extend(budget.reserve(&member(max_output), &question()));
                }
                Step::Settle { which, output, cost } if which < held.len() => {
                    let money = Money { nanos: cost, currency: Currency::USD };
                    let usage = Usage::reported(prompt(), output);
                    held.remove(which).settle(&report(usage, Cost::Billed(money)));
                }
                Step::BreakOff { which } if which < held.len() => held.remove(which).sent(),
                Step::Return { which } if which < held.len() => drop(held.remove(which)),
                Step::Settle { .. } | Step::BreakOff { .. } | Step::Return { .. } => {}
            }
            let spent = budget.spent();
            let total = spent.settled.plus(spent.reserved);
            prop_assert!(total.calls <= calls + spent.overrun.calls);
            prop_assert!(total.tokens <= tokens + spent.overrun.tokens);
            prop_assert!(total.nanos <= cost.nanos + spent.overrun.nanos);
        }
        drop(held);
        prop_assert_eq!(budget.spent().reserved, Amount::default());
    }
}
