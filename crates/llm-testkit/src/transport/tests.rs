//! The transport under paused time: every wait ends at its own limit, and none of them is real.

use futures_util::StreamExt as _;
use llm_core::provider::{AttemptLimits, AuthScheme, Credential, WireRequest};
use llm_core::types::secret::Secret;
use serde_json::json;

use super::*;
use crate::gate::Gate;

const LIMITS: AttemptLimits = AttemptLimits {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    first_token: Duration::from_secs(20),
    idle: Duration::from_secs(15),
    total: Duration::from_mins(10),
};

async fn send(
    transport: &ScriptedTransport,
    limits: AttemptLimits,
    deadline: Duration,
) -> Result<WireResponse, Failure> {
    let url: url::Url = "http://provider.example/v1/chat/completions"
        .parse()
        .expect("a URL");
    let credential = Credential {
        key: Secret::new("sk-secret"),
        origin: url.origin(),
    };
    let request = WireRequest {
        method: http::Method::POST,
        url,
        headers: HeaderMap::new(),
        body: json!({ "model": "small", "stream": true })
            .to_string()
            .into(),
        auth: AuthScheme::Bearer,
    };
    let dispatch = Dispatch {
        upload: None,
        request,
        credential: Some(&credential),
        proxy: None,
        limits,
        deadline: Deadline::after(SystemClock.now(), deadline),
    };
    transport.send(dispatch).await
}

const HOUR: Duration = Duration::from_hours(1);

async fn read(response: WireResponse) -> Result<String, Failure> {
    let pieces: Vec<_> = response.body.collect().await;
    let bytes: Result<Vec<Bytes>, Failure> = pieces.into_iter().collect();
    Ok(String::from_utf8(bytes?.concat()).expect("UTF-8"))
}

#[tokio::test(start_paused = true)]
async fn a_reply_takes_the_time_it_is_given_and_no_other() {
    let transport = ScriptedTransport::new();
    transport.on("small").reply(
        Reply::text("hi")
            .takes(Duration::from_secs(9))
            .retry_after(1),
    );
    let started = SystemClock.now();
    let response = send(&transport, LIMITS, HOUR).await.expect("a reply");
    assert_eq!(SystemClock.now() - started, Duration::from_secs(9));
    assert_eq!(
        (response.status, &response.headers["retry-after"]),
        (200, &HeaderValue::from_static("1"))
    );
    assert!(read(response).await.expect("a body").contains("hi"));
    let attempt = transport.attempts().remove(0);
    assert!(attempt.carried_key("sk-secret"), "{attempt:?}");
    assert_eq!(
        (attempt.path.as_str(), attempt.end),
        ("/v1/chat/completions", End::Complete)
    );
}

#[tokio::test(start_paused = true)]
async fn every_wait_ends_at_its_own_limit() {
    let transport = ScriptedTransport::new();
    transport.on("small").reply(Reply::hang());
    let short_total = AttemptLimits {
        total: Duration::from_secs(3),
        ..LIMITS
    };
    for (limits, deadline, kind, seconds) in [
        (LIMITS, HOUR, FailureKind::Timeout(Limit::FirstByte), 10),
        (short_total, HOUR, FailureKind::Timeout(Limit::Total), 3),
        (LIMITS, Duration::from_secs(2), FailureKind::Deadline, 2),
    ] {
        let started = SystemClock.now();
        let failure = send(&transport, limits, deadline)
            .await
            .err()
            .expect("a failure");
        assert_eq!(failure.kind, kind);
        assert_eq!(SystemClock.now() - started, Duration::from_secs(seconds));
    }
    transport
        .on("small")
        .reply(Reply::pieces(["a", "b"]).stall_after(1));
    let response = send(&transport, LIMITS, HOUR).await.expect("a head");
    let failure = read(response).await.expect_err("a stall");
    assert_eq!(failure.kind, FailureKind::Timeout(Limit::Idle));
    assert!(transport.attempts().iter().all(Attempt::is_abandoned));
}

#[tokio::test(start_paused = true)]
async fn breaks_are_told_apart() {
    let transport = ScriptedTransport::new();
    transport
        .next(Reply::reset())
        .next(Reply::pieces(["a", "b"]).cut_after(1));
    let failure = send(&transport, LIMITS, HOUR).await.err().expect("a reset");
    assert_eq!(failure.kind, FailureKind::Unavailable);
    let response = send(&transport, LIMITS, HOUR).await.expect("a head");
    assert_eq!(
        read(response).await.expect_err("a cut").kind,
        FailureKind::Truncated
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_body_abandons_the_exchange() {
    let transport = ScriptedTransport::new();
    let gate = Gate::new();
    transport
        .on("small")
        .reply(Reply::pieces(["a", "b"]).hold_before(1, &gate));
    let mut response = send(&transport, LIMITS, HOUR).await.expect("a head");
    response
        .body
        .next()
        .await
        .expect("the role")
        .expect("no break");
    assert_eq!(transport.attempts()[0].end, End::Open);
    drop(response);
    assert!(transport.attempts()[0].is_abandoned());
}
