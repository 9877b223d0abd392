//! The nouns of the system: what a request, an answer, a price, a plan and a failure are.
//!
//! Layer 0. No I/O and no import from any other module of this crate; a type that two spokes
//! need lives here. Wire formats do not: hub types are not serialisable by design, so that a
//! provider's JSON can change without touching them.

pub mod ids;

pub mod message;

pub mod chat;

pub mod answer;

pub mod event;

pub mod usage;

pub mod wire_reply;

pub mod tokens;

pub mod money;

pub mod raw;

pub mod secret;

pub mod clock;

pub mod code;

pub mod failure;

pub mod task;

pub mod plan;

pub mod upload;

pub mod work;

pub mod cooperation;

pub mod caller;

pub mod run_event;
