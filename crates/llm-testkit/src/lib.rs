//! What the tests of this workspace share: scripted providers, a clean place for the binaries, logs
//! that must not tell, and a real small model.
//!
//! A development dependency only. A fixture that cannot do its work panics with what it was about,
//! because a test must not go on without it. The modules in reading order:
//!
//! | module | for |
//! |---|---|
//! | [`reply`] | what a scripted provider says, and how the exchange goes wrong |
//! | [`gate`] | holding a reply back until the test says so, instead of sleeping |
//! | [`script`] | which reply answers which request |
//! | [`attempt`] | what the provider saw, and whether the client left |
//! | [`upstream`] | a scripted provider on a loopback port |
//! | [`fault_proxy`] | a TCP proxy that spoils replies byte for byte |
//! | [`transport`] | a scripted provider without sockets |
//! | [`http`] | a plain HTTP client |
//! | [`builders`] | values and configurations for tests |
//! | [`caller`] | a scripted way to ask models, for cooperation |
//! | [`mod@env`] | running the binaries |
//! | [`logs`] | capturing logs and looking for secrets |
//! | [`cache`] | what tests fetch once and keep outside the clone |
//! | [`real_model`] | a real small model behind a loopback port |
//! | [`sdk`] | the official client libraries |
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a broken fixture fails the test that uses it"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests own their environment and their files"
)]

pub mod attempt;
pub mod builders;
pub mod cache;
pub mod caller;
pub mod env;
pub mod fault_proxy;
pub mod gate;
pub mod http;
pub mod logs;
mod patience;
mod process;
pub mod real_model;
pub mod reply;
pub mod script;
pub mod sdk;
pub mod transport;
pub mod upstream;
