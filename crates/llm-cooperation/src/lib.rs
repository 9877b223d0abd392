//! The user's command line: ask, cooperate, look around.

mod ask;
mod asking;
pub mod cli;
mod commands;
mod local;
mod run;
mod show;
mod work;
