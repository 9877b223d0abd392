//! The `llm-cooperation` program: its command line and which command does what.
//!
//! Texts for people are in `llm-console`'s catalogue, under `cooperation` and
//! `cli.llm-cooperation`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use llm_console::program::{Console, Program};
use llm_console::report::Halt;
use llm_console::text::shell_quote;

use crate::commands::completions;

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
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a script that completes the command line in a shell
    Completions(completions::CompletionsArgs),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let (cli, console) = match PROGRAM.start::<Cli>() {
        Ok(started) => started,
        Err(code) => return code,
    };
    console.ui.finish(dispatch(&cli, &console))
}

fn dispatch(cli: &Cli, console: &Console) -> Result<(), Halt> {
    match &cli.command {
        Command::Completions(args) => completions::run(args, console),
    }
}
