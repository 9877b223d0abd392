//! The demonstration, called the way a real provider is: encoded, sent, framed, decoded.

mod json;

use std::sync::Arc;

use futures_util::StreamExt as _;
use http::HeaderMap;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::provider::frames::Framer;
use crate::provider::protocols::openai::OPENAI;
use crate::provider::{
    AttemptLimits, Call, Endpoint, ErrorReply, Framing, ModelDefaults, ProviderAdapter as _,
    WireRequest, vendors,
};
use crate::types::answer::{Answer, FinishReason, Gather};
use crate::types::chat::ChatRequest;
use crate::types::clock::{Deadline, SystemClock};
use crate::types::message::{ContentPart, Image, MediaSource, Message, Tool, ToolChoice};

const LIMITS: AttemptLimits = AttemptLimits {
    connect: Duration::from_secs(3),
    first_byte: Duration::from_secs(60),
    first_token: Duration::from_secs(60),
    idle: Duration::from_secs(30),
    total: Duration::from_secs(300),
};

fn demo() -> DemoTransport {
    DemoTransport::new(Arc::new(SystemClock))
}

fn endpoint() -> Endpoint {
    let vendor = vendors::find("demo").unwrap();
    Endpoint {
        base_url: Url::parse(vendor.base_url).unwrap(),
        vendor,
        headers: HeaderMap::new(),
    }
}

fn dispatch(request: WireRequest, limits: AttemptLimits) -> Dispatch<'static> {
    Dispatch {
        upload: None,
        request,
        credential: None,
        proxy: None,
        limits,
        deadline: Deadline::after(SystemClock.now(), Duration::from_secs(600)),
    }
}

async fn call(
    transport: &DemoTransport,
    model: &str,
    request: &ChatRequest,
    limits: AttemptLimits,
) -> Result<Answer, Failure> {
    let wire = OPENAI.encode(&Call {
        endpoint: &endpoint(),
        upstream_model: model,
        request,
        defaults: ModelDefaults::default(),
        stream: request.stream,
    })?;
    let response = transport.send(dispatch(wire, limits)).await?;
    let mut body = response.body;
    if request.stream && response.status == 200 {
        let mut framer = Framer::new(Framing::Sse, 1024 * 1024);
        let mut decoder = OPENAI.stream_decoder();
        let (mut frames, mut events) = (Vec::new(), Vec::new());
        while let Some(bytes) = body.next().await {
            framer.push(&bytes?, &mut frames)?;
            for frame in frames.drain(..) {
                decoder.frame(&frame, &mut events)?;
            }
        }
        framer.finish(&mut frames)?;
        for frame in frames.drain(..) {
            decoder.frame(&frame, &mut events)?;
        }
        decoder.end(&mut events)?;
        let mut gather = Gather::default();
        for event in &events {
            gather.push(event);
        }
        return Ok(gather.finish());
    }
    let mut whole = Vec::new();
    while let Some(bytes) = body.next().await {
        whole.extend_from_slice(&bytes?);
    }
    if response.status != 200 {
        return Err(OPENAI.decode_error(&ErrorReply {
            status: response.status,
            headers: &response.headers,
            body: &whole,
        }));
    }
    OPENAI.decode(&whole)
}

async fn ask(model: &str, question: &str) -> Answer {
    let request = ChatRequest::question(question);
    call(&demo(), model, &request, LIMITS).await.unwrap()
}

async fn fails(model: &str, stream: bool) -> Failure {
    let request = ChatRequest {
        stream,
        ..ChatRequest::question("Hi there")
    };
    call(&demo(), model, &request, LIMITS).await.unwrap_err()
}

fn last_line(answer: &Answer) -> &str {
    answer.text().lines().last().unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_answer_says_that_it_is_simulated_in_the_language_of_the_question() {
    let english = ask("demo-small", "What is the capital of France?").await;
    assert_eq!(
        english.text(),
        "[simulated by demo-small] A real model would answer this here: “What is the capital of France?”."
    );
    let chinese = ask("demo-small", "请把 hello world 翻译成法语").await;
    assert_eq!(
        chinese.text(),
        "[demo-small 模拟回答] 真实模型会在这里翻译：“请把 hello world 翻译成法语”。"
    );
    let other = ask("my/own-path", &"long ".repeat(100)).await;
    assert!(other.text().starts_with("[simulated by my/own-path]"));
    assert!(other.text().contains("nothing left this machine"));
    assert!(other.text().len() < 300, "only a piece is repeated");
}

#[tokio::test(start_paused = true)]
async fn a_stream_adds_up_to_the_whole_reply() {
    let transport = demo();
    for model in [
        "demo-small",
        "demo-large",
        "demo-reasoning",
        "demo-vision",
        "demo-slow",
        "demo-refuse",
    ] {
        for question in ["Tell me about 长城 🐉", "17 * 23"] {
            let mut request = ChatRequest::question(question);
            let mut whole = call(&transport, model, &request, LIMITS).await.unwrap();
            request.stream = true;
            let mut streamed = call(&transport, model, &request, LIMITS).await.unwrap();
            for answer in [&mut whole, &mut streamed] {
                answer.wire = None;
                for choice in &mut answer.choices {
                    choice.extra.retain(|name| name != "logprobs");
                }
            }
            assert_eq!(format!("{streamed:?}"), format!("{whole:?}"), "{model}");
            assert!(whole.usage.is_known());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn models_agree_about_sums_but_for_the_contrarian() {
    for model in ["demo-small", "demo-large", "demo-reasoning"] {
        let answer = ask(model, "What is 17 * 23?").await;
        assert_eq!(last_line(&answer), "Answer: 391");
        assert!(answer.text().contains("17 * 23 = 391"));
    }
    assert_eq!(
        last_line(&ask("demo-contrarian", "What is 17 * 23?").await),
        "Answer: 392"
    );
    assert_eq!(
        last_line(&ask("demo-large", "二加二：2+2 是多少？").await),
        "答案：4"
    );
}

#[tokio::test(start_paused = true)]
async fn models_agree_about_a_choice_but_for_the_contrarian() {
    let question = "Which is a fruit?\nA. Stone\nB. Apple\nC. Car\nD. Cloud";
    let small = ask("demo-small", question).await;
    let letter = last_line(&small)
        .strip_prefix("[simulated by demo-small] Answer: ")
        .unwrap()
        .to_owned();
    assert!(["A", "B", "C", "D"].contains(&letter.as_str()));
    assert!(last_line(&ask("demo-large", question).await).ends_with(&format!("Answer: {letter}")));
    assert!(!last_line(&ask("demo-contrarian", question).await).ends_with(&letter));
    assert!(
        ask("demo-small", "A. Nobody asked")
            .await
            .text()
            .contains("A real model")
    );
}

#[tokio::test(start_paused = true)]
async fn troubles_are_what_their_names_say() {
    for stream in [false, true] {
        assert_eq!(
            fails("demo-down", stream).await.kind,
            FailureKind::Unavailable
        );
        let limited = fails("demo-limited", stream).await;
        assert_eq!(limited.kind, FailureKind::RateLimited);
        assert_eq!(limited.retry_after, Some(Duration::from_secs(1)));
        assert_eq!(
            fails("demo-unauthorized", stream).await.kind,
            FailureKind::Auth
        );
        assert_eq!(
            fails("demo-filtered", stream).await.kind,
            FailureKind::ContentFilter
        );
        assert_eq!(
            fails("demo-garbage", stream).await.kind,
            FailureKind::InvalidResponse
        );
        assert_eq!(fails("demo-cut", stream).await.kind, FailureKind::Truncated);
        assert_eq!(
            fails("demo-hang", stream).await.kind,
            FailureKind::Timeout(Limit::FirstByte)
        );
    }
    let refused = ask("demo-refuse", "Hi there").await;
    assert!(
        refused.choices[0]
            .refusal
            .as_deref()
            .unwrap()
            .starts_with("[simulated by")
    );
    let thought = ask("demo-reasoning", "Hi there").await;
    assert!(
        thought.choices[0]
            .reasoning
            .as_ref()
            .unwrap()
            .text
            .starts_with("[simulated")
    );
    assert!(thought.usage.reasoning > 0);
}

#[tokio::test(start_paused = true)]
async fn the_flaky_model_fails_every_second_call() {
    let transport = demo();
    let request = ChatRequest::question("Hi there");
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(
            call(&transport, "demo-flaky", &request, LIMITS)
                .await
                .is_ok(),
        );
    }
    assert_eq!(outcomes, [false, true, false, true]);
}

#[tokio::test(start_paused = true)]
async fn limits_end_what_takes_too_long() {
    let short = |change: fn(&mut AttemptLimits)| {
        let mut limits = LIMITS;
        change(&mut limits);
        limits
    };
    let request = ChatRequest {
        stream: true,
        ..ChatRequest::question("Hi there")
    };
    let kind = |limits: AttemptLimits| {
        let request = request.clone();
        async move {
            call(&demo(), "demo-slow", &request, limits)
                .await
                .unwrap_err()
                .kind
        }
    };
    let millis = Duration::from_millis;
    let first = short(|limits| limits.first_byte = Duration::from_secs(2));
    assert_eq!(kind(first).await, FailureKind::Timeout(Limit::FirstByte));
    let idle = short(|limits| limits.idle = Duration::from_millis(100));
    assert_eq!(kind(idle).await, FailureKind::Timeout(Limit::Idle));
    let total = short(|limits| limits.total = Duration::from_secs(3));
    assert_eq!(kind(total).await, FailureKind::Timeout(Limit::Total));

    let wire = WireRequest::get(&endpoint(), endpoint().url(["models"]));
    let late = Dispatch {
        deadline: Deadline::after(SystemClock.now(), millis(10)),
        ..dispatch(wire, LIMITS)
    };
    let failure = demo().send(late).await.err().unwrap();
    assert_eq!(failure.kind, FailureKind::Deadline);
}

#[tokio::test(start_paused = true)]
async fn a_demanded_tool_is_called_with_arguments_that_fit() {
    let parameters = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
        "required": ["city", "days"],
        "additionalProperties": false,
    });
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        description: None,
        parameters: Some(parameters.clone()),
        strict: None,
    };
    let mut request = ChatRequest::question("How is the weather?");
    request.tools = vec![tool("first"), tool("second")];
    for (choice, name) in [
        (ToolChoice::Required, "first"),
        (ToolChoice::Named("second".into()), "second"),
    ] {
        request.tool_choice = Some(choice);
        for stream in [false, true] {
            request.stream = stream;
            let answer = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
            let made = &answer.choices[0].tool_calls[0];
            assert_eq!(made.name, name);
            assert_eq!(answer.finish(), &FinishReason::ToolCalls);
            let arguments: Value = serde_json::from_str(&made.arguments).unwrap();
            assert!(jsonschema::is_valid(&parameters, &arguments), "{arguments}");
        }
    }
    request.tool_choice = Some(ToolChoice::Auto);
    let answer = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    assert!(answer.choices[0].tool_calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn attachments_are_acknowledged() {
    let picture = ContentPart::Image(Image {
        source: MediaSource::Url("https://example.org/a.png".into()),
        detail: None,
    });
    let mut message = Message::user("What is this?");
    message.content.push(picture.clone());
    let request = ChatRequest::new(vec![message.clone()]);
    let answer = call(&demo(), "demo-vision", &request, LIMITS)
        .await
        .unwrap();
    assert!(
        answer.text().contains("(one picture attached.)"),
        "{}",
        answer.text()
    );
    message.content = vec![
        ContentPart::Text("这是什么？".into()),
        picture.clone(),
        picture,
    ];
    let request = ChatRequest::new(vec![message]);
    let answer = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    assert!(
        answer.text().contains("（收到2张图片）"),
        "{}",
        answer.text()
    );
}

#[tokio::test(start_paused = true)]
async fn lengths_and_counts_are_kept() {
    let mut request = ChatRequest::question("Hi there");
    let free = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    assert_eq!(free.usage.output, tokens::count(free.text()));
    request.sampling.max_tokens = Some(5);
    request.sampling.n = Some(2);
    let short = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    assert_eq!(short.choices.len(), 2);
    assert_eq!(short.finish(), &FinishReason::Length);
    assert_eq!(short.usage.output, 10);
    assert!(free.text().starts_with(short.text()));
    request.sampling.stop = vec!["by".into()];
    let stopped = call(&demo(), "demo-small", &request, LIMITS).await.unwrap();
    assert_eq!(stopped.text(), "[simulated ");
}

/// A transport that says who it is.
struct Beneath;
impl Transport for Beneath {
    fn send<'a>(&'a self, _: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>> {
        Box::pin(async { Err(Failure::new(FailureKind::Tls, "beneath")) })
    }
}

#[tokio::test(start_paused = true)]
async fn its_models_are_listed_and_other_addresses_passed_on() {
    let wire = OPENAI.encode_list(&endpoint()).unwrap();
    let response = demo().send(dispatch(wire, LIMITS)).await.unwrap();
    let body: Vec<_> = response.body.map(|bytes| bytes.unwrap()).collect().await;
    let models = OPENAI.decode_list(&body.concat()).unwrap();
    let paths: Vec<_> = BEHAVIOURS.iter().map(|row| row.path.to_owned()).collect();
    assert_eq!(models, paths);

    let elsewhere = || {
        let url = Url::parse("https://example.org/models").unwrap();
        dispatch(WireRequest::get(&endpoint(), url), LIMITS)
    };
    let alone = demo().send(elsewhere()).await.err().unwrap();
    assert_eq!(alone.kind, FailureKind::Connect);
    let over = demo().over(Arc::new(Beneath));
    assert_eq!(
        over.send(elsewhere()).await.err().unwrap().message,
        "beneath"
    );
}

#[test]
fn the_table_is_complete() {
    assert_eq!(BEHAVIOURS[0].path, "demo-large");
    for (position, row) in BEHAVIOURS.iter().enumerate() {
        assert!(!row.about.is_empty() && !row.about_zh.is_empty());
        assert!(!row.about.contains('\n'));
        assert!(
            BEHAVIOURS[..position]
                .iter()
                .all(|other| other.path != row.path)
        );
    }
}

proptest::proptest! {
    #[test]
    fn tokens_of_a_text_are_the_text(text in "[ -~\n你好吗世界😀é]{0,40}") {
        let pieces = tokens::pieces(&text);
        proptest::prop_assert_eq!(pieces.concat(), text.as_str());
        proptest::prop_assert!(pieces.iter().all(|piece| piece.chars().filter(|c| !c.is_whitespace()).count() <= 4));
    }
}
