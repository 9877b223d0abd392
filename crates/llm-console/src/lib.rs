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
//! | [`help`], [`topics`], [`localise`], [`completions`] | help pages, their language, shell completions |
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
pub mod topics;
pub mod ui;
mod usage;

#[cfg(test)]
mod tests {
    #[test]
    fn everything_can_be_used_from_asynchronous_tasks() {
        fn is_send_and_sync<T: Send + Sync + 'static>() {}
        fn is_send<T: Send + 'static>() {}
        is_send_and_sync::<crate::program::Console>();
        is_send_and_sync::<crate::progress::Progress>();
        is_send_and_sync::<crate::progress::Line>();
        is_send_and_sync::<crate::report::Report>();
        is_send_and_sync::<crate::table::Table>();
        is_send::<crate::sink::Sink>();
    }
}
