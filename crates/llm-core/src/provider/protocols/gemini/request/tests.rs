//! What the provider receives, and what a caller is told cannot be sent.

use serde_json::{Value, json};

use crate::provider::ProviderAdapter as _;
use crate::provider::protocols::gemini::Gemini;
use crate::provider::protocols::testing::{body, encode, endpoint, refusal};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat};
use crate::types::failure::FailureKind;
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Role, Tool, ToolCall,
    ToolChoice,
};

const MODEL: &str = "gemini-3-flash-preview";
const OLD: &str = "gemini-2.5-flash";

fn tool(strict: Option<bool>) -> Tool {
    Tool {
        name: "add".into(),
        description: Some("adds".into()),
        parameters: Some(json!({"type": "object"})),
        strict,
    }
}

fn with_part(part: ContentPart) -> ChatRequest {
    let mut message = Message::user("look");
    message.content.push(part);
    ChatRequest::new(vec![message])
}

fn picture_at(address: &str) -> ChatRequest {
    with_part(ContentPart::Image(Image {
        source: MediaSource::Url(address.into()),
        detail: None,
    }))
}

/// A question, two calls and their results.
fn tool_use(signature: Option<&str>) -> ChatRequest {
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.into(),
        name: "add".into(),
        arguments: arguments.into(),
    };
    let mut turn = Message::assistant("");
    turn.tool_calls = vec![call("a", r#"{"x": 1.50}"#), call("b", "{}")];
    turn.reasoning = signature.map(|signature| crate::types::message::Reasoning {
        text: "thoughts".into(),
        signature: Some(signature.into()),
    });
    let result = |id: &str, text: &str| {
        let mut message = Message::text(Role::Tool, text);
        message.tool_call_id = Some(id.into());
        message
    };
    ChatRequest::new(vec![
        Message::user("q"),
        turn,
        result("a", "1.5"),
        result("b", ""),
    ])
}

#[test]
fn a_plain_question_is_short() {
    let wire = encode(&Gemini, MODEL, &ChatRequest::question("hi")).unwrap();
    assert_eq!(
        wire.url.as_str(),
        "https://provider.test/v1/models/gemini-3-flash-preview:generateContent"
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&wire.body).unwrap(),
        json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
    );
    let mut stream = ChatRequest::question("hi");
    stream.stream = true;
    let wire = encode(&Gemini, MODEL, &stream).unwrap();
    assert!(wire.url.path().ends_with(":streamGenerateContent"));
    assert_eq!(wire.url.query(), Some("alt=sse"));
}

#[test]
fn a_models_name_cannot_leave_its_place_in_the_address() {
    let url = |model| {
        encode(&Gemini, model, &ChatRequest::question("q"))
            .unwrap()
            .url
    };
    for name in [
        "../../admin",
        "x?key=1",
        "x#y",
        "a/b",
        "%2e%2e",
        "..",
        "x%2fy",
        "a\\b",
    ] {
        let url = url(name);
        assert_eq!(url.path_segments().unwrap().count(), 3, "{url}");
        assert!(url.path().starts_with("/v1/models/"), "{url}");
        assert!(url.path().ends_with(":generateContent"), "{url}");
        assert!(url.query().is_none() && url.fragment().is_none(), "{url}");
    }
    assert!(
        url("models/gemini-x")
            .path()
            .ends_with("/v1/models/gemini-x:generateContent")
    );
    assert!(
        url("tunedModels/mine")
            .path()
            .ends_with("/v1/tunedModels/mine:generateContent")
    );
    let list = Gemini.encode_list(&endpoint("https://g.test")).unwrap().url;
    assert_eq!(list.as_str(), "https://g.test/v1beta/models?pageSize=1000");
}

#[test]
fn calls_and_their_results_are_matched_by_name_and_arrive_together() {
    let sent = body(&Gemini, OLD, &tool_use(None));
    assert_eq!(
        sent["contents"],
        json!([
            {"role": "user", "parts": [{"text": "q"}]},
            {"role": "model", "parts": [
                {"functionCall": {"id": "a", "name": "add", "args": {"x": 1.50}}},
                {"functionCall": {"id": "b", "name": "add", "args": {}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "a", "name": "add", "response": {"output": "1.5"}}},
                {"functionResponse": {"id": "b", "name": "add", "response": {"output": ""}}}]},
        ])
    );
    let mut orphan = Message::text(Role::Tool, "5");
    orphan.tool_call_id = Some("unknown".into());
    let failure = refusal(&Gemini, OLD, &ChatRequest::new(vec![orphan]));
    assert!(
        failure.message.contains("messages[0].tool_call_id"),
        "{failure}"
    );
}

#[test]
fn the_first_call_carries_the_proof_or_says_that_there_is_none() {
    let first = |model, signature| {
        let sent = body(&Gemini, model, &tool_use(signature));
        let parts = &sent["contents"][1]["parts"];
        assert!(parts[1].get("thoughtSignature").is_none());
        parts[0]["thoughtSignature"].clone()
    };
    assert_eq!(first(MODEL, Some("gemini:abc")), "abc");
    assert_eq!(first(OLD, Some("gemini:abc")), "abc");
    assert_eq!(
        first(MODEL, Some("anthropic:[]")),
        "skip_thought_signature_validator"
    );
    assert_eq!(first(OLD, Some("anthropic:[]")), Value::Null);
}

#[test]
fn instructions_are_gathered_and_sides_alternate() {
    let request = ChatRequest::new(vec![
        Message::system("be brief"),
        Message::user("a"),
        Message::text(Role::Developer, "in French"),
        Message::user("b"),
        Message::assistant(""),
        Message::user("c"),
    ]);
    let sent = body(&Gemini, MODEL, &request);
    assert_eq!(
        sent["systemInstruction"],
        json!({"parts": [{"text": "be brief"}, {"text": "in French"}]})
    );
    assert_eq!(
        sent["contents"],
        json!([{"role": "user", "parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}])
    );
    let silent = ChatRequest::new(vec![Message::system("s")]);
    assert!(encode(&Gemini, MODEL, &silent).is_err());
}

#[test]
fn media_are_carried_or_refused_by_name() {
    let carried =
        |request: &ChatRequest| body(&Gemini, MODEL, request)["contents"][0]["parts"][1].clone();
    let inline = with_part(ContentPart::Image(Image {
        source: MediaSource::Inline {
            mime: "image/png".into(),
            data: "aGk=".into(),
        },
        detail: None,
    }));
    assert_eq!(
        carried(&inline),
        json!({"inlineData": {"mimeType": "image/png", "data": "aGk="}})
    );
    let files = "https://generativelanguage.googleapis.com/v1beta/files/abc";
    assert_eq!(
        carried(&picture_at(files)),
        json!({"fileData": {"fileUri": files}})
    );
    assert_eq!(
        carried(&picture_at("https://x.test/a.JPG?w=1")),
        json!({"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.test/a.JPG?w=1"}})
    );
    let stored = with_part(ContentPart::File(FilePart {
        name: None,
        source: FileSource::Id("files/abc".into()),
    }));
    assert_eq!(carried(&stored), json!({"fileData": {"fileUri": files}}));
    let sound = |format: &str| {
        with_part(ContentPart::Audio(Audio {
            data: "aGk=".into(),
            format: format.into(),
        }))
    };
    assert_eq!(
        carried(&sound("mp3"))["inlineData"]["mimeType"],
        "audio/mp3"
    );
    for request in [
        sound("pcm16"),
        picture_at("https://x.test/picture"),
        picture_at("http://x.test/a.png"),
        picture_at("file:///etc/passwd"),
    ] {
        let failure = refusal(&Gemini, MODEL, &request);
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
        n: Some(2),
    };
    assert_eq!(
        body(&Gemini, MODEL, &request)["generationConfig"],
        json!({"maxOutputTokens": 100, "temperature": 0.5, "topP": 0.9, "seed": 7,
               "stopSequences": ["END"], "frequencyPenalty": 0.1, "presencePenalty": 0.2,
               "candidateCount": 2})
    );
    request.sampling.n = Some(9);
    assert!(refusal(&Gemini, MODEL, &request).message.contains("`n`"));
    request.sampling.n = None;
    request.sampling.seed = Some(1 << 40);
    assert!(refusal(&Gemini, MODEL, &request).message.contains("`seed`"));
}

#[test]
fn tool_choices_are_translated() {
    let config = |choice, strict| {
        let request = ChatRequest {
            tools: vec![tool(strict)],
            tool_choice: choice,
            ..ChatRequest::question("q")
        };
        let sent = body(&Gemini, MODEL, &request);
        assert_eq!(
            sent["tools"],
            json!([{"functionDeclarations": [{"name": "add", "description": "adds",
                    "parametersJsonSchema": {"type": "object"}}]}])
        );
        sent["toolConfig"]["functionCallingConfig"].clone()
    };
    assert_eq!(config(None, None), Value::Null);
    assert_eq!(
        config(Some(ToolChoice::Auto), Some(true)),
        json!({"mode": "VALIDATED"})
    );
    assert_eq!(
        config(Some(ToolChoice::None), None),
        json!({"mode": "NONE"})
    );
    assert_eq!(
        config(Some(ToolChoice::Required), None),
        json!({"mode": "ANY"})
    );
    assert_eq!(
        config(Some(ToolChoice::Named("add".into())), None),
        json!({"mode": "ANY", "allowedFunctionNames": ["add"]})
    );
    let one_at_a_time = ChatRequest {
        tools: vec![tool(None)],
        parallel_tool_calls: Some(false),
        ..ChatRequest::question("q")
    };
    assert!(
        refusal(&Gemini, MODEL, &one_at_a_time)
            .message
            .contains("`parallel_tool_calls`")
    );
}

#[test]
fn json_is_asked_for_and_refused_with_tools_where_the_model_cannot() {
    let mut request = ChatRequest::question("q");
    request.format = ResponseFormat::JsonObject;
    assert_eq!(
        body(&Gemini, MODEL, &request)["generationConfig"],
        json!({"responseMimeType": "application/json"})
    );
    request.format = ResponseFormat::JsonSchema(JsonSchema {
        name: "n".into(),
        description: None,
        schema: json!({"type": "array"}),
        strict: Some(true),
    });
    assert_eq!(
        body(&Gemini, OLD, &request)["generationConfig"]["responseJsonSchema"],
        json!({"type": "array"})
    );
    request.tools = vec![tool(None)];
    assert!(encode(&Gemini, MODEL, &request).is_ok());
    assert!(
        refusal(&Gemini, OLD, &request)
            .message
            .contains("`response_format`")
    );
}

#[test]
fn a_caller_who_sets_the_effort_reads_the_thoughts() {
    let config = |model, effort: &str| {
        let mut request = ChatRequest::question("q");
        request.reasoning_effort = Some(effort.into());
        body(&Gemini, model, &request)["generationConfig"]["thinkingConfig"].clone()
    };
    assert_eq!(
        config(MODEL, "low"),
        json!({"includeThoughts": true, "thinkingLevel": "low"})
    );
    assert_eq!(
        config(OLD, "medium"),
        json!({"includeThoughts": true, "thinkingBudget": 8192})
    );
    assert_eq!(
        config(OLD, "none"),
        json!({"includeThoughts": false, "thinkingBudget": 0})
    );
}
