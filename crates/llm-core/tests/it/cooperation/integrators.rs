//! What integrators make of answers, and what they do when their own call fails.

use llm_core::cooperation::integrators::INTEGRATORS;
use llm_core::types::answer::FinishReason;
use llm_core::types::chat::{ChatRequest, ResponseFormat};
use llm_core::types::code::Code;
use llm_core::types::cooperation::Stage;
use llm_core::types::failure::FailureKind;
use llm_core::types::message::{ContentPart, Image, MediaSource, Message};
use llm_testkit::caller::{Reply, ScriptedCaller};

use super::support::Scene;

/// A judge that finds the answer with these words best.
pub(super) fn chooses(words: &'static str) -> Reply {
    Reply::computed(move |request: &ChatRequest| {
        let prompt = request.last_user_text();
        let before = prompt.split(words).next().unwrap_or_default();
        let label = before.rsplit("label=\"").next().unwrap_or_default();
        let label = label.split('"').next().unwrap_or_default();
        format!("{{\"best\": \"{label}\", \"reason\": \"it is right\"}}")
    })
}

fn scene(integrator: &str) -> Scene {
    Scene::new("parallel", &["a", "b", "c"]).integrated_by(integrator)
}

fn answers() -> ScriptedCaller {
    ScriptedCaller::new()
        .on("a", Reply::text("forty-one"))
        .on("b", Reply::text("42"))
        .on("c", Reply::text("Final answer: 42"))
}

#[tokio::test(start_paused = true)]
async fn every_integrator_makes_an_answer_and_says_how() {
    for integrator in INTEGRATORS {
        let caller = answers().on("j", chooses("forty-one"));
        let played = scene(integrator.name()).play(&caller).await;
        let outcome = played.ok();
        assert!(!outcome.answer.text().is_empty(), "{}", integrator.name());
        assert!(!outcome.how.is_empty(), "{}", integrator.name());
        assert_eq!(outcome.integrator, integrator.name());
        let asked = played.seen.iter().any(|seen| seen.member == "j");
        assert_eq!(asked, integrator.needs_judge(), "{}", integrator.name());
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_joined_in_the_order_of_the_members() {
    let cut = Reply::text("b").edited(|answer| answer.choices[0].finish = FinishReason::Length);
    let caller = ScriptedCaller::new()
        .on(
            "a",
            Reply::text("a\n").after(std::time::Duration::from_secs(3)),
        )
        .on("b", cut)
        .on("c", Reply::fails(FailureKind::Unavailable));
    let played = scene("concatenate").play(&caller).await;
    assert_eq!(played.text(), "a\n\nb");
    assert_eq!(*played.ok().answer.finish(), FinishReason::Length);
    assert_eq!(played.ok().how, "the answers of `a`, `b` one after another");
}

#[tokio::test(start_paused = true)]
async fn answers_of_any_mode_can_be_counted() {
    let played = scene("vote").play(&answers()).await;
    assert_eq!(played.text(), "42");
    assert_eq!(
        played.ok().tally.as_ref().unwrap().options[0].voters,
        ["b", "c"]
    );
    let cast = played
        .lines()
        .iter()
        .filter(|line| line.starts_with("vote.cast"))
        .count();
    assert_eq!(cast, 3);
}

#[tokio::test(start_paused = true)]
async fn a_judge_chooses_among_letters() {
    let caller = answers().on("j", chooses("forty-one"));
    let played = scene("judge").play(&caller).await;
    assert_eq!(played.text(), "forty-one");
    assert_eq!(
        played.ok().how,
        "`j` judged 3 answers and chose that of `a`: it is right"
    );
    let judge = played.seen.last().unwrap();
    assert_eq!((judge.stage, judge.is_final), (Stage::Judge, false));
    assert!(matches!(
        judge.request.format,
        ResponseFormat::JsonSchema(_)
    ));
    let used: Vec<bool> = played
        .contributions()
        .iter()
        .map(|part| part.used)
        .collect();
    assert_eq!(used, [true, false, false, false]);
}

#[tokio::test(start_paused = true)]
async fn a_judge_sees_authors_only_where_the_plan_says_so() {
    for anonymous in [true, false] {
        let caller = answers().on("j", chooses("forty-one"));
        let scene = scene("judge").with(|plan| plan.anonymous = anonymous);
        let prompt = scene.play(&caller).await.prompt("j");
        assert_eq!(prompt.contains("by=\"a\""), !anonymous, "{prompt}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_answers_are_judged_in_the_same_order_and_others_in_another() {
    let prompt = |texts: [&'static str; 3]| async move {
        let caller = ["a", "b", "c"]
            .iter()
            .zip(texts)
            .fold(ScriptedCaller::new(), |caller, (member, text)| {
                caller.on(member, Reply::text(text))
            })
            .on("j", chooses("x"));
        scene("judge").play(&caller).await.prompt("j")
    };
    assert_eq!(prompt(["x", "y", "z"]).await, prompt(["x", "y", "z"]).await);
    // Which member stands first depends on what was answered.
    let mut first = std::collections::BTreeSet::new();
    for texts in [
        ["x1", "y1", "z1"],
        ["x2", "y2", "z2"],
        ["x3", "y3", "z3"],
        ["x4", "y4", "z4"],
        ["x5", "y5", "z5"],
    ] {
        let prompt = prompt(texts).await;
        let places = texts.map(|text| prompt.find(&format!("\n{text}\n")).unwrap());
        first.insert((0..3).min_by_key(|at| places[*at]));
    }
    assert!(first.len() > 1, "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_judge_that_cannot_be_held_to_a_schema_is_asked_in_words() {
    for kind in [FailureKind::Unsupported, FailureKind::Rejected] {
        let caller = answers()
            .on("j", Reply::fails(kind))
            .on("j", chooses("forty-one"));
        let played = scene("judge").play(&caller).await;
        assert_eq!(played.text(), "forty-one");
        assert!(!played.ok().degraded);
        assert_eq!(
            played.seen.last().unwrap().request.format,
            ResponseFormat::Text
        );
        assert_eq!(played.contributions().len(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_verdict_the_votes_decide() {
    for (reply, why) in [
        (
            Reply::text("The best is A."),
            "the reply of the judge `j` names no answer",
        ),
        (
            Reply::text(r#"{"best": "Z"}"#),
            "the reply of the judge `j` names no answer",
        ),
        (
            Reply::fails(FailureKind::Unavailable),
            "the judge `j` gave no verdict: scripted failure",
        ),
        (
            Reply::hangs(),
            "the judge `j` gave no verdict: no answer within 60s",
        ),
    ] {
        let played = scene("judge").play(&answers().on("j", reply)).await;
        assert_eq!(played.text(), "42");
        assert!(played.ok().degraded);
        assert_eq!(
            played.ok().how,
            format!("{why}; 2 of 3 votes for `42`; in the words of `b`")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_judge_reads_what_was_said_before_and_sees_the_pictures() {
    let caller = answers().on("j", chooses("forty-one"));
    let mut scene = scene("judge");
    let picture = ContentPart::Image(Image {
        source: MediaSource::Url("https://example.com/apples.png".into()),
        detail: None,
    });
    let mut question = Message::user("And now?");
    question.content.push(picture.clone());
    scene.request = ChatRequest::new(vec![
        Message::system("Count fruit."),
        Message::user("Count pears."),
        Message::assistant("3"),
        question,
    ]);
    let played = scene.play(&caller).await;
    let asked = &played.seen.last().unwrap().request.messages;
    assert_eq!(asked.len(), 1);
    let prompt = asked[0].plain_text();
    for part in [
        "system: Count fruit.",
        "user: Count pears.",
        "assistant: 3",
        "And now?",
    ] {
        assert!(prompt.contains(part), "{prompt}");
    }
    assert!(asked[0].content.contains(&picture));
}

#[tokio::test(start_paused = true)]
async fn a_synthesis_is_shown_while_it_is_written() {
    let caller = answers().on("j", Reply::pieces(["It ", "is ", "42."]));
    let played = scene("synthesize").play(&caller).await;
    assert_eq!(
        (played.text(), played.shown().as_str()),
        ("It is 42.", "It is 42.")
    );
    let prompt = played.prompt("j");
    for part in ["forty-one", "Final answer: 42", "How many apples are left?"] {
        assert!(prompt.contains(part), "{prompt}");
    }
    assert_eq!(
        played.ok().how,
        "`j` wrote one answer from those of `a`, `b`, `c`"
    );
    assert!(played.contributions().iter().all(|part| part.used));
}

#[tokio::test(start_paused = true)]
async fn a_synthesis_that_fails_unseen_leaves_the_first_complete_answer() {
    for reply in [
        Reply::fails(FailureKind::Unavailable),
        Reply::text(""),
        Reply::hangs(),
    ] {
        let cut =
            Reply::text("cut").edited(|answer| answer.choices[0].finish = FinishReason::Length);
        let caller = ScriptedCaller::new()
            .on("a", cut)
            .on("b", Reply::text("whole"))
            .on("c", Reply::text("also whole"))
            .on("j", reply);
        let played = scene("synthesize").play(&caller).await;
        assert_eq!(played.text(), "whole");
        assert!(played.ok().degraded);
        assert!(
            played
                .ok()
                .how
                .contains("could not write one answer from 3"),
            "{}",
            played.ok().how
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_synthesis_that_broke_off_before_its_reader_fails_the_run() {
    let broken = || Reply::breaks_off(["It is "], FailureKind::Truncated);
    let played = scene("synthesize").play(&answers().on("j", broken())).await;
    assert_eq!(played.error().code, Code::StreamInterrupted);
    assert_eq!(played.error().contributions.len(), 4);
    let mut unseen = scene("synthesize");
    unseen.has_reader = false;
    let played = unseen.play(&answers().on("j", broken())).await;
    assert_eq!(played.text(), "forty-one");
}

#[tokio::test(start_paused = true)]
async fn a_single_answer_needs_no_judge() {
    for integrator in ["judge", "synthesize"] {
        let caller = ScriptedCaller::new()
            .on("a", Reply::fails(FailureKind::Quota))
            .on("b", Reply::text("42"))
            .on("c", Reply::fails(FailureKind::Quota));
        let played = scene(integrator).play(&caller).await;
        assert_eq!(played.text(), "42");
        assert_eq!(played.ok().how, "the answer of `b`, the only one there is");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_member_judges_where_the_plan_names_nobody() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("forty-one"))
        .on("a", Reply::text("It is 42."))
        .on("b", Reply::text("42"));
    let scene = Scene::new("ensemble", &["a", "b"]).with(|plan| plan.judge = None);
    assert_eq!(scene.play(&caller).await.text(), "It is 42.");
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_hangs_is_not_waited_for_longer_than_the_members() {
    let limit = std::time::Duration::from_secs(60);
    let caller = answers().on("j", Reply::hangs());
    let scene = scene("synthesize").with(|plan| plan.caps.deadline = limit);
    let (played, _) = scene.play_for(&caller, limit * 2).await;
    assert_eq!(played.expect("the run ends").text(), "forty-one");
}
