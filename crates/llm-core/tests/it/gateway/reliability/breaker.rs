//! Deployments that rest, come back, and how many calls find out.

use futures_util::future::join;
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::code::Code;
use llm_core::types::plan::HealthState;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;

use super::{Fixture, IN_ORDER, question, seconds, two_places};

const SOON_OPEN: &str = "[limits]\nretries = 0\nbreaker_failures = 3\n";

/// A gateway whose only model rests, and is due.
async fn due() -> Fixture {
    let fixture = Fixture::new(&["a"], SOON_OPEN);
    fixture.provider.on("a").reply(Reply::error(500));
    for _ in 0..3 {
        fixture.ask("a", "hello").await.unwrap_err();
    }
    assert_eq!(fixture.state(), HealthState::Open);
    tokio::time::advance(seconds(7)).await;
    fixture
}

#[tokio::test(start_paused = true)]
async fn u14_every_request_is_answered_while_the_primary_is_down_and_it_comes_back() {
    let more = format!("{IN_ORDER}[limits]\nbreaker_open_ms = 4000\nbreaker_max_open_ms = 4000\n");
    let fixture = Fixture::new(&["a", "b"], &more);
    fixture.provider.on("a").reply(Reply::error(503));
    fixture.provider.on("b").reply(Reply::text("from b"));
    let start = SystemClock.now();
    for _ in 0..20 {
        fixture.ask("auto", "hello").await.unwrap();
        tokio::time::advance(seconds(3)).await;
    }
    let down_for = (SystemClock.now() - start).as_secs();
    // Five failures open it; a rest of four seconds, less a fifth, ends with one probe.
    let probes = usize::try_from(down_for / 3).unwrap();
    assert!(
        fixture.asked_for("a") <= 6 + probes,
        "{}",
        fixture.asked_for("a")
    );
    fixture.provider.on("a").reply(Reply::text("from a"));
    tokio::time::advance(seconds(5)).await;
    let done = fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "from a", "back within five seconds");
}

#[tokio::test(start_paused = true)]
async fn u16_five_hundred_waiting_requests_send_one_probe_and_then_a_growing_share() {
    let fixture = due().await;
    let gate = Gate::new();
    fixture
        .provider
        .on("a")
        .reply(Reply::text("back").hold(&gate));
    let before = fixture.asked().len();
    let opens = async {
        gate.reached(1).await;
        gate.open();
    };
    let (done, ()) = join(fixture.ask_at_once("a", 500), opens).await;
    assert_eq!(fixture.asked().len() - before, 1, "exactly one probe");
    assert_eq!(done.iter().filter(|result| result.is_ok()).count(), 1);
    for error in done.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(
            (error.code, error.row().status),
            (Code::NoHealthyModel, 503)
        );
        assert!(error.retry_after.is_some());
    }

    // Calls that stay under way, so that they are not the only one.
    let share = async || {
        let held = Gate::new();
        fixture
            .provider
            .on("a")
            .reply(Reply::text("back").hold(&held));
        let before = fixture.asked().len();
        let opens = async {
            held.reached(1).await;
            held.open();
        };
        let (done, ()) = join(fixture.ask_at_once("a", 500), opens).await;
        let answered = done.iter().filter(|result| result.is_ok()).count();
        assert_eq!(fixture.asked().len() - before, answered);
        answered
    };
    let at_first = share().await;
    assert!((10..=150).contains(&at_first), "{at_first} of 500");
    tokio::time::advance(seconds(10)).await;
    assert_eq!(share().await, 500);
}

#[tokio::test(start_paused = true)]
async fn u17_a_probe_that_is_lost_is_followed_by_another() {
    let fixture = due().await;
    fixture.provider.on("a").reply(Reply::hang());
    let mut probe = Box::pin(fixture.ask("a", "hello"));
    assert!(futures_util::poll!(probe.as_mut()).is_pending());
    assert_eq!(fixture.state(), HealthState::Probing);
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::NoHealthyModel);
    drop(probe);
    fixture.provider.on("a").reply(Reply::text("back"));
    assert!(fixture.ask("a", "hello").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn u18_when_everything_rests_it_is_told_at_once() {
    let fixture = Fixture::new(&["a", "b"], &format!("{IN_ORDER}{SOON_OPEN}"));
    fixture.provider.on_anything().reply(Reply::error(500));
    for _ in 0..6 {
        fixture.ask("auto", "hello").await.unwrap_err();
    }
    let (sent, start) = (fixture.asked().len(), SystemClock.now());
    for result in fixture.ask_at_once("auto", 50).await {
        let error = result.unwrap_err();
        assert_eq!(
            (error.code, error.row().status),
            (Code::NoHealthyModel, 503)
        );
        assert!(error.retry_after.unwrap() <= seconds(12));
    }
    assert_eq!((fixture.asked().len(), SystemClock.now()), (sent, start));
}

#[tokio::test(start_paused = true)]
async fn u19_a_failing_place_is_left_after_five_failures_and_the_last_one_never_silently() {
    let fixture = two_places("[limits]\nretries = 0\n");
    fixture.provider.on("first").reply(Reply::error(500));
    fixture.provider.on("second").reply(Reply::text("here"));
    for _ in 0..25 {
        fixture.ask("twin", "hello").await.unwrap();
    }
    let asked = fixture.asked_for("first");
    assert!(asked <= 5, "{asked}");
    fixture.provider.on("second").reply(Reply::error(500));
    let mut codes = Vec::new();
    for _ in 0..10 {
        codes.push(fixture.ask("twin", "hello").await.unwrap_err().code);
    }
    assert!(codes.starts_with(&[Code::ProviderError; 5]), "{codes:?}");
    assert!(codes.ends_with(&[Code::NoHealthyModel; 3]), "{codes:?}");
    assert_eq!(fixture.asked_for("first"), 5);
}

#[tokio::test(start_paused = true)]
async fn failures_under_way_when_it_opens_do_not_lengthen_the_rest() {
    let fixture = Fixture::new(&["a"], SOON_OPEN);
    let gate = Gate::new();
    fixture
        .provider
        .on("a")
        .reply(Reply::error(500).hold(&gate));
    let opens = async {
        gate.reached(200).await;
        gate.open();
    };
    join(fixture.ask_at_once("a", 200), opens).await;
    let error = fixture
        .gateway
        .chat(question("a", "hello"))
        .await
        .unwrap_err();
    assert!(
        error.retry_after.unwrap() <= seconds(6),
        "{:?}",
        error.retry_after
    );
}
