//! End to end with what is real: a small language model on this machine and the official clients.
//!
//! Needs what `cargo xtask models` and `cargo xtask sdk` fetch, and fails where it is missing.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work fails the test that uses it"
)]

mod clients;
mod gateway;
mod local_model;
mod programs;
mod work;

use tokio::sync::{Mutex, MutexGuard};

/// One test at a time: a model's arithmetic depends, in its last digits, on what else is in the
/// batch, and a test that compares two answers must not.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
