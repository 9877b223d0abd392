//! What the programs share that knows both the console and the core: the configuration the shared
//! flags ask for, errors of the core as reports, the log.
//!
//! What people read belongs to `llm-console`, what is read and decided to `llm-core`; here the two
//! are only put together, once instead of in every program.
#![warn(missing_docs)]

pub mod configuration;
pub mod failure;
pub mod log;
