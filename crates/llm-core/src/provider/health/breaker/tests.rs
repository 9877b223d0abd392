//! The breaker against every order of calls, late words and lost probes, and its figures.

use super::*;
use crate::types::clock::{Clock as _, SystemClock};

const RULES: BreakerRules = BreakerRules {
    failures: 5,
    first_rest: Duration::from_secs(5),
    longest_rest: Duration::from_secs(60),
    probe_lease: Duration::from_secs(30),
    ramp: Duration::from_secs(10),
};

/// A call that nothing stands beside, with an even draw.
fn admit(breaker: &mut Breaker, now: Instant) -> Verdict {
    breaker.admit(now, &RULES, 0, 0.5)
}

fn open(breaker: &mut Breaker, now: Instant) {
    for _ in 0..RULES.failures {
        breaker.failed(now, None, &RULES, 0.5);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// A call: how it ends, or that it is lost, and whether it is told at once or at the very end.
    Call(Option<bool>, bool),
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    use proptest::prelude::*;
    prop_oneof![
        (0_u64..40).prop_map(Step::Wait),
        (
            proptest::option::of(proptest::bool::ANY),
            proptest::bool::ANY
        )
            .prop_map(|(outcome, late)| Step::Call(outcome, late)),
    ]
}

proptest::proptest! {
    /// Whatever happens, at most one probe has a lease that runs, and after a long enough silence a
    /// call is let through again.
    #[test]
    fn it_never_stays_shut_and_never_probes_twice(steps in proptest::collection::vec(step(), 0..200)) {
        let mut now = SystemClock.now();
        let mut breaker = Breaker::new();
        let mut late = Vec::new();
        let mut lease: Option<(u64, Instant)> = None;
        for step in steps {
            match step {
                Step::Wait(seconds) => now += Duration::from_secs(seconds),
                Step::Call(outcome, is_late) => {
                    let probe = match admit(&mut breaker, now) {
                        Verdict::Rest(_) => continue,
                        Verdict::Go => None,
                        Verdict::Probe(number) => {
                            let running = lease.is_some_and(|(_, until)| now < until);
                            proptest::prop_assert!(!running, "two probes at a time");
                            lease = Some((number, now + RULES.probe_lease));
                            Some(number)
                        }
                    };
                    if is_late {
                        late.push((outcome, probe));
                        continue;
                    }
                    tell(&mut breaker, now, outcome, probe);
                    if probe.is_some() {
                        lease = None;
                    }
                    for (outcome, probe) in late.drain(..) {
                        tell(&mut breaker, now, outcome, probe);
                        if lease.is_some_and(|(number, _)| Some(number) == probe) {
                            lease = None;
                        }
                    }
                }
            }
        }
        now += RULES.longest_rest * 2;
        proptest::prop_assert!(!matches!(admit(&mut breaker, now), Verdict::Rest(_)));
    }

    /// A ramp never lets through less than it did before.
    #[test]
    fn a_ramp_only_rises(earlier in 0_u64..20_000, later in 0_u64..20_000) {
        let (earlier, later) = (earlier.min(later), earlier.max(later));
        let at = |millis| share(Duration::from_millis(millis), RULES.ramp);
        proptest::prop_assert!(at(earlier) <= at(later));
        proptest::prop_assert!(at(earlier) >= RAMP_START && at(later) <= 1.0);
    }
}

fn tell(breaker: &mut Breaker, now: Instant, outcome: Option<bool>, probe: Option<u64>) {
    match (outcome, probe) {
        (Some(true), probe) => breaker.succeeded(now, probe, &RULES),
        (Some(false), probe) => breaker.failed(now, probe, &RULES, 0.5),
        (None, Some(number)) => breaker.abandoned(number),
        (None, None) => {}
    }
}

#[test]
fn half_of_twenty_failures_open_it_even_when_they_alternate() {
    let now = SystemClock.now();
    let mut breaker = Breaker::new();
    for _ in 0..10 {
        breaker.succeeded(now, None, &RULES);
        breaker.failed(now, None, &RULES, 0.5);
    }
    assert!(matches!(admit(&mut breaker, now), Verdict::Rest(_)));
}

#[test]
fn each_rest_is_twice_the_last_up_to_the_longest() {
    let mut now = SystemClock.now();
    let mut breaker = Breaker::new();
    let mut rests = Vec::new();
    open(&mut breaker, now);
    for _ in 0..6 {
        let Verdict::Rest(rest) = admit(&mut breaker, now) else {
            panic!("open")
        };
        rests.push(rest.as_secs());
        now += rest;
        let Verdict::Probe(number) = admit(&mut breaker, now) else {
            panic!("due")
        };
        breaker.failed(now, Some(number), &RULES, 0.5);
    }
    assert_eq!(rests, [5, 10, 20, 40, 60, 60]);
}

#[test]
fn calls_that_end_after_it_opened_do_not_lengthen_the_rest() {
    let now = SystemClock.now();
    let mut breaker = Breaker::new();
    open(&mut breaker, now);
    let rest = breaker.rests_for(now);
    for _ in 0..500 {
        breaker.failed(now, None, &RULES, 1.0);
        breaker.succeeded(now, None, &RULES);
    }
    assert_eq!(breaker.rests_for(now), rest);
}

#[test]
fn a_lost_probe_makes_room_for_another_and_has_no_say_any_more() {
    let mut now = SystemClock.now();
    let mut breaker = Breaker::new();
    open(&mut breaker, now);
    now += Duration::from_secs(6);
    let Verdict::Probe(lost) = admit(&mut breaker, now) else {
        panic!("due")
    };
    now += RULES.probe_lease;
    let Verdict::Probe(second) = admit(&mut breaker, now) else {
        panic!("the lease is over")
    };
    breaker.abandoned(lost);
    breaker.failed(now, Some(lost), &RULES, 0.5);
    assert!(
        matches!(admit(&mut breaker, now), Verdict::Rest(_)),
        "the second one is out"
    );
    breaker.succeeded(now, Some(second), &RULES);
    assert_eq!(breaker.look(now, &RULES).0, Some(HealthState::Recovering));
}

#[test]
fn after_the_probe_a_tenth_comes_back_and_then_all() {
    let mut now = SystemClock.now();
    let mut breaker = Breaker::new();
    open(&mut breaker, now);
    now += Duration::from_secs(6);
    let Verdict::Probe(number) = admit(&mut breaker, now) else {
        panic!("due")
    };
    breaker.succeeded(now, Some(number), &RULES);
    let let_through = |breaker: &mut Breaker, now| {
        let draws = (0..1_000).map(|draw| f64::from(draw) / 1_000.0);
        draws
            .filter(|draw| breaker.admit(now, &RULES, 9, *draw) == Verdict::Go)
            .count()
    };
    assert_eq!(let_through(&mut breaker, now), 100);
    assert_eq!(
        admit(&mut breaker, now),
        Verdict::Go,
        "the only call is never held back"
    );
    now += Duration::from_secs(5);
    assert_eq!(let_through(&mut breaker, now), 550);
    now += Duration::from_secs(5);
    assert_eq!(let_through(&mut breaker, now), 1_000);
    assert_eq!(breaker.look(now, &RULES).0, None);
}
