//! The `llm-cooperation` program itself: what it prints, how it ends.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test they are called from"
)]

mod support;

mod chat;
mod compat;
mod cooperate;
mod doctor;
mod input;
mod models;
mod query;
mod route;
mod served;
mod server;
mod service;
mod status;
mod test;
mod work;
