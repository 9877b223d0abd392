//! `llm-config test`: calls every model once and says which answer.

use std::time::Duration;

use clap::Args;
use llm_console::catalogue::{Message, tr};
use llm_console::exit;
use llm_console::lang::Lang;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Mood, Table};
use llm_console::text::shell_quote;
use llm_console::ui::Ui;
use llm_core::config::key::{KeyPath, did_you_mean};
use llm_core::config::load::Loaded;
use llm_core::config::resolve::Named;
use llm_core::types::code::Code;
use llm_setup::configuration::finding;
use serde_json::{Value, json};

use crate::probe::{self, Manner, Probed, Skip, Verdict};
use crate::session;

/// How long one model may take.
const LIMIT: Duration = Duration::from_secs(20);

const EXAMPLES: &str = "\
Examples:
  llm-config test
  llm-config test --model qwen3_8b,gpt4o --timeout 60s
  llm-config test --no-cost --json";

/// Which models to call, and how.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TestArgs {
    /// The earlier program's way to name one model
    #[arg(hide = true, value_name = "NAME")]
    words: Vec<String>,
    /// Only this model; may be repeated, or with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    model: Vec<String>,
    /// Call so many at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Ask only for the providers' lists of models, which costs nothing
    #[arg(long)]
    no_cost: bool,
}

/// Calls them.
pub(crate) fn run(args: &TestArgs, console: &Console) -> Result<(), Halt> {
    if let Some(word) = args.words.first() {
        let command = format!("llm-config test --model {}", shell_quote(word));
        console
            .ui
            .note(Message::new("config.spelling").with("command", command));
    }
    let mut names = args.model.clone();
    names.extend(args.words.iter().cloned());
    let manner = Manner {
        timeout: console.settings.timeout.unwrap_or(LIMIT),
        concurrency: usize::from(args.concurrency),
        no_cost: args.no_cost,
        offline: console.settings.offline,
    };
    let loaded = session::load(console)?;
    probe_and_tell(&loaded, &names, manner, console)
}

/// Calls one model, as `add-model --test` does.
pub(super) fn one(console: &Console, name: &str) -> Result<(), Halt> {
    let manner = Manner {
        timeout: console.settings.timeout.unwrap_or(LIMIT),
        concurrency: 1,
        no_cost: false,
        offline: console.settings.offline,
    };
    let loaded = session::load(console)?;
    probe_and_tell(&loaded, &[name.to_owned()], manner, console)
}

/// Calls models and says what came of it; fails unless all of them answered.
pub(super) fn probe_and_tell(
    loaded: &Loaded,
    names: &[String],
    manner: Manner,
    console: &Console,
) -> Result<(), Halt> {
    let ui = &console.ui;
    let format = ui.list_format()?;
    let names = models(loaded, names)?;
    if names.is_empty() {
        loaded
            .is_configured()
            .map_err(|error| Halt::Failed(finding(&error)))?;
    }
    let results = probe::ask(loaded, &names, manner)?;
    let summary = Summary::of(&results);
    if format == Format::Json {
        ui.print_json(&machine(&results, &summary))?;
    } else {
        ui.print_table(&table(&results, ui))?;
    }
    let is_made_up = |one: &Probed| one.simulated && matches!(one.verdict, Verdict::Answered(_));
    if results.iter().any(is_made_up) {
        ui.warn(Message::new("config.simulated"));
    }
    ui.note(summary.said());
    match summary.exit() {
        exit::OK => Ok(()),
        code => {
            ui.note(Message::new("config.next").with("command", summary.advice(&results)));
            Err(Halt::Exit(code))
        }
    }
}

/// The models that are meant by names; an alias means its model.
fn models(loaded: &Loaded, names: &[String]) -> Result<Vec<String>, Report> {
    let config = &loaded.config;
    let mut found = Vec::new();
    for name in names {
        let Some(Named::Model(model)) = config.named(name) else {
            let message = Message::new("config.no_model").with("name", name);
            let report = Report::new("model_not_found", message).with("model", name);
            let known = config.models.keys().chain(config.aliases.keys());
            return Err(match did_you_mean(name, known.map(String::as_str)) {
                Some(near) => report.hint(format!("llm-config test --model {near}")),
                None => report.hint("llm-config list"),
            });
        };
        if !found.iter().any(|known| known == model) {
            found.push(model.to_owned());
        }
    }
    Ok(found)
}

/// How many models answered.
#[derive(Clone, Copy, Debug, Default)]
struct Summary {
    good: usize,
    bad: usize,
    skipped: usize,
    /// Whether every failure is one of keys.
    keys_only: bool,
}

impl Summary {
    fn of(results: &[Probed]) -> Self {
        let mut summary = Self {
            keys_only: true,
            ..Self::default()
        };
        for one in results {
            match &one.verdict {
                Verdict::Answered(_) | Verdict::Listed(_) | Verdict::NoList => summary.good += 1,
                Verdict::Skipped(_) => summary.skipped += 1,
                Verdict::Failed(code, _) => {
                    summary.bad += 1;
                    summary.keys_only &= code.row().exit == exit::CREDENTIAL;
                }
            }
        }
        summary
    }

    fn exit(&self) -> u8 {
        match (self.bad, self.keys_only, self.good) {
            (0, _, 0) => exit::UNAVAILABLE,
            (0, _, _) => exit::OK,
            (_, true, _) => exit::CREDENTIAL,
            (_, false, _) => exit::UNAVAILABLE,
        }
    }

    fn said(&self) -> Message {
        let key = if self.skipped == 0 {
            "config.tested"
        } else {
            "config.tested_skipped"
        };
        Message::new(key)
            .with("good", self.good)
            .with("all", self.good + self.bad)
            .with("skipped", self.skipped)
    }

    /// A command that looks into the first failure.
    fn advice(&self, results: &[Probed]) -> String {
        let failed = |one: &&Probed| matches!(one.verdict, Verdict::Failed(..));
        match results.iter().find(failed) {
            Some(one) if self.keys_only => {
                format!("llm-config keys which {}", shell_quote(&one.provider))
            }
            Some(one) => {
                let key = KeyPath::of(["models", &one.model]).to_string();
                format!("llm-config show {}", shell_quote(&key))
            }
            None => "llm-config list".to_owned(),
        }
    }
}

fn table(results: &[Probed], ui: &Ui) -> Table {
    let mut table = Table::new(vec![
        Column::text("model"),
        Column::text("provider"),
        Column::text("state"),
        Column::number("latency_ms"),
        Column::number("tokens_in"),
        Column::number("tokens_out"),
        Column::number("cost"),
        Column::text("code").detail(),
        Column::prose("detail"),
    ]);
    for one in results {
        let (state, mood) = state(&one.verdict);
        let [latency, tokens_in, tokens_out, cost] = figures(&one.verdict);
        let code = match &one.verdict {
            Verdict::Failed(code, _) => Cell::from(code.name()),
            _ => Cell::Empty,
        };
        table.push(vec![
            Cell::from(one.model.as_str()),
            Cell::from(one.provider.as_str()),
            Cell::state(state, mood),
            latency,
            tokens_in,
            tokens_out,
            cost,
            code,
            Cell::from(detail(one, ui)),
        ]);
    }
    table
}

fn state(verdict: &Verdict) -> (&'static str, Mood) {
    match verdict {
        Verdict::Answered(_) => ("ok", Mood::Good),
        Verdict::Listed(_) => ("reachable", Mood::Good),
        Verdict::NoList => ("untested", Mood::Warning),
        Verdict::Skipped(Skip::Disabled) => ("disabled", Mood::Neutral),
        Verdict::Skipped(_) => ("skipped", Mood::Neutral),
        Verdict::Failed(Code::MissingCredential, _) => ("no_key", Mood::Bad),
        Verdict::Failed(..) => ("failed", Mood::Bad),
    }
}

fn figures(verdict: &Verdict) -> [Cell; 4] {
    let Verdict::Answered(completion) = verdict else {
        return [Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty];
    };
    let usage = &completion.answer.usage;
    let tokens = |count: u64| {
        if usage.is_known() {
            Cell::Count(count)
        } else {
            Cell::Empty
        }
    };
    let cost = completion.bill.as_cost();
    let cost = match cost.money() {
        Some(money) => Cell::money(Some(money.decimal()), money.currency.code(), cost.kind()),
        None => Cell::money(None, "", "unknown"),
    };
    [
        Cell::Duration(completion.duration),
        tokens(usage.input),
        tokens(usage.output),
        cost,
    ]
}

/// What people should know besides: that it is simulated, why it failed, why it was not asked.
fn detail(one: &Probed, ui: &Ui) -> String {
    match &one.verdict {
        Verdict::Failed(code, message) if ui.lang == Lang::Zh => {
            format!("{}（{message}）", tr(ui.lang, &title_of(*code), &[]))
        }
        Verdict::Failed(_, message) => message.clone(),
        Verdict::Answered(_) if one.simulated => ui.say(&Message::new("config.is_simulated")),
        Verdict::Answered(_) | Verdict::Skipped(Skip::Disabled) => String::new(),
        Verdict::Listed(true) => ui.say(&Message::new("config.is_listed")),
        Verdict::Listed(false) => ui.say(&Message::new("config.is_not_listed")),
        Verdict::NoList => ui.say(&Message::new("config.has_no_list")),
        Verdict::Skipped(Skip::FailsOnPurpose) => ui.say(&Message::new("config.fails_on_purpose")),
        Verdict::Skipped(Skip::NoConversations) => {
            ui.say(&Message::new("config.holds_no_conversations"))
        }
        Verdict::Skipped(Skip::Offline) => ui.say(&Message::new("config.is_offline")),
    }
}

fn title_of(code: Code) -> String {
    format!("error.{}", code.name())
}

fn machine(results: &[Probed], summary: &Summary) -> Value {
    let models = results.iter().map(|one| {
        let [latency, tokens_in, tokens_out, cost] = figures(&one.verdict);
        let mut row = json!({
            "model": one.model,
            "provider": one.provider,
            "state": state(&one.verdict).0,
            "simulated": one.simulated,
            "latency_ms": latency,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "cost": cost,
        });
        match &one.verdict {
            Verdict::Failed(code, message) => {
                row["code"] = json!(code.name());
                row["message"] = json!(message);
            }
            Verdict::Listed(listed) => row["listed"] = json!(listed),
            _ => {}
        }
        row
    });
    let mut document = json!({
        "models": models.collect::<Vec<_>>(),
        "summary": { "reachable": summary.good, "failed": summary.bad, "skipped": summary.skipped },
    });
    if summary.exit() != exit::OK {
        let code = if summary.exit() == exit::CREDENTIAL {
            Code::MissingCredential
        } else {
            Code::AllCandidatesFailed
        };
        let first = results.iter().find_map(|one| match &one.verdict {
            Verdict::Failed(code, message) => Some((*code, message.clone())),
            _ => None,
        });
        let (code, message) = first.unwrap_or((code, "no model was tested".to_owned()));
        document["error"] = json!({
            "code": code.name(),
            "exit_code": summary.exit(),
            "message": message,
        });
    }
    document
}
