//! The commands: which there are, and what runs them. One file and one row each.

mod chat;
mod compat;
mod completions;
mod cooperate;
mod doctor;
mod draw;
mod embed;
mod help;
mod models;
mod query;
mod route;
mod service;
mod speak;
mod status;
mod test;
mod transcribe;
mod usage;

use clap::Subcommand;
use llm_console::program::Console;
use llm_console::report::Halt;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask once
    Query(Box<query::QueryArgs>),
    /// Let several models work on one question
    Cooperate(Box<cooperate::CooperateArgs>),
    /// Talk with models at the terminal
    Chat(Box<chat::ChatArgs>),
    /// Run a ready service: document analysis, data insight, decision support
    Service(Box<service::ServiceArgs>),
    /// Draw a picture
    Draw(draw::DrawArgs),
    /// Speak a text
    Speak(speak::SpeakArgs),
    /// Write down what is said in a recording
    Transcribe(transcribe::TranscribeArgs),
    /// Turn a text into a vector
    Embed(embed::EmbedArgs),
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

/// Runs a command.
pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Halt> {
    match command {
        Command::Query(args) => query::run(args, console),
        Command::Cooperate(args) => cooperate::run(args, console),
        Command::Chat(args) => chat::run(args, console),
        Command::Service(args) => service::run(args, console),
        Command::Draw(args) => draw::run(args, console),
        Command::Speak(args) => speak::run(args, console),
        Command::Transcribe(args) => transcribe::run(args, console),
        Command::Embed(args) => embed::run(args, console),
        Command::Route(args) => route::run(args, console),
        Command::Models(args) => models::run(args, console),
        Command::Status(args) => status::run(args, console),
        Command::Test(args) => test::run(args, console),
        Command::Usage(args) => usage::run(args, console),
        Command::Doctor(args) => doctor::run(args, console),
        Command::Help(args) => help::run(args, console),
        Command::Completions(args) => completions::run(args, console),
        Command::Earlier(earlier) => compat::run(earlier, console),
    }
}
