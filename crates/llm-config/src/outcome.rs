//! Telling what a change did: what is different now, which files were written, what to do next.

use llm_console::catalogue::Message;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_core::config::edit::{Action, Change, Edit};
use llm_core::config::paths::Scope;
use llm_core::config::trust;
use serde_json::{Value, json};

use crate::notes;
use crate::session::Session;

/// Joins edits that one command made.
pub(crate) fn joined(edits: impl IntoIterator<Item = Edit>) -> Edit {
    let mut all = Edit::default();
    for edit in edits {
        all.changes.extend(edit.changes);
        for path in edit.written {
            if !all.written.contains(&path) {
                all.written.push(path);
            }
        }
    }
    all
}

/// Tells a change. `next` are commands worth running now.
pub(crate) fn tell(session: &Session<'_>, edit: &Edit, next: &[String]) -> Result<(), Halt> {
    let ui = &session.console.ui;
    let offered = [Format::Text, Format::Json, Format::Jsonl];
    if ui.format(Format::Text, &offered)? == Format::Text {
        let mut lines = String::new();
        for change in edit
            .changes
            .iter()
            .filter(|change| is_worth_telling(change))
        {
            lines.push_str(&line(session, change));
            lines.push('\n');
        }
        if edit.is_unchanged() {
            lines.push_str(&ui.say(&Message::new("config.unchanged")));
            lines.push('\n');
        }
        ui.print(&lines)?;
    } else {
        let changes = edit.changes.iter().map(|change| {
            json!({ "action": change.action.as_str(), "key": change.key, "note": change.note })
        });
        let written = edit.written.iter().map(|path| path.display().to_string());
        ui.print_json(&json!({
            "changes": changes.collect::<Vec<_>>(),
            "written": written.collect::<Vec<_>>(),
            "dry_run": session.dry_run,
            "next": next,
        }))?;
    }
    if session.dry_run {
        ui.note(Message::new("config.dry_run"));
        return Ok(());
    }
    for path in &edit.written {
        ui.note(Message::new("config.wrote").with("path", path.display()));
    }
    warn_of_trust(session);
    for command in next {
        ui.note(Message::new("config.next").with("command", command));
    }
    Ok(())
}

/// What was left as it is goes without saying, unless there is a reason.
fn is_worth_telling(change: &Change) -> bool {
    change.action != Action::Kept || change.note.as_deref().is_some_and(|note| !is_hint(note))
}

/// Whether a note is the end of a key.
fn is_hint(note: &str) -> bool {
    note.starts_with('…')
}

fn line(session: &Session<'_>, change: &Change) -> String {
    let key = match (change.action, session.dry_run) {
        (Action::Added, false) => "config.added",
        (Action::Changed, false) => "config.changed",
        (Action::Removed, false) => "config.removed",
        (Action::Added, true) => "config.would_add",
        (Action::Changed, true) => "config.would_change",
        (Action::Removed, true) => "config.would_remove",
        (Action::Kept, _) => "config.kept",
    };
    let ui = &session.console.ui;
    let line = ui.say(&Message::new(key).with("key", &change.key));
    match &change.note {
        None => line,
        Some(note) => ui.say(
            &Message::new("config.with_note")
                .with("line", line)
                .with_say("note", notes::said(note)),
        ),
    }
}

/// A project's file may say nothing about addresses and keys until its directory is trusted.
fn warn_of_trust(session: &Session<'_>) {
    if !matches!(session.scope, Scope::Project | Scope::ProjectLocal) {
        return;
    }
    let Ok(target) = session.loaded.paths.target(&session.scope) else {
        return;
    };
    if let Some(directory) = target.config.parent()
        && trust::is_trusted(&session.loaded.paths, directory).is_ok_and(|trusted| !trusted)
    {
        let message = Message::new("config.untrusted").with("directory", directory.display());
        session.console.ui.warn(message);
    }
}

/// Says a result: in a sentence to people, as an object to programs.
pub(crate) fn say(console: &Console, sentence: &Message, object: &Value) -> Result<(), Halt> {
    let ui = &console.ui;
    let offered = [Format::Text, Format::Json, Format::Jsonl];
    if ui.format(Format::Text, &offered)? == Format::Text {
        ui.print(&format!("{}\n", ui.say(sentence)))
    } else {
        ui.print_json(object)
    }
}
