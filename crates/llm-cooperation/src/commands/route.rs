//! `route [PROMPT]…`: decides where a question would go; no model is called.

use std::time::Duration;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_console::ui::Ui;
use llm_core::types::money::{Bill, Cost, Money};
use serde_json::{Value, json};

use crate::ask::Body;
use crate::ask::choice::ChoiceFlags;
use crate::ask::options::OptionFlags;
use crate::ask::prompt::PromptFlags;
use crate::cli::short_help;
use crate::local::block_on;
use crate::run::Backend;
use crate::show::explain::{self, features, headline, list, reasons};
use crate::show::text;
use crate::show::usage::{amount, money};

/// A question to decide about.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RouteArgs {
    #[command(flatten)]
    prompt: PromptFlags,
    /// Ask this model, alias or route; without it the router chooses
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
    #[command(flatten)]
    choice: ChoiceFlags,
    #[command(flatten)]
    options: OptionFlags,
}

/// Decides.
pub(crate) fn run(args: &RouteArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    let format = ui.list_format()?;
    let backend = Backend::open(console)?;
    let taken = args.options.stdin_taken_by();
    let Some(asking) = args.prompt.read(console, backend.prompt_limit(), taken)? else {
        return short_help("route", console);
    };
    let mut body = Body::default();
    args.options.put(console, &mut body)?;
    asking.put(&mut body);
    args.choice.put(&mut body);
    body.set_some("model", args.model.as_deref());
    let route = decided(&backend, console, body)?;
    match format {
        Format::Json | Format::Jsonl => ui.print_json(&route),
        _ => {
            ui.note(headline(ui, &route));
            ui.note(features(ui, &route));
            ui.print_table(&table(&route))
        }
    }
}

/// Shows what a request would be and where it would go; sends nothing.
pub(crate) fn dry_run(backend: &Backend, console: &Console, body: Body) -> Result<(), Halt> {
    let ui = &console.ui;
    let format = ui.format(Format::Text, &[Format::Text, Format::Json, Format::Jsonl])?;
    let messages = body.0.get("messages").cloned().unwrap_or_default();
    let (count, bytes) = (list(&messages).len(), body_size(&body));
    let route = decided(backend, console, body)?;
    if format != Format::Text {
        return ui.print_json(&json!({
            "sent": false, "route": route, "messages": count, "bytes": bytes,
        }));
    }
    let mut lines = explain::lines(ui, explain::Level::Brief, &route);
    let size = Message::new("cooperation.ask.size")
        .with("n", count)
        .with("bytes", bytes);
    lines.push(ui.say(&size));
    lines.push(estimate(ui, &route));
    lines.push(ui.say(&Message::new("cooperation.ask.nothing_sent")));
    ui.print(&(lines.join("\n") + "\n"))
}

/// What it would cost, as far as that is known: the first candidate's call, or one call of each
/// member.
fn estimate(ui: &Ui, route: &Value) -> String {
    let about = if ui.ascii { "~" } else { "≈ " };
    let steps = list(&route["steps"]);
    let members = list(&route["cooperation"]["members"]);
    let (cost, key) = if members.is_empty() {
        let first = steps
            .first()
            .and_then(|step| money(&step["estimated_cost"]));
        (first, "cooperation.usage.estimated")
    } else {
        let of = |member: &Value| {
            let label = member.as_str()?;
            let name = label.split_once('#').map_or(label, |(name, _)| name);
            let step = steps.iter().find(|step| text(step, "model") == name)?;
            money(&step["estimated_cost"])
        };
        (
            sum(members.iter().map(of)),
            "cooperation.ask.estimated_members",
        )
    };
    match cost {
        Some(cost) => {
            let cost = json!({ "amount": cost.decimal(), "currency": cost.currency });
            let amount = amount(ui, &cost).unwrap_or_default();
            ui.say(&Message::new(key).with("amount", format!("{about}{amount}")))
        }
        None => ui.say(&Message::new("cooperation.usage.cost_unknown")),
    }
}

/// The sum, where all of it is known and in one currency.
fn sum(costs: impl Iterator<Item = Option<Money>>) -> Option<Money> {
    let mut bill = Bill::default();
    for cost in costs {
        bill.add(Cost::Estimated(cost?));
    }
    bill.as_cost().money()
}

/// The decision, within the deadline of the whole command.
fn decided(backend: &Backend, console: &Console, body: Body) -> Result<Value, Halt> {
    let limit = console.settings.timeout.unwrap_or(Duration::MAX);
    block_on(async {
        let decision = backend.explain(console, body);
        tokio::time::timeout(limit, decision)
            .await
            .unwrap_or_else(|_| {
                let message = "the deadline passed before the decision was made";
                Err(Report::new("deadline_exceeded", message).into())
            })
    })?
}

/// The bytes of text of the messages.
fn body_size(body: &Body) -> usize {
    let messages = body.0.get("messages").map_or(&[][..], list);
    messages
        .iter()
        .map(|message| match &message["content"] {
            Value::String(text) => text.len(),
            Value::Array(parts) => parts.iter().map(|part| text(part, "text").len()).sum(),
            _ => 0,
        })
        .sum()
}

/// Candidates in order, then those that were left out.
pub(crate) fn table(route: &Value) -> Table {
    let mut table = Table::new(vec![
        Column::number("rank"),
        Column::text("model"),
        Column::text("provider"),
        Column::number("score"),
        Column::number("cost"),
        Column::prose("reason"),
    ]);
    for step in list(&route["steps"]) {
        let cost = &step["estimated_cost"];
        table.push(vec![
            step["rank"].as_u64().map_or(Cell::Empty, Cell::Count),
            Cell::Text(text(step, "model").to_owned()),
            Cell::Text(text(step, "provider").to_owned()),
            Cell::Decimal(step["score"].as_f64().unwrap_or(0.0), 2),
            Cell::money(
                cost["amount"].as_str().map(str::to_owned),
                text(cost, "currency"),
                "estimated",
            ),
            Cell::Text(reasons(step)),
        ]);
    }
    for out in list(&route["excluded"]) {
        table.push(vec![
            Cell::Empty,
            Cell::Text(text(out, "model").to_owned()),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Text(format!("{}: {}", text(out, "reason"), text(out, "detail"))),
        ]);
    }
    table
}
