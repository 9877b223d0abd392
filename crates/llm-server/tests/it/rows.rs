//! Rows of the fault matrix that concern what goes over the socket, one test or more for each, with
//! the id of the row in its name. Those about reloads, floods and callers are in `reliability/`.

mod bodies;
mod egress;
mod lifecycle;
mod numbers;
mod providers;
mod smuggling;
mod streams;
mod transport;

/// Where chat completions are asked for.
const CHAT: &str = "/v1/chat/completions";

/// How many replies a client that reads HTTP would find in these bytes.
fn replies(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}
