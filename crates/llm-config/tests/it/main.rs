//! The real program in a home of its own: every command, both languages, exit codes, bad input.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test they help"
)]

mod support;

mod check;
mod earlier;
mod files;
mod keys;
mod models;
mod people;
mod presets;
mod probing;
mod providers;
mod values;
