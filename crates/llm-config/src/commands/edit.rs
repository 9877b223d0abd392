//! `llm-config edit`: the file in the user's editor. What is wrong is not saved, and neither is
//! anything over a change that somebody else made meanwhile.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_setup::configuration::{finding, report};
use tempfile::{NamedTempFile, TempPath};

use crate::outcome;
use crate::session::{EditArgs, Session};

/// Which file to open.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct EditorArgs {
    #[command(flatten)]
    edit: EditArgs,
}

/// Where nothing names an editor.
const USUAL_EDITOR: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Opens a copy, checks it and puts it in place.
pub(crate) fn run(args: EditorArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::mending(console, args.edit)?;
    let editor = session.editor()?;
    let before = editor.text().map_err(|error| finding(&error))?;
    let mut copy = tempfile::Builder::new()
        .prefix("llm-config-")
        .suffix(".toml")
        .tempfile()
        .map_err(|error| failed(&error))?;
    copy.write_all(before.as_bytes())
        .map_err(|error| failed(&error))?;
    // Editors replace files; only the path is kept.
    let copy = NamedTempFile::into_temp_path(copy);
    loop {
        open(&copy, console)?;
        let after = read(&copy).map_err(|error| failed(&error))?;
        let errors = match editor.replace_text(&before, &after) {
            Ok(edit) => return outcome::tell(&session, &edit, &[]),
            Err(errors) => errors,
        };
        let report = report(&errors);
        if console.ui.asking.is_allowed {
            console.ui.report(&report);
            if console.ui.confirm(Message::new("config.ask_edit_again"))? {
                continue;
            }
        }
        return Err(kept(report, copy).into());
    }
}

/// What was typed is not lost with the refusal.
fn kept(report: Report, copy: TempPath) -> Report {
    match copy.keep() {
        Ok(path) => {
            let message = Message::new("config.edit_kept").with("path", path.display());
            report.cause(message)
        }
        Err(_) => report,
    }
}

fn open(path: &Path, console: &Console) -> Result<(), Report> {
    let variables = ["LLMCOOP_EDITOR", "VISUAL", "EDITOR"];
    let found = variables.iter().find_map(|name| console.env.get(name));
    let editor = found.unwrap_or(USUAL_EDITOR);
    let cannot = |reason: String| {
        let message = Message::new("config.editor_failed")
            .with("editor", editor)
            .with("reason", reason);
        Report::new("input_unreadable", message).hint("EDITOR=nano llm-config edit")
    };
    let mut command = if cfg!(unix) {
        // The variable may hold arguments, as git and crontab allow.
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{editor} \"$@\""), editor]);
        shell
    } else {
        Command::new(editor)
    };
    match command.arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(cannot(status.to_string())),
        Err(error) => Err(cannot(error.to_string())),
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

fn failed(error: &std::io::Error) -> Report {
    let message = Message::new("common.input.unreadable")
        .with("path", "llm-config-….toml")
        .with("reason", error);
    Report::new("input_unreadable", message)
}
