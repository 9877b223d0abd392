//! The `llm-cooperation` program: how it is called, and how a run of it begins and ends.
//!
//! Texts for people are in `llm-console`'s catalogue, under `cooperation` and
//! `cli.llm-cooperation`.

use std::process::ExitCode;

use clap::Parser;
use llm_console::exit;
use llm_console::program::{Console, Program};
use llm_console::report::Halt;
use llm_console::text::shell_quote;

use crate::commands::{self, Command};

/// The program, for the command-line reference and tests.
pub const PROGRAM: Program = Program::new("llm-cooperation", env!("CARGO_PKG_VERSION"))
    .details("configuration schema 1, events 1")
    .bare_words(|words| {
        Some(format!(
            "llm-cooperation query {}",
            shell_quote(&words.join(" "))
        ))
    });

/// Ask many language models through one program: routed to the best one, or several together.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let (cli, console) = match PROGRAM.start::<Cli>() {
        Ok(started) => started,
        Err(code) => return code,
    };
    console.ui.finish(commands::run(&cli.command, &console))
}

/// Ends a command that was called without what it needs: its short help, on standard error.
pub(crate) fn short_help(command: &str, console: &Console) -> Result<(), Halt> {
    let page = PROGRAM.short_help::<Cli>(&[command.to_owned()], &console.ui);
    console.ui.note(page.unwrap_or_default());
    Err(Halt::Exit(exit::USAGE))
}

#[cfg(test)]
mod tests;
