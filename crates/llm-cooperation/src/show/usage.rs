//! The line about an answer: who gave it, tokens, time, cost.

use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::duration;
use llm_console::ui::{Ui, Verbosity};
use llm_core::types::money::{Cost, Currency, Money};
use serde_json::{Value, json};

use super::{between, text};

/// How to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum UsageFormat {
    /// One line for people
    Line,
    /// One line of JSON
    Json,
    /// Nothing
    None,
}

/// The provider whose answers are simulated.
const DEMO: &str = "demo";

/// Says it on standard error, where it was asked for or a person reads along.
pub(crate) fn show(ui: &Ui, wanted: Option<UsageFormat>, result: &Value) {
    let is_watched = ui.terminal.stderr.is_terminal && ui.verbosity > Verbosity::Quiet;
    match wanted {
        Some(UsageFormat::Json) => {
            let facts = ["request_id", "model", "provider", "mode", "usage", "cost"];
            let times = ["duration_ms", "first_token_ms"];
            let mut line = json!({});
            for name in facts.iter().chain(&times) {
                if !result[*name].is_null() {
                    line[*name] = result[*name].clone();
                }
            }
            ui.note(line.to_string());
        }
        Some(UsageFormat::Line) => ui.note(line(ui, result)),
        None if is_watched => ui.note(line(ui, result)),
        Some(UsageFormat::None) | None => {}
    }
}

/// The line for people.
pub(crate) fn line(ui: &Ui, result: &Value) -> String {
    let served = Message::new("cooperation.usage.served")
        .with("model", text(result, "model"))
        .with("provider", text(result, "provider"));
    let mut parts = vec![
        ui.say(&served),
        tokens(ui, &result["usage"]),
        time(ui, result),
    ];
    parts.push(cost(ui, &result["cost"]));
    if result["failover"].as_bool() == Some(true) {
        parts.push(ui.say(&Message::new("cooperation.usage.failover")));
    }
    if text(result, "provider") == DEMO {
        parts.push(ui.say(&Message::new("cooperation.usage.simulated")));
    }
    parts.join(between(ui))
}

fn tokens(ui: &Ui, usage: &Value) -> String {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    if text(usage, "source") == "unknown" || usage.is_null() {
        return ui.say(&Message::new("cooperation.usage.tokens_unknown"));
    }
    ui.say(
        &Message::new("cooperation.usage.tokens")
            .with("input", count("input_tokens"))
            .with("output", count("output_tokens")),
    )
}

fn time(ui: &Ui, result: &Value) -> String {
    let of = |name: &str| {
        let millis = result[name].as_u64()?;
        Some(duration::human(Duration::from_millis(millis)))
    };
    let total = of("duration_ms").unwrap_or_default();
    match of("first_token_ms") {
        Some(first) => ui.say(
            &Message::new("cooperation.usage.time_first")
                .with("time", total)
                .with("first", first),
        ),
        None => total,
    }
}

/// A cost as people read it; what is not known is said to be so.
pub(crate) fn cost(ui: &Ui, cost: &Value) -> String {
    let about = if ui.ascii { "~" } else { "≈ " };
    match (text(cost, "kind"), amount(ui, cost)) {
        ("billed", Some(amount)) => {
            ui.say(&Message::new("cooperation.usage.billed").with("amount", amount))
        }
        (_, Some(amount)) => ui.say(
            &Message::new("cooperation.usage.estimated").with("amount", format!("{about}{amount}")),
        ),
        (_, None) => {
            let parts = cost["at_least"].as_array().map_or(&[][..], Vec::as_slice);
            let sums: Vec<String> = parts.iter().filter_map(|part| amount(ui, part)).collect();
            if sums.is_empty() {
                return ui.say(&Message::new("cooperation.usage.cost_unknown"));
            }
            let sums = sums.join(" + ");
            ui.say(&Message::new("cooperation.usage.at_least").with("amount", sums))
        }
    }
}

/// `¥0.0031`.
pub(crate) fn amount(ui: &Ui, cost: &Value) -> Option<String> {
    let exact = money(cost)?;
    let currency = exact.currency;
    Some(if ui.ascii && !currency.sign().is_ascii() {
        format!("{} {currency}", exact.decimal())
    } else {
        format!("{}{}", currency.sign(), exact.decimal())
    })
}

/// The exact amount.
pub(crate) fn money(cost: &Value) -> Option<Money> {
    let currency: Currency = cost["currency"].as_str()?.parse().ok()?;
    Money::parse(cost["amount"].as_str()?, currency).ok()
}

/// A cost as it was told.
pub(crate) fn cost_of(cost: &Value) -> Cost {
    match (text(cost, "kind"), money(cost)) {
        ("billed", Some(money)) => Cost::Billed(money),
        (_, Some(money)) => Cost::Estimated(money),
        (_, None) => Cost::Unknown,
    }
}
