//! The `llm-cooperation` program itself: what it prints, how it ends.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test they are called from"
)]

mod support;

mod compat;
mod cooperate;
mod doctor;
mod models;
mod query;
mod route;
mod server;
mod service;
mod status;
mod test;
