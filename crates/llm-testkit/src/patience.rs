//! How long a test waits for something that must happen: real time, whatever the test's own clock does.
//!
//! A limit here is never part of what is asserted. It turns a hang into a message.

use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::oneshot;

/// Longer than anything a healthy run does, even on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// Waits for `future`; panics with `what` when the patience ends.
///
/// The timer is a thread, because a runtime whose time is paused would let a timer of its own
/// pass at once while the future waits for a socket.
pub(crate) async fn within<F: Future>(future: F, what: impl FnOnce() -> String) -> F::Output {
    let (over, _keep) = timer(LIMIT);
    tokio::select! {
        biased;
        output = future => output,
        Ok(()) = over => panic!("waited {LIMIT:?} in vain for {}", what()),
    }
}

/// Fires after `limit`; dropping the sender calls it off.
pub(crate) fn timer(limit: Duration) -> (oneshot::Receiver<()>, Sender<()>) {
    let (keep, dropped) = channel::<()>();
    let (fire, over) = oneshot::channel();
    std::thread::spawn(move || {
        if dropped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            // Fails when the wait has ended in this very moment, which is as good.
            let _ = fire.send(());
        }
    });
    (over, keep)
}
