//! `get`, `set`, `unset`: one value at a time.

use std::path::Path;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::key::KeyPath;
use llm_core::config::schema::{self, Kind};
use llm_core::config::values;
use llm_setup::configuration::finding;

use crate::outcome;
use crate::session::{self, EditArgs, Session};

/// Which value to print.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// Its key, such as server.port or `models."gpt-4.1".context`
    key: String,
}

/// Which value to set.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Its key, such as server.port
    key: String,
    /// The value; text needs no quotes, a list may have commas
    #[arg(allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    edit: EditArgs,
}

/// Which value to take out.
#[derive(Debug, Args)]
pub(crate) struct UnsetArgs {
    /// Its key
    key: String,
    #[command(flatten)]
    edit: EditArgs,
}

/// Prints a value: plain text for a script, TOML for a table.
pub(crate) fn get(args: &GetArgs, console: &Console) -> Result<(), Halt> {
    let loaded = session::load(console)?;
    let key = loaded
        .find_key(&args.key)
        .map_err(|error| Halt::Failed(finding(&error)))?;
    let Some(value) = loaded.value(&key) else {
        let message = Message::new("config.not_set").with("key", &key);
        return Err(Report::new("config_invalid", message)
            .with("key", &key)
            .hint(format!("llm-config set {key} VALUE"))
            .into());
    };
    let offered = [Format::Text, Format::Json, Format::Jsonl];
    if console.ui.format(Format::Text, &offered)? != Format::Text {
        return console.ui.print_json(&value);
    }
    let text = match value {
        toml::Value::String(text) => text,
        toml::Value::Table(table) => toml::to_string(&table).unwrap_or_default(),
        value => value.to_string(),
    };
    console.ui.print(&format!("{}\n", text.trim_end()))
}

/// Sets a value.
pub(crate) fn set(args: &SetArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::mending(console, args.edit)?;
    let key = known_key(&session, &args.key)?;
    let value = values::parse(&key, &args.value).map_err(|error| Halt::Failed(finding(&error)))?;
    let is_key = schema::at(&key).is_some_and(|known| known.kind() == Kind::Secret);
    if is_key && value.is_str() {
        console.ui.warn(Message::new("config.key_visible"));
    } else {
        session.refuse_wrong(&[(key.clone(), value.clone())])?;
    }
    let edit = session.change(|editor| editor.set(&key, &value))?;
    warn_if_hidden(&session, &key)?;
    outcome::tell(&session, &edit, &[])
}

/// Takes a value out.
pub(crate) fn unset(args: &UnsetArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::mending(console, args.edit)?;
    // What is not known may be unset too: it may be a slip somebody wants to be rid of.
    let key = match session.loaded.find_key(&args.key) {
        Ok(key) => key,
        Err(error) => {
            let typed = KeyPath::parse(&args.key).map_err(|error| finding(&error))?;
            let text = session.editor()?.text().map_err(|error| finding(&error))?;
            if !is_in(&text, &typed) {
                return Err(finding(&error).into());
            }
            typed
        }
    };
    let edit = session.change(|editor| editor.unset(&key))?;
    outcome::tell(&session, &edit, &[])
}

fn known_key(session: &Session<'_>, text: &str) -> Result<KeyPath, Report> {
    session
        .loaded
        .find_key(text)
        .map_err(|error| finding(&error))
}

fn is_in(text: &str, key: &KeyPath) -> bool {
    let table: toml::Table = text.parse().unwrap_or_default();
    let mut value = toml::Value::Table(table);
    for name in key.names() {
        match value.get(name) {
            Some(inner) => value = inner.clone(),
            None => return false,
        }
    }
    true
}

/// Whether two paths name one file, however they are written.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Something above the file may say otherwise.
fn warn_if_hidden(session: &Session<'_>, key: &KeyPath) -> Result<(), Report> {
    if session.dry_run {
        return Ok(());
    }
    let target = session
        .loaded
        .paths
        .target(&session.scope)
        .map_err(|error| finding(&error))?;
    let Ok(after) = session.after() else {
        return Ok(());
    };
    if let Some(origin) = after.origin(key) {
        let is_ours = origin
            .file
            .as_deref()
            .is_some_and(|file| is_same(file, &target.config) || is_same(file, &target.secrets));
        if !is_ours {
            let message = Message::new("config.hidden")
                .with("key", key)
                .with("place", origin);
            session.console.ui.warn(message);
        }
    }
    Ok(())
}
