//! `llm-config show`: what the configuration says, as TOML or JSON, or line by line with origins.
//! Keys are never shown, only their last characters.

use clap::{Args, ValueEnum};
use llm_console::output::{Format, Wanted};
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_console::table::{Cell, Column, Table};
use llm_core::config::key::KeyPath;
use llm_core::config::load::Loaded;
use llm_setup::configuration::finding;

use crate::session;

/// What to show, and how.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Only what is at this key, such as `models.qwen3_8b`
    key: Option<String>,
    /// List each value with the file and line, or the variable, it comes from
    #[arg(long)]
    origin: bool,
    /// Also what no layer sets: every default
    #[arg(long)]
    effective: bool,
    /// Hide keys; they are always hidden
    #[arg(long, hide = true)]
    redacted: bool,
    /// Print in this format
    #[arg(long, value_name = "FORMAT")]
    format: Option<ShowFormat>,
}

/// The formats: a document, or with --origin a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Toml,
    #[value(hide = true)]
    Text,
    Json,
    Jsonl,
    Table,
    Tsv,
    Csv,
    Md,
}

impl ShowFormat {
    fn of_lists(self) -> Option<Format> {
        match self {
            Self::Toml | Self::Text => None,
            Self::Json => Some(Format::Json),
            Self::Jsonl => Some(Format::Jsonl),
            Self::Table => Some(Format::Table),
            Self::Tsv => Some(Format::Tsv),
            Self::Csv => Some(Format::Csv),
            Self::Md => Some(Format::Md),
        }
    }
}

impl ShowArgs {
    /// Whether failures are told in JSON too.
    pub(super) fn is_json(&self) -> bool {
        self.format == Some(ShowFormat::Json)
    }

    /// Everything, as the earlier programs' `show` did.
    pub(super) fn is_list(&self) -> bool {
        let is_list_format = !matches!(
            self.format,
            None | Some(ShowFormat::Toml | ShowFormat::Text | ShowFormat::Json | ShowFormat::Jsonl)
        );
        self.origin || is_list_format
    }
}

/// Shows it.
pub(crate) fn run(args: &ShowArgs, console: &Console) -> Result<(), Halt> {
    let loaded = session::load(console)?;
    let key = match &args.key {
        None => KeyPath::root(),
        Some(key) => loaded
            .find_key(key)
            .map_err(|error| Halt::Failed(finding(&error)))?,
    };
    let mut ui = console.ui.clone();
    if let Some(format) = args.format.and_then(ShowFormat::of_lists) {
        ui.wanted = Some(Wanted {
            format,
            is_flag: true,
        });
    }
    if args.is_list() {
        return ui.print_table(&origins(&loaded, &key, args.effective));
    }
    let value = loaded
        .shown(&key, args.effective)
        // A key that no layer sets still has its default.
        .or_else(|| loaded.value(&key));
    let offered = [Format::Text, Format::Json, Format::Jsonl];
    if ui.format(Format::Text, &offered)? != Format::Text {
        return ui.print_json(&value);
    }
    match value {
        None => Ok(()),
        Some(value) => ui.print(&document(&key, value)),
    }
}

/// A value as a piece of a configuration file, below its own heading.
fn document(key: &KeyPath, value: toml::Value) -> String {
    let value = key.names().iter().rev().fold(value, |value, name| {
        toml::Value::Table(toml::Table::from_iter([((*name).to_owned(), value)]))
    });
    match toml::to_string(&value) {
        Ok(text) => text,
        Err(_) => format!("{value}\n"),
    }
}

fn origins(loaded: &Loaded, key: &KeyPath, effective: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("key"),
        Column::text("value"),
        Column::text("origin"),
    ]);
    let mut values = if effective {
        loaded.effective_values(key)
    } else {
        loaded.set_values(key)
    };
    if values.is_empty() {
        values = loaded.effective_values(key);
    }
    for shown in values {
        let value = match shown.value {
            toml::Value::String(text) => text,
            value => value.to_string(),
        };
        table.push(vec![
            Cell::from(shown.key.to_string()),
            Cell::from(value),
            Cell::from(shown.origin.to_string()),
        ]);
    }
    table
}
