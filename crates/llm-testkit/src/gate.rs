//! A gate: holds a scripted reply at a chosen point until the test lets it go on.
//!
//! Takes the place of sleeping. The test waits until the reply has reached the gate, does what it
//! wants to observe, and opens it. Works from any runtime and any thread.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::patience;

/// Holds scripted replies until it is opened. Clones share one gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    passes: Semaphore,
    arrivals: watch::Sender<usize>,
}

impl Gate {
    /// A closed gate.
    #[expect(
        clippy::new_without_default,
        reason = "a gate nobody names can never be opened"
    )]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            passes: Semaphore::new(0),
            arrivals: watch::Sender::new(0),
        }))
    }

    /// Lets everyone through, now and later.
    pub fn open(&self) {
        self.0.passes.close();
    }

    /// Lets the next `count` arrivals through.
    pub fn allow(&self, count: usize) {
        self.0.passes.add_permits(count);
    }

    /// Waits until `count` replies have arrived at the gate, the ones let through included.
    ///
    /// # Panics
    /// If that takes longer than any test should.
    pub async fn reached(&self, count: usize) {
        let mut arrivals = self.0.arrivals.subscribe();
        let arrived = async move { arrivals.wait_for(|n| *n >= count).await.map(|n| *n) };
        let what = || format!("{count} replies at the gate");
        // The sender lives as long as the gate, so the wait itself cannot fail.
        let _arrived = patience::within(arrived, what).await;
    }

    /// Passes, or waits until it may.
    pub(crate) async fn pass(&self) {
        self.0.arrivals.send_modify(|count| *count += 1);
        // A closed semaphore means an open gate.
        if let Ok(permit) = self.0.passes.acquire().await {
            permit.forget();
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.0.passes.is_closed() {
            "open"
        } else {
            "closed"
        };
        write!(f, "Gate({state}, {} arrived)", *self.0.arrivals.borrow())
    }
}
