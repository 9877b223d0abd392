//! What cannot work is refused before anything is sent.

use llm_core::cooperation::modes::MODES;
use llm_core::types::chat::ResponseFormat;
use llm_core::types::code::Code;
use llm_core::types::message::{Tool, ToolCall};
use llm_testkit::caller::{Reply, ScriptedCaller};

use super::support::Scene;

async fn refusal(scene: Scene) -> (Code, String) {
    let caller = ScriptedCaller::new()
        .on("a", Reply::text("42"))
        .on("b", Reply::text("42"));
    let played = scene.play(&caller).await;
    assert!(played.seen.is_empty(), "nothing may be sent");
    (played.error().code, played.error().message.clone())
}

#[tokio::test(start_paused = true)]
async fn tools_are_for_one_model() {
    for mode in MODES.iter().map(|mode| mode.name()) {
        let mut scene = Scene::new(mode, &["a", "b"]);
        scene.request.tools.push(Tool {
            name: "look".into(),
            description: None,
            parameters: None,
            strict: None,
        });
        if mode == "single" {
            let caller = ScriptedCaller::new().on("a", Reply::text("42"));
            let played = scene.play(&caller).await;
            assert_eq!(played.seen[0].request.tools.len(), 1);
            continue;
        }
        let (code, message) = refusal(scene).await;
        assert_eq!(code, Code::UnsupportedParameter, "{mode}");
        assert!(message.contains("`tools`"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn tool_calls_nobody_asked_for_are_no_answer_and_are_not_passed_on() {
    let calling = |text: &str| {
        Reply::text(text).edited(|answer| {
            answer.choices[0].tool_calls.push(ToolCall {
                id: "1".into(),
                name: "delete_everything".into(),
                arguments: "{}".into(),
            });
        })
    };
    let caller = ScriptedCaller::new()
        .on("a", calling("42"))
        .on("b", calling(""));
    let scene = Scene::new("voting", &["a", "b"]).with(|plan| plan.early_stop = false);
    let played = scene.play(&caller).await;
    assert_eq!(played.text(), "42");
    assert!(played.ok().answer.choices[0].tool_calls.is_empty());
    assert!(played.ok().degraded);
}

#[tokio::test(start_paused = true)]
async fn several_answers_at_once_are_for_one_model() {
    let mut scene = Scene::new("voting", &["a", "b"]);
    scene.request.sampling.n = Some(2);
    let (code, message) = refusal(scene).await;
    assert_eq!(code, Code::UnsupportedParameter);
    assert!(message.contains("`n` above 1"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn joined_json_is_refused() {
    let mut scene = Scene::new("parallel", &["a", "b"]).integrated_by("concatenate");
    scene.request.format = ResponseFormat::JsonObject;
    assert_eq!(refusal(scene).await.0, Code::UnsupportedParameter);
}

#[tokio::test(start_paused = true)]
async fn one_member_is_too_few_to_cooperate() {
    for mode in MODES.iter().filter(|mode| mode.min_members() > 1) {
        let (code, message) = refusal(Scene::new(mode.name(), &["a"])).await;
        assert_eq!(code, Code::TooFewMembers);
        assert_eq!(
            message,
            format!("`{}` needs at least 2 members, 1 given", mode.name())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_template_that_cannot_be_filled_in_is_refused_with_its_placeholder() {
    let scene = Scene::new("pipeline", &["a", "b"])
        .with(|plan| plan.prompts = vec![None, Some("Use {previous_result}".to_owned())]);
    let (code, message) = refusal(scene).await;
    assert_eq!(code, Code::InvalidValue);
    assert!(message.contains("`{previous_result}`"), "{message}");
}
