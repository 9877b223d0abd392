//! What a reader sees of a run, in order.

use std::time::Duration;

use llm_core::types::failure::FailureKind;
use llm_core::types::run_event::RunEvent;
use llm_testkit::caller::{Reply, ScriptedCaller};

use super::support::Scene;

#[tokio::test(start_paused = true)]
async fn a_synthesis() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("one").after(Duration::from_secs(1)))
        .on("b", Reply::text("two").after(Duration::from_secs(3)))
        .on(
            "c",
            Reply::fails(FailureKind::Unavailable).after(Duration::from_secs(2)),
        )
        .on("j", Reply::pieces(["bo", "th"]));
    let played = Scene::new("ensemble", &["a", "b", "c"]).play(&caller).await;
    let expected = [
        "stage.started answer_1",
        "model.started a answer_1",
        "model.started b answer_1",
        "model.started c answer_1",
        "model.delta a one",
        "model.completed a answer_1",
        "model.failed c answer_1 scripted failure",
        "model.delta b two",
        "model.completed b answer_1",
        "integration.started synthesize",
        "stage.started synthesis",
        "model.started j synthesis",
        "final \"bo\"",
        "final \"th\"",
        "final end",
        "model.completed j synthesis",
        "integration.completed `j` wrote one answer from those of `a`, `b`",
    ];
    assert_eq!(played.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_vote_that_is_decided_early() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("42").after(Duration::from_secs(1)))
        .on("b", Reply::text("42").after(Duration::from_secs(2)))
        .on("c", Reply::hangs());
    let played = Scene::new("voting", &["a", "b", "c"]).play(&caller).await;
    let expected = [
        "stage.started answer_1",
        "model.started a answer_1",
        "model.started b answer_1",
        "model.started c answer_1",
        "model.delta a 42",
        "model.completed a answer_1",
        "vote.cast a 42",
        "ranking.updated [{\"value\":\"42\",\"votes\":1}]",
        "model.delta b 42",
        "model.completed b answer_1",
        "vote.cast b 42",
        "ranking.updated [{\"value\":\"42\",\"votes\":2}]",
        "model.skipped c the outcome of the vote cannot change any more",
        "integration.started majority",
        "integration.completed 2 of 2 votes for `42`; in the words of `a`",
    ];
    assert_eq!(played.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_chain_shows_its_last_step() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("draft"))
        .on("b", Reply::pieces(["fi", "nal"]));
    let played = Scene::new("sequential", &["a", "b"]).play(&caller).await;
    let expected = [
        "stage.started step_1",
        "model.started a step_1",
        "model.delta a draft",
        "model.completed a step_1",
        "stage.started step_2",
        "integration.started last",
        "model.started b step_2",
        "final \"fi\"",
        "final \"nal\"",
        "final end",
        "model.completed b step_2",
        "integration.completed 2 of 2 steps, the last by `b`",
    ];
    assert_eq!(played.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_missed_deadline_is_told() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("42"))
        .on("b", Reply::hangs());
    let scene = Scene::new("parallel", &["a", "b"]).integrated_by("concatenate");
    let played = scene.play(&caller).await;
    let skipped = played.events().find_map(|event| match event {
        RunEvent::ModelSkipped { member, reason } => Some((member.as_str(), reason.as_str())),
        _ => None,
    });
    assert_eq!(skipped, Some(("b", "no answer within the deadline of 60s")));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_slow_or_gone_does_not_stop_a_run() {
    let many = || Reply::pieces((0..500).map(|number| number.to_string()));
    let caller = || {
        ScriptedCaller::new()
            .on("a", many())
            .on("b", many())
            .on("j", many())
    };
    let played = Scene::new("ensemble", &["a", "b"]).play(&caller()).await;
    assert_eq!(played.shown(), played.text());
    let mut alone = Scene::new("ensemble", &["a", "b"]);
    alone.has_reader = false;
    assert_eq!(alone.play(&caller()).await.text(), played.text());
}
