//! What the profiler says about whole requests.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::types::chat::{JsonSchema, ResponseFormat};
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Tool, ToolChoice,
};
use crate::types::task::{Capabilities, Difficulty, KNOWN_TASKS, Language};

static PROFILER: LazyLock<HeuristicProfiler> =
    LazyLock::new(|| HeuristicProfiler::new(KNOWN_TASKS.iter().copied()).unwrap());

fn profile(text: &str) -> TaskProfile {
    PROFILER.profile(&ChatRequest::question(text), None)
}

fn tool() -> Tool {
    Tool {
        name: "weather".into(),
        description: None,
        parameters: None,
        strict: None,
    }
}

#[test]
fn needs_come_from_the_request_and_not_from_its_words() {
    let mut chat = ChatRequest::question("look at this picture, call a tool, answer in JSON");
    assert!(PROFILER.profile(&chat, None).needs.is_empty());
    chat.tools.push(tool());
    chat.format = ResponseFormat::JsonObject;
    chat.messages[0].content.extend([
        ContentPart::Audio(Audio {
            data: "AAAA".into(),
            format: "wav".into(),
        }),
        ContentPart::File(FilePart {
            name: None,
            source: FileSource::Id("f".into()),
        }),
    ]);
    let needs: Vec<_> = PROFILER.profile(&chat, None).needs.names().collect();
    assert_eq!(needs, ["audio", "files", "tools", "json"]);

    chat.tool_choice = Some(ToolChoice::None);
    chat.format = ResponseFormat::JsonSchema(JsonSchema {
        name: "s".into(),
        description: None,
        schema: json!({}),
        strict: None,
    });
    let needs: Vec<_> = PROFILER.profile(&chat, None).needs.names().collect();
    assert_eq!(needs, ["audio", "files", "json_schema"]);
}

#[test]
fn what_the_words_point_at_is_mentioned() {
    for (text, ability) in [
        ("分析这张图片中的内容", Capabilities::VISION),
        ("What does this screenshot show?", Capabilities::VISION),
        ("请把这段录音转成文字", Capabilities::AUDIO),
        ("Summarize the attached document", Capabilities::FILES),
        ("總結這份文件", Capabilities::FILES),
    ] {
        assert_eq!(profile(text).mentions, ability, "{text}");
    }
    for text in [
        "I see your point",
        "look at it from both sides",
        "画一张图表示流程的步骤是什么",
        "the big picture",
    ] {
        assert_eq!(profile(text).mentions, Capabilities::NONE, "{text}");
    }
}

#[test]
fn the_size_counts_all_turns_and_the_callers_maximum_wins() {
    let mut chat = ChatRequest::new(vec![
        Message::system("You are helpful."),
        Message::user("长".repeat(1_000)),
        Message::assistant("好".repeat(1_000)),
        Message::user("继续"),
    ]);
    let long = PROFILER.profile(&chat, None);
    assert!(
        (1_400..1_700).contains(&long.input_tokens),
        "{}",
        long.input_tokens
    );
    chat.sampling.max_tokens = Some(123);
    assert_eq!(PROFILER.profile(&chat, None).output_tokens, 123);
    chat.sampling.n = Some(2);
    assert_eq!(PROFILER.profile(&chat, None).output_tokens, 246);
}

#[test]
fn evidence_names_our_cues_and_not_the_callers_words() {
    let secret = "请翻译成英文：我的密码是天王盖地虎";
    let told = profile(secret).evidence.join("\n");
    assert!(told.contains("`翻译成`"), "{told}");
    assert!(!told.contains("密码") && !told.contains("天王"), "{told}");
}

#[test]
fn clarity_is_high_for_plain_requests_and_nothing_for_none() {
    assert!(profile("解方程：2x² + 5x - 3 = 0").clarity > 0.5);
    assert!(profile("asdf qwer").clarity <= 0.0);
    let given = PROFILER.profile(&ChatRequest::question("asdf"), Some("math"));
    assert!(given.clarity >= 1.0);
}

#[test]
fn languages_and_difficulties_of_whole_requests() {
    for (text, language, difficulty) in [
        ("你好", Language::Chinese, Difficulty::Low),
        ("hello there", Language::English, Difficulty::Low),
        (
            "设计一个支持百万并发的分布式系统架构，要求：1. 高可用；2. 可扩展；3. 数据一致。请详细说明每个部分的原理，\
             分析可能的故障，并且至少给出两种方案，比较它们的优缺点。",
            Language::Chinese,
            Difficulty::VeryHigh,
        ),
        (
            "Briefly: what is the capital of France?",
            Language::English,
            Difficulty::Low,
        ),
    ] {
        let profile = profile(text);
        assert_eq!(
            (profile.language, profile.difficulty),
            (language, difficulty),
            "{text}"
        );
    }
}

#[test]
fn a_request_without_a_user_turn_is_general() {
    for messages in [Vec::new(), vec![Message::system("translate everything")]] {
        let profile = PROFILER.profile(&ChatRequest::new(messages), None);
        assert_eq!(profile.task.as_str(), "general");
    }
}

#[test]
fn a_picture_of_an_earlier_turn_still_needs_eyes() {
    let mut chat = ChatRequest::new(vec![
        Message::user("这张照片里有什么？"),
        Message::assistant("一只猫。"),
        Message::user("把你的回答翻译成英文"),
    ]);
    chat.messages[0].content.push(ContentPart::Image(Image {
        source: MediaSource::Url("https://example.org/a.png".into()),
        detail: None,
    }));
    let profile = PROFILER.profile(&chat, None);
    assert_eq!(profile.needs, Capabilities::VISION);
    assert_eq!(profile.task.as_str(), "translation");
    assert!(profile.input_tokens > 1_000);
}

#[test]
fn a_short_turn_with_a_task_of_its_own_does_not_go_on() {
    let chat = ChatRequest::new(vec![
        Message::user("write a poem about rain"),
        Message::assistant("…"),
        Message::user("what is 2+2?"),
    ]);
    assert_eq!(PROFILER.profile(&chat, None).task.as_str(), "math");
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_fault_and_always_alike(
        text in "(\\PC|[\\n`=+(){}。，？0-9A-Ea-z请翻译写图片代码]){0,400}",
        repeat in prop_oneof![4 => 1..3_usize, 1 => Just(60)],
    ) {
        let text = text.repeat(repeat);
        let first = profile(&text);
        prop_assert!((0.0..=1.0).contains(&first.clarity));
        prop_assert!(KNOWN_TASKS.contains(&first.task.as_str()));
        prop_assert_eq!(&first, &profile(&text));
        // Blanks around it change nothing.
        prop_assert_eq!(&first, &profile(&format!("  {}\n", text.trim())));
    }
}
