//! What the command-line programs share. Nothing here knows about models.
//!
//! A program starts with [`program::Program::start`], which reads the command line and gives a
//! [`program::Console`]: the shared flags' decisions and a [`ui::Ui`]. The `Ui` is handed to
//! everything that prints, reports or asks.
//!
//! | module | owns |
//! |---|---|
//! | [`program`] | reading the command line; the frame of `main` |
//! | [`globals`] | the shared flags and what they decide |
//! | [`ui`] | the streams, the language, notes, warnings, the end of the program |
//! | [`report`] | failures: what, why, what to try |
//! | [`exit`], [`codes`] | exit codes and the error codes there are texts for |
//! | [`output`], [`table`] | formats; lists for people and machines |
//! | [`sink`], [`sanitise`] | where results go; making text of others harmless |
//! | [`input`] | the prompt: words, files, standard input |
//! | [`ask`] | questions to the user |
//! | [`progress`] | spinners and live lines on standard error |
//! | [`help`], [`localise`], [`completions`] | help pages, their language, shell completions |
//! | [`catalogue`], [`lang`] | every text in every language |
//! | [`environment`], [`terminal`], [`text`], [`duration`] | facts and measures |
#![warn(missing_docs)]

pub mod ask;
pub mod catalogue;
pub mod codes;
pub mod completions;
pub mod duration;
pub mod environment;
pub mod exit;
pub mod globals;
pub mod help;
pub mod input;
pub mod lang;
pub mod localise;
pub mod output;
pub mod program;
pub mod progress;
pub mod report;
pub mod sanitise;
pub mod sink;
pub mod table;
pub mod terminal;
pub mod text;
pub mod ui;
mod usage;
