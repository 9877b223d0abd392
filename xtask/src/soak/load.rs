//! The callers: who asks for what, and how it must end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::bench::gateway::load::Client;

/// Callers that ask one thing after the other.
const CALLERS: u64 = 16;
/// Streams that are silent most of the time.
const IDLE: u32 = 500;
/// Between the first calls of two of them, so that they are not silent together.
const SPREAD: Duration = Duration::from_millis(40);
/// Between two calls of a caller.
const PAUSE: Duration = Duration::from_millis(10);

/// What a call is to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A streamed answer, at once.
    Burst,
    /// A streamed answer, piece by piece.
    Drip,
    /// An answer as a whole.
    Whole,
    /// The beginning of a stream; the caller leaves.
    Leave,
    /// A provider's failure.
    Fail,
    /// A stream with a long silence.
    Idle,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Burst => "streams at once",
            Self::Drip => "streams in drips",
            Self::Whole => "whole answers",
            Self::Leave => "callers that left",
            Self::Fail => "failures of the provider",
            Self::Idle => "silent streams",
        }
    }

    /// Of every hundred calls 2 leave, 5 fail, 70 are streams and the rest are not.
    fn of(number: u64) -> Self {
        // Steps of 37 visit every remainder, and mix them.
        match number.wrapping_mul(37) % 100 {
            0..2 => Self::Leave,
            2..7 => Self::Fail,
            7..42 => Self::Burst,
            42..77 => Self::Drip,
            _ => Self::Whole,
        }
    }

    fn body(self) -> String {
        let (word, model) = match self {
            Self::Burst | Self::Whole => ("whole", "bench"),
            Self::Drip | Self::Leave => ("drip", "bench"),
            Self::Idle => ("idle", "bench"),
            Self::Fail => ("fail", "failing"),
        };
        let text = "a question of a certain length that says nothing in particular ".repeat(8);
        let stream = !matches!(self, Self::Whole | Self::Fail);
        format!(
            "{{\"model\":\"{model}\",\"stream\":{stream},\"messages\":[{{\"role\":\"user\",\"content\":\"{word}: {text}\"}}]}}"
        )
    }
}

/// The load, and how its calls ended.
pub(super) struct Load {
    port: u16,
    client: Mutex<Client>,
    number: AtomicU64,
    ended: Mutex<BTreeMap<Kind, u64>>,
    surprise: Mutex<Option<String>>,
}

impl Load {
    pub(super) fn new(port: u16) -> Self {
        Self {
            port,
            client: Mutex::new(Client::new()),
            number: AtomicU64::new(0),
            ended: Mutex::default(),
            surprise: Mutex::default(),
        }
    }

    /// Closes the connections that nobody uses.
    pub(super) fn hang_up(&self) {
        *self.client.lock() = Client::new();
    }

    /// How many calls of each kind ended as they must.
    pub(super) fn outcomes(&self) -> Vec<(&'static str, u64)> {
        let ended = self.ended.lock();
        ended
            .iter()
            .map(|(kind, count)| (kind.name(), *count))
            .collect()
    }

    /// The first call that did not.
    pub(super) fn surprise(&self) -> Option<String> {
        self.surprise.lock().clone()
    }

    async fn call(&self, kind: Kind) {
        let client = self.client.lock().clone();
        match ended(&client, self.port, kind).await {
            Ok(()) => *self.ended.lock().entry(kind).or_default() += 1,
            Err(error) => {
                let text = format!("{}: {error:#}", kind.name());
                self.surprise.lock().get_or_insert(text);
            }
        }
    }
}

/// Starts all callers; they ask until they are stopped.
pub(super) fn start(load: &Arc<Load>) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let load = Arc::clone(load);
        callers.spawn(async move {
            loop {
                let number = load.number.fetch_add(1, Ordering::Relaxed);
                load.call(Kind::of(number)).await;
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    for number in 0..IDLE {
        let load = Arc::clone(load);
        callers.spawn(async move {
            tokio::time::sleep(SPREAD * number).await;
            loop {
                load.call(Kind::Idle).await;
                // One that was refused must not ask without a pause.
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    callers
}

/// One call to its end, which must be the one of its kind.
async fn ended(client: &Client, port: u16, kind: Kind) -> Result<()> {
    let body = kind.body();
    match kind {
        Kind::Burst | Kind::Drip | Kind::Idle => client.call(port, &body, true).await.map(drop),
        Kind::Whole => client.call(port, &body, false).await.map(drop),
        Kind::Leave => {
            let mut response = client.send(port, &body).await?;
            let first = response.body_mut().frame().await;
            first.context("the stream ended before it began")??;
            Ok(())
        }
        Kind::Fail => {
            let response = client.send(port, &body).await?;
            let status = response.status();
            let text = response.into_body().collect().await?.to_bytes();
            if !status.is_server_error() || !text.starts_with(b"{\"error\"") {
                bail!("answered {status}: {}", String::from_utf8_lossy(&text));
            }
            Ok(())
        }
    }
}

/// The server's metrics.
pub(super) async fn metrics(port: u16, key: &str) -> Result<String> {
    let client: hyper_util::client::legacy::Client<HttpConnector, Empty<Bytes>> =
        hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    let request = Request::get(format!("http://127.0.0.1:{port}/metrics"))
        .header("authorization", format!("Bearer {key}"))
        .body(Empty::new())?;
    let body = client.request(request).await?.into_body();
    Ok(String::from_utf8(
        body.collect().await?.to_bytes().to_vec(),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_calls_are_mixed_as_said() {
        let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
        for number in 300..400 {
            *counts.entry(Kind::of(number)).or_default() += 1;
        }
        let expected = [
            (Kind::Burst, 35),
            (Kind::Drip, 35),
            (Kind::Whole, 23),
            (Kind::Leave, 2),
            (Kind::Fail, 5),
        ];
        assert_eq!(counts, BTreeMap::from(expected));
    }
}
