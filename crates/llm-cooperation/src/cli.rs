//! The `llm-cooperation` program: its command line and which command does what.
//!
//! Texts for people are in `llm-console`'s catalogue, under `cooperation` and
//! `cli.llm-cooperation`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use llm_console::exit;
use llm_console::program::{Console, Program};
use llm_console::report::Halt;
use llm_console::text::shell_quote;

use crate::commands::{
    compat, completions, cooperate, doctor, help, models, query, route, service, status, test,
    usage,
};

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
    /// Ask once
    Query(Box<query::QueryArgs>),
    /// Let several models work on one question
    Cooperate(Box<cooperate::CooperateArgs>),
    /// Run a ready service: document analysis, data insight, decision support
    Service(Box<service::ServiceArgs>),
    /// Decide where a question would go; asks no model
    Route(Box<route::RouteArgs>),
    /// List the models there are to ask
    Models(models::ModelsArgs),
    /// Show how the system is doing; asks no model
    Status(status::StatusArgs),
    /// Call models once, with a small real request each, and tell what came of it
    Test(test::TestArgs),
    /// Show what a running server has counted and spent
    Usage(usage::UsageArgs),
    /// Look at everything a run depends on: configuration, keys, providers, terminal
    Doctor(doctor::DoctorArgs),
    /// Explain a command, an error code such as LC4010, error-codes, exit-codes or environment
    Help(help::HelpArgs),
    /// Print a script that completes the command line in a shell
    Completions(completions::CompletionsArgs),
    #[command(flatten)]
    Earlier(compat::EarlierCommand),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let (cli, console) = match PROGRAM.start::<Cli>() {
        Ok(started) => started,
        Err(code) => return code,
    };
    console.ui.finish(dispatch(&cli, &console))
}

/// Runs a command.
pub(crate) fn dispatch(cli: &Cli, console: &Console) -> Result<(), Halt> {
    match &cli.command {
        Command::Query(args) => query::run(args, console),
        Command::Cooperate(args) => cooperate::run(args, console),
        Command::Service(args) => service::run(args, console),
        Command::Route(args) => route::run(args, console),
        Command::Models(args) => models::run(args, console),
        Command::Status(args) => status::run(args, console),
        Command::Test(args) => test::run(args, console),
        Command::Usage(args) => usage::run(args, console),
        Command::Doctor(args) => doctor::run(args, console),
        Command::Help(args) => help::run(args, console),
        Command::Completions(args) => completions::run(args, console),
        Command::Earlier(command) => compat::run(command, console),
    }
}

/// Ends a command that was called without what it needs: its short help, on standard error.
pub(crate) fn short_help(command: &str, console: &Console) -> Result<(), Halt> {
    let page = PROGRAM.short_help::<Cli>(&[command.to_owned()], &console.ui);
    console.ui.note(page.unwrap_or_default());
    Err(Halt::Exit(exit::USAGE))
}

#[cfg(test)]
mod tests;
