//! Votes: what counts as the same answer, who wins, and when it is over.

use std::time::Duration;

use llm_core::types::chat::ResponseFormat;
use llm_core::types::code::Code;
use llm_core::types::cooperation::{MemberFailure, Stage};
use llm_core::types::failure::FailureKind;
use llm_testkit::caller::{CallState, Reply, ScriptedCaller};

use super::support::Scene;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn votes(answers: &[(&str, &str)]) -> ScriptedCaller {
    answers
        .iter()
        .fold(ScriptedCaller::new(), |caller, (member, text)| {
            caller.on(member, Reply::text(*text))
        })
}

#[tokio::test(start_paused = true)]
async fn the_majority_wins_and_not_the_fastest() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("Final answer: 41"))
        .on(
            "b",
            Reply::text("6 × 7 = 42.\nFinal answer: 42 apples").after(seconds(2)),
        )
        .on("c", Reply::text("所以答案是四十二。").after(seconds(3)));
    let played = Scene::new("voting", &["a", "b", "c"]).play(&caller).await;
    assert_eq!(played.text(), "6 × 7 = 42.\nFinal answer: 42 apples");
    let tally = played.ok().tally.as_ref().unwrap();
    assert_eq!(tally.options[0].value, "42");
    assert_eq!(tally.options[0].voters, ["b", "c"]);
    assert_eq!(tally.options[1].voters, ["a"]);
    assert!((tally.agreement - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(
        played.ok().how,
        "2 of 3 votes for `42`; in the words of `b`"
    );
}

#[tokio::test(start_paused = true)]
async fn members_are_asked_for_a_line_that_can_be_counted() {
    let caller = votes(&[("a", "42"), ("b", "42")]);
    let played = Scene::new("voting", &["a", "b"]).play(&caller).await;
    assert_eq!(
        played.prompt("a"),
        "How many apples are left?\nEnd your reply with a line of its own that reads \"Final answer: \" followed by the number, and nothing else on that line."
    );
    // An essay or a JSON document has no such line.
    let mut json = Scene::new("voting", &["a", "b"]);
    json.request.format = ResponseFormat::JsonObject;
    let documents = votes(&[("a", r#"{"n": 42.0}"#), ("b", r#"{ "n" : 42 }"#)]);
    let played = json.play(&documents).await;
    assert_eq!(played.prompt("a"), "How many apples are left?");
    assert_eq!(played.ok().tally.as_ref().unwrap().options.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_tie_goes_to_the_first_member_however_slow() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("41").after(seconds(9)))
        .on("b", Reply::text("42"));
    let played = Scene::new("voting", &["a", "b"]).play(&caller).await;
    assert_eq!(played.text(), "41");
    let tie = played.ok().tally.as_ref().unwrap().tie.clone().unwrap();
    assert!(
        tie.starts_with("`41`, `42` have 1 vote each; `41` wins"),
        "{tie}"
    );
    assert!(played.ok().how.contains(&tie));
}

#[tokio::test(start_paused = true)]
async fn stragglers_are_cancelled_once_the_outcome_cannot_change() {
    let caller = || {
        votes(&[("a", "42"), ("b", "42"), ("c", "42")])
            .on("d", Reply::hangs())
            .on("e", Reply::text("41").after(seconds(30)))
    };
    let members = ["a", "b", "c", "d", "e"];
    let played = Scene::new("voting", &members).play(&caller()).await;
    let outcome = played.ok();
    assert!(!outcome.degraded);
    assert_eq!(outcome.contributions.len(), 5);
    for straggler in ["d", "e"] {
        let skipped = played.of(straggler).as_ref().unwrap_err();
        assert_eq!(
            *skipped,
            MemberFailure::Skipped("the outcome of the vote cannot change any more".to_owned())
        );
    }
    let waits = |scene: Scene| async move {
        let played = scene.play(&caller()).await;
        let failure = played.of("d").as_ref().unwrap_err().clone();
        matches!(failure, MemberFailure::Failed(f) if f.kind == FailureKind::Deadline)
    };
    // Nothing is cancelled early without leave, or before the quorum, or from a strict run.
    assert!(waits(Scene::new("voting", &members).with(|plan| plan.early_stop = false)).await);
    assert!(waits(Scene::new("voting", &members).with(|plan| plan.strict = true)).await);
    assert!(waits(Scene::new("voting", &members).with(|plan| plan.quorum = 5)).await);
}

#[tokio::test(start_paused = true)]
async fn two_of_four_decide_nothing() {
    let caller = votes(&[("a", "42"), ("b", "42")])
        .on("c", Reply::text("41").after(seconds(5)))
        .on("d", Reply::text("42").after(seconds(6)));
    let played = Scene::new("voting", &["a", "b", "c", "d"])
        .play(&caller)
        .await;
    assert!(played.of("c").is_ok());
    assert_eq!(
        played.ok().tally.as_ref().unwrap().options[0].voters.len(),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_majority_members_vote_again_in_view_of_the_counts() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("41"))
        .on("a", Reply::text("On reflection. Final answer: 42"))
        .on("b", Reply::text("42"))
        .on("b", Reply::text("42"))
        .on("c", Reply::text("43"))
        .on("c", Reply::text("43"));
    let scene = Scene::new("voting", &["a", "b", "c"]).with(|plan| {
        plan.rounds = 3;
        plan.early_stop = false;
    });
    let played = scene.play(&caller).await;
    let outcome = played.ok();
    assert_eq!((outcome.rounds, played.seen.len()), (2, 6));
    assert_eq!(outcome.tally.as_ref().unwrap().options[0].value, "42");
    assert_eq!(played.text(), "On reflection. Final answer: 42");
    let second: Vec<_> = played
        .seen
        .iter()
        .filter(|seen| seen.stage == Stage::Answer { round: 2 })
        .collect();
    let prompt = second[0].request.last_user_text();
    for option in ["41", "42", "43"] {
        assert!(
            prompt.contains(&format!("votes=\"1\">\n{option}\n")),
            "{prompt}"
        );
    }
    assert!(prompt.contains("How many apples are left?"));
    assert!(prompt.contains("Final answer: "));
}

#[tokio::test(start_paused = true)]
async fn a_majority_ends_the_rounds() {
    let caller = votes(&[("a", "42"), ("b", "42"), ("c", "41")]);
    let scene = Scene::new("voting", &["a", "b", "c"]).with(|plan| {
        plan.rounds = 3;
        plan.early_stop = false;
    });
    let played = scene.play(&caller).await;
    assert_eq!((played.ok().rounds, played.seen.len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_round_that_misses_the_quorum_does_not_count() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("41"))
        .on("a", Reply::fails(FailureKind::Unavailable))
        .on("b", Reply::text("42"))
        .on("b", Reply::text("42"));
    let scene = Scene::new("voting", &["a", "b"]).with(|plan| {
        plan.rounds = 2;
        plan.quorum = 2;
    });
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "41");
    assert_eq!(played.ok().rounds, 2);
    assert!(played.ok().degraded);
}

#[tokio::test(start_paused = true)]
async fn a_round_that_says_nothing_countable_does_not_count() {
    let essay = Reply::text("I would rather not say.\n\nIt is a hard question, and so on.");
    let caller = ["a", "b"].iter().zip(["41", "42"]).fold(
        ScriptedCaller::new(),
        |caller, (member, vote)| {
            caller
                .on(member, Reply::text(vote))
                .on(member, essay.clone())
        },
    );
    let scene = Scene::new("voting", &["a", "b"]).with(|plan| plan.rounds = 2);
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "41");
    assert_eq!(played.ok().tally.as_ref().unwrap().options.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_failed_does_not_vote_again() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("41"))
        .on("b", Reply::text("42"))
        .on("c", Reply::fails(FailureKind::Unavailable));
    let scene = Scene::new("voting", &["a", "b", "c"]).with(|plan| plan.rounds = 2);
    let played = scene.play(&caller).await;
    let asked = played.seen.iter().filter(|seen| seen.member == "c").count();
    assert_eq!(asked, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_counted_is_judged_and_said_to_be() {
    let essay = |name: &str| format!("An essay by {name} about many things.\n\nIt has two parts.");
    let scene = || Scene::new("voting", &["a", "b"]).asking("Write an essay about apples.");
    let caller = || {
        ScriptedCaller::new()
            .on("a", Reply::text(essay("a")))
            .on("b", Reply::text(essay("b")))
            .on("j", super::integrators::chooses("An essay by b"))
    };
    let played = scene().play(&caller()).await;
    assert_eq!(played.text(), essay("b"));
    let outcome = played.ok();
    assert!(outcome.degraded);
    assert_eq!(
        outcome.how,
        "the answers could not be counted as votes; `j` judged 2 answers and chose that of `b`: it is right"
    );
    let tally = outcome.tally.as_ref().unwrap();
    assert_eq!((tally.winner, tally.uncounted.len()), (None, 2));

    // Nobody to judge: the order of the members decides, and the outcome says so.
    let slow = ScriptedCaller::new()
        .on("a", Reply::text(essay("a")).after(seconds(9)))
        .on("b", Reply::text(essay("b")));
    let played = scene().with(|plan| plan.judge = None).play(&slow).await;
    assert_eq!(played.text(), essay("a"));
    assert_eq!(
        played.ok().how,
        "the answers could not be counted as votes; the answer of `a`, the first complete one in the order of the members"
    );
}

#[tokio::test(start_paused = true)]
async fn the_votes_choose_and_another_integrator_words_it() {
    let caller = votes(&[("a", "42"), ("b", "41"), ("c", "It is 42.")])
        .on("j", Reply::pieces(["Forty", "-two."]));
    let scene = Scene::new("voting", &["a", "b", "c"])
        .integrated_by("synthesize")
        .with(|plan| plan.early_stop = false);
    let played = scene.play(&caller).await;
    assert_eq!(
        (played.text(), played.shown().as_str()),
        ("Forty-two.", "Forty-two.")
    );
    let prompt = played.prompt("j");
    assert!(
        prompt.contains("It is 42.") && !prompt.contains("\n41\n"),
        "{prompt}"
    );
    assert_eq!(
        played.ok().how,
        "2 of 3 votes for `42`; `j` wrote one answer from those of `a`, `c`"
    );
    assert!(played.ok().tally.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_dead_vote_names_every_member() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::fails(FailureKind::RateLimited))
        .on("b", Reply::hangs());
    let played = Scene::new("voting", &["a", "b"]).play(&caller).await;
    let error = played.error();
    assert_eq!(error.code, Code::CooperationFailed);
    assert_eq!(
        error.message,
        "no member gave an answer: `a`: scripted failure; `b`: no answer within the deadline of 60s"
    );
    assert!(
        played
            .seen
            .iter()
            .any(|seen| seen.state == CallState::Cancelled)
    );
}
