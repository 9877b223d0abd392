//! What a scripted provider saw: every request, what it was sent, and how the exchange ended.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use llm_core::types::clock::{Clock as _, SystemClock};

use crate::patience;

/// One request as the provider saw it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its place among all requests, from 0.
    pub number: usize,
    /// When it had been read, since the provider started.
    pub at: Duration,
    /// The connection it came over, from 0.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, with the values of keys hashed.
    pub query: String,
    /// Headers in lower case, in the order sent, with the values of secrets hashed.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Bytes of reply body that were sent.
    pub sent: usize,
    /// How it ended, or that it has not.
    pub end: End,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has not.
    Open,
    /// The whole reply was sent.
    Complete,
    /// It was broken off as scripted.
    Broken,
    /// The client left first.
    Abandoned {
        /// When, since the provider started.
        at: Duration,
    },
}

impl Attempt {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The model the body names.
    pub fn model(&self) -> String {
        self.json()["model"].as_str().unwrap_or_default().to_owned()
    }

    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// Whether the request showed this key, as a bearer token, in a key header or in the query.
    pub fn carried_key(&self, key: &str) -> bool {
        let hash = hashed(key);
        self.query.contains(&hash) || self.headers.iter().any(|(_, value)| value.contains(&hash))
    }

    /// Whether the client left before the reply was over.
    pub fn is_abandoned(&self) -> bool {
        matches!(self.end, End::Abandoned { .. })
    }
}

/// The text that stands for a secret: recognisable, but not the secret.
fn hashed(secret: &str) -> String {
    format!("[{}]", &blake3::hash(secret.as_bytes()).to_hex()[..16])
}

const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "cookie",
];

fn without_secret(name: &str, value: &str) -> String {
    if !SECRET_HEADERS.contains(&name) {
        return value.to_owned();
    }
    match value.split_once(' ') {
        Some((scheme, secret)) => format!("{scheme} {}", hashed(secret)),
        None => hashed(value),
    }
}

fn query_without_secret(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name @ ("key" | "api_key"), secret)) => format!("{name}={}", hashed(secret)),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A request as it was read.
pub(crate) struct Seen {
    pub(crate) connection: usize,
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// The log of all attempts. Clones share it.
#[derive(Clone)]
pub(crate) struct Log(Arc<Inner>);

struct Inner {
    started: Instant,
    attempts: Mutex<Vec<Attempt>>,
    changes: watch::Sender<()>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            started: SystemClock.now(),
            attempts: Mutex::default(),
            changes: watch::Sender::new(()),
        }))
    }

    /// Writes a request down. The exchange counts as abandoned when the guard is dropped unended.
    pub(crate) fn begin(&self, seen: Seen) -> Exchange {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let headers = seen.headers.into_iter().map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let value = without_secret(&name, &value);
            (name, value)
        });
        let mut attempts = self.0.attempts.lock();
        let number = attempts.len();
        attempts.push(Attempt {
            number,
            at: self.elapsed(),
            connection: seen.connection,
            method: seen.method,
            path: path.to_owned(),
            query: query_without_secret(query),
            headers: headers.collect(),
            body: seen.body,
            sent: 0,
            end: End::Open,
        });
        drop(attempts);
        self.0.changes.send_replace(());
        Exchange {
            log: self.clone(),
            number,
        }
    }

    pub(crate) fn all(&self) -> Vec<Attempt> {
        self.0.attempts.lock().clone()
    }

    /// Waits until `find` finds something.
    pub(crate) async fn wait<T>(&self, what: &str, find: impl Fn(&[Attempt]) -> Option<T>) -> T {
        let mut changes = self.0.changes.subscribe();
        let found = async {
            loop {
                if let Some(found) = find(&self.0.attempts.lock()) {
                    return found;
                }
                // The sender is part of the log, so it cannot be gone.
                let _changed = changes.changed().await;
            }
        };
        patience::within(found, || format!("{what}; seen so far: {self:?}")).await
    }

    fn elapsed(&self) -> Duration {
        SystemClock.now().duration_since(self.0.started)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.0.attempts.lock();
        let lines = attempts.iter().map(|attempt| {
            let Attempt {
                number,
                method,
                path,
                sent,
                end,
                ..
            } = attempt;
            format!("#{number} {method} {path} sent {sent} {end:?}")
        });
        f.debug_list().entries(lines).finish()
    }
}

/// An exchange under way.
pub(crate) struct Exchange {
    log: Log,
    pub(crate) number: usize,
}

impl Exchange {
    /// Counts bytes of the reply's body.
    pub(crate) fn sent(&self, bytes: usize) {
        self.change(|attempt| attempt.sent += bytes);
    }

    /// Marks the exchange as over, unless it was marked before.
    pub(crate) fn end(&self, end: End) {
        self.change(|attempt| {
            if attempt.end == End::Open {
                attempt.end = end;
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Attempt)) {
        if let Some(attempt) = self.log.0.attempts.lock().get_mut(self.number) {
            change(attempt);
        }
        self.log.0.changes.send_replace(());
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let at = self.log.elapsed();
        self.end(End::Abandoned { at });
    }
}
