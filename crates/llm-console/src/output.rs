//! Which format a result is printed in, and printing it.
//!
//! Lists are [`Table`]s: aligned and localised on a terminal, TSV in a pipe, and whatever
//! `--format` says. Single results are JSON values, or text the command writes itself.

use serde::Serialize;
use serde_json::Value;

use crate::catalogue::Message;
use crate::report::{Halt, Report};
use crate::sanitise;
use crate::table::{Look, Table};
use crate::ui::Ui;

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain text for people.
    Text,
    /// Markdown.
    Md,
    /// An aligned table for people.
    Table,
    /// Tab-separated values.
    Tsv,
    /// Comma-separated values, RFC 4180.
    Csv,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// The names `--format` takes.
    pub const NAMES: &'static [&'static str] =
        &["text", "md", "table", "tsv", "csv", "json", "jsonl"];

    /// What lists can be printed in.
    pub const LISTS: &'static [Self] = &[
        Self::Table,
        Self::Tsv,
        Self::Csv,
        Self::Json,
        Self::Jsonl,
        Self::Md,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Md => "md",
            Self::Table => "table",
            Self::Tsv => "tsv",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }

    /// Reads one of [`Format::NAMES`].
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "md" => Some(Self::Md),
            "table" => Some(Self::Table),
            "tsv" => Some(Self::Tsv),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// The format the reader asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub format: Format,
    /// By a flag: then a command that cannot print it fails. A wish from the environment is for
    /// all commands at once, so one that cannot fulfil it uses its own default.
    pub is_flag: bool,
}

/// Which columns or keys to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fields {
    /// All.
    #[default]
    All,
    /// These, in this order.
    Only(Vec<String>),
    /// None; print the names there are.
    Names,
}

impl Ui {
    /// The format to use: the one asked for when the command offers it, else the default.
    ///
    /// # Errors
    /// The flag asked for a format that is not offered.
    pub fn format(&self, default: Format, offered: &[Format]) -> Result<Format, Report> {
        match self.wanted {
            Some(wanted) if offered.contains(&wanted.format) => Ok(wanted.format),
            Some(wanted) if wanted.is_flag => {
                let names: Vec<_> = offered.iter().map(|format| format.as_str()).collect();
                Err(Report::usage(
                    Message::new("common.output.format")
                        .with("format", wanted.format.as_str())
                        .with("formats", names.join(", ")),
                ))
            }
            _ => Ok(default),
        }
    }

    /// The format of a list: a table on a terminal, TSV elsewhere, unless asked otherwise.
    ///
    /// # Errors
    /// The flag asked for a format no list has.
    pub fn list_format(&self) -> Result<Format, Report> {
        let default = if self.writes_to_terminal() {
            Format::Table
        } else {
            Format::Tsv
        };
        self.format(default, Format::LISTS)
    }

    /// Prints a list.
    ///
    /// # Errors
    /// A format or field that does not exist, or an output that cannot be written.
    pub fn print_table(&self, table: &Table) -> Result<(), Halt> {
        let format = self.list_format()?;
        let table = match &self.fields {
            Fields::All => table.clone(),
            Fields::Names => return self.print_names(table.fields()),
            Fields::Only(fields) => table
                .select(fields)
                .map_err(|unknown| unknown_field(&unknown, table.fields()))?,
        };
        self.print(&self.drawn(&table, format))
    }

    /// Prints one JSON value, with the keys `--fields` chose. Indented for `json`, on one line
    /// for `jsonl`.
    ///
    /// # Errors
    /// A key that does not exist, or an output that cannot be written.
    pub fn print_json(&self, value: &impl Serialize) -> Result<(), Halt> {
        let value = serde_json::to_value(value).map_err(|error| {
            Report::new(
                "internal_error",
                format!("cannot write the result as JSON: {error}"),
            )
        })?;
        let value = match (&self.fields, value) {
            (Fields::Only(fields), Value::Object(object)) => {
                if let Some(unknown) = fields.iter().find(|name| !object.contains_key(*name)) {
                    let names = object.keys().map(String::as_str);
                    return Err(unknown_field(unknown, names).into());
                }
                object
                    .into_iter()
                    .filter(|(name, _)| fields.contains(name))
                    .collect()
            }
            (Fields::Names, Value::Object(object)) => {
                return self.print_names(object.keys().map(String::as_str));
            }
            (_, value) => value,
        };
        let is_line = self
            .wanted
            .is_some_and(|wanted| wanted.format == Format::Jsonl);
        let text = if is_line {
            value.to_string()
        } else {
            format!("{value:#}")
        };
        self.print(&(text + "\n"))
    }

    /// Prints text of our own as it is, to standard output or to the file of `--output`.
    ///
    /// # Errors
    /// The output cannot be written, or nobody reads it any more.
    pub fn print(&self, text: &str) -> Result<(), Halt> {
        let mut sink = self.sink()?;
        sink.own(text)?;
        sink.finish()
    }

    fn print_names<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Halt> {
        let names: Vec<&str> = names.collect();
        self.print(&(names.join("\n") + "\n"))
    }

    fn drawn(&self, table: &Table, format: Format) -> String {
        let text = match format {
            Format::Text | Format::Table => return table.to_people(self.look()),
            Format::Md => return table.to_markdown(self.lang, self.ascii),
            Format::Tsv => table.to_tsv(),
            Format::Csv => table.to_csv(self.csv_bom),
            Format::Json => table.to_json(),
            Format::Jsonl => table.to_jsonl(),
        };
        if self.neutralises() {
            sanitise::text(&text)
        } else {
            text
        }
    }

    fn look(&self) -> Look {
        let to_stdout = self.output.is_none();
        Look {
            lang: self.lang,
            width: self.terminal.stdout.width.filter(|_| to_stdout),
            colour: self.terminal.stdout.colour && to_stdout,
            ascii: self.ascii,
        }
    }
}

fn unknown_field<'a>(unknown: &str, valid: impl Iterator<Item = &'a str>) -> Report {
    let valid: Vec<&str> = valid.collect();
    let nearest = nearest(unknown, valid.iter().copied());
    let report = Report::usage(
        Message::new("common.output.field")
            .with("field", unknown)
            .with("fields", valid.join(", ")),
    );
    match nearest {
        Some(nearest) => report.hint(format!("--fields {nearest}")),
        None => report,
    }
}

/// The candidate that looks most like a misspelling of `word`, if any does.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests;
