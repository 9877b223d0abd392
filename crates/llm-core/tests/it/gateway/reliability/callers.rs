//! Callers that leave: before the first token, in the middle, and while two attempts race.

use llm_core::gateway::stream::Piece;
use llm_core::types::event::StreamEvent;
use llm_testkit::reply::Reply;

use futures_util::StreamExt as _;

use super::{Fixture, question, two_places};

/// Nothing is left of a request: no exchange, no place, and everything is booked.
fn assert_gone(fixture: &Fixture, booked: u64) {
    let attempts = fixture.provider.attempts();
    assert!(attempts.last().unwrap().is_abandoned());
    let health = &fixture.gateway.models()[0].health;
    assert_eq!((health.in_flight, health.waiting), (0, 0));
    assert_eq!(fixture.gateway.free_places(), 1024);
    assert_eq!(fixture.usage().total.requests, booked);
}

#[tokio::test(start_paused = true)]
async fn u24_a_caller_that_leaves_before_the_first_token_closes_the_call() {
    let fixture = Fixture::new(&["a"], "");
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["never"]).stall_after(0));
    let mut stream = fixture.gateway.stream(question("a", "hello"), false);
    {
        let mut head = Box::pin(stream.head());
        assert!(futures_util::poll!(head.as_mut()).is_pending());
    }
    assert_eq!(fixture.asked().len(), 1);
    drop(stream);
    assert_gone(&fixture, 1);
}

#[tokio::test(start_paused = true)]
async fn u25_a_caller_that_leaves_in_the_middle_closes_the_call() {
    let fixture = Fixture::new(&["a"], "");
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["some words ", "more"]).stall_after(1));
    let mut stream = fixture.gateway.stream(question("a", "hello"), false);
    loop {
        if let Some(Piece::Answer(StreamEvent::Text { .. })) = stream.next().await {
            break;
        }
    }
    drop(stream);
    assert_gone(&fixture, 1);
    assert!(
        fixture.usage().total.usage.output > 0,
        "what came is not free"
    );

    // And in a call whose answer comes in one piece.
    let fixture = Fixture::new(&["a"], "");
    fixture.provider.on("a").reply(Reply::hang());
    let mut whole = Box::pin(fixture.ask("a", "hello"));
    assert!(futures_util::poll!(whole.as_mut()).is_pending());
    drop(whole);
    assert_gone(&fixture, 1);
}

#[tokio::test(start_paused = true)]
async fn u25_a_caller_that_leaves_a_race_closes_both() {
    let hedged = "[limits]\nhedge = \"fixed\"\nhedge_after_ms = 1\nhedge_percent = 100\n";
    let fixture = two_places(hedged);
    fixture.provider.on_anything().reply(Reply::hang());
    let asks = fixture.ask("twin", "hello");
    let leaves = tokio::time::timeout(super::seconds(1), asks).await;
    assert!(leaves.is_err());
    assert_eq!(fixture.asked(), ["first", "second"]);
    assert!(
        fixture
            .provider
            .attempts()
            .iter()
            .all(llm_testkit::attempt::Attempt::is_abandoned)
    );
    assert_gone(&fixture, 2);
}
