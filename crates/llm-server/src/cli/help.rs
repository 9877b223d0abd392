//! `llm-server help`: a command, an error code, or the exit codes.

use llm_console::catalogue::{Message, tr};
use llm_console::exit;
use llm_console::output::nearest;
use llm_console::report::{Halt, Report};
use llm_console::ui::Ui;
use llm_core::types::code::{CODES, Code};

use super::{Cli, PROGRAM};

/// The topic that is no command and no code.
const EXIT_CODES: &str = "exit-codes";

/// Prints what is known of a topic.
pub(super) fn run(topic: &[String], ui: &Ui) -> Result<(), Halt> {
    if let [word] = topic {
        if word == EXIT_CODES {
            return ui.print_table(&exit::table(ui.lang));
        }
        if let Some(code) = Code::find(&word.to_uppercase()).or_else(|| Code::find(word)) {
            return ui.print(&explained(code, ui));
        }
    }
    match PROGRAM.help::<Cli>(topic, ui) {
        Some(page) => ui.print(&page),
        None => Err(unknown(&topic.join(" ")).into()),
    }
}

fn explained(code: Code, ui: &Ui) -> String {
    let row = code.row();
    let title = tr(ui.lang, &format!("error.{}", row.name), &[]);
    let hint = tr(ui.lang, &format!("hint.{}", row.name), &[]);
    let facts = Message::new("server.code_facts")
        .with("status", row.status)
        .with("exit", row.exit);
    format!(
        "{} {}: {title}\n{hint}\n{}\n",
        code.doc(),
        row.name,
        ui.say(&facts)
    )
}

fn unknown(topic: &str) -> Report {
    let report = Report::usage(Message::new("server.no_topic").with("topic", topic));
    let names = CODES.iter().map(|row| row.name).chain([EXIT_CODES]);
    match nearest(topic, names) {
        Some(near) => report.hint(format!("llm-server help {near}")),
        None => report.hint("llm-server --help"),
    }
}
