//! A transport without sockets, for tests of the call path, with or without paused time.
//!
//! Plays the same [`Reply`]s as [`crate::upstream`] and keeps the limits of an attempt the way the
//! real transport does, so that under paused time a hang ends in the right failure at once.
//! Implements the trait of the `llm-core` that other crates link to: tests inside `llm-core`'s own
//! `src` see another copy of that trait and cannot use it; tests in its `tests` folder can.

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use llm_core::provider::transport::{Dispatch, Transport};
use llm_core::provider::{AuthScheme, Credential, WireRequest, WireResponse};
use llm_core::types::clock::{Clock as _, Deadline, SystemClock};
use llm_core::types::failure::{Failure, FailureKind, Limit};

use crate::attempt::{Attempt, End, Exchange, Log, Seen};
use crate::reply::Reply;
use crate::reply::steps::{Asked, Head, Step};
use crate::script::{Key, Script, Scripts};

/// A scripted provider without sockets.
pub struct ScriptedTransport {
    scripts: Scripts,
    log: Log,
}

impl ScriptedTransport {
    /// One without scripts: every request is answered with "not found".
    #[expect(
        clippy::new_without_default,
        reason = "it starts a clock, which a default should not"
    )]
    pub fn new() -> Self {
        Self {
            scripts: Scripts::default(),
            log: Log::new(),
        }
    }

    /// Writes the script of a model, in place of any it had.
    pub fn on(&self, model: &str) -> Script {
        self.scripts.script(Key::Model(model.to_owned()))
    }

    /// Writes the script of every request that has no other.
    pub fn on_anything(&self) -> Script {
        self.scripts.script(Key::Anything)
    }

    /// Answers the next request with this, whatever it is. Comes before all scripts.
    pub fn next(&self, reply: Reply) -> &Self {
        self.scripts.queue(reply);
        self
    }

    /// Every request so far, in the order they were sent. Times are those of the runtime's clock.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.log.all()
    }

    async fn exchange(&self, dispatch: Dispatch<'_>) -> Result<WireResponse, Failure> {
        let started = SystemClock.now();
        let limits = dispatch.limits;
        let pace = Pace {
            total: dispatch.deadline.tighten(started, limits.total),
            deadline: dispatch.deadline,
            idle: limits.idle,
        };
        let seen = seen(&dispatch.request, dispatch.credential);
        let asked = Asked::of(&seen.target, &seen.body);
        let path = dispatch.request.url.path();
        let method = dispatch.request.method.as_str();
        let reply = self.scripts.answer(method, path, &asked);
        let exchange = self.log.begin(seen);
        let mut steps = reply.steps(&asked, exchange.number).into_iter();
        let head = pace
            .keep(Limit::FirstByte, limits.first_byte, next(&mut steps))
            .await?;
        match head {
            Some(Event::Head(head)) => Ok(WireResponse {
                status: head.status,
                headers: header_map(&head)?,
                body: body(steps, exchange, pace),
            }),
            Some(Event::Data(_) | Event::Broken) | None => {
                exchange.end(End::Broken);
                let message = "the connection ended before the provider replied";
                Err(Failure::new(FailureKind::Unavailable, message))
            }
        }
    }
}

impl Transport for ScriptedTransport {
    fn send<'a>(&'a self, dispatch: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>> {
        Box::pin(self.exchange(dispatch))
    }
}

type Steps = std::vec::IntoIter<Step>;

/// What the client sees next.
enum Event {
    Head(Head),
    Data(Bytes),
    Broken,
}

async fn next(steps: &mut Steps) -> Option<Event> {
    loop {
        match steps.next()? {
            Step::Sleep(time) => tokio::time::sleep(time).await,
            Step::Pass(gate) => gate.pass().await,
            Step::Head(head) => return Some(Event::Head(head)),
            Step::Data(bytes) => return Some(Event::Data(bytes)),
            Step::Wire(_) | Step::Fail(_) => return Some(Event::Broken),
        }
    }
}

fn body(
    steps: Steps,
    exchange: Exchange,
    pace: Pace,
) -> BoxStream<'static, Result<Bytes, Failure>> {
    let state = Some((steps, exchange));
    unfold(state, move |state| async move {
        let (mut steps, exchange) = state?;
        let wait = pace.keep(Limit::Idle, pace.idle, next(&mut steps));
        match wait.await {
            Ok(Some(Event::Data(bytes))) => {
                exchange.sent(bytes.len());
                Some((Ok(bytes), Some((steps, exchange))))
            }
            Ok(Some(Event::Head(_) | Event::Broken)) => {
                exchange.end(End::Broken);
                let failure = Failure::truncated("the reply broke off: connection closed");
                Some((Err(failure), None))
            }
            Ok(None) => {
                exchange.end(End::Complete);
                None
            }
            Err(failure) => Some((Err(failure), None)),
        }
    })
    .boxed()
}

/// The limits of an attempt.
#[derive(Clone, Copy)]
struct Pace {
    total: Deadline,
    deadline: Deadline,
    idle: Duration,
}

impl Pace {
    /// Waits for `future`, but not longer than the limits allow.
    async fn keep<F: Future>(
        self,
        limit: Limit,
        allowed: Duration,
        future: F,
    ) -> Result<F::Output, Failure> {
        let until = self.total.tighten(SystemClock.now(), allowed);
        let result = tokio::time::timeout_at(until.at(), future).await;
        result.map_err(|_| {
            if until == self.deadline {
                Failure::new(FailureKind::Deadline, "the deadline of the request passed")
            } else if until == self.total {
                Failure::new(
                    FailureKind::Timeout(Limit::Total),
                    "the attempt took too long",
                )
            } else {
                Failure::timeout(limit, allowed)
            }
        })
    }
}

fn seen(request: &WireRequest, credential: Option<&Credential>) -> Seen {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let own = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)));
    let key = credential.and_then(|credential| {
        let key = credential.key.expose();
        match &request.auth {
            AuthScheme::Bearer => Some(("authorization".to_owned(), format!("Bearer {key}"))),
            AuthScheme::Header(name) => Some((name.to_string(), key.to_owned())),
            AuthScheme::None => None,
        }
    });
    let url = &request.url;
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    Seen {
        connection: 0,
        method: request.method.to_string(),
        target: format!("{}{query}", url.path()),
        headers: own.chain(key).collect(),
        body: request.body.clone(),
    }
}

fn header_map(head: &Head) -> Result<HeaderMap, Failure> {
    let pairs = head.headers.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().ok()?;
        let value: HeaderValue = value.parse().ok()?;
        Some((name, value))
    });
    pairs
        .collect::<Option<HeaderMap>>()
        .ok_or_else(|| Failure::invalid("the reply has a header that is none"))
}

#[cfg(test)]
mod tests;
