//! One budget for the whole run: calls, tokens, money.

use llm_core::types::code::Code;
use llm_core::types::cooperation::MemberFailure;
use llm_core::types::failure::FailureKind;
use llm_core::types::money::{Currency, Money};
use llm_core::types::usage::Usage;
use llm_testkit::caller::{Reply, ScriptedCaller};

use super::support::{Scene, member};

fn all_answer(labels: &[&str]) -> ScriptedCaller {
    labels.iter().fold(ScriptedCaller::new(), |caller, label| {
        let reply = Reply::text("42").after(std::time::Duration::from_secs(1));
        caller.on(label, reply)
    })
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_now_waits_for_what_others_give_back() {
    // Each call holds its worst case of more than 100 tokens and then uses 15.
    let caller = all_answer(&["a", "b", "c"]);
    let scene = Scene::new("parallel", &["a", "b", "c"])
        .integrated_by("concatenate")
        .with(|plan| plan.caps.tokens = Some(170));
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "42\n\n42\n\n42");
    assert_eq!(caller.peak(), 1);
    assert!(!played.ok().degraded);
    let queued: Vec<String> = played
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("model.queued"))
        .collect();
    assert_eq!(
        queued,
        ["model.queued b answer_1", "model.queued c answer_1"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_never_fits_is_refused_and_the_others_go_on() {
    let caller = all_answer(&["a", "b"]);
    let scene = Scene::new("parallel", &["a", "b"])
        .integrated_by("concatenate")
        .with(|plan| {
            plan.caps.tokens = Some(200);
            plan.members[1].max_output = 5_000;
        });
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "42");
    assert!(played.ok().degraded);
    let Err(MemberFailure::Failed(failure)) = played.of("b") else {
        panic!("`b` does not fit");
    };
    assert_eq!(failure.kind, FailureKind::Budget);
    assert!(
        failure.message.contains("of the run's 200 are left"),
        "{failure}"
    );
    assert!(
        played
            .lines()
            .iter()
            .any(|line| line.starts_with("model.skipped b the call may use"))
    );
}

#[tokio::test(start_paused = true)]
async fn money_is_reserved_and_settled() {
    let caller = all_answer(&["a", "b"]);
    let cap = Money::parse("0.001", Currency::USD).unwrap();
    let scene = Scene::new("parallel", &["a", "b"])
        .integrated_by("concatenate")
        .with(|plan| plan.caps.cost = Some(cap));
    let played = scene.play(&caller).await;
    // 10 tokens at 1 and 5 at 2 millionths of a dollar, twice.
    assert_eq!(played.ok().bill().in_currency(Currency::USD).nanos, 40_000);
    assert_eq!(played.spent.settled.nanos, 40_000);
}

#[tokio::test(start_paused = true)]
async fn money_that_cannot_be_counted_is_refused_before_anything_is_sent() {
    let cap = |currency| Money::parse("1", currency).unwrap();
    let caller = all_answer(&["a", "b", "j"]);
    let scene = Scene::new("parallel", &["a", "b"]).with(|plan| {
        plan.caps.cost = Some(cap(Currency::USD));
        plan.members[1].price = None;
    });
    let played = scene.play(&caller).await;
    assert_eq!(played.error().code, Code::MaxCost);
    assert!(played.error().message.contains("`b` has no price"));
    let scene =
        Scene::new("parallel", &["a", "b"]).with(|plan| plan.caps.cost = Some(cap(Currency::CNY)));
    assert_eq!(scene.play(&caller).await.error().code, Code::MaxCost);
    let unpriced = Scene::new("parallel", &["a", "b"]).with(|plan| {
        plan.caps.cost = Some(cap(Currency::USD));
        plan.judge.as_mut().unwrap().price = None;
    });
    assert_eq!(unpriced.play(&caller).await.error().code, Code::MaxCost);
    assert!(caller.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_kept_for_the_judge() {
    let caller = all_answer(&["a", "b", "c", "j"]);
    let scene = Scene::new("ensemble", &["a", "b", "c"]).with(|plan| plan.caps.calls = 3);
    let played = scene.play(&caller).await;
    let asked: Vec<&str> = played
        .seen
        .iter()
        .map(|seen| seen.member.as_str())
        .collect();
    assert_eq!(asked, ["a", "b", "j"]);
    assert!(played.ok().degraded);
}

#[tokio::test(start_paused = true)]
async fn the_run_is_warned_once() {
    let usage = Usage::reported(10, 80);
    let caller = ["a", "b"]
        .iter()
        .fold(ScriptedCaller::new(), |caller, label| {
            caller.on(label, Reply::text("42").with_usage(usage))
        });
    let scene = Scene::new("parallel", &["a", "b"])
        .integrated_by("concatenate")
        .with(|plan| plan.caps.tokens = Some(220));
    let played = scene.play(&caller).await;
    let warnings: Vec<String> = played
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("budget.warning"))
        .collect();
    assert_eq!(
        warnings,
        ["budget.warning 180 of the run's 220 tokens are used"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_usage_of_a_run_is_that_of_all_its_calls() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("one").with_usage(Usage::reported(7, 3)))
        .on("b", Reply::text("").with_usage(Usage::reported(5, 100)))
        .on("c", Reply::text("two").with_usage(Usage::estimated(1, 1)))
        .on("j", Reply::text("both").with_usage(Usage::reported(20, 10)));
    let scene =
        Scene::new("ensemble", &["a", "b", "c"]).with(|plan| plan.judge = Some(member("j")));
    let played = scene.play(&caller).await;
    assert_eq!(played.ok().answer.usage, Usage::estimated(33, 114));
    // What gave no answer is paid for all the same.
    assert!(played.of("b").is_ok() && played.ok().degraded);
}
