//! The server over real sockets, with scripted providers behind it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work fails the test that uses it"
)]

mod support;

mod accept;
mod access;
mod admin;
mod bodies;
mod chat;
mod completions;
mod descriptors;
mod drain;
mod earlier;
mod faults;
mod gemini;
mod h2;
mod matrix;
mod messages;
mod mock;
mod models;
mod ops;
mod program;
mod refusals;
mod reliability;
mod responses;
mod rows;
mod stream;
mod stream_faults;
mod tls;
mod work;
