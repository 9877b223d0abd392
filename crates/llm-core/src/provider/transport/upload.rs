//! A body that arrives while it is sent, and the wait for the reply to it.
//!
//! The first-byte limit counts from the last piece that went out: how long the upload itself takes
//! is up to the client that sends it, and its pace is watched where it is read.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};

use super::{Wait, failures};
use crate::provider::work::Upload;
use crate::types::clock::Clock;
use crate::types::failure::{Failure, FailureKind, Limit};

/// How far the sending is.
pub(super) struct Sending(Option<Arc<Progress>>);

struct Progress {
    last: Mutex<Instant>,
    is_broken: AtomicBool,
}

/// The body of a request: what is here, then what arrives.
pub(super) fn body(
    head: Bytes,
    upload: Option<Upload>,
    clock: &Arc<dyn Clock>,
) -> (reqwest::Body, Sending) {
    let Some(upload) = upload else {
        return (reqwest::Body::from(head), Sending(None));
    };
    let progress = Arc::new(Progress {
        last: Mutex::new(clock.now()),
        is_broken: AtomicBool::new(false),
    });
    let (seen, clock) = (Arc::clone(&progress), Arc::clone(clock));
    let pieces = stream::iter([Ok(head)])
        .chain(upload)
        .inspect(move |piece| {
            *seen.last.lock() = clock.now();
            if piece.is_err() {
                seen.is_broken.store(true, Ordering::Release);
            }
        });
    (reqwest::Body::wrap_stream(pieces), Sending(Some(progress)))
}

impl Sending {
    /// Waits for the head of the reply.
    pub(super) async fn head<T>(
        &self,
        mut wait: Wait,
        head: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let mut head = pin!(head);
        loop {
            if let Ok(result) = timeout_at(wait.until(), head.as_mut()).await {
                return Ok(result);
            }
            let failure = wait.failure();
            let last = self.0.as_ref().map(|progress| *progress.last.lock());
            match last.filter(|last| *last > wait.started) {
                Some(last) if failure.kind == FailureKind::Timeout(Limit::FirstByte) => {
                    wait.started = last;
                }
                _ => return Err(failure),
            }
        }
    }

    /// Why there is no reply. A client that broke its upload off is no failure of the provider.
    pub(super) fn failure(&self, error: &reqwest::Error, connect: Duration) -> Failure {
        let broken = |progress: &Arc<Progress>| progress.is_broken.load(Ordering::Acquire);
        if self.0.as_ref().is_some_and(broken) {
            return Failure::new(FailureKind::Interrupted, "the upload broke off");
        }
        failures::sending(error, connect)
    }
}
