//! What each member of a cooperation said, the votes, and every call of the run.

use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::report::Halt;
use llm_console::sink::Sink;
use llm_console::table::{Cell, Column, Look, Mood, Table};
use llm_console::ui::Ui;
use serde_json::Value;

use super::diff::{self, Part};
use super::explain::list;
use super::text;
use crate::run::Done;

/// What of a cooperation is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
    /// The final answer
    #[default]
    Final,
    /// What every member said, the votes and the final answer
    All,
    /// What every member said
    Members,
    /// How the votes fell
    Votes,
    /// Where answers differ from the first one
    Diff,
    /// Every call with its time and cost
    Trace,
}

/// Prints it.
pub(crate) fn print(ui: &Ui, sink: &mut Sink, what: What, done: &Done) -> Result<(), Halt> {
    let cooperation = &done.result["cooperation"];
    match what {
        What::Final => sink.text(&format!("{}\n", done.text)),
        What::Members => members(ui, sink, cooperation),
        What::Votes => votes(ui, sink, cooperation),
        What::Diff => differences(ui, sink, cooperation),
        What::Trace => sink.own(&drawn(ui, &trace(cooperation))),
        What::All => {
            members(ui, sink, cooperation)?;
            if cooperation["tally"].is_object() {
                votes(ui, sink, cooperation)?;
                sink.own("\n")?;
            }
            heading(
                ui,
                sink,
                &ui.say(&Message::new("cooperation.members.final")),
            )?;
            sink.text(&format!("{}\n", done.text))
        }
    }
}

/// Warns where some member gave no answer.
pub(crate) fn warn(ui: &Ui, cooperation: &Value) {
    if cooperation["degraded"].as_bool() != Some(true) {
        return;
    }
    let failed = list(&cooperation["members"])
        .iter()
        .filter(|part| text(part, "status") == "failed");
    let failed: Vec<String> = failed
        .map(|part| format!("{} ({})", text(part, "member"), text(part, "code")))
        .collect();
    if failed.is_empty() {
        ui.warn(Message::new("cooperation.members.degraded"));
    } else {
        let message = Message::new("cooperation.members.failed");
        ui.warn(message.with("members", failed.join(", ")));
    }
}

fn heading(ui: &Ui, sink: &mut Sink, title: &str) -> Result<(), Halt> {
    let rule = if ui.ascii { "--" } else { "──" };
    sink.own(&format!("{rule} "))?;
    sink.text(title)?;
    sink.own(&format!(" {rule}\n"))
}

fn members(ui: &Ui, sink: &mut Sink, cooperation: &Value) -> Result<(), Halt> {
    for part in list(&cooperation["members"]) {
        let title = Message::new("cooperation.members.title")
            .with("member", text(part, "member"))
            .with("stage", text(part, "stage"));
        heading(ui, sink, &ui.say(&title))?;
        if text(part, "status") == "answered" {
            sink.text(text(part, "text"))?;
        } else {
            let state = Cell::state(text(part, "status"), Mood::Neutral);
            let words = format!("{}: {}", state_name(ui, &state), text(part, "message"));
            sink.text(&words)?;
        }
        sink.own("\n\n")?;
    }
    Ok(())
}

fn state_name(ui: &Ui, state: &Cell) -> String {
    let Cell::State(name, _) = state else {
        return String::new();
    };
    let key = format!("state.{name}");
    llm_console::catalogue::find(ui.lang, &key, &[]).unwrap_or_else(|| name.clone())
}

fn votes(ui: &Ui, sink: &mut Sink, cooperation: &Value) -> Result<(), Halt> {
    let tally = &cooperation["tally"];
    if !tally.is_object() {
        let none = Message::new("cooperation.members.no_votes");
        let none = none.with("mode", text(cooperation, "mode"));
        return sink.own(&format!("{}\n", ui.say(&none)));
    }
    sink.own(&drawn(ui, &ballot(tally)))?;
    if let Some(tie) = tally["tie"].as_str() {
        let tie = Message::new("cooperation.members.tie").with("how", tie);
        sink.own(&format!("{}\n", ui.say(&tie)))?;
    }
    let uncounted: Vec<&str> = names(&tally["uncounted"]);
    if !uncounted.is_empty() {
        let message = Message::new("cooperation.members.uncounted");
        let message = message.with("members", uncounted.join(", "));
        sink.own(&format!("{}\n", ui.say(&message)))?;
    }
    Ok(())
}

fn names(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

/// The votes, most first.
fn ballot(tally: &Value) -> Table {
    let mut table = Table::new(vec![
        Column::number("rank"),
        Column::prose("answer"),
        Column::number("votes"),
        Column::number("share"),
        Column::prose("member"),
    ]);
    let options = list(&tally["options"]);
    let all: u64 = options.iter().filter_map(|one| one["votes"].as_u64()).sum();
    for (option, rank) in options.iter().zip(1..) {
        let votes = option["votes"].as_u64().unwrap_or(0);
        table.push(vec![
            Cell::Count(rank),
            Cell::Text(text(option, "value").to_owned()),
            Cell::Count(votes),
            Cell::Share(votes as f64 / all.max(1) as f64),
            Cell::List(
                names(&option["voters"])
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            ),
        ]);
    }
    table
}

/// Every call, in the order they ended.
fn trace(cooperation: &Value) -> Table {
    let mut table = Table::new(vec![
        Column::text("member"),
        Column::text("stage"),
        Column::text("model"),
        Column::text("provider"),
        Column::text("state"),
        Column::number("tokens_in"),
        Column::number("tokens_out"),
        Column::number("cost"),
        Column::number("duration_ms"),
        Column::prose("message"),
    ]);
    for part in list(&cooperation["members"]) {
        let (state, mood) = match text(part, "status") {
            "answered" => ("ok", Mood::Good),
            "failed" => ("failed", Mood::Bad),
            _ => ("skipped", Mood::Neutral),
        };
        let count = |name: &str| {
            part["usage"][name]
                .as_u64()
                .map_or(Cell::Empty, Cell::Count)
        };
        let millis = part["duration_ms"].as_u64();
        let cost = &part["cost"];
        let money = Cell::money(
            cost["amount"].as_str().map(str::to_owned),
            text(cost, "currency"),
            if text(cost, "kind") == "billed" {
                "billed"
            } else {
                "estimated"
            },
        );
        table.push(vec![
            Cell::Text(text(part, "member").to_owned()),
            Cell::Text(text(part, "stage").to_owned()),
            Cell::Text(text(part, "model").to_owned()),
            Cell::Text(text(part, "provider").to_owned()),
            Cell::state(state, mood),
            count("input_tokens"),
            count("output_tokens"),
            if cost.is_object() { money } else { Cell::Empty },
            millis.map_or(Cell::Empty, |ms| Cell::Duration(Duration::from_millis(ms))),
            Cell::Text(text(part, "message").to_owned()),
        ]);
    }
    table
}

fn differences(ui: &Ui, sink: &mut Sink, cooperation: &Value) -> Result<(), Halt> {
    let mut answers = list(&cooperation["members"])
        .iter()
        .filter(|part| text(part, "status") == "answered");
    let Some(first) = answers.next() else {
        return Ok(());
    };
    for other in answers {
        let title = Message::new("cooperation.members.against")
            .with("member", text(other, "member"))
            .with("stage", text(other, "stage"))
            .with("first", text(first, "member"));
        heading(ui, sink, &ui.say(&title))?;
        for part in diff::parts(text(first, "text"), text(other, "text")) {
            let (mark, words) = match part {
                Part::Both(words) => (' ', words),
                Part::First(words) => ('-', words),
                Part::Second(words) => ('+', words),
            };
            sink.text(&format!("{mark} {words}\n"))?;
        }
        sink.own("\n")?;
    }
    Ok(())
}

fn drawn(ui: &Ui, table: &Table) -> String {
    table.to_people(Look {
        lang: ui.lang,
        width: ui.terminal.stdout.width.filter(|_| ui.output.is_none()),
        colour: ui.terminal.stdout.colour && ui.output.is_none(),
        ascii: ui.ascii,
    })
}
