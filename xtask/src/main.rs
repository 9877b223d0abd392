//! The project's own commands: what continuous integration runs, and what fetches, checks and generates.
//!
//! One file a command. Nothing here is part of the product.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "commands for people at a terminal"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "reads the environment and the files of the clone, and measures real time"
)]

mod bench;
mod ci;
mod codegen;
mod demo;
mod features;
mod models;
mod scenarios;
mod sdk;
mod soak;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything around the code: checks, generated files, test fixtures.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything a change must pass, in order; stop at the first failure.
    Ci,
    /// Check the rules of the house: headers, sizes, layers, registries, links, words.
    Tidy,
    /// Write the generated files.
    Codegen {
        /// Write nothing; fail where a file differs from what would be generated.
        #[arg(long)]
        check: bool,
    },
    /// Fetch the real model that tests use, or serve it.
    Models(models::Args),
    /// Measure the release build beside a bare reverse proxy.
    Bench(bench::Args),
    /// Run mixed load on the release build for some minutes and see what grows.
    Soak(soak::Args),
    /// Play sixteen ways a provider fails, and score what the gateway makes of them.
    Scenarios,
    /// Install the official client libraries that tests use.
    Sdk,
    /// Show a session with simulated models: routing, voting, a server.
    Demo,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Ci => ci::run(),
        Command::Tidy => tidy::run(),
        Command::Codegen { check } => codegen::run(check),
        Command::Models(args) => models::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Soak(args) => soak::run(&args),
        Command::Scenarios => scenarios::run(),
        Command::Sdk => sdk::run(),
        Command::Demo => demo::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
