//! The user's command line: ask, cooperate, look around.

pub mod cli;
mod commands;
mod local;
