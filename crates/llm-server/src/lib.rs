//! The HTTP surface of the gateway: the only crate that knows the web framework.
//!
//! | module | owns |
//! |---|---|
//! | [`serve`], [`accept`], [`workers`] | running a server; the accept loop and the drain; its threads |
//! | [`tls`], [`descriptors`] | certificates and the handshake; how many connections there can be |
//! | [`app`], [`watch`] | what all requests share; reloads |
//! | [`routes`] | every endpoint, as one table; the handlers |
//! | [`dispatch`] | the way of a request from socket to reply |
//! | [`visit`], [`identity`], [`body`], [`form`] | a request: who asks, from where, what it says |
//! | [`idempotency`], [`kept`] | requests that are repeated; answers that are kept for later requests |
//! | [`converse`], [`completion`], [`sse`], [`progress`], [`work`], [`headers`] | what a request is answered |
//! | [`error`] | what a failure is answered |
//! | [`record`], [`instruments`] | the log line and the metrics |
//! | [`openapi`], [`schema`], [`docs_page`] | the description of all this |
//! | [`mock`] | a provider that fails as it is told |
//! | [`cli`] | the `llm-server` program |
#![warn(missing_docs)]

pub mod accept;
pub mod app;
pub mod body;
pub mod cli;
pub mod completion;
pub mod converse;
mod cors;
pub mod descriptors;
pub mod dispatch;
pub mod docs_page;
pub mod error;
pub mod form;
pub mod headers;
pub mod idempotency;
pub mod identity;
pub mod instruments;
pub mod kept;
pub mod mock;
pub mod openapi;
pub mod progress;
pub mod record;
pub mod routes;
pub mod schema;
pub mod serve;
pub mod sse;
pub mod tls;
pub mod visit;
pub mod watch;
pub mod work;
pub mod workers;
