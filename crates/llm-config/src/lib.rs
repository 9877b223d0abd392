//! The command line that manages the configuration: providers, models, keys and everything else a
//! configuration file says.
//!
//! What a configuration is and how files are changed belongs to `llm_core::config`; here are the
//! flags, the questions and the words.

pub mod cli;
mod commands;
mod keyinput;
mod known;
mod notes;
mod outcome;
mod probe;
mod session;
