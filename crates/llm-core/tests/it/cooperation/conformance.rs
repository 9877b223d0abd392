//! What every mode of the registry owes its caller, whatever its members do.

use std::time::Duration;

use llm_core::cooperation::modes::MODES;
use llm_core::types::code::Code;
use llm_core::types::cooperation::MemberFailure;
use llm_core::types::failure::FailureKind;
use llm_core::types::usage::Usage;
use llm_testkit::caller::{CallState, Reply, ScriptedCaller};
use proptest::prelude::*;

use super::support::{Played, Scene};

const THREE: &[&str] = &["a", "b", "c"];

/// Modes in which one failed member fails the whole.
const BRITTLE: &[&str] = &["single", "pipeline"];

fn modes() -> impl Iterator<Item = &'static str> {
    MODES.iter().map(|mode| mode.name())
}

fn robust() -> impl Iterator<Item = &'static str> {
    modes().filter(|mode| !BRITTLE.contains(mode))
}

fn fine() -> ScriptedCaller {
    ScriptedCaller::new()
        .on("a", Reply::text("Final answer: 42"))
        .on("b", Reply::text("Final answer: 42"))
        .on("c", Reply::text("Final answer: 41"))
        .on("j", Reply::text("It is 42."))
}

/// Waits for all, so that nobody is skipped.
fn patient(mode: &str) -> Scene {
    Scene::new(mode, THREE).with(|plan| plan.early_stop = false)
}

/// What holds at the end of any run.
fn check(played: &Played) {
    for seen in &played.seen {
        assert_ne!(seen.state, CallState::Running, "{}", seen.member);
    }
    assert_eq!(played.spent.reserved.calls, 0);
    let finals = played.seen.iter().filter(|seen| seen.is_final).count();
    assert!(finals <= 1, "at most one call may be the final one");
    if let Ok(outcome) = &played.outcome {
        // One model's answer is passed on as it is.
        assert!(outcome.mode == "single" || !outcome.answer.text().trim().is_empty());
        assert_eq!(outcome.answer.usage, outcome.usage());
        assert!(!outcome.how.is_empty());
        assert!(outcome.contributions.iter().any(|part| part.used));
        assert!(outcome.answer.text().starts_with(&played.shown()));
    } else {
        assert!(!played.error().message.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn everybody_answers() {
    for mode in modes() {
        let caller = fine();
        let played = patient(mode).play(&caller).await;
        check(&played);
        let outcome = played.ok();
        assert!(!outcome.degraded, "{mode}");
        assert_eq!((outcome.mode.as_str(), outcome.rounds), (mode, 1));
        let calls = u64::try_from(played.seen.len()).unwrap();
        assert_eq!(
            outcome.usage(),
            Usage::reported(10 * calls, 5 * calls),
            "{mode}"
        );
        assert_eq!(played.contributions().len(), played.seen.len(), "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_fails() {
    for mode in modes() {
        for bad in THREE {
            let caller = THREE.iter().fold(ScriptedCaller::new(), |caller, label| {
                let reply = if label == bad {
                    Reply::fails(FailureKind::RateLimited)
                } else {
                    Reply::text("Final answer: 42")
                };
                caller.on(label, reply)
            });
            let caller = caller.on("j", Reply::text("It is 42."));
            let played = patient(mode).play(&caller).await;
            check(&played);
            if BRITTLE.contains(&mode) {
                if mode == "single" && *bad != "a" {
                    continue;
                }
                let error = played.error();
                assert_eq!(error.code, Code::ProviderRateLimited, "{mode}");
                assert!(
                    error.message.contains(&format!("`{bad}`")),
                    "{}",
                    error.message
                );
            } else {
                assert!(played.ok().degraded, "{mode} without {bad}");
                assert!(played.text().contains("42"));
            }
            let failure = played.of(bad).as_ref().unwrap_err();
            assert!(
                matches!(failure, MemberFailure::Failed(f) if f.kind == FailureKind::RateLimited)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_fail_alike() {
    for mode in modes() {
        let caller = THREE.iter().fold(ScriptedCaller::new(), |caller, label| {
            caller.on(label, Reply::fails(FailureKind::Auth))
        });
        let played = Scene::new(mode, THREE).play(&caller).await;
        check(&played);
        assert_eq!(played.error().code, Code::ProviderAuth, "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_fail_in_different_ways() {
    for mode in robust() {
        let caller = ScriptedCaller::new()
            .on("a", Reply::fails(FailureKind::Auth))
            .on("b", Reply::fails(FailureKind::Unavailable))
            .on("c", Reply::text(""));
        let played = Scene::new(mode, THREE).play(&caller).await;
        check(&played);
        let error = played.error();
        assert_eq!(error.code, Code::CooperationFailed, "{mode}");
        assert_eq!(error.contributions.len(), 3);
        for part in ["`a`: scripted failure", "`c`: answered without a word"] {
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_hangs_until_the_deadline() {
    for mode in modes() {
        let bad = if mode == "single" { "a" } else { "b" };
        let caller = ["a", "b", "c", "j"]
            .iter()
            .fold(ScriptedCaller::new(), |caller, label| {
                let reply = if *label == bad {
                    Reply::hangs()
                } else {
                    Reply::text("Final answer: 42")
                };
                caller.on(label, reply)
            });
        let scene = patient(mode).with(|plan| plan.caps.deadline = Duration::from_secs(5));
        let played = scene.play(&caller).await;
        check(&played);
        let hung = played.seen.iter().find(|seen| seen.member == bad).unwrap();
        assert_eq!(hung.state, CallState::Cancelled, "{mode}");
        let failure = played.of(bad).as_ref().unwrap_err();
        assert!(matches!(failure, MemberFailure::Failed(f) if f.kind == FailureKind::Deadline));
        if BRITTLE.contains(&mode) {
            assert_eq!(played.error().code, Code::DeadlineExceeded, "{mode}");
        } else {
            assert!(played.ok().degraded, "{mode}");
            assert!(played.text().contains("42"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_makes_no_call() {
    for mode in modes() {
        let caller = fine();
        let none = Scene::new(mode, THREE).with(|plan| plan.caps.calls = 0);
        let played = none.play(&caller).await;
        check(&played);
        assert_eq!(played.error().code, Code::BudgetExhausted, "{mode}");
        let small = Scene::new(mode, THREE).with(|plan| plan.caps.tokens = Some(10));
        let played = small.play(&caller).await;
        check(&played);
        assert_eq!(played.error().code, Code::BudgetExhausted, "{mode}");
        assert!(played.seen.is_empty(), "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_budget_is_kept_to() {
    for mode in robust() {
        for calls in 1..4 {
            let caller = fine();
            let scene = patient(mode).with(|plan| plan.caps.calls = calls);
            let played = scene.play(&caller).await;
            check(&played);
            assert!(played.seen.len() <= calls as usize, "{mode}");
            assert!(!played.text().is_empty());
            assert!(played.ok().degraded || calls >= 3, "{mode} with {calls}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_cancels_every_call() {
    for mode in modes() {
        let caller = ["a", "b", "c"]
            .iter()
            .fold(ScriptedCaller::new(), |caller, label| {
                caller.on(label, Reply::hangs())
            });
        let scene = Scene::new(mode, THREE);
        let (played, spent) = scene.play_for(&caller, Duration::from_secs(1)).await;
        assert!(played.is_none(), "{mode}");
        assert_eq!(caller.running(), 0, "{mode}");
        let seen = caller.seen();
        assert!(!seen.is_empty());
        assert!(seen.iter().all(|seen| seen.state == CallState::Cancelled));
        assert_eq!(spent.reserved.calls, 0, "{mode}");
        assert_eq!(spent.settled.calls as usize, seen.len(), "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn members_of_one_stage_are_asked_at_once() {
    for (mode, peak) in [
        ("parallel", 3),
        ("ensemble", 3),
        ("voting", 3),
        ("sequential", 1),
    ] {
        let wait = Duration::from_secs(1);
        let caller = ["a", "b", "c", "j"]
            .iter()
            .fold(ScriptedCaller::new(), |caller, label| {
                caller.on(label, Reply::text("42").after(wait))
            });
        let scene = patient(mode);
        check(&scene.play(&caller).await);
        assert_eq!(caller.peak(), peak, "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_strict_run_wants_everybody_and_waits_for_all() {
    for mode in robust() {
        let caller = ScriptedCaller::new()
            .on("a", Reply::fails(FailureKind::Quota))
            .on("b", Reply::text("42").after(Duration::from_secs(1)))
            .on("c", Reply::text("42").after(Duration::from_secs(2)))
            .on("j", Reply::text("42"));
        let scene = Scene::new(mode, THREE).with(|plan| plan.strict = true);
        let played = scene.play(&caller).await;
        check(&played);
        let error = played.error();
        assert_eq!(error.code, Code::PartialResult, "{mode}");
        assert!(
            error.message.contains("2 of 3 members answered"),
            "{}",
            error.message
        );
        assert!(played.of("b").is_ok() && played.of("c").is_ok(), "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quorum_is_held_to() {
    for mode in robust() {
        let caller = || {
            ScriptedCaller::new()
                .on("a", Reply::fails(FailureKind::Quota))
                .on("b", Reply::text("42"))
                .on("c", Reply::text("42"))
                .on("j", Reply::text("42"))
        };
        let met = Scene::new(mode, THREE).with(|plan| plan.quorum = 2);
        assert!(met.play(&caller()).await.ok().degraded, "{mode}");
        let missed = Scene::new(mode, THREE).with(|plan| plan.quorum = 3);
        let played = missed.play(&caller()).await;
        check(&played);
        assert_eq!(played.error().code, Code::QuorumNotMet, "{mode}");
    }
}

fn reply() -> impl Strategy<Value = Reply> {
    let wait = (0_u64..20).prop_map(Duration::from_secs);
    let act = prop_oneof![
        4 => (0_u32..3).prop_map(|number| Reply::text(format!("Final answer: {number}"))),
        1 => Just(Reply::text("an essay\nof two lines")),
        1 => Just(Reply::text("")),
        1 => Just(Reply::fails(FailureKind::Unavailable)),
        1 => Just(Reply::fails(FailureKind::CircuitOpen)),
        1 => Just(Reply::breaks_off(["part"], FailureKind::Truncated)),
        1 => Just(Reply::hangs()),
    ];
    (act, wait, 0_u64..300)
        .prop_map(|(reply, wait, output)| reply.after(wait).with_usage(Usage::reported(20, output)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever members do and however tight the caps, a run ends, keeps to its caps but for what
    /// providers report above their reservations, and leaves no call behind.
    #[test]
    fn any_run_ends_within_its_caps(
        mode in prop::sample::select(modes().collect::<Vec<_>>()),
        integrator in prop::sample::select(vec!["last", "concatenate", "majority", "judge", "synthesize"]),
        replies in prop::collection::vec(reply(), 4),
        calls in 0_u32..9,
        tokens in prop::option::of(0_u64..1_500),
        (rounds, quorum, strict, early_stop) in (1_u32..4, 1_u32..4, any::<bool>(), any::<bool>()),
    ) {
        let labels = ["a", "b", "c", "j"];
        let caller = labels.iter().zip(replies).fold(ScriptedCaller::new(), |caller, (label, reply)| {
            caller.on(label, reply)
        });
        let scene = Scene::new(mode, THREE).integrated_by(integrator).with(|plan| {
            plan.caps.calls = calls;
            plan.caps.tokens = tokens;
            plan.caps.deadline = Duration::from_secs(30);
            (plan.rounds, plan.quorum) = (rounds, quorum);
            (plan.strict, plan.early_stop) = (strict, early_stop);
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let played = runtime.block_on(scene.play(&caller));
        check(&played);
        prop_assert!(played.seen.len() <= calls as usize + open_circuits(&played));
        let spent = played.spent;
        prop_assert!(spent.settled.calls <= calls);
        if let Some(tokens) = tokens {
            prop_assert!(spent.settled.tokens <= tokens + spent.overrun.tokens);
        }
        if strict && let Ok(outcome) = &played.outcome {
            let members = outcome.contributions.iter().filter(|part| part.member != "j");
            prop_assert!(mode == "single" || members.into_iter().all(|part| part.result.is_ok()));
        }
    }
}

/// Calls that cost nothing, because they were given up before anything was sent.
fn open_circuits(played: &Played) -> usize {
    played
        .contributions()
        .iter()
        .filter(|part| {
            matches!(&part.result, Err(MemberFailure::Failed(f)) if f.kind == FailureKind::CircuitOpen)
        })
        .count()
}
