//! What a failing provider does to a request: retries, failover, rest, and the error at the end.

use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::code::Code;
use llm_core::types::plan::{Fallback, HealthState};
use llm_testkit::reply::Reply;

use super::{Fixture, question, seconds};

#[tokio::test(start_paused = true)]
async fn one_failure_is_retried_at_the_same_model() {
    let fixture = Fixture::new(&["a", "b"], "");
    fixture
        .provider
        .on("a")
        .reply(Reply::error(500))
        .then(Reply::text("fine"));
    let done = fixture.ask("a", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "fine");
    assert_eq!(fixture.asked(), ["a", "a"]);
    assert_eq!(done.attempts.len(), 2);
    assert!(!done.failed_over());
}

#[tokio::test(start_paused = true)]
async fn a_routed_request_goes_on_to_the_next_model_and_says_so() {
    let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
    fixture.provider.on("a").reply(Reply::error(503));
    fixture
        .provider
        .on("b")
        .reply(Reply::text("from b").usage(7, 3));
    let done = fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(done.served.model.as_str(), "b");
    assert!(done.failed_over());
    assert_eq!(fixture.asked(), ["a", "a", "b"]);
    let usage = fixture.usage();
    assert_eq!((usage.total.requests, usage.total.failures), (3, 2));
    assert_eq!(
        usage.total.usage.total(),
        10,
        "failed attempts are recorded, not charged"
    );
}

#[tokio::test(start_paused = true)]
async fn a_named_model_is_never_replaced_unless_the_caller_allows_it() {
    let fixture = Fixture::new(&["a", "b"], "");
    fixture.provider.on("a").reply(Reply::error(503));
    fixture.provider.on("b").reply(Reply::text("from b"));
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::ProviderError);
    assert!(!fixture.asked().contains(&"b".to_owned()));

    let mut inbound = question("a", "hello");
    inbound.ask.preferences.fallback = Fallback::Models(vec!["b".to_owned()]);
    let done = fixture.gateway.chat(inbound).await.unwrap();
    assert_eq!(done.answer.text(), "from b");
}

#[tokio::test(start_paused = true)]
async fn at_most_three_attempts_are_made_over_all_models() {
    let fixture = Fixture::new(
        &["a", "b", "c", "d"],
        "[routing]\nstrategy = \"priority\"\n",
    );
    fixture.provider.on_anything().reply(Reply::error(503));
    let error = fixture.ask("auto", "hello").await.unwrap_err();
    assert_eq!(fixture.asked().len(), 3);
    assert_eq!(error.attempts.len(), 3);
    assert_eq!(
        error.code,
        Code::ProviderError,
        "one kind of failure keeps its own code"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limited_model_is_waited_for_only_when_there_is_no_other() {
    let limited = || Reply::error(429).retry_after(2);
    let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
    fixture.provider.on("a").reply(limited());
    fixture.provider.on("b").reply(Reply::text("from b"));
    let start = SystemClock.now();
    fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(fixture.asked(), ["a", "b"]);
    assert!(SystemClock.now() - start < seconds(1));

    fixture
        .provider
        .on("a")
        .reply(limited())
        .then(Reply::text("from a"));
    let start = SystemClock.now();
    fixture.ask("a", "hello").await.unwrap();
    assert!(
        SystemClock.now() - start >= seconds(2),
        "asked again before the provider allowed it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rejected_key_is_the_providers_fault_and_another_model_answers() {
    let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
    fixture.provider.on("a").reply(Reply::error(401));
    fixture.provider.on("b").reply(Reply::text("from b"));
    assert_eq!(
        fixture.ask("auto", "hello").await.unwrap().answer.text(),
        "from b"
    );
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!((error.code, error.row().status), (Code::ProviderAuth, 502));
}

#[tokio::test(start_paused = true)]
async fn a_refused_prompt_is_not_taken_elsewhere() {
    for (kind, code, told) in [
        (
            "invalid_request_error",
            "content_filter",
            Code::ContentFilter,
        ),
        ("invalid_request_error", "bad_thing", Code::ProviderRejected),
    ] {
        let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
        fixture
            .provider
            .on("a")
            .reply(Reply::error_with(400, kind, code, "no"));
        fixture.provider.on("b").reply(Reply::text("from b"));
        let error = fixture.ask("auto", "hello").await.unwrap_err();
        assert_eq!(error.code, told);
        assert_eq!(fixture.asked(), ["a"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_provider_costs_its_first_byte_limit_and_no_more() {
    let more = "[routing]\nstrategy = \"priority\"\n[limits]\nfirst_byte_ms = 10000\n";
    let fixture = Fixture::new(&["a", "b"], more);
    fixture.provider.on("a").reply(Reply::hang());
    fixture.provider.on("b").reply(Reply::text("from b"));
    let start = SystemClock.now();
    let done = fixture.ask("auto", "hello").await.unwrap();
    assert_eq!(done.answer.text(), "from b");
    assert_eq!(
        fixture.asked(),
        ["a", "b"],
        "a silent provider is not asked again"
    );
    assert!(SystemClock.now() - start <= seconds(11));
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::ProviderTimeout);
}

#[tokio::test(start_paused = true)]
async fn nothing_outlives_the_deadline_of_the_request() {
    let fixture = Fixture::new(&["a"], "");
    fixture.provider.on("a").reply(Reply::hang());
    let mut inbound = question("a", "hello");
    inbound.time_limit = Some(seconds(4));
    let start = SystemClock.now();
    let error = fixture.gateway.chat(inbound).await.unwrap_err();
    assert_eq!(error.code, Code::DeadlineExceeded);
    assert_eq!(SystemClock.now() - start, seconds(4));
}

#[tokio::test(start_paused = true)]
async fn garbage_is_never_an_answer() {
    for reply in [
        Reply::html(),
        Reply::body("application/json", ""),
        Reply::body("application/json", "{\"choices\":["),
        Reply::body(
            "application/json",
            "{\"error\":{\"message\":\"out of order\"}}",
        ),
        Reply::text("a complete thought").truncated(40),
    ] {
        let fixture = Fixture::new(&["a", "b"], "[routing]\nstrategy = \"priority\"\n");
        fixture.provider.on("a").reply(reply);
        fixture.provider.on("b").reply(Reply::text("from b"));
        assert_eq!(
            fixture.ask("auto", "hello").await.unwrap().answer.text(),
            "from b"
        );
        let error = fixture.ask("a", "hello").await.unwrap_err();
        assert_eq!(error.row().status, 502, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_model_rests_and_one_probe_finds_out_when_it_is_back() {
    let fixture = Fixture::new(&["a"], "[limits]\nretries = 0\nbreaker_failures = 3\n");
    fixture.provider.on("a").reply(Reply::error(500));
    for _ in 0..3 {
        fixture.ask("a", "hello").await.unwrap_err();
    }
    assert_eq!(fixture.gateway.models()[0].health.state, HealthState::Open);
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::NoHealthyModel);
    assert!(error.retry_after.unwrap() <= seconds(6));
    assert_eq!(fixture.asked().len(), 3, "a resting model is not called");

    tokio::time::advance(seconds(7)).await;
    fixture.provider.on("a").reply(Reply::text("back"));
    assert_eq!(
        fixture.ask("a", "hello").await.unwrap().answer.text(),
        "back"
    );
    let state = || fixture.gateway.models()[0].health.state.as_str();
    assert_eq!(state(), "recovering");
    tokio::time::advance(seconds(10)).await;
    assert_eq!(state(), "healthy");
}
