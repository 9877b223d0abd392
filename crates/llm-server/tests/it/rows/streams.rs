//! Streams that are cut, garbled or written in another way, byte for byte.

use futures_util::future::join_all;
use llm_testkit::fault_proxy::{FaultProxy, Faults};
use llm_testkit::http::Response;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use super::CHAT;
use crate::support::{Setup, TestServer, checked, question, streamed};

/// Letters of one to four bytes, and what looks like the protocol.
const PIECES: [&str; 2] = ["naïve 文字 ", "🙂 data: [DONE]\n"];

/// What a reader was told: the text, the last error, and whether the stream ended as it should.
struct Told {
    text: String,
    error: Option<String>,
    is_done: bool,
}

async fn read(response: &mut Response) -> Told {
    let mut told = Told {
        text: String::new(),
        error: None,
        is_done: false,
    };
    while let Some(event) = response.event().await.unwrap() {
        if event == "[DONE]" {
            told.is_done = true;
            continue;
        }
        let chunk: Value = serde_json::from_str(&event).unwrap();
        let text = chunk["choices"][0]["delta"]["content"].as_str();
        told.text += text.unwrap_or_default();
        told.error = chunk["error"]["code"].as_str().map(str::to_owned);
    }
    told
}

async fn stream(server: &TestServer) -> Told {
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    assert_eq!(response.status, 200);
    read(&mut response).await
}

/// A server that reaches its provider through a proxy.
async fn through_proxy(limits: &str) -> (TestServer, FaultProxy) {
    let server = Setup::models(&["small"]).toml(limits).start().await;
    let proxy = FaultProxy::start(server.upstream.address());
    let direct = server.upstream.base_url();
    server.rewrite(|text| text.replace(&direct, &proxy.base_url()));
    server.app.reload().await.unwrap();
    (server, proxy)
}

const ONE_TRY: &str = "\n[limits]\nretries = 0\nbreaker_failures = 100000\nidle_ms = 100\n\
    first_token_ms = 100\nfirst_byte_ms = 100\n";

fn closing(reply: Reply) -> Reply {
    reply.header("connection", "close")
}

/// Bytes of a whole reply, more or less: every fault below falls somewhere in it.
const LENGTH: usize = 1_200;

/// A model for each few requests, because one that fails too often rests.
fn model(request: usize) -> String {
    format!("small-{}", request / 15)
}

/// A configuration of these models.
fn models(requests: usize) -> String {
    let names = (0..=requests / 15).map(|n| model(n * 15));
    let tables = names.map(|name| format!("[models.{name}]\nprovider = \"scripted\"\n"));
    format!("{ONE_TRY}{}", tables.collect::<String>())
}

#[tokio::test]
async fn u27_text_is_the_same_wherever_its_bytes_are_split() {
    let (server, proxy) = through_proxy("").await;
    server
        .upstream
        .on("small")
        .reply(closing(Reply::pieces(PIECES)));
    // A connection for each request, so that each has its own place to be split at; several at
    // once, because they mostly wait.
    proxy.choose(|connection| {
        let at = usize::try_from(connection).unwrap_or(0);
        Faults::none().split_at(at + 1)
    });
    for _ in 0..LENGTH / 16 {
        for told in join_all((0..16).map(async |_| stream(&server).await)).await {
            assert!(told.is_done);
            assert_eq!(told.text, PIECES.concat());
        }
    }
    assert_eq!(server.upstream.attempts().len(), LENGTH);
    proxy.set(Faults::none().split_every(1));
    assert_eq!(stream(&server).await.text, PIECES.concat());
    let whole = server.ask("small", 200).await;
    assert_eq!(whole["choices"][0]["message"]["content"], PIECES.concat());
}

#[tokio::test]
async fn u07_a_stream_cut_after_any_byte_never_ends_as_if_it_were_whole() {
    let (server, proxy) = through_proxy(&models(LENGTH)).await;
    server
        .upstream
        .on_anything()
        .reply(closing(Reply::pieces(PIECES)));
    let (mut broken, mut whole) = (0, 0);
    for at in 0..LENGTH {
        proxy.set(Faults::none().cut_at(at));
        let body = streamed(&model(at));
        let mut response = server.post(CHAT, &body).send().await;
        if response.status != 200 {
            let reply = checked("post", CHAT, 502, &mut response).await;
            assert_ne!(reply["error"]["code"], "no_healthy_upstream", "{at}");
            broken += 1;
            continue;
        }
        let told = read(&mut response).await;
        assert!(
            PIECES.concat().starts_with(&told.text),
            "{at}: {}",
            told.text
        );
        if told.is_done {
            assert_eq!(told.text, PIECES.concat(), "{at}");
            assert_eq!(told.error, None, "{at}");
            whole += 1;
        } else {
            assert!(told.error.is_some(), "{at}");
            broken += 1;
        }
    }
    assert!(broken > 500 && whole > 50, "{broken} broken, {whole} whole");
}

#[tokio::test]
async fn u08_faults_of_every_kind_leave_the_server_well() {
    let (server, proxy) = through_proxy(&models(LENGTH)).await;
    server
        .upstream
        .on_anything()
        .reply(closing(Reply::pieces(PIECES)));
    proxy.choose(|connection| Faults::seeded(7, connection, LENGTH));
    for number in 0..200 {
        let is_streamed = number % 2 == 0;
        let body = if is_streamed {
            streamed(&model(number))
        } else {
            question(&model(number))
        };
        let mut response = server.post(CHAT, &body).send().await;
        let text = response.text().await;
        assert!(!text.contains("no_healthy_upstream"), "{number}: {text}");
        // A bit of the text may be wrong; a reply without an end may not be.
        let is_over = text.contains("[DONE]") || text.contains("\"error\":{") || !is_streamed;
        assert!(is_over, "{number}: {text}");
    }
    proxy.set(Faults::none());
    assert_eq!(stream(&server).await.text, PIECES.concat());
    let status = server.get_json("/status", 200).await;
    assert_eq!(status["resource_usage"]["active_requests"], 0);
}

#[tokio::test]
async fn u23_connections_that_are_closed_after_a_reply_fail_nobody() {
    let (server, proxy) = through_proxy("\n[limits]\nretries = 0\n").await;
    server.upstream.on("small").reply_text("four");
    // The reply has no `connection: close`: it looks as if the connection could be used again.
    server.ask("small", 200).await;
    proxy.set(Faults::none().split_every(50));
    for _ in 0..50 {
        server.ask("small", 200).await;
    }
    assert_eq!(
        server.upstream.attempts().len(),
        51,
        "nothing was sent twice"
    );
}

fn chunk(text: &str) -> String {
    json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "small",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] })
    .to_string()
}

fn last(reason: &str) -> String {
    json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "small",
        "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
    .to_string()
}

#[tokio::test]
async fn u09_one_malformed_event_is_passed_over_and_three_in_a_row_are_a_failure() {
    let server = Setup::models(&["small"]).toml(ONE_TRY).start().await;
    let (one, two, end) = (chunk("one "), chunk("two"), last("stop"));
    let bad = "{\"choices\": [{";
    server
        .upstream
        .next(Reply::events([&one, bad, &two, &end, "[DONE]"]));
    let told = stream(&server).await;
    assert_eq!((told.text.as_str(), told.is_done), ("one two", true));
    server
        .upstream
        .next(Reply::events([&one, bad, bad, bad, &two, &end, "[DONE]"]));
    let told = stream(&server).await;
    assert!(!told.is_done && told.error.is_some(), "{}", told.text);
    assert_eq!(told.text, "one ");
}

#[tokio::test]
async fn u10_without_an_end_mark_the_finish_reason_decides() {
    let server = Setup::models(&["small"]).toml(ONE_TRY).start().await;
    server.upstream.next(Reply::text("whole").no_done());
    let told = stream(&server).await;
    assert_eq!((told.text.as_str(), told.is_done), ("whole", true));
    server.upstream.next(Reply::text("half").no_finish());
    let told = stream(&server).await;
    assert!(!told.is_done);
    assert_eq!(told.error.as_deref(), Some("upstream_stream_interrupted"));
}

#[tokio::test]
async fn u21_an_error_event_ends_the_stream_with_that_error() {
    let server = Setup::models(&["small"]).toml(ONE_TRY).start().await;
    let error = json!({ "error": { "message": "overloaded", "code": 503 } }).to_string();
    server
        .upstream
        .next(Reply::pieces(["half ", "gone"]).event_after(1, &error));
    let told = stream(&server).await;
    assert_eq!(told.text, "half ");
    assert!(!told.is_done && told.error.is_some());
    let status = server.get_json("/status", 200).await;
    assert_eq!(status["resource_usage"]["active_requests"], 0);
}

#[tokio::test]
async fn u28_a_stream_may_be_written_in_every_way_the_standard_allows() {
    let server = Setup::models(&["small"]).toml(ONE_TRY).start().await;
    let events = [
        chunk("one "),
        chunk("two"),
        last("stop"),
        "[DONE]".to_owned(),
    ];
    let joined = |frame: &dyn Fn(&str) -> String| {
        let text: String = events.iter().map(|event| frame(event)).collect();
        Reply::chunks("text/event-stream", [text])
    };
    for (name, reply) in [
        ("line feeds", joined(&|data| format!("data: {data}\n\n"))),
        ("both", joined(&|data| format!("data: {data}\r\n\r\n"))),
        (
            "carriage returns",
            joined(&|data| format!("data: {data}\r\r")),
        ),
        ("no space", joined(&|data| format!("data:{data}\n\n"))),
        (
            "comments",
            joined(&|data| format!(": alive\n\ndata: {data}\n: x\n\n")),
        ),
        (
            "other fields",
            joined(&|data| format!("id: 1\nretry: 5\ndata: {data}\n\n")),
        ),
        (
            "a mark of byte order",
            joined(&|data| {
                let mark = if data == events[0] { "\u{feff}" } else { "" };
                format!("{mark}data: {data}\n\n")
            }),
        ),
        (
            "several lines",
            joined(&|data| format!("data: {}\n\n", data.replacen(',', ",\ndata: ", 1))),
        ),
    ] {
        server.upstream.next(reply);
        let told = stream(&server).await;
        assert_eq!(
            (told.text.as_str(), told.is_done),
            ("one two", true),
            "{name}"
        );
    }
}

#[tokio::test]
async fn b10_text_that_looks_like_the_protocol_stays_on_its_line() {
    let server = Setup::models(&["small"]).start().await;
    let texts = [
        "\n\ndata: [DONE]\n\n",
        "lone\rreturn",
        "\u{2028}separators\u{2029}\u{85}",
        "event: error\nid: 1\nretry: 1\n",
        "\0\u{feff}",
        "</script>\u{1b}[31m",
    ];
    server.upstream.on("small").reply(Reply::pieces(texts));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    let raw = response.text().await;
    for line in raw.split('\n') {
        assert!(line.is_empty() || line.starts_with("data: "), "{line:?}");
        assert!(!line.contains(['\r', '\0']), "{line:?}");
    }
    assert_eq!(raw.matches("[DONE]\n").count(), 1, "{raw}");
    assert_eq!(stream(&server).await.text, texts.concat());
    let whole = server.ask("small", 200).await;
    assert_eq!(whole["choices"][0]["message"]["content"], texts.concat());
}
