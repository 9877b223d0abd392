//! A whole program on real streams: pipes, files and pseudo-terminals.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test, as the tests themselves do"
)]

mod input;
mod people;
mod pty;
mod run;
mod streams;
