//! What the server receives, and what a caller is told cannot be sent.

use serde_json::{Value, json};

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::ollama::Ollama;
use crate::provider::protocols::testing::{body, encode, endpoint, refusal};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat};
use crate::types::failure::FailureKind;
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Reasoning, Role, Tool,
    ToolCall, ToolChoice,
};

const MODEL: &str = "qwen3:8b";

fn tool() -> Tool {
    Tool {
        name: "add".into(),
        description: None,
        parameters: None,
        strict: None,
    }
}

fn with_part(part: ContentPart) -> ChatRequest {
    let mut message = Message::user("look");
    message.content.push(part);
    ChatRequest::new(vec![message])
}

#[test]
fn a_plain_question_forbids_the_server_to_forget_its_beginning() {
    let wire = encode(&Ollama, MODEL, &ChatRequest::question("hi")).unwrap();
    assert_eq!(wire.url.as_str(), "https://provider.test/v1/api/chat");
    assert_eq!(
        serde_json::from_slice::<Value>(&wire.body).unwrap(),
        json!({"model": MODEL, "messages": [{"role": "user", "content": "hi"}],
               "stream": false, "truncate": false, "shift": false})
    );
    let list = |base| Ollama.encode_list(&endpoint(base)).unwrap().url;
    assert_eq!(
        list("http://127.0.0.1:11434").as_str(),
        "http://127.0.0.1:11434/api/tags"
    );
    assert_eq!(
        list("https://ollama.test/api").as_str(),
        "https://ollama.test/api/tags"
    );
}

#[test]
fn turns_keep_their_places_and_results_name_their_tools() {
    let mut call = Message::assistant("");
    call.tool_calls = vec![ToolCall {
        id: "a".into(),
        name: "add".into(),
        arguments: r#"{"x": 1.50}"#.into(),
    }];
    call.reasoning = Some(Reasoning {
        text: "hm".into(),
        signature: None,
    });
    let mut result = Message::text(Role::Tool, "1.5");
    result.tool_call_id = Some("a".into());
    let mut foreign = Message::assistant("done");
    foreign.reasoning = Some(Reasoning {
        text: "secret".into(),
        signature: Some("anthropic:[]".into()),
    });
    let request = ChatRequest::new(vec![
        Message::text(Role::Developer, "be brief"),
        call,
        result,
        foreign,
    ]);
    assert_eq!(
        body(&Ollama, MODEL, &request)["messages"],
        json!([
            {"role": "system", "content": "be brief"},
            {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [
                {"id": "a", "function": {"index": 0, "name": "add", "arguments": {"x": 1.50}}}]},
            {"role": "tool", "content": "1.5", "tool_name": "add", "tool_call_id": "a"},
            {"role": "assistant", "content": "done"},
        ])
    );
}

#[test]
fn only_pictures_in_the_message_itself_are_carried() {
    let picture = |source| {
        with_part(ContentPart::Image(Image {
            source,
            detail: None,
        }))
    };
    let inline = || MediaSource::Inline {
        mime: "image/png".into(),
        data: "aGk=".into(),
    };
    let sent = body(&Ollama, MODEL, &picture(inline()));
    assert_eq!(sent["messages"][0]["images"], json!(["aGk="]));
    let mut in_result = picture(inline());
    in_result.messages[0].role = Role::Tool;
    for request in [
        picture(MediaSource::Url("https://x.test/a.png".into())),
        in_result,
        with_part(ContentPart::Audio(Audio {
            data: String::new(),
            format: "wav".into(),
        })),
        with_part(ContentPart::File(FilePart {
            name: None,
            source: FileSource::Id("f".into()),
        })),
    ] {
        let failure = refusal(&Ollama, MODEL, &request);
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(
            failure.message.contains("messages[0].content[1]"),
            "{failure}"
        );
    }
}

#[test]
fn options_go_where_the_protocol_has_them() {
    let mut request = ChatRequest::question("q");
    request.sampling = crate::types::chat::Sampling {
        max_tokens: Some(100),
        temperature: Some(0.5),
        top_p: Some(0.9),
        seed: Some(7),
        stop: vec!["END".into()],
        frequency_penalty: Some(0.1),
        presence_penalty: Some(0.2),
        n: Some(1),
    };
    assert_eq!(
        body(&Ollama, MODEL, &request)["options"],
        json!({"num_predict": 100, "temperature": 0.5, "top_p": 0.9, "seed": 7,
               "stop": ["END"], "frequency_penalty": 0.1, "presence_penalty": 0.2})
    );
    request.sampling.n = Some(2);
    assert!(refusal(&Ollama, MODEL, &request).message.contains("`n`"));
}

#[test]
fn tools_are_shown_hidden_or_refused() {
    let sent = |choice| {
        let request = ChatRequest {
            tools: vec![tool()],
            tool_choice: choice,
            ..ChatRequest::question("q")
        };
        encode(&Ollama, MODEL, &request)
            .map(|wire| serde_json::from_slice::<Value>(&wire.body).unwrap()["tools"].clone())
    };
    let shown = json!([{"type": "function", "function":
        {"name": "add", "parameters": {"type": "object", "properties": {}}}}]);
    assert_eq!(sent(None).unwrap(), shown);
    assert_eq!(sent(Some(ToolChoice::Auto)).unwrap(), shown);
    assert_eq!(sent(Some(ToolChoice::None)).unwrap(), Value::Null);
    for choice in [ToolChoice::Required, ToolChoice::Named("add".into())] {
        let failure = sent(Some(choice)).unwrap_err();
        assert!(failure.message.contains("`tool_choice`"), "{failure}");
    }
    let mut strict = ChatRequest::question("q");
    strict.tools = vec![tool()];
    strict.tools[0].strict = Some(true);
    assert!(
        refusal(&Ollama, MODEL, &strict)
            .message
            .contains("tools[0].function.strict")
    );
    strict.tools[0].strict = None;
    strict.parallel_tool_calls = Some(false);
    assert!(
        refusal(&Ollama, MODEL, &strict)
            .message
            .contains("`parallel_tool_calls`")
    );
}

#[test]
fn json_and_thinking_are_asked_for_in_the_servers_words() {
    let mut request = ChatRequest::question("q");
    request.format = ResponseFormat::JsonObject;
    assert_eq!(body(&Ollama, MODEL, &request)["format"], "json");
    request.format = ResponseFormat::JsonSchema(JsonSchema {
        name: "n".into(),
        description: None,
        schema: json!({"type": "array"}),
        strict: None,
    });
    assert_eq!(
        body(&Ollama, MODEL, &request)["format"],
        json!({"type": "array"})
    );
    for (effort, think) in [
        ("none", json!(false)),
        ("minimal", json!("low")),
        ("medium", json!("medium")),
        ("xhigh", json!("high")),
    ] {
        request.reasoning_effort = Some(effort.into());
        assert_eq!(body(&Ollama, MODEL, &request)["think"], think);
    }
}
