//! The `llm-cooperation` program itself: what it prints, how it ends.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test they are called from"
)]

mod support;

mod compat;
mod doctor;
mod models;
mod status;
mod test;
