//! What the provider receives, and what a caller is told cannot be sent.

use serde_json::{Value, json};

use crate::provider::protocols::anthropic::Anthropic;
use crate::provider::protocols::testing::{body, encode, encode_with, endpoint, refusal};
use crate::provider::{ModelDefaults, ProviderAdapter as _};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat};
use crate::types::failure::FailureKind;
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Reasoning, Role, Tool,
    ToolCall, ToolChoice,
};

const MODEL: &str = "claude-sonnet-4-6";

fn tool(name: &str) -> Tool {
    Tool {
        name: name.into(),
        description: None,
        parameters: None,
        strict: None,
    }
}

fn result(id: &str, text: &str) -> Message {
    let mut message = Message::text(Role::Tool, text);
    message.tool_call_id = Some(id.into());
    message
}

fn calls(calls: &[(&str, &str)]) -> Message {
    let mut message = Message::assistant("");
    message.tool_calls = calls
        .iter()
        .map(|(id, arguments)| ToolCall {
            id: (*id).into(),
            name: "add".into(),
            arguments: (*arguments).into(),
        })
        .collect();
    message
}

fn schema(schema: Value, strict: Option<bool>) -> ChatRequest {
    ChatRequest {
        format: ResponseFormat::JsonSchema(JsonSchema {
            name: "answer".into(),
            description: None,
            schema,
            strict,
        }),
        ..ChatRequest::question("q")
    }
}

fn effort(level: &str) -> ChatRequest {
    ChatRequest {
        reasoning_effort: Some(level.into()),
        ..ChatRequest::question("q")
    }
}

#[test]
fn a_plain_question_has_a_limit_a_version_and_no_key() {
    let wire = encode(&Anthropic, MODEL, &ChatRequest::question("hi")).unwrap();
    assert_eq!(wire.url.as_str(), "https://provider.test/v1/messages");
    assert_eq!(wire.headers["anthropic-version"], "2023-06-01");
    assert!(wire.headers.get("x-api-key").is_none());
    assert_eq!(
        serde_json::from_slice::<Value>(&wire.body).unwrap(),
        json!({
            "model": MODEL, "max_tokens": 16000,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        })
    );
}

#[test]
fn the_version_is_added_to_a_base_url_that_lacks_it() {
    let url = |base| Anthropic.encode_list(&endpoint(base)).unwrap().url;
    assert_eq!(url("https://a.test/v1").path(), "/v1/models");
    assert_eq!(url("https://a.test").path(), "/v1/models");
    assert_eq!(url("https://a.test/vendor").path(), "/vendor/v1/models");
    assert_eq!(
        url("https://a.test/anthropic/").path(),
        "/anthropic/v1/models"
    );
}

#[test]
fn sides_alternate_and_parallel_results_arrive_together() {
    let request = ChatRequest::new(vec![
        Message::system("be brief"),
        Message::user("1+1 and 2+2?"),
        Message::user("please"),
        calls(&[("a", r#"{"x": 1.50}"#), ("b", "")]),
        result("a", "2"),
        result("b", ""),
        Message::user("and now?"),
        Message::text(Role::Developer, "in French"),
        Message::user(""),
    ]);
    let body = body(&Anthropic, MODEL, &request);
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "be brief"}, {"type": "text", "text": "in French"}])
    );
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [
                {"type": "text", "text": "1+1 and 2+2?"}, {"type": "text", "text": "please"}]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "a", "name": "add", "input": {"x": 1.50}},
                {"type": "tool_use", "id": "b", "name": "add", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a",
                 "content": [{"type": "text", "text": "2"}]},
                {"type": "tool_result", "tool_use_id": "b"},
                {"type": "text", "text": "and now?"}]},
        ])
    );
}

#[test]
fn media_are_carried_or_refused_by_name() {
    let with = |part: ContentPart| {
        let mut message = Message::user("look");
        message.content.push(part);
        ChatRequest::new(vec![message])
    };
    let inline = |mime: &str| {
        ContentPart::Image(Image {
            source: MediaSource::Inline {
                mime: mime.into(),
                data: "aGk=".into(),
            },
            detail: None,
        })
    };
    let file = |source| {
        ContentPart::File(FilePart {
            name: Some("a".into()),
            source,
        })
    };
    let inline_file = |mime: &str| {
        file(FileSource::Inline {
            mime: mime.into(),
            data: "aGk=".into(),
        })
    };
    let carried = |part| body(&Anthropic, MODEL, &with(part))["messages"][0]["content"][1].clone();
    assert_eq!(
        carried(inline("image/png")),
        json!({"type": "image",
               "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}})
    );
    assert_eq!(
        carried(inline_file("application/pdf"))["source"]["media_type"],
        "application/pdf"
    );
    assert_eq!(
        carried(inline_file("text/plain")),
        json!({"type": "document", "title": "a",
               "source": {"type": "text", "media_type": "text/plain", "data": "hi"}})
    );
    let stored = encode(
        &Anthropic,
        MODEL,
        &with(file(FileSource::Id("file_1".into()))),
    )
    .unwrap();
    assert_eq!(stored.headers["anthropic-beta"], "files-api-2025-04-14");
    let sound = ContentPart::Audio(Audio {
        data: String::new(),
        format: "wav".into(),
    });
    for part in [inline("image/bmp"), inline_file("application/zip"), sound] {
        let failure = refusal(&Anthropic, MODEL, &with(part));
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(
            failure.message.contains("messages[0].content[1]"),
            "{failure}"
        );
    }
}

#[test]
fn what_has_no_place_is_refused_by_name_and_what_asks_for_nothing_is_not() {
    let base = || ChatRequest::question("q");
    let mut cases = vec![];
    for (field, change) in [
        ("n", (|r| r.sampling.n = Some(2)) as fn(&mut ChatRequest)),
        ("seed", |r| r.sampling.seed = Some(1)),
        ("frequency_penalty", |r| {
            r.sampling.frequency_penalty = Some(0.5);
        }),
        ("presence_penalty", |r| {
            r.sampling.presence_penalty = Some(-0.5);
        }),
        ("temperature", |r| r.sampling.temperature = Some(1.5)),
        ("messages", |r| r.messages = vec![Message::system("s")]),
        ("reasoning_effort", |r| {
            r.reasoning_effort = Some("lots".into());
        }),
    ] {
        let mut request = base();
        change(&mut request);
        cases.push((field, request));
    }
    for (field, request) in cases {
        let failure = refusal(&Anthropic, MODEL, &request);
        assert_eq!(failure.kind, FailureKind::Unsupported, "{field}");
        assert!(failure.message.contains(&format!("`{field}`")), "{failure}");
    }
    let mut neutral = base();
    neutral.sampling.n = Some(1);
    neutral.sampling.frequency_penalty = Some(0.0);
    assert!(encode(&Anthropic, MODEL, &neutral).is_ok());
}

#[test]
fn sampling_is_sent_only_where_the_model_takes_it() {
    let mut request = ChatRequest::question("q");
    request.sampling.temperature = Some(0.3);
    assert_eq!(body(&Anthropic, MODEL, &request)["temperature"], 0.3);
    let failure = refusal(&Anthropic, "claude-opus-5", &request);
    assert!(failure.message.contains("`temperature`"), "{failure}");
    request.sampling.temperature = Some(1.0);
    let silent = body(&Anthropic, "claude-opus-5", &request);
    assert!(silent.get("temperature").is_none());
    // What the configuration prefers is no reason to refuse a call.
    let defaults = ModelDefaults {
        temperature: Some(0.7),
        top_p: Some(0.9),
        max_tokens: Some(500),
    };
    let question = ChatRequest::question("q");
    let write = |model| {
        let wire = encode_with(&Anthropic, model, &question, defaults).unwrap();
        serde_json::from_slice::<Value>(&wire.body).unwrap()
    };
    let old = write("claude-3-5-sonnet-20241022");
    assert_eq!(
        (&old["temperature"], &old["max_tokens"]),
        (&json!(0.7), &json!(500))
    );
    assert!(write("claude-opus-5").get("temperature").is_none());
}

#[test]
fn effort_becomes_what_the_generation_understands() {
    let adaptive = body(&Anthropic, "claude-opus-5", &effort("medium"));
    assert_eq!(
        adaptive["thinking"],
        json!({"type": "adaptive", "display": "summarized"})
    );
    assert_eq!(adaptive["output_config"], json!({"effort": "medium"}));
    let budget = body(&Anthropic, "claude-haiku-4-5", &effort("high"));
    assert_eq!(
        budget["thinking"],
        json!({"type": "enabled", "budget_tokens": 16000})
    );
    assert_eq!(budget["max_tokens"], 32000);
    let mut tight = effort("high");
    tight.sampling.max_tokens = Some(5000);
    let tight_body = body(&Anthropic, "claude-haiku-4-5", &tight);
    assert_eq!(tight_body["thinking"]["budget_tokens"], 2500);
    tight.sampling.max_tokens = Some(1500);
    assert!(
        refusal(&Anthropic, "claude-haiku-4-5", &tight)
            .message
            .contains("1024")
    );
    assert!(encode(&Anthropic, "claude-3-5-haiku-20241022", &effort("low")).is_err());

    let off = body(&Anthropic, "claude-sonnet-5", &effort("none"));
    assert_eq!(off["thinking"], json!({"type": "disabled"}));
    assert!(encode(&Anthropic, "claude-fable-5", &effort("none")).is_err());
    assert!(
        body(&Anthropic, "claude-haiku-4-5", &effort("none"))
            .get("thinking")
            .is_none()
    );
}

#[test]
fn a_forced_call_and_thinking_exclude_each_other() {
    let mut request = effort("low");
    request.tools = vec![tool("add")];
    request.tool_choice = Some(ToolChoice::Required);
    let failure = refusal(&Anthropic, MODEL, &request);
    assert!(failure.message.contains("`reasoning_effort`"), "{failure}");
    request.reasoning_effort = None;
    let thinks_unasked = body(&Anthropic, "claude-sonnet-5", &request);
    assert_eq!(thinks_unasked["thinking"], json!({"type": "disabled"}));
    assert!(body(&Anthropic, MODEL, &request).get("thinking").is_none());
}

#[test]
fn tool_choices_are_translated() {
    let choice = |choice, parallel| {
        let request = ChatRequest {
            tools: vec![tool("add")],
            tool_choice: choice,
            parallel_tool_calls: parallel,
            ..ChatRequest::question("q")
        };
        body(&Anthropic, MODEL, &request)["tool_choice"].clone()
    };
    assert_eq!(choice(None, None), Value::Null);
    assert_eq!(choice(Some(ToolChoice::Auto), Some(true)), Value::Null);
    assert_eq!(
        choice(None, Some(false)),
        json!({"type": "auto", "disable_parallel_tool_use": true})
    );
    assert_eq!(
        choice(Some(ToolChoice::None), None),
        json!({"type": "none"})
    );
    assert_eq!(
        choice(Some(ToolChoice::Required), None),
        json!({"type": "any"})
    );
    assert_eq!(
        choice(Some(ToolChoice::Named("add".into())), Some(false)),
        json!({"type": "tool", "name": "add", "disable_parallel_tool_use": true})
    );
}

#[test]
fn a_schema_is_enforced_where_it_can_be_and_offered_as_a_tool_where_not() {
    let closed = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let native = body(&Anthropic, MODEL, &schema(closed.clone(), Some(true)));
    assert_eq!(
        native["output_config"]["format"],
        json!({"type": "json_schema", "schema": closed})
    );
    assert!(native.get("tools").is_none());

    let mut open = closed;
    open["properties"] = json!({"n": {"type": "integer", "minimum": 1}});
    let by_tool = body(&Anthropic, MODEL, &schema(open.clone(), None));
    assert_eq!(by_tool["tools"][0]["input_schema"], open);
    assert_eq!(
        by_tool["tool_choice"],
        json!({"type": "tool", "name": "answer_in_json", "disable_parallel_tool_use": true})
    );
    let failure = refusal(&Anthropic, MODEL, &schema(open, Some(true)));
    assert!(failure.message.contains("`minimum`"), "{failure}");
    let list = json!({"type": "array", "minItems": 2});
    assert!(encode(&Anthropic, MODEL, &schema(list, None)).is_err());
}

#[test]
fn an_answer_in_json_leaves_the_callers_tools_callable() {
    let mut request = ChatRequest::question("q");
    request.format = ResponseFormat::JsonObject;
    request.tools = vec![tool("add")];
    let either = body(&Anthropic, MODEL, &request);
    assert_eq!(either["tool_choice"], json!({"type": "any"}));
    assert_eq!(either["tools"][1]["name"], "answer_in_json");
    request.tool_choice = Some(ToolChoice::Named("add".into()));
    let insisting = body(&Anthropic, MODEL, &request);
    assert_eq!(insisting["tools"].as_array().unwrap().len(), 1);
    request.tool_choice = Some(ToolChoice::None);
    let answer = body(&Anthropic, MODEL, &request);
    assert_eq!(answer["tool_choice"]["name"], "answer_in_json");
}

#[test]
fn thoughts_go_back_the_way_they_came() {
    let reply = br#"{"stop_reason":"tool_use","content":[
        {"type":"thinking","thinking":"first","signature":"s1"},
        {"type":"redacted_thinking","data":"xyz"},
        {"type":"thinking","thinking":"","signature":"s2"},
        {"type":"tool_use","id":"a","name":"add","input":{}}]}"#;
    let choice = Anthropic.decode(reply).unwrap().choices.remove(0);
    assert_eq!(choice.reasoning.as_ref().unwrap().text, "first");
    let mut turn = Message::assistant("");
    turn.tool_calls = choice.tool_calls;
    turn.reasoning = choice.reasoning;
    let request = ChatRequest::new(vec![Message::user("q"), turn, result("a", "1")]);
    let sent = body(&Anthropic, MODEL, &request);
    assert_eq!(
        sent["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "first", "signature": "s1"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "thinking", "thinking": "", "signature": "s2"},
            {"type": "tool_use", "id": "a", "name": "add", "input": {}},
        ])
    );
    let mut foreign = Message::assistant("a");
    foreign.reasoning = Some(Reasoning {
        text: "hm".into(),
        signature: None,
    });
    let sent = body(
        &Anthropic,
        MODEL,
        &ChatRequest::new(vec![Message::user("q"), foreign]),
    );
    assert_eq!(
        sent["messages"][1]["content"],
        json!([{"type": "text", "text": "a"}])
    );
}
