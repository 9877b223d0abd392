//! One member after another: single, sequential and pipeline.

use llm_core::types::answer::FinishReason;
use llm_core::types::code::Code;
use llm_core::types::failure::FailureKind;
use llm_core::types::message::{Role, ToolCall};
use llm_core::types::task::Language;
use llm_testkit::caller::{Reply, ScriptedCaller};

use super::support::Scene;

#[tokio::test(start_paused = true)]
async fn one_model_is_asked_as_the_caller_asked_and_shown_as_it_answers() {
    let caller = ScriptedCaller::new().on("a", Reply::pieces(["4", "2"]));
    let scene = Scene::new("single", &["a"]);
    let played = scene.play(&caller).await;
    assert_eq!((played.text(), played.shown().as_str()), ("42", "42"));
    assert_eq!(played.seen[0].request.messages, scene.request.messages);
    assert!(played.seen[0].is_final);
}

#[tokio::test(start_paused = true)]
async fn one_model_may_call_tools() {
    let reply = Reply::text("").edited(|answer| {
        answer.choices[0].finish = FinishReason::ToolCalls;
        answer.choices[0].tool_calls.push(ToolCall {
            id: "1".into(),
            name: "look".into(),
            arguments: "{}".into(),
        });
    });
    let played = Scene::new("single", &["a"])
        .play(&ScriptedCaller::new().on("a", reply))
        .await;
    assert_eq!(played.ok().answer.choices[0].tool_calls[0].name, "look");
    assert!(!played.ok().degraded);
}

#[tokio::test(start_paused = true)]
async fn each_step_sees_the_answer_before_it_and_the_last_one_is_shown() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("first draft"))
        .on("b", Reply::text("second draft"))
        .on("c", Reply::pieces(["third ", "draft"]));
    let played = Scene::new("sequential", &["a", "b", "c"])
        .play(&caller)
        .await;
    assert_eq!(played.text(), "third draft");
    assert_eq!(played.shown(), "third draft");
    assert_eq!(played.prompt("a"), "How many apples are left?");
    for (member, previous) in [("b", "first draft"), ("c", "second draft")] {
        let prompt = played.prompt(member);
        assert!(prompt.contains("How many apples are left?"), "{prompt}");
        assert!(prompt.contains(previous), "{prompt}");
    }
    assert!(!played.prompt("c").contains("first draft"));
    assert_eq!(played.ok().how, "3 of 3 steps, the last by `c`");
    assert!(played.contributions().iter().all(|part| part.used));
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_is_left_out_of_the_chain() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("first draft"))
        .on("b", Reply::fails(FailureKind::Unavailable))
        .on("c", Reply::text("third draft"));
    let played = Scene::new("sequential", &["a", "b", "c"])
        .play(&caller)
        .await;
    assert!(played.prompt("c").contains("first draft"));
    assert_eq!(played.text(), "third draft");
    assert_eq!(
        played.ok().how,
        "2 of 3 steps, the last by `c`; `b` gave no answer: scripted failure"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_good_answer_is_the_result_when_the_last_step_fails() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("first draft"))
        .on("b", Reply::fails(FailureKind::Unavailable));
    let played = Scene::new("sequential", &["a", "b"]).play(&caller).await;
    assert_eq!(played.text(), "first draft");
    assert!(played.ok().degraded);
}

#[tokio::test(start_paused = true)]
async fn no_answer_follows_one_that_broke_off_before_its_reader() {
    for (mode, members) in [
        ("single", vec!["b"]),
        ("sequential", vec!["a", "b"]),
        ("pipeline", vec!["a", "b"]),
    ] {
        let caller = || {
            ScriptedCaller::new()
                .on("a", Reply::text("first draft"))
                .on("b", Reply::breaks_off(["second "], FailureKind::Truncated))
        };
        let played = Scene::new(mode, &members).play(&caller()).await;
        assert_eq!(played.error().code, Code::StreamInterrupted, "{mode}");
        assert_eq!(played.error().contributions.len(), members.len());
    }
    // Nobody has seen anything: the answer before stands.
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("first draft"))
        .on("b", Reply::breaks_off(["second "], FailureKind::Truncated));
    let mut scene = Scene::new("sequential", &["a", "b"]);
    scene.has_reader = false;
    assert_eq!(scene.play(&caller).await.text(), "first draft");
}

#[tokio::test(start_paused = true)]
async fn rounds_walk_the_chain_again() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("one"))
        .on("a", Reply::text("three"))
        .on("b", Reply::text("two"))
        .on("b", Reply::text("four"));
    let scene = Scene::new("sequential", &["a", "b"]).with(|plan| plan.rounds = 2);
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "four");
    let asked: Vec<&str> = played
        .seen
        .iter()
        .map(|seen| seen.member.as_str())
        .collect();
    assert_eq!(asked, ["a", "b", "a", "b"]);
    assert!(played.seen[2].request.last_user_text().contains("two"));
}

#[tokio::test(start_paused = true)]
async fn another_integrator_gets_every_step() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("one"))
        .on("b", Reply::text("two"));
    let scene = Scene::new("sequential", &["a", "b"]).integrated_by("concatenate");
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "one\n\ntwo");
    assert!(played.seen.iter().all(|seen| !seen.is_final));
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_passes_results_on() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("outline"))
        .on("b", Reply::text("text"))
        .on("c", Reply::pieces(["polished ", "text"]));
    let scene = Scene::new("pipeline", &["a", "b", "c"])
        .asking("Write about apples.")
        .with(|plan| {
            plan.prompts = vec![
                Some("Outline: {query}".to_owned()),
                Some("Write {{it}} from: {previous} ({query})".to_owned()),
                None,
            ];
        });
    let played = scene.play(&caller).await;
    assert_eq!(played.prompt("a"), "Outline: Write about apples.");
    assert_eq!(
        played.prompt("b"),
        "Write {it} from: outline (Write about apples.)"
    );
    let last = played.prompt("c");
    assert!(
        last.contains("Write about apples.") && last.contains("text"),
        "{last}"
    );
    assert_eq!(
        (played.text(), played.shown().as_str()),
        ("polished text", "polished text")
    );
    assert_eq!(
        played.ok().how,
        "the result of the last of 3 stages: `a`, `b`, `c`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_stage_fails_the_pipeline_and_tells_which() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("outline"))
        .on("b", Reply::fails(FailureKind::ContextLength))
        .on("c", Reply::text("never asked"));
    let played = Scene::new("pipeline", &["a", "b", "c"]).play(&caller).await;
    let error = played.error();
    assert_eq!(error.code, Code::ContextLength);
    assert_eq!(error.message, "stage 2 of 3, `b`: scripted failure");
    assert_eq!(error.contributions.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn prompts_are_in_the_language_of_the_question() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("初稿"))
        .on("b", Reply::text("定稿"));
    let mut scene = Scene::new("sequential", &["a", "b"]).asking("苹果有哪些好处？");
    scene.language = Language::Chinese;
    let prompt = scene.play(&caller).await.prompt("b");
    assert!(
        prompt.contains("请仔细核对") && prompt.contains("苹果有哪些好处？"),
        "{prompt}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_is_told_after_the_callers_own_instructions() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("one"))
        .on("b", Reply::text("two"));
    let mut scene = Scene::new("parallel", &["a", "b"])
        .integrated_by("concatenate")
        .with(|plan| plan.members[0].role = Some("critic".to_owned()));
    let mut messages = scene.request.messages.clone();
    messages.insert(0, llm_core::types::message::Message::system("Be brief."));
    scene.request.messages = messages;
    let played = scene.play(&caller).await;
    let asked = |at: usize| &played.seen[at].request.messages;
    let roles: Vec<Role> = asked(0).iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::System, Role::User]);
    assert_eq!(asked(0)[0].plain_text(), "Be brief.");
    assert!(asked(0)[1].plain_text().contains("critic"));
    assert_eq!(asked(1).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_after_the_deadline() {
    let caller = ScriptedCaller::new()
        .on("a", Reply::hangs())
        .on("b", Reply::text("too late"));
    let played = Scene::new("sequential", &["a", "b"]).play(&caller).await;
    assert_eq!(played.error().code, Code::DeadlineExceeded);
    let asked: Vec<&str> = played
        .seen
        .iter()
        .map(|seen| seen.member.as_str())
        .collect();
    assert_eq!(asked, ["a"]);
    assert_eq!(played.error().contributions.len(), 2);
}
