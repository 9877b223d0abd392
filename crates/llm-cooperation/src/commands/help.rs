//! `help TOPIC`: a command, an error code, or one of the topics all programs share.

use clap::Args;
use llm_console::catalogue::{Message, tr};
use llm_console::lang::Lang;
use llm_console::output::nearest;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_console::topics::{self, Topic};
use llm_console::ui::Ui;
use llm_core::types::code::{CODES, Code};

use crate::cli::{Cli, PROGRAM};

/// The list of all error codes.
const CODE_LIST: &str = "error-codes";

/// About what.
#[derive(Debug, Args)]
pub(crate) struct HelpArgs {
    /// A command, an error code such as LC4010, error-codes, exit-codes or environment
    topic: Vec<String>,
}

/// Prints what is known of a topic.
pub(crate) fn run(args: &HelpArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    if let [word] = args.topic.as_slice() {
        if word == CODE_LIST {
            return ui.print_table(&codes(ui.lang));
        }
        // Codes are written in either case.
        let found =
            topics::find(word, ui.lang).or_else(|| topics::find(&word.to_lowercase(), ui.lang));
        match found {
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
        None => Err(unknown(&args.topic.join(" "), ui).into()),
    }
}

/// Every error code with what it means.
fn codes(lang: Lang) -> Table {
    let mut table = Table::new(vec![
        Column::text("code"),
        Column::text("name"),
        Column::number("exit_code"),
        Column::prose("meaning"),
    ]);
    for row in CODES {
        // The last form of a title has no slots; without facts it is the one that is found.
        table.push(vec![
            Cell::from(row.code.doc()),
            Cell::from(row.name),
            Cell::from(u64::from(row.exit)),
            Cell::from(tr(lang, &format!("error.{}", row.name), &[])),
        ]);
    }
    table
}

fn unknown(topic: &str, ui: &Ui) -> Report {
    let command = PROGRAM.command::<Cli>(ui.lang);
    let commands = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(clap::Command::get_name);
    let codes = CODES.iter().map(|row| row.name);
    let names = topics::NAMES.iter().copied().chain([CODE_LIST]);
    let report = Report::usage(Message::new("cooperation.help.unknown").with("topic", topic));
    match nearest(topic, names.chain(codes).chain(commands)) {
        Some(near) => report.hint(format!("llm-cooperation help {near}")),
        None => report.hint("llm-cooperation --help"),
    }
}
