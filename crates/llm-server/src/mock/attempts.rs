//! What the simulated provider saw: one record for each request, with how it ended.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use llm_core::types::clock::Clock as _;
use llm_core::types::clock::SystemClock;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

/// Records that are kept; the oldest go first.
const KEPT: usize = 100_000;

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// It is under way.
    Open,
    /// Everything was sent that the name asks for.
    Answered,
    /// The connection was closed or reset, as the name asks for.
    Broken,
    /// The client left before that.
    ClientLeft,
}

/// One request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    /// Counted from 1 since the start or the last `DELETE /attempts`.
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) path: String,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) bytes_in: usize,
    /// The status of the reply, once its head was made.
    pub(crate) status: Option<u16>,
    /// Pieces of the answer and bytes of the body handed to the connection.
    pub(crate) pieces: u64,
    pub(crate) bytes_out: usize,
    pub(crate) end: End,
    /// From the whole request to its end.
    pub(crate) duration_ms: Option<u64>,
}

/// A request as it arrived.
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) bytes_in: usize,
}

/// Which attempt of a name this is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence {
    /// Counted from 1 for each name.
    pub(crate) number: u64,
    pub(crate) since_first: Duration,
}

/// All requests, shared by all connections.
#[derive(Clone, Default)]
pub(crate) struct Attempts(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    all: std::collections::VecDeque<Attempt>,
    begun: u64,
    models: HashMap<String, (u64, Instant)>,
    file: Option<File>,
}

impl Attempts {
    /// Writes each attempt as a line of JSON to this file too, once it has ended.
    pub(crate) fn with_file(file: Option<File>) -> Self {
        let kept = Kept {
            file,
            ..Kept::default()
        };
        Self(Arc::new(Mutex::new(kept)))
    }

    pub(crate) fn all(&self) -> Vec<Attempt> {
        self.0.lock().all.iter().cloned().collect()
    }

    /// Forgets everything, the counts of the names too.
    pub(crate) fn clear(&self) {
        let mut kept = self.0.lock();
        kept.all.clear();
        kept.models.clear();
        kept.begun = 0;
    }

    pub(crate) fn begin(&self, seen: Seen) -> (Exchange, Occurrence) {
        let now = SystemClock.now();
        let mut kept = self.0.lock();
        kept.begun += 1;
        let number = kept.begun;
        let (count, first) = kept.models.entry(seen.model.clone()).or_insert((0, now));
        *count += 1;
        let occurrence = Occurrence {
            number: *count,
            since_first: now.duration_since(*first),
        };
        if kept.all.len() >= KEPT {
            kept.all.pop_front();
        }
        kept.all.push_back(Attempt {
            number,
            at: SystemClock.wall(),
            path: seen.path,
            model: seen.model,
            stream: seen.stream,
            bytes_in: seen.bytes_in,
            status: None,
            pieces: 0,
            bytes_out: 0,
            end: End::Open,
            duration_ms: None,
        });
        let exchange = Exchange {
            attempts: self.clone(),
            number,
            begun: now,
            is_over: false,
        };
        (exchange, occurrence)
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Attempt)) {
        let mut kept = self.0.lock();
        let kept = &mut *kept;
        let mut newest_first = kept.all.iter_mut().rev();
        let Some(attempt) = newest_first.find(|attempt| attempt.number == number) else {
            return;
        };
        change(attempt);
        if attempt.end == End::Open {
            return;
        }
        if let Some(file) = &mut kept.file {
            let line = serde_json::to_string(attempt).unwrap_or_default();
            if let Err(error) = writeln!(file, "{line}") {
                tracing::error!(%error, "the log of attempts cannot be written");
            }
        }
    }
}

/// A request under way. One that is dropped before its end was left by its client.
pub(crate) struct Exchange {
    attempts: Attempts,
    number: u64,
    begun: Instant,
    is_over: bool,
}

impl Exchange {
    pub(crate) fn status(&self, status: u16) {
        self.attempts
            .change(self.number, |attempt| attempt.status = Some(status));
    }

    pub(crate) fn sent(&self, bytes: usize, is_piece: bool) {
        self.attempts.change(self.number, |attempt| {
            attempt.bytes_out += bytes;
            attempt.pieces += u64::from(is_piece);
        });
    }

    pub(crate) fn end(&mut self, end: End) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let took = SystemClock.now().duration_since(self.begun).as_millis();
        self.attempts.change(self.number, |attempt| {
            attempt.end = end;
            attempt.duration_ms = u64::try_from(took).ok();
        });
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(End::ClientLeft);
    }
}
