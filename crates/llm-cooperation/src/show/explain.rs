//! The decision behind an answer, for people: what was seen in the question, who was considered,
//! who was left out, who was chosen.

use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::duration;
use llm_console::text::{pad, width};
use llm_console::ui::Ui;
use serde_json::Value;

use super::usage::amount;
use super::{between, text};

/// How much of it to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Level {
    /// What decided
    Brief,
    /// With everything that was looked at
    Full,
    /// The decision as the API returns it
    Json,
}

/// Most candidates and exclusions of a brief explanation.
const SHOWN: usize = 5;

/// Says it on standard error.
pub(crate) fn show(ui: &Ui, level: Level, route: &Value) {
    match level {
        Level::Json => ui.note(route.to_string()),
        Level::Brief | Level::Full => ui.note(lines(ui, level, route).join("\n")),
    }
}

/// The lines for people.
pub(crate) fn lines(ui: &Ui, level: Level, route: &Value) -> Vec<String> {
    let mut lines = vec![headline(ui, route), format!("  {}", features(ui, route))];
    let steps = list(&route["steps"]);
    let is_full = level == Level::Full;
    let most = if is_full { steps.len() } else { SHOWN };
    let widest = |name: &str| steps.iter().map(|step| width(text(step, name))).max();
    let column = widest("model").unwrap_or(0);
    for step in steps.iter().take(most) {
        lines.push(candidate(ui, step, column));
        if is_full {
            for reason in list(&step["reasons"]) {
                lines.push(format!("       {}", text(reason, "detail")));
            }
        }
    }
    if steps.len() > most {
        let more = Message::new("cooperation.explain.more").with("n", steps.len() - most);
        lines.push(format!("  {}", ui.say(&more)));
    }
    // Those that merely rank behind the others are counted, not named, where it is to be brief.
    let out = list(&route["excluded"]);
    let named = out
        .iter()
        .filter(|one| is_full || text(one, "reason") != "rank");
    let named: Vec<&Value> = named
        .take(if is_full { out.len() } else { SHOWN })
        .collect();
    for one in &named {
        let left_out = Message::new("cooperation.explain.left_out")
            .with("model", text(one, "model"))
            .with("reason", text(one, "reason"))
            .with("detail", text(one, "detail"));
        lines.push(format!("  {}", ui.say(&left_out)));
    }
    if out.len() > named.len() {
        let more = Message::new("cooperation.explain.more_left_out");
        let more = more.with("n", out.len() - named.len());
        lines.push(format!("  {}", ui.say(&more)));
    }
    if is_full {
        for evidence in list(&route["profile"]["evidence"]) {
            lines.push(format!("  {}", evidence.as_str().unwrap_or_default()));
        }
    }
    lines
}

/// The first line: what was asked for, what was chosen, how, how fast.
pub(crate) fn headline(ui: &Ui, route: &Value) -> String {
    let took = route["took_us"].as_u64().map(|micros| brief(ui, micros));
    let mut parts = vec![ui.say(&chosen(ui, route))];
    let strategy = Message::new("cooperation.explain.strategy");
    parts.push(ui.say(&strategy.with("strategy", text(route, "strategy"))));
    if route["cached"].as_bool() == Some(true) {
        parts.push(ui.say(&Message::new("cooperation.explain.cached")));
    }
    if let Some(took) = took {
        parts.push(ui.say(&Message::new("cooperation.explain.took").with("time", took)));
    }
    parts.join(between(ui))
}

fn chosen(ui: &Ui, route: &Value) -> Message {
    let arrow = if ui.ascii { "->" } else { "→" };
    let cooperation = &route["cooperation"];
    if cooperation.is_object() {
        let members: Vec<&str> = list(&cooperation["members"])
            .iter()
            .filter_map(Value::as_str)
            .collect();
        return Message::new("cooperation.explain.cooperating")
            .with("arrow", arrow)
            .with("requested", text(route, "requested"))
            .with("mode", text(cooperation, "mode"))
            .with("members", members.join(", "))
            .with("reason", text(cooperation, "reason"));
    }
    let first = &route["steps"][0];
    Message::new("cooperation.explain.chosen")
        .with("arrow", arrow)
        .with("requested", text(route, "requested"))
        .with("model", text(first, "model"))
        .with("provider", text(first, "provider"))
}

/// What was seen in the question.
pub(crate) fn features(ui: &Ui, route: &Value) -> String {
    let profile = &route["profile"];
    let task = if profile["task_given"].as_bool() == Some(true) {
        Message::new("cooperation.explain.task_given")
    } else {
        Message::new("cooperation.explain.task").with(
            "clarity",
            format!("{:.2}", profile["clarity"].as_f64().unwrap_or(0.0)),
        )
    };
    let mut parts = vec![
        ui.say(&task.with("task", text(profile, "task"))),
        ui.say(
            &Message::new("cooperation.explain.language")
                .with("language", text(profile, "language")),
        ),
        ui.say(
            &Message::new("cooperation.explain.difficulty")
                .with("difficulty", text(profile, "difficulty")),
        ),
        ui.say(
            &Message::new("cooperation.explain.tokens")
                .with("input", profile["input_tokens"].as_u64().unwrap_or(0))
                .with("output", profile["output_tokens"].as_u64().unwrap_or(0)),
        ),
    ];
    let needs: Vec<&str> = list(&profile["needs"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if !needs.is_empty() {
        let needs = Message::new("cooperation.explain.needs").with("needs", needs.join(", "));
        parts.push(ui.say(&needs));
    }
    parts.join(between(ui))
}

/// One candidate with the parts of its score.
fn candidate(ui: &Ui, step: &Value, column: usize) -> String {
    let mut line = format!(
        "  {}. {}  {:.2}",
        step["rank"],
        pad(text(step, "model"), column),
        step["score"].as_f64().unwrap_or(0.0)
    );
    let reasons = reasons(step);
    if !reasons.is_empty() {
        line.push_str("  ");
        line.push_str(&reasons);
    }
    if let Some(cost) = amount(ui, &step["estimated_cost"]) {
        let about = if ui.ascii { "~" } else { "≈ " };
        line.push_str(between(ui));
        line.push_str(about);
        line.push_str(&cost);
    }
    line
}

/// The parts of a score, such as `task 0.55, cost 0.06`.
pub(crate) fn reasons(step: &Value) -> String {
    let parts: Vec<String> = list(&step["reasons"])
        .iter()
        .map(|reason| {
            let value = reason["value"].as_f64().unwrap_or(0.0);
            format!("{} {value:.2}", text(reason, "factor"))
        })
        .collect();
    parts.join(", ")
}

/// A decision takes microseconds, which have no other place here.
fn brief(ui: &Ui, micros: u64) -> String {
    if micros < 1000 {
        format!("{micros} {}s", if ui.ascii { "u" } else { "µ" })
    } else {
        duration::human(Duration::from_micros(micros))
    }
}

/// The items of a list; none where there is no list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
