//! `llm-config help`: a command, an error code, or a topic all programs share.

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::output::nearest;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::topics::{self, Topic};
use llm_core::types::code::{CODES, Code};

use crate::cli::{Cli, PROGRAM};

/// What is to be explained.
#[derive(Debug, Args)]
pub(crate) struct HelpArgs {
    /// A command, an error code, exit-codes or environment
    topic: Vec<String>,
}

/// Prints what is known of it.
pub(crate) fn run(args: &HelpArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    if let [word] = args.topic.as_slice() {
        match topics::find(word, ui.lang) {
            Some(Topic::Table(table)) => return ui.print_table(&table),
            Some(Topic::Code(code)) => {
                let meaning = Code::find(code.name).map_or("", |code| code.row().meaning);
                let columns = ui.terminal.stdout.width;
                return ui.print(&topics::code_page(code, meaning, ui.lang, columns));
            }
            None => {}
        }
    }
    match PROGRAM.help::<Cli>(&args.topic, ui) {
        Some(page) => ui.print(&page),
        None => Err(unknown(&args.topic.join(" "), console).into()),
    }
}

fn unknown(topic: &str, console: &Console) -> Report {
    let report = Report::usage(Message::new("config.no_topic").with("topic", topic));
    let command = PROGRAM.command::<Cli>(console.ui.lang);
    let commands = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(clap::Command::get_name);
    let codes = CODES.iter().map(|row| row.name);
    let names = commands.chain(codes).chain(topics::NAMES.iter().copied());
    match nearest(topic, names) {
        Some(near) => report.hint(format!("llm-config help {near}")),
        None => report.hint("llm-config --help"),
    }
}
