//! Too much traffic: places, lines and shares.

use std::time::Duration;

use futures_util::future::join;
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::code::Code;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;

use super::{Fixture, question, seconds, two_places};

const OTHER: &str = "
[providers.other]
kind = \"openai-compatible\"
base_url = \"http://other.test/v1\"
api_key = \"sk-other-0123456789\"
[models.b]
provider = \"other\"
";

#[tokio::test(start_paused = true)]
async fn o06_a_provider_that_takes_a_minute_leaves_room_for_the_others() {
    let more = format!("{OTHER}[limits]\nmax_concurrent_requests = 8\n");
    let fixture = Fixture::new(&["a"], &more);
    fixture
        .provider
        .on("a")
        .reply(Reply::text("at last").takes(seconds(50)));
    fixture.provider.on("b").reply(Reply::text("at once"));
    let quick = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let start = SystemClock.now();
        for _ in 0..100 {
            fixture.ask("b", "hello").await.unwrap();
        }
        assert_eq!(SystemClock.now(), start);
    };
    let (slow, ()) = join(fixture.ask_at_once("a", 8), quick).await;
    let shed: Vec<Code> = slow
        .into_iter()
        .filter_map(|result| Some(result.err()?.code))
        .collect();
    assert_eq!(
        shed,
        [Code::Overloaded; 2],
        "a quarter is kept for the others"
    );
}

#[tokio::test(start_paused = true)]
async fn o06_a_full_place_sends_its_calls_to_the_next() {
    let fixture = two_places("[limits]\nmax_concurrency = 3\nmax_queue_length = 0\n");
    let gate = Gate::new();
    fixture
        .provider
        .on("first")
        .reply(Reply::text("first").hold(&gate));
    fixture.provider.on("second").reply(Reply::text("second"));
    let opens = async {
        gate.reached(3).await;
        gate.open();
    };
    let (done, ()) = join(fixture.ask_at_once("twin", 5), opens).await;
    let texts: Vec<String> = done
        .into_iter()
        .map(|result| result.unwrap().answer.text().to_owned())
        .collect();
    assert_eq!(texts.iter().filter(|text| *text == "second").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn o07_a_request_whose_caller_left_the_line_is_never_sent() {
    let fixture = Fixture::new(&["a"], "[limits]\nmax_concurrency = 1\n");
    let gate = Gate::new();
    fixture
        .provider
        .on("a")
        .reply(Reply::text("first").hold(&gate));
    let mut first = Box::pin(fixture.ask("a", "hello"));
    assert!(futures_util::poll!(first.as_mut()).is_pending());
    let mut second = Box::pin(fixture.ask("a", "hello"));
    assert!(futures_util::poll!(second.as_mut()).is_pending());
    assert_eq!(fixture.gateway.models()[0].health.waiting, 1);
    drop(second);
    assert_eq!(fixture.gateway.models()[0].health.waiting, 0);

    // One whose deadline passes while it waits is not sent either.
    let mut hurried = question("a", "hello");
    hurried.time_limit = Some(Duration::from_millis(50));
    let error = fixture.gateway.chat(hurried).await.unwrap_err();
    assert_eq!(error.row().status, 504, "{error}");
    gate.open();
    first.await.unwrap();
    assert_eq!(fixture.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn o07_a_wait_for_a_place_is_short() {
    let fixture = Fixture::new(&["a"], "[limits]\nmax_concurrency = 1\n");
    fixture
        .provider
        .on("a")
        .reply(Reply::text("slow").takes(seconds(20)));
    let start = SystemClock.now();
    let waits = async {
        tokio::task::yield_now().await;
        let error = fixture.ask("a", "hello").await.unwrap_err();
        assert_eq!((error.code, error.row().status), (Code::Overloaded, 503));
        assert_eq!(error.retry_after, Some(seconds(1)));
        assert_eq!(SystemClock.now() - start, Duration::from_millis(200));
    };
    let (first, ()) = join(fixture.ask("a", "hello"), waits).await;
    first.unwrap();
}
