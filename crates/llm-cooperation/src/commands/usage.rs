//! `usage`: what a running server has counted and spent. A process of its own keeps no books, so
//! there is nothing to tell without a server.

use std::time::Duration;

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use serde_json::Value;

use crate::asking::{address, ask};
use crate::run::open_remote;

/// Of which time, and by what.
#[derive(Debug, Args)]
pub(crate) struct UsageArgs {
    /// The last so many days, today included; days are those of UTC
    #[arg(long, value_name = "N", default_value = "7", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// What each line is the sum of
    #[arg(long, value_name = "GROUP", value_enum, default_value = "model")]
    by: Group,
    /// Only this model
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
    /// Only this end user
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
}

/// What a line is the sum of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Group {
    /// A model
    Model,
    /// A day
    Day,
    /// A task type
    Task,
}

/// Asks the server and tells what it says.
pub(crate) fn run(args: &UsageArgs, console: &Console) -> Result<(), Halt> {
    let format = console.ui.list_format()?;
    let Some(server) = open_remote(console)? else {
        let message = Message::new("cooperation.report.needs_server");
        let report = Report::usage(message).hint("llm-cooperation usage --server URL");
        return Err(report.into());
    };
    let [mut told] = ask(&server, [args.path().as_str()], console)?;
    let data = told["data"].take();
    let ui = &console.ui;
    if format == Format::Json {
        return ui.print_json(&data);
    }
    ui.print_table(&args.table(&data))?;
    let period = &data["period"];
    ui.note(
        Message::new("cooperation.report.total")
            .with("requests", &data["total"]["requests"])
            .with("from", text(&period["start_date"]))
            .with("to", text(&period["end_date"]))
            .with("url", address(&server)),
    );
    if data["complete"] != true {
        ui.warn(Message::new("cooperation.report.incomplete"));
    }
    Ok(())
}

impl UsageArgs {
    fn path(&self) -> String {
        let mut path = format!("/api/v1/usage/stats?days={}", self.days);
        for (name, value) in [("model", &self.model), ("user_id", &self.user_id)] {
            if let Some(value) = value {
                path.push('&');
                path.push_str(name);
                path.push('=');
                path.push_str(&encoded(value));
            }
        }
        path
    }

    fn table(&self, data: &Value) -> Table {
        let first = match self.by {
            Group::Model => "model",
            Group::Day => "day",
            Group::Task => "task",
        };
        let mut table = Table::new(vec![
            Column::text(first).whole(),
            Column::number("requests"),
            Column::number("errors"),
            Column::number("tokens_in"),
            Column::number("tokens_out"),
            Column::number("cost"),
            Column::number("duration_ms"),
        ]);
        match self.by {
            Group::Day => {
                for day in items(&data["daily"]) {
                    table.push(row(text(&day["date"]), day));
                }
            }
            Group::Model => groups(&data["models"], &mut table),
            Group::Task => groups(&data["task_types"], &mut table),
        }
        table
    }
}

fn groups(groups: &Value, table: &mut Table) {
    for (name, sums) in groups.as_object().into_iter().flatten() {
        table.push(row(name, sums));
    }
}

fn row(name: &str, sums: &Value) -> Vec<Cell> {
    let seconds = sums["duration"].as_f64().unwrap_or_default();
    vec![
        Cell::from(name),
        Cell::from(sums["requests"].as_u64()),
        Cell::from(sums["failures"].as_u64()),
        Cell::from(sums["input_tokens"].as_u64()),
        Cell::from(sums["output_tokens"].as_u64()),
        cost(sums),
        Cell::from(Duration::try_from_secs_f64(seconds).ok()),
    ]
}

/// Amounts of two currencies stay apart, and a sum that lacks something says so.
fn cost(sums: &Value) -> Cell {
    let kind = match text(&sums["cost_kind"]) {
        "billed" => "billed",
        "estimated" => "estimated",
        _ => "unknown",
    };
    let costs = items(&sums["costs"]);
    match (kind, costs) {
        ("unknown", []) => Cell::money(None, "", "unknown"),
        (_, []) => Cell::Empty,
        ("billed" | "estimated", [one]) => Cell::money(
            Some(text(&one["amount"]).to_owned()),
            text(&one["currency"]),
            kind,
        ),
        (_, several) => {
            let least = if kind == "unknown" { "≥ " } else { "" };
            let amounts = several.iter();
            let amounts = amounts
                .map(|one| format!("{least}{} {}", text(&one["amount"]), text(&one["currency"])));
            Cell::List(amounts.collect())
        }
    }
}

/// A value of a query string.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                let digit = char::from_digit(half.into(), 16).unwrap_or('0');
                out.push(digit.to_ascii_uppercase());
            }
        }
    }
    out
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_query_string() {
        assert_eq!(encoded("qwen/3 8b&x=1"), "qwen%2F3%208b%26x%3D1");
        assert_eq!(encoded("模型"), "%E6%A8%A1%E5%9E%8B");
    }
}
