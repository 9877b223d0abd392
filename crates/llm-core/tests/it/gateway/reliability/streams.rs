//! Streams that begin late, stall, or race another one.

use std::time::Duration;

use futures_util::StreamExt as _;
use llm_core::gateway::stream::{Piece, RunStream};
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::code::Code;
use llm_core::types::event::StreamEvent;
use llm_core::types::run_event::RunEvent;
use llm_testkit::reply::Reply;

use super::{Fixture, IN_ORDER, question, seconds, two_places};

/// The text, the models that were announced, and how it ended.
struct Told {
    text: String,
    models: Vec<String>,
    end: Result<usize, Code>,
}

async fn read(mut stream: RunStream) -> Told {
    let (mut text, mut models) = (String::new(), Vec::new());
    while let Some(piece) = stream.next().await {
        let end = match piece {
            Piece::Answer(StreamEvent::Text { text: more, .. }) => {
                text.push_str(&more);
                continue;
            }
            Piece::Progress(RunEvent::ModelStarted { model, .. }) => {
                models.push(model);
                continue;
            }
            Piece::Done(done) => Ok(done.attempts.len()),
            Piece::Failed(error) => Err(error.code),
            Piece::Answer(_) | Piece::Progress(_) => continue,
        };
        return Told { text, models, end };
    }
    panic!("a run ends with its result or its failure");
}

#[tokio::test(start_paused = true)]
async fn u06_a_first_token_that_is_late_moves_on_before_anything_was_sent() {
    let fixture = Fixture::new(&["a", "b"], IN_ORDER);
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["too late"]).stall_after(0));
    fixture
        .provider
        .on("b")
        .reply(Reply::pieces(["from ", "b"]));
    let start = SystemClock.now();
    let told = read(fixture.gateway.stream(question("auto", "hello"), false)).await;
    assert_eq!((told.text.as_str(), told.end), ("from b", Ok(2)));
    assert_eq!(told.models, ["a", "b"]);
    assert!(SystemClock.now() - start <= seconds(11));
}

#[tokio::test(start_paused = true)]
async fn u06_a_model_that_thinks_or_is_alone_gets_its_time() {
    let thinks =
        "[models.deep]\nprovider = \"scripted\"\ncapabilities = [\"reasoning\"]\npriority = -1\n";
    let fixture = Fixture::new(&["b"], &format!("{thinks}{IN_ORDER}"));
    fixture
        .provider
        .on("deep")
        .reply(Reply::pieces(["late"]).stall_after(0));
    fixture.provider.on("b").reply(Reply::pieces(["from b"]));
    let start = SystemClock.now();
    read(fixture.gateway.stream(question("auto", "hello"), false)).await;
    assert!(
        SystemClock.now() - start >= seconds(30),
        "the idle limit of the body"
    );
    let start = SystemClock.now();
    read(fixture.gateway.stream(question("deep", "hello"), false)).await;
    assert!(SystemClock.now() - start >= seconds(30));
}

#[tokio::test(start_paused = true)]
async fn u07_a_stream_that_is_cut_is_never_ended_cleanly() {
    let fixture = Fixture::new(&["a", "b"], IN_ORDER);
    let pieces: Vec<String> = (0..60).map(|n| format!("{n} ")).collect();
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(pieces.clone()).cut_after(40));
    let told = read(fixture.gateway.stream(question("auto", "hello"), false)).await;
    assert_eq!(told.text, pieces[..40].concat());
    assert_eq!(told.end, Err(Code::StreamInterrupted));
}

#[tokio::test(start_paused = true)]
async fn u08_a_stream_that_stalls_ends_at_the_idle_limit_and_nothing_stays_behind() {
    let fixture = Fixture::new(&["a"], "[limits]\nidle_ms = 10000\n");
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["half ", "of it"]).stall_after(1))
        .then(Reply::pieces(["whole"]));
    let start = SystemClock.now();
    let told = read(fixture.gateway.stream(question("a", "hello"), false)).await;
    assert_eq!(
        (told.text.as_str(), told.end),
        ("half ", Err(Code::ProviderTimeout))
    );
    assert!(SystemClock.now() - start <= seconds(11));
    assert_eq!(fixture.gateway.models()[0].health.in_flight, 0);
    let told = read(fixture.gateway.stream(question("a", "hello"), false)).await;
    assert_eq!((told.text.as_str(), told.end), ("whole", Ok(1)));
}

const CONTINUED: &str = "[limits]\ncontinue_streams = true\nretries = 0\n";

#[tokio::test(start_paused = true)]
async fn u07_a_stream_that_is_cut_is_continued_where_that_is_wanted_and_the_text_is_the_same() {
    let fixture = two_places(CONTINUED);
    let cut = || Reply::pieces(["one ", "two ", "three ", "four"]).cut_after(2);
    fixture.provider.on("first").reply(cut());
    fixture
        .provider
        .on("second")
        .reply(Reply::pieces(["o", "ne two thr", "ee fo", "ur"]).usage(5, 4));
    let told = read(fixture.gateway.stream(question("twin", "hello"), false)).await;
    assert_eq!(
        (told.text.as_str(), told.end),
        ("one two three four", Ok(2))
    );
    assert_eq!(fixture.usage().total.requests, 2, "both are in the books");

    // Another answer is not passed off as the rest, and the first failure is told.
    for other in [
        Reply::pieces(["one two, ", "buckle my shoe"]),
        Reply::text("one"),
        Reply::error(400),
        Reply::error(503),
    ] {
        let fixture = two_places(CONTINUED);
        fixture.provider.on("first").reply(cut());
        fixture.provider.on("second").reply(other);
        let told = read(fixture.gateway.stream(question("twin", "hello"), false)).await;
        assert_eq!(
            (told.text.as_str(), told.end),
            ("one two ", Err(Code::StreamInterrupted))
        );
        assert_eq!(fixture.asked(), ["first", "second"]);
    }
}

const HEDGED: &str = "[limits]\nhedge = \"fixed\"\nhedge_after_ms = 2000\nhedge_percent = 100\n";

#[tokio::test(start_paused = true)]
async fn u26_the_loser_of_a_race_is_cancelled_and_booked() {
    let fixture = two_places(HEDGED);
    fixture.provider.on("first").reply(Reply::hang());
    fixture
        .provider
        .on("second")
        .reply(Reply::text("here").usage(5, 1));
    let start = SystemClock.now();
    let done = fixture.ask("twin", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "here");
    assert_eq!(SystemClock.now() - start, seconds(2));
    assert!(fixture.provider.attempts()[0].is_abandoned());
    let codes: Vec<_> = done
        .attempts
        .iter()
        .map(|attempt| attempt.failure.as_ref().map(|failure| failure.kind.code()))
        .collect();
    assert_eq!(codes.len(), 2);
    assert!(codes.contains(&None) && codes.contains(&Some(Code::Cancelled)));
    assert_eq!(fixture.usage().total.requests, 2);
    assert_eq!(fixture.gateway.models()[0].health.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn u26_streams_that_race_are_never_mixed() {
    let fixture = two_places(HEDGED);
    fixture
        .provider
        .on("first")
        .reply(Reply::pieces(["one ", "two"]).takes(seconds(3)));
    fixture
        .provider
        .on("second")
        .reply(Reply::pieces(["eins ", "zwei"]).takes(Duration::from_millis(1_500)));
    let told = read(fixture.gateway.stream(question("twin", "hello"), false)).await;
    assert_eq!((told.text.as_str(), told.end), ("one two", Ok(2)));
    let told = read(fixture.gateway.stream(question("twin", "hello"), false)).await;
    assert_eq!(told.text, "one two", "the first was first");

    fixture
        .provider
        .on("first")
        .reply(Reply::pieces(["one ", "two"]).takes(seconds(30)));
    let told = read(fixture.gateway.stream(question("twin", "hello"), false)).await;
    assert_eq!((told.text.as_str(), told.end), ("eins zwei", Ok(2)));
}

#[tokio::test(start_paused = true)]
async fn u26_hedges_stay_a_share_of_the_traffic() {
    let more = "[limits]\nhedge = \"fixed\"\nhedge_after_ms = 100\nhedge_percent = 5\n";
    let fixture = two_places(more);
    let slow = |text| Reply::text(text).takes(seconds(1));
    fixture.provider.on("first").reply(slow("first"));
    fixture.provider.on("second").reply(slow("second"));
    for result in fixture.ask_at_once("twin", 100).await {
        result.unwrap();
    }
    assert_eq!(fixture.asked_for("first"), 100);
    assert_eq!(fixture.asked_for("second"), 5);
}

#[tokio::test(start_paused = true)]
async fn u26_a_hedge_answers_when_the_first_fails_meanwhile() {
    let fixture = two_places(HEDGED);
    fixture
        .provider
        .on("first")
        .reply(Reply::error(500).takes(seconds(3)));
    fixture
        .provider
        .on("second")
        .reply(Reply::text("here").takes(seconds(5)));
    let start = SystemClock.now();
    let done = fixture.ask("twin", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "here");
    assert_eq!(SystemClock.now() - start, seconds(7));
    assert_eq!(fixture.asked(), ["first", "second"]);
}
