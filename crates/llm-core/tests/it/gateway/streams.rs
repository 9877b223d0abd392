//! Streams tell the truth: they end cleanly only when the answer was complete.

use futures_util::StreamExt as _;
use llm_core::gateway::stream::{Piece, RunStream};
use llm_core::types::code::Code;
use llm_core::types::event::StreamEvent;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;

use super::{Fixture, question};

/// Everything a reader sees: the text, and how it ended.
async fn read(mut stream: RunStream) -> (String, Result<u64, Code>) {
    let mut text = String::new();
    while let Some(piece) = stream.next().await {
        match piece {
            Piece::Answer(StreamEvent::Text { text: more, .. }) => text.push_str(&more),
            Piece::Done(done) => return (text, Ok(done.answer.usage.output)),
            Piece::Failed(error) => return (text, Err(error.code)),
            Piece::Answer(_) | Piece::Progress(_) => {}
        }
    }
    panic!("a run ends with its result or its failure");
}

#[tokio::test(start_paused = true)]
async fn pieces_arrive_as_they_are_sent_and_add_up_to_the_answer() {
    let fixture = Fixture::new(&["a"], "");
    let gate = Gate::new();
    let reply = Reply::pieces(["one ", "two ", "three"])
        .hold_before(1, &gate)
        .usage(5, 3);
    fixture.provider.on("a").reply(reply);
    let mut stream = fixture.gateway.stream(question("a", "count"), false);
    stream.head().await.unwrap();
    let first = loop {
        if let Some(Piece::Answer(StreamEvent::Text { text, .. })) = stream.next().await {
            break text;
        }
    };
    assert_eq!(
        first, "one ",
        "the first piece is not held back for the second"
    );
    gate.open();
    assert_eq!(read(stream).await, ("two three".to_owned(), Ok(3)));
}

#[tokio::test(start_paused = true)]
async fn a_cut_before_the_first_piece_goes_unnoticed() {
    let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["x"]).cut_after(0));
    fixture
        .provider
        .on("b")
        .reply(Reply::pieces(["from ", "b"]));
    let (text, end) = read(fixture.gateway.stream(question("auto", "hello"), false)).await;
    assert_eq!((text.as_str(), end.is_ok()), ("from b", true));
}

#[tokio::test(start_paused = true)]
async fn a_cut_in_the_middle_is_told_and_nothing_else_is_passed_off_as_the_rest() {
    let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
    for reply in [
        Reply::pieces(["half ", "of it", "!"]).cut_after(2),
        Reply::pieces(["half ", "of it", "!"])
            .cut_after(2)
            .no_usage(),
        Reply::pieces(["half ", "of it"]).no_finish().no_done(),
    ] {
        fixture.provider.on("a").reply(reply);
        fixture.provider.on("b").reply(Reply::pieces(["from b"]));
        let (text, end) = read(fixture.gateway.stream(question("auto", "hello"), false)).await;
        assert_eq!(text, "half of it");
        assert_eq!(end, Err(Code::StreamInterrupted));
    }
    assert!(!fixture.asked().contains(&"b".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_stall_ends_at_the_idle_limit() {
    let fixture = Fixture::new(&["a"], "[limits]\nidle_ms = 10000\n");
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["half ", "of it"]).stall_after(1));
    let (text, end) = read(fixture.gateway.stream(question("a", "hello"), false)).await;
    assert_eq!((text.as_str(), end), ("half ", Err(Code::ProviderTimeout)));
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_answer_is_told_by_the_head() {
    let fixture = Fixture::new(&["a"], "[limits]\nretries = 0\n");
    fixture.provider.on("a").reply(Reply::error(503));
    let error = fixture
        .gateway
        .stream(question("a", "hello"), false)
        .head()
        .await
        .unwrap_err();
    assert_eq!(error.code, Code::ProviderError);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_closes_the_call_and_pays_for_what_came() {
    let fixture = Fixture::new(&["a"], "");
    let price = "\n[models.b]\nprovider = \"scripted\"\nprice = { input = 1, output = 1 }\n";
    let fixture_b = Fixture::new(&[], price);
    for (fixture, model) in [(&fixture, "a"), (&fixture_b, "b")] {
        fixture
            .provider
            .on(model)
            .reply(Reply::pieces(["some words ", "more"]).stall_after(1));
        let mut stream = fixture.gateway.stream(question(model, "hello"), false);
        stream.head().await.unwrap();
        drop(stream);
        assert!(fixture.provider.attempts()[0].is_abandoned());
        let total = fixture.usage().total;
        assert_eq!((total.requests, total.failures), (1, 1));
        assert!(
            total.usage.output > 0,
            "what was written is booked as an estimate"
        );
        assert_eq!(fixture.gateway.stats().requests.figures().active, 0);
    }
    assert_eq!(fixture_b.usage().total.bill.kind(), "estimated");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_answers_whole_although_asked_to_stream_is_understood() {
    let fixture = Fixture::new(&["a"], "");
    let body = serde_json::json!({
        "choices": [{ "message": { "content": "whole" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 2 },
    });
    fixture.provider.on("a").reply(Reply::json(&body));
    let (text, end) = read(fixture.gateway.stream(question("a", "hello"), false)).await;
    assert_eq!((text.as_str(), end), ("whole", Ok(2)));
}
