//! Failures a provider tells or shows before the answer begins.

use futures_util::future::join;
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::code::Code;
use llm_core::types::plan::HealthState;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;

use super::{Fixture, IN_ORDER, question, seconds, two_places};

#[tokio::test(start_paused = true)]
async fn u01_a_rate_limit_is_kept_and_believed_for_a_minute_at_most() {
    let fixture = Fixture::new(&["a"], "");
    fixture
        .provider
        .on("a")
        .reply(Reply::error(429).retry_after(2))
        .then(Reply::text("at last"));
    let start = SystemClock.now();
    fixture.ask("a", "hello").await.unwrap();
    assert!(SystemClock.now() - start >= seconds(2));

    // Longer than anybody waits: told at once, to those after it without asking the provider.
    let fixture = Fixture::new(&["a"], "");
    let script = fixture.provider.on("a");
    script.reply(Reply::error(429).retry_after(600));
    for _ in 0..5 {
        let start = SystemClock.now();
        let error = fixture.ask("a", "hello").await.unwrap_err();
        assert_eq!(error.code, Code::ProviderRateLimited);
        assert!(error.retry_after.is_some());
        assert_eq!(SystemClock.now(), start);
    }
    assert_eq!(fixture.asked().len(), 1);
    assert_eq!(fixture.state(), HealthState::Limited);
    tokio::time::advance(seconds(60)).await;
    script.then(Reply::text("again"));
    assert!(fixture.ask("a", "hello").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn u01_a_limited_deployment_is_stepped_around_at_once() {
    let fixture = two_places("");
    fixture
        .provider
        .on("first")
        .reply(Reply::error(429).retry_after(30));
    fixture.provider.on("second").reply(Reply::text("here"));
    let start = SystemClock.now();
    for _ in 0..10 {
        fixture.ask("twin", "hello").await.unwrap();
    }
    assert_eq!(SystemClock.now(), start);
    assert_eq!(fixture.asked_for("first"), 1);
}

#[tokio::test(start_paused = true)]
async fn u02_a_thousand_clients_do_not_multiply_a_rate_limit() {
    let fixture = Fixture::new(&["a"], "[limits]\nmax_concurrency_per_upstream = 1024\n");
    let gate = Gate::new();
    fixture
        .provider
        .on("a")
        .reply(Reply::error(429).hold(&gate));
    let all_there = async {
        gate.reached(1_000).await;
        gate.open();
    };
    let (done, ()) = join(fixture.ask_at_once("a", 1_000), all_there).await;
    for result in done {
        let error = result.unwrap_err();
        assert_eq!(error.code, Code::ProviderRateLimited);
        assert!(error.attempts.len() <= 4, "{}", error.attempts.len());
    }
    let extra = fixture.asked().len() - 1_000;
    assert!(
        extra <= 110,
        "{extra} attempts beside the first of each request"
    );
    assert_eq!(fixture.state(), HealthState::Limited);
}

#[tokio::test(start_paused = true)]
async fn u03_one_failure_is_tried_again_at_the_same_place() {
    for failure in [Reply::error(500), Reply::reset(), Reply::close()] {
        let fixture = two_places("");
        fixture
            .provider
            .on("first")
            .reply(failure)
            .then(Reply::text("fine"));
        let done = fixture.ask("twin", "hello").await.unwrap();
        assert_eq!(done.answer.text(), "fine");
        assert_eq!(fixture.asked(), ["first", "first"]);
    }
}

#[tokio::test(start_paused = true)]
async fn u04_a_provider_that_is_down_is_left_and_the_first_error_stays() {
    let fixture = Fixture::new(&["a", "b"], IN_ORDER);
    fixture.provider.on("a").reply(Reply::error(503));
    fixture.provider.on("b").reply(Reply::text("from b"));
    let done = fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "from b");
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!((error.code, error.row().status), (Code::ProviderError, 502));
    assert_eq!(
        error.attempts[0].failure.as_ref().unwrap().status,
        Some(503)
    );
}

#[tokio::test(start_paused = true)]
async fn u04_retries_stop_when_their_budget_is_spent() {
    let more = "[limits]\nbreaker_failures = 1000000\nbackoff_ms = 1\nmax_backoff_ms = 1\n";
    let fixture = Fixture::new(&["a"], more);
    // Half of the calls fail, so that the breaker's share of failures stays out of it.
    fixture.provider.on("a").reply(Reply::error(503));
    let none = "[limits]\nretry_budget_percent = 0\nretry_budget_per_second = 0\n";
    let frugal = Fixture::new(&["a"], none);
    frugal.provider.on("a").reply(Reply::error(503));
    assert_eq!(
        frugal.ask("a", "hello").await.unwrap_err().attempts.len(),
        1
    );
    fixture.ask_at_once("a", 15).await;
    assert!(
        fixture.asked().len() <= 15 + 11,
        "{}",
        fixture.asked().len()
    );
}

#[tokio::test(start_paused = true)]
async fn u05_a_silent_provider_is_left_after_the_first_byte_limit() {
    let more = format!("{IN_ORDER}[limits]\nfirst_byte_ms = 10000\n");
    let fixture = Fixture::new(&["a", "b"], &more);
    fixture.provider.on("a").reply(Reply::hang());
    fixture.provider.on("b").reply(Reply::text("from b"));
    let start = SystemClock.now();
    assert_eq!(
        fixture.ask("auto", "hello").await.unwrap().answer.text(),
        "from b"
    );
    assert!(SystemClock.now() - start <= seconds(11));
    assert_eq!(
        fixture.asked(),
        ["a", "b"],
        "a silent provider is asked once"
    );
}

/// Models of the same size and a larger one.
const SIZES: &str = "
[models.small]
provider = \"scripted\"
context = 8000
[models.same]
provider = \"scripted\"
context = 8000
[models.large]
provider = \"scripted\"
context = 100000
";

fn too_long() -> Reply {
    let message = "This model's maximum context length is 8000 tokens.";
    Reply::error_with(
        400,
        "invalid_request_error",
        "context_length_exceeded",
        message,
    )
}

#[tokio::test(start_paused = true)]
async fn u11_what_is_too_long_goes_to_a_larger_model_and_to_no_other() {
    let fixture = Fixture::new(&[], &format!("{SIZES}\n{IN_ORDER}"));
    fixture.provider.on("small").reply(too_long());
    fixture
        .provider
        .on("same")
        .reply(Reply::text("never asked"));
    fixture.provider.on("large").reply(Reply::text("it fits"));
    let done = fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "it fits");
    assert_eq!(fixture.asked(), ["small", "large"]);

    let error = fixture.ask("small", "hello").await.unwrap_err();
    assert_eq!((error.code, error.row().status), (Code::ContextLength, 400));
    let route = "[routes.narrow]\nmodels = [\"small\", \"same\"]\nstrategy = \"priority\"\n";
    let fixture = Fixture::new(&[], &format!("{SIZES}\n{route}"));
    fixture.provider.on("small").reply(too_long());
    let error = fixture.ask("narrow", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::ContextLength);
    assert_eq!(fixture.asked(), ["small"]);
}

#[tokio::test(start_paused = true)]
async fn u12_what_a_content_filter_refuses_is_taken_nowhere_else() {
    let fixture = Fixture::new(&["a", "b"], IN_ORDER);
    let refused = Reply::error_with(400, "invalid_request_error", "content_filter", "Filtered.");
    fixture.provider.on("a").reply(refused);
    fixture.provider.on("b").reply(Reply::text("from b"));
    let error = fixture.ask("auto", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::ContentFilter);
    assert!(error.message.contains("Filtered."), "{error}");
    assert_eq!(fixture.asked(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn u15_a_fallback_is_named_and_alone_is_charged() {
    let more = format!(
        "{IN_ORDER}[models.dear]\nprovider = \"scripted\"\npriority = 1\nprice = {{ input = 100, output = 100 }}\n\
         [models.cheap]\nprovider = \"scripted\"\npriority = 2\nprice = {{ input = 1, output = 1 }}\n"
    );
    let fixture = Fixture::new(&[], &more);
    fixture.provider.on("dear").reply(Reply::error(503));
    fixture
        .provider
        .on("cheap")
        .reply(Reply::text("hi").usage(1000, 1000));
    let done = fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(done.served.model.as_str(), "cheap");
    assert_eq!(done.answer.usage.input, 1000);
    assert_eq!(done.bill.as_cost().money().unwrap().decimal(), "0.002");
    let usage = fixture.usage().total;
    assert_eq!((usage.requests, usage.failures), (3, 2));
    assert_eq!(usage.usage.total(), 2000);
}

#[tokio::test(start_paused = true)]
async fn u20_what_is_no_answer_is_a_failure_and_another_model_answers() {
    for reply in [
        Reply::body(
            "application/json",
            "{\"error\":{\"message\":\"out of order\"}}",
        ),
        Reply::html(),
        Reply::body("application/json", ""),
    ] {
        let more = format!("{IN_ORDER}[limits]\nbreaker_failures = 2\n");
        let fixture = Fixture::new(&["a", "b"], &more);
        fixture.provider.on("a").reply(reply);
        fixture.provider.on("b").reply(Reply::text("from b"));
        let done = fixture.ask("auto", "hello").await.unwrap();
        assert_eq!(done.answer.text(), "from b");
        assert_eq!(fixture.state(), HealthState::Open, "both attempts counted");
    }
}

#[tokio::test(start_paused = true)]
async fn u22_a_rejected_key_is_our_fault_and_is_shown() {
    let fixture = two_places("");
    fixture.provider.on("first").reply(Reply::error(401));
    fixture.provider.on("second").reply(Reply::text("here"));
    for _ in 0..5 {
        fixture.ask("twin", "hello").await.unwrap();
    }
    assert_eq!(fixture.asked_for("first"), 1, "stepped around from then on");
    let alone = Fixture::new(&["a"], "");
    alone.provider.on("a").reply(Reply::error(403));
    let error = alone.ask("a", "hello").await.unwrap_err();
    assert_eq!((error.code, error.row().status), (Code::ProviderAuth, 502));
    assert_eq!(alone.state(), HealthState::KeyRejected);
    alone.provider.on("a").reply(Reply::text("mended"));
    alone.ask("a", "hello").await.unwrap();
    assert_eq!(alone.state(), HealthState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn u31_no_attempt_begins_without_time_for_it() {
    let fixture = Fixture::new(&["a", "b"], IN_ORDER);
    let late = Reply::error(503).takes(std::time::Duration::from_millis(3_500));
    fixture.provider.on("a").reply(late);
    fixture.provider.on("b").reply(Reply::text("from b"));
    let mut inbound = question("auto", "hello");
    inbound.time_limit = Some(seconds(4));
    let error = fixture.gateway.chat(inbound).await.unwrap_err();
    assert_eq!(error.code, Code::ProviderError);
    assert_eq!(fixture.asked(), ["a"]);
}
