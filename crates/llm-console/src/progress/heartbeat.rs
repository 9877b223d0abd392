//! Something done again and again until it is dropped.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A thread that calls a function at every interval. Dropping it ends the thread and waits for it.
pub(super) struct Heartbeat {
    /// Dropping it wakes the thread.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    pub(super) fn start(interval: Duration, mut beat: impl FnMut() + Send + 'static) -> Self {
        let (stop, stopped) = sync_channel::<()>(1);
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                beat();
            }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by the thread.
            let _reported = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_beats_until_it_is_dropped() {
        let (beat, beats) = sync_channel(0);
        let heartbeat = Heartbeat::start(Duration::from_millis(1), move || {
            // The receiver leaves at the end of the test.
            let _left = beat.send(());
        });
        beats.recv().unwrap();
        beats.recv().unwrap();
        drop(beats);
        drop(heartbeat);
    }
}
