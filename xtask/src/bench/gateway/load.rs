//! The callers: one call and its times, many at once, and how many a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{KEY, Sides};

/// How long throughput is measured.
const SPELL: Duration = Duration::from_secs(4);

/// A caller with warm connections.
#[derive(Clone)]
pub(crate) struct Client(hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>);

/// When what arrived.
pub(crate) struct Timing {
    /// The first byte of the body.
    pub(crate) first: Duration,
    /// The last.
    pub(crate) whole: Duration,
}

impl Client {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self(hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector))
    }

    /// One call, read to its end. An answer without its end is a failure of the measurement.
    pub(crate) async fn call(&self, port: u16, body: &str, streamed: bool) -> Result<Timing> {
        let request = Request::post(format!("http://127.0.0.1:{port}/v1/chat/completions"))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {KEY}"))
            .body(Full::new(Bytes::from(body.to_owned())))?;
        let started = Instant::now();
        let response = self.0.request(request).await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut first = None;
        let mut tail: Vec<u8> = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame =
                frame.with_context(|| format!("port {port}, after {} bytes", tail.len()))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            first.get_or_insert_with(|| started.elapsed());
            tail.extend_from_slice(&data);
        }
        let whole = started.elapsed();
        let end: &[u8] = if streamed { b"[DONE]" } else { b"dull day." };
        let is_complete = tail.windows(end.len()).any(|part| part == end)
            || tail.windows(12).any(|part| part == b"message_stop");
        if !status.is_success() || !is_complete {
            let text = String::from_utf8_lossy(&tail);
            let text: String = text.chars().take(300).collect();
            bail!("port {port} answered {status} without the completion: {text}");
        }
        Ok(Timing {
            first: first.unwrap_or(whole),
            whole,
        })
    }
}

fn question() -> String {
    let sentence = "a question of a certain length that says nothing in particular ";
    format!(
        "{{\"model\":\"bench\",\"messages\":[{{\"role\":\"user\",\"content\":\"whole: {}\"}}]}}",
        sentence.repeat(16)
    )
}

/// Calls finished in a second with `callers` asking without a pause.
pub(crate) async fn throughput(port: u16, callers: usize) -> Result<f64> {
    let body: Arc<str> = question().into();
    let done = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (body, done) = (Arc::clone(&body), Arc::clone(&done));
        tasks.spawn(async move {
            let client = Client::new();
            while started.elapsed() < SPELL {
                client.call(port, &body, false).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

/// Resident memory of every program while `callers` wait for an answer each, the largest seen.
pub(crate) async fn memory_under(
    sides: &Sides,
    callers: usize,
) -> Result<Vec<(&'static str, f64)>> {
    let mut result = Vec::new();
    let body: Arc<str> = question().replace("whole:", "slow:").into();
    for (name, running) in sides.all() {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..callers {
            let (body, port) = (Arc::clone(&body), running.port);
            tasks.spawn(async move {
                let client = Client::new();
                for _ in 0..3 {
                    client.call(port, &body, false).await?;
                }
                anyhow::Ok(())
            });
        }
        let mut most = 0.0_f64;
        while !tasks.is_empty() {
            most = most.max(running.resident()?);
            while let Some(ended) = tasks.try_join_next() {
                ended??;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        result.push((name, most));
    }
    Ok(result)
}
