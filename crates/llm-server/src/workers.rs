//! The threads that serve connections: each with a runtime of its own, so that a request, its
//! timers and its connection to the provider stay on one thread and nothing wakes another.
//!
//! A connection stays where it was put; it is put where the fewest are. What a connection does is
//! `accept`'s business.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a thread's own tasks may take to notice that it ends.
const LAST_STEPS: Duration = Duration::from_millis(100);

/// Where connections are served.
pub struct Workers {
    seats: Vec<Seat>,
    stop: CancellationToken,
    threads: Vec<JoinHandle<()>>,
}

struct Seat {
    /// `None` is the runtime of the accept loop itself.
    runtime: Option<Handle>,
    connections: Arc<AtomicUsize>,
}

/// A connection's place on a thread; leaving gives it back.
struct Taken(Arc<AtomicUsize>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Workers {
    /// Serves on the runtime the accept loop runs on.
    pub fn here() -> Self {
        Self {
            seats: vec![Seat::new(None)],
            stop: CancellationToken::new(),
            threads: Vec::new(),
        }
    }

    /// Starts `count` threads.
    ///
    /// # Errors
    /// The system gives no more threads or descriptors.
    pub fn start(count: NonZeroUsize) -> io::Result<Self> {
        let mut workers = Self {
            seats: Vec::new(),
            stop: CancellationToken::new(),
            threads: Vec::new(),
        };
        for number in 0..count.get() {
            let runtime = Builder::new_current_thread()
                .enable_all()
                // Work that must not hold up a thread is rare, and a queue is better than a crowd.
                .max_blocking_threads(16)
                .build()?;
            workers
                .seats
                .push(Seat::new(Some(runtime.handle().clone())));
            let stop = workers.stop.clone();
            let thread = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || {
                    runtime.block_on(stop.cancelled());
                    runtime.shutdown_timeout(LAST_STEPS);
                })?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Serves a connection where the fewest are.
    pub(crate) fn serve<F>(
        &self,
        stream: TcpStream,
        tracker: &TaskTracker,
        serve: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send,
    {
        let Some(seat) = self
            .seats
            .iter()
            .min_by_key(|seat| seat.connections.load(Ordering::Relaxed))
        else {
            return;
        };
        seat.connections.fetch_add(1, Ordering::Relaxed);
        let taken = Taken(Arc::clone(&seat.connections));
        let Some(runtime) = &seat.runtime else {
            tracker.spawn(async move {
                serve(stream).await;
                drop(taken);
            });
            return;
        };
        // A socket is watched by the runtime it was opened on, so it changes hands as a plain one.
        match stream.into_std() {
            Ok(plain) => {
                tracker.spawn_on(
                    async move {
                        match TcpStream::from_std(plain) {
                            Ok(stream) => serve(stream).await,
                            Err(error) => tracing::warn!(%error, "a connection cannot be served"),
                        }
                        drop(taken);
                    },
                    runtime,
                );
            }
            Err(error) => tracing::warn!(%error, "a connection cannot be served"),
        }
    }
}

impl Seat {
    fn new(runtime: Option<Handle>) -> Self {
        Self {
            runtime,
            connections: Arc::default(),
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.cancel();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a worker thread ended abnormally");
            }
        }
    }
}
