//! The `llm-config` program: its command line.
//!
//! Texts for people are in `llm-console`'s catalogue, under `config` and `cli.llm-config`.

use std::process::ExitCode;

use clap::Parser;
use llm_console::program::Program;

use crate::commands::{self, Command};

/// The program, for the command-line reference and tests.
pub const PROGRAM: Program = Program::new("llm-config", env!("CARGO_PKG_VERSION"))
    .details("configuration schema 1")
    .without(&["server", "server-key-file", "local", "raw", "progress"]);

/// Manage providers, models, keys and every other setting, in files that keep their comments.
///
/// Begin with `llm-config init`, or with a preset: `llm-config preset --name aigcbest`. Keys are
/// kept in a file of their own that only you can read.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let (cli, mut console) = match PROGRAM.start::<Cli>() {
        Ok(started) => started,
        Err(code) => return code,
    };
    commands::adopt_format(&cli.command, &mut console);
    console.ui.finish(commands::run(cli.command, &console))
}

#[cfg(test)]
mod tests;
