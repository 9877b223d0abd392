//! `llm-server keys`: makes, lists and revokes gateway keys.
//!
//! The key is shown once, on standard output and nowhere else; the configuration keeps a digest.

use clap::{Subcommand, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::config::edit::Editor;
use llm_core::config::error::ConfigErrors;
use llm_core::config::key::KeyPath;
use llm_core::config::load::Loaded;
use llm_core::config::paths::Scope;
use llm_core::gateway::auth::digest;
use llm_core::types::secret::Secret;

use super::listen::ListenArgs;
use llm_setup::configuration::{Source, report};

/// What a key begins with, so that it is recognised where it should not be.
const PREFIX: &str = "llmc_";

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and show it once
    Create {
        /// What to call it
        #[arg(long)]
        name: String,
        /// What it may do; may be repeated
        #[arg(long, value_delimiter = ',', default_value = "inference")]
        scopes: Vec<Scoped>,
        /// Models and routes it may use, with commas; all by default
        #[arg(long, value_delimiter = ',', value_name = "MODELS")]
        models: Vec<String>,
        /// When it stops working, such as 2030-01-01T00:00:00Z
        #[arg(long, value_name = "WHEN")]
        expires: Option<jiff::Timestamp>,
    },
    /// List the keys there are; the keys themselves are kept nowhere
    List,
    /// Take a key away
    Revoke {
        /// Which
        #[arg(long)]
        name: String,
    },
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scoped {
    /// Ask models, and look at models and usage
    Inference,
    /// Change the running server
    Admin,
}

impl Scoped {
    fn as_str(self) -> &'static str {
        match self {
            Self::Inference => "inference",
            Self::Admin => "admin",
        }
    }
}

/// Runs one of the commands.
pub(super) fn run(
    command: &KeysCommand,
    listen: &ListenArgs,
    console: &Console,
) -> Result<(), Halt> {
    let loaded = Source::of(&console.settings, listen.overrides())?.load_for(console)?;
    match command {
        KeysCommand::List => list(&loaded, console),
        KeysCommand::Revoke { name } => revoke(name, &loaded, console),
        KeysCommand::Create { name, .. } => {
            if name.trim().is_empty() {
                return Err(Report::usage(Message::new("server.key_unnamed")).into());
            }
            if loaded.config.keys.contains_key(name) {
                let message = Message::new("server.key_exists").with("name", name);
                let hint = format!("llm-server keys revoke --name {name}");
                return Err(Report::new("config_conflict", message).hint(hint).into());
            }
            create(command, &loaded, console)
        }
    }
}

fn create(command: &KeysCommand, loaded: &Loaded, console: &Console) -> Result<(), Halt> {
    let KeysCommand::Create {
        name,
        scopes,
        models,
        expires,
    } = command
    else {
        return Ok(());
    };
    let key = new_key();
    let texts = |list: &mut dyn Iterator<Item = &str>| {
        toml::Value::Array(list.map(toml::Value::from).collect())
    };
    let at = |field: &str| KeyPath::of(["keys", name, field]);
    let mut changes = vec![
        (at("digest"), Some(digest(&key).to_hex().as_str().into())),
        (
            at("scopes"),
            Some(texts(&mut scopes.iter().map(|scope| scope.as_str()))),
        ),
    ];
    if !models.is_empty() {
        let value = texts(&mut models.iter().map(String::as_str));
        changes.push((at("models"), Some(value)));
    }
    if let Some(expires) = expires {
        changes.push((at("expires"), Some(expires.to_string().into())));
    }
    let editor = editor(loaded, console)?;
    let edit = editor.change(&changes).map_err(|errors| report(&errors))?;
    for path in &edit.written {
        let message = Message::new("server.key_written")
            .with("name", name)
            .with("path", path.display());
        console.ui.note(message);
    }
    console.ui.note(Message::new("server.key_once"));
    console.ui.print(&format!("{}\n", key.expose()))
}

/// 256 random bits in hexadecimal.
fn new_key() -> Secret {
    let bits: [u8; 32] = rand::random();
    let mut key = String::with_capacity(PREFIX.len() + 2 * bits.len());
    key.push_str(PREFIX);
    for byte in bits {
        for half in [byte >> 4, byte & 15] {
            key.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    Secret::new(key)
}

fn list(loaded: &Loaded, console: &Console) -> Result<(), Halt> {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("scopes"),
        Column::text("models"),
        Column::text("expires"),
        Column::text("state"),
        Column::text("origin").detail(),
    ]);
    for (name, key) in &loaded.config.keys {
        let (state, mood) = if key.disabled {
            ("disabled", Mood::Warning)
        } else {
            ("enabled", Mood::Good)
        };
        let origin = loaded.origin(&KeyPath::of(["keys", name]));
        table.push(vec![
            Cell::from(name.clone()),
            Cell::List(key.scopes.clone()),
            Cell::List(key.models.clone()),
            key.expires.clone().map_or(Cell::Empty, Cell::from),
            Cell::state(state, mood),
            origin.map_or(Cell::Empty, |origin| Cell::from(origin.to_string())),
        ]);
    }
    console.ui.print_table(&table)
}

fn revoke(name: &str, loaded: &Loaded, console: &Console) -> Result<(), Halt> {
    if !loaded.config.keys.contains_key(name) {
        let errors: ConfigErrors = loaded.no_entry("keys", name).into();
        return Err(report(&errors).into());
    }
    let edit = editor(loaded, console)?
        .unset(&KeyPath::of(["keys", name]))
        .map_err(|errors| report(&errors))?;
    if edit.is_unchanged() {
        let origin = loaded.origin(&KeyPath::of(["keys", name]));
        let place = origin.map(ToString::to_string).unwrap_or_default();
        let message = Message::new("server.key_elsewhere")
            .with("name", name)
            .with("place", place);
        return Err(Report::new("config_conflict", message).into());
    }
    console
        .ui
        .note(Message::new("server.key_revoked").with("name", name));
    if loaded.config.keys.len() == 1 {
        console.ui.warn(Message::new("server.key_was_last"));
    }
    Ok(())
}

/// Keys go to the file the configuration was read from: the named one, else the user's.
fn editor<'a>(loaded: &'a Loaded, console: &Console) -> Result<Editor<'a>, Report> {
    let scope = match &console.settings.config {
        Some(path) => Scope::File(loaded.paths.current_dir.join(path)),
        None => Scope::User,
    };
    Editor::new(loaded, &scope).map_err(|error| report(&error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_256_bits_and_no_two_are_alike() {
        let (one, other) = (new_key(), new_key());
        let digits = one.expose().strip_prefix(PREFIX).unwrap();
        assert_eq!(digits.len(), 64);
        assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }
}
