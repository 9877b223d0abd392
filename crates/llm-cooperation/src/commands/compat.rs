//! Spellings of the earlier program, hidden from help. Each says on standard error how the same is
//! said today; what another program does now is not done here but named.

use clap::{Args, Parser as _, Subcommand};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::text::shell_quote;

use super::status;
use crate::cli::Cli;

/// What the earlier program could be called with.
#[derive(Debug, Subcommand)]
pub(crate) enum EarlierCommand {
    /// Say what this is
    #[command(hide = true)]
    Info,
    /// Today `status`
    #[command(hide = true)]
    Health(status::StatusArgs),
    /// Today `query`
    #[command(hide = true)]
    Infer(InferArgs),
    /// Today `llm-server`
    #[command(hide = true, visible_alias = "serve")]
    Server(Rest),
    /// Today `llm-config`
    #[command(hide = true)]
    Config(Rest),
    /// Today `llm-config global`
    #[command(hide = true)]
    Configure(Rest),
}

/// A question, as it was asked once.
#[derive(Debug, Args)]
pub(crate) struct InferArgs {
    /// The question
    #[arg(long)]
    prompt: String,
    /// The model
    #[arg(short, long)]
    model: Option<String>,
}

/// Arguments of a command that another program has now.
#[derive(Debug, Args)]
pub(crate) struct Rest {
    /// What followed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Does it, or names the program that does.
pub(crate) fn run(command: &EarlierCommand, console: &Console) -> Result<(), Halt> {
    match command {
        EarlierCommand::Info => info(console),
        EarlierCommand::Health(args) => {
            renamed("llm-cooperation status", console);
            status::run(args, console)
        }
        EarlierCommand::Infer(args) => infer(args, console),
        EarlierCommand::Server(rest) => Err(moved(&rest.after("llm-server"))),
        EarlierCommand::Config(rest) => Err(moved(&configuration(rest))),
        // The key is not repeated on the screen.
        EarlierCommand::Configure(_) => {
            Err(moved("llm-config global --base-url URL --api-key KEY"))
        }
    }
}

fn info(console: &Console) -> Result<(), Halt> {
    renamed("llm-cooperation --version", console);
    let about = Message::new("cooperation.compat.about").with("version", env!("CARGO_PKG_VERSION"));
    console.ui.print(&(console.ui.say(&about) + "\n"))
}

fn infer(args: &InferArgs, console: &Console) -> Result<(), Halt> {
    let mut words = vec!["llm-cooperation", "query", "--query", &args.prompt];
    if let Some(model) = &args.model {
        words.extend(["--model", model]);
    }
    let quoted: Vec<String> = words.iter().map(|word| shell_quote(word)).collect();
    renamed(&quoted.join(" "), console);
    let today = Cli::try_parse_from(words)
        .map_err(|error| Report::new("internal_error", error.to_string()))?;
    super::run(&today.command, console)
}

/// The command of `llm-config` that does what `config WORD` did.
fn configuration(rest: &Rest) -> String {
    match rest.words.first().map(String::as_str) {
        None => "llm-config --help".to_owned(),
        Some("list-models") => "llm-config list".to_owned(),
        Some(_) => rest.after("llm-config"),
    }
}

impl Rest {
    /// The words after the name of the program that takes them.
    fn after(&self, program: &str) -> String {
        let words = self.words.iter().map(|word| shell_quote(word));
        let words: Vec<String> = std::iter::once(program.to_owned()).chain(words).collect();
        words.join(" ")
    }
}

/// Says how a command is called today.
fn renamed(command: &str, console: &Console) {
    console
        .ui
        .note(Message::new("cooperation.compat.renamed").with("command", command));
}

/// A command that another program has now.
fn moved(command: &str) -> Halt {
    let message = Message::new("cooperation.compat.moved").with("command", command);
    Report::usage(message).hint(command).into()
}
