//! The `llm-server` program: its command line and what each command does.
//!
//! Texts for people are in `llm-console`'s catalogue, under `server` and `cli.llm-server`.

mod check;
mod edge;
mod healthcheck;
mod help;
mod install;
mod keys;
mod listen;
mod listing;
mod mock;
mod run;
mod size;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use llm_console::completions;
use llm_console::program::{Console, Program};
use llm_console::report::Halt;

use listen::ListenArgs;

/// The program, for the command-line reference and tests.
pub const PROGRAM: Program = Program::new("llm-server", env!("CARGO_PKG_VERSION"))
    .details("configuration schema 1, events 1")
    .without(&[
        "server",
        "server-key-file",
        "local",
        "timeout",
        "offline",
        "raw",
        "progress",
    ]);

/// Serve many language models behind one gateway: routing, cooperation, an OpenAI-compatible API.
///
/// Without a command it runs in the foreground until it is asked to stop. SIGTERM and Ctrl-C let
/// running requests finish, a second one ends at once, SIGHUP reads the configuration again.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    listen: ListenArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load everything, say what could be called, and end
    Check(check::CheckArgs),
    /// Ask the running server whether it lives; for container health checks
    Healthcheck(healthcheck::HealthArgs),
    /// List every HTTP endpoint and who may use it
    Routes,
    /// Print the OpenAPI document
    Openapi,
    /// List every metric
    MetricsList,
    /// Make, list and revoke gateway keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Serve simulated models that fail as their names say, for tests of other programs
    Mock(mock::MockArgs),
    /// Write a sample file to standard output
    #[command(subcommand)]
    Install(install::Sample),
    /// Print a script that completes the command line in a shell
    Completions {
        /// The shell
        shell: completions::Shell,
    },
    /// Explain a command, an error code such as LC4010, or exit-codes
    Help {
        /// A command, an error code, or exit-codes
        topic: Vec<String>,
    },
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
    let ui = &console.ui;
    match &cli.command {
        None => run::run(&cli.listen, console),
        Some(Command::Check(args)) => check::run(args, &cli.listen, console),
        Some(Command::Healthcheck(args)) => healthcheck::run(args, &cli.listen, console),
        Some(Command::Routes) => listing::routes(ui),
        Some(Command::Openapi) => listing::openapi(ui),
        Some(Command::MetricsList) => listing::metrics(ui),
        Some(Command::Keys(command)) => keys::run(command, &cli.listen, console),
        Some(Command::Mock(args)) => mock::run(args, console),
        Some(Command::Install(sample)) => install::run(*sample, ui),
        Some(Command::Completions { shell }) => {
            let command = PROGRAM.command::<Cli>(ui.lang);
            ui.print(&completions::script(command, *shell))
        }
        Some(Command::Help { topic }) => help::run(topic, ui),
    }
}

#[cfg(test)]
mod tests;
