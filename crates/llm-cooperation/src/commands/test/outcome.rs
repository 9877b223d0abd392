//! What came of one call, as a row of the list.

use std::time::Duration;

use llm_console::catalogue::{Message, tr};
use llm_console::exit;
use llm_console::lang::Lang;
use llm_console::report::Report;
use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inspect::ModelView;
use llm_core::gateway::respond::Completion;
use llm_core::types::money::Cost;
use llm_core::types::usage::Usage;

/// What came of one call.
pub(super) struct Outcome {
    model: String,
    provider: String,
    kind: &'static str,
    state: &'static str,
    latency: Option<Duration>,
    first_token: Option<Duration>,
    usage: Option<Usage>,
    /// Calls may end without one: what was only listed costs nothing, what failed has no bill.
    cost: Option<Cost>,
    /// Why there was no call.
    skipped: Option<&'static str>,
    /// Why it failed.
    pub(super) failure: Option<Report>,
}

impl Outcome {
    /// What came of a call.
    pub(super) fn of_call(
        view: &ModelView<'_>,
        kind: &'static str,
        result: Result<Completion, GatewayError>,
    ) -> Self {
        match result {
            Ok(completion) => Self {
                latency: Some(completion.duration),
                first_token: completion.first_token,
                usage: Some(completion.answer.usage),
                cost: Some(completion.bill.as_cost()),
                ..Self::new(view, kind, "ok")
            },
            Err(error) => {
                let took = error.attempts.iter().map(|attempt| attempt.duration).sum();
                Self {
                    latency: (!error.attempts.is_empty()).then_some(took),
                    ..Self::failed(view, kind, llm_setup::failure::report(&error, None))
                }
            }
        }
    }

    /// A call that was not made, with the text that says why.
    pub(super) fn skipped(view: &ModelView<'_>, kind: &'static str, why: &'static str) -> Self {
        Self {
            skipped: Some(why),
            ..Self::new(view, kind, "skipped")
        }
    }

    /// Something that did not work.
    pub(super) fn failed(view: &ModelView<'_>, kind: &'static str, failure: Report) -> Self {
        Self {
            failure: Some(failure),
            ..Self::new(view, kind, "failed")
        }
    }

    /// Something that is as it should be.
    pub(super) fn good(view: &ModelView<'_>, kind: &'static str) -> Self {
        Self::new(view, kind, "ok")
    }

    fn new(view: &ModelView<'_>, kind: &'static str, state: &'static str) -> Self {
        Self {
            model: view.deployment.model.to_string(),
            provider: view.deployment.provider.to_string(),
            kind,
            state,
            latency: None,
            first_token: None,
            usage: None,
            cost: None,
            skipped: None,
            failure: None,
        }
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.skipped.is_some()
    }

    /// What failed, in a line for people.
    pub(super) fn told(&self, lang: Lang) -> Option<String> {
        let failure = self.failure.as_ref()?;
        let colon = tr(lang, "common.colon", &[]);
        Some(format!("{}{colon}{}", self.model, failure.line(lang)))
    }

    fn cells(&self, lang: Lang) -> Vec<Cell> {
        let mood = match self.state {
            "ok" => Mood::Good,
            "failed" => Mood::Bad,
            _ => Mood::Neutral,
        };
        let known = self.usage.filter(Usage::is_known);
        let failure = self.failure.as_ref();
        let message = match self.skipped {
            Some(why) => Some(Message::new(why).to(lang)),
            None => failure.map(|failure| failure.line(lang)),
        };
        vec![
            Cell::from(self.model.clone()),
            Cell::from(self.provider.clone()),
            Cell::from(self.kind),
            Cell::state(self.state, mood),
            Cell::from(self.latency),
            Cell::from(self.first_token),
            Cell::from(known.map(|usage| usage.input)),
            Cell::from(known.map(|usage| usage.output)),
            self.cost.map_or(Cell::Empty, money),
            Cell::from(failure.map(|failure| failure.name().to_owned())),
            Cell::from(message),
            Cell::from(failure.and_then(|failure| failure.hints(lang).into_iter().next())),
        ]
    }
}

fn money(cost: Cost) -> Cell {
    match cost.money() {
        Some(money) => Cell::money(Some(money.decimal()), money.currency.code(), cost.kind()),
        None => Cell::money(None, "", cost.kind()),
    }
}

/// Columns of a terminal that are enough to show what to do as well.
const WIDE: usize = 100;

/// The list. `several` says that there are several kinds of calls to tell apart.
pub(super) fn table(
    outcomes: &[Outcome],
    several: bool,
    lang: Lang,
    columns: Option<usize>,
) -> Table {
    // What no call has, such as costs of lists, is for those who ask for it.
    let only_if = |is_shown: bool, column: Column| {
        if is_shown { column } else { column.detail() }
    };
    let is_wide = columns.is_none_or(|columns| columns >= WIDE);
    let any = |known: fn(&Outcome) -> bool| outcomes.iter().any(known);
    let was_called = any(|outcome| outcome.latency.is_some());
    let has_failed = any(|outcome| outcome.failure.is_some());
    let mut table = Table::new(vec![
        Column::text("model").whole(),
        Column::text("provider").detail(),
        only_if(several, Column::text("kind")),
        Column::text("verdict"),
        only_if(was_called, Column::number("latency_ms")),
        Column::number("first_token_ms").detail(),
        only_if(was_called, Column::number("tokens_in")),
        only_if(was_called, Column::number("tokens_out")),
        only_if(was_called, Column::number("cost")),
        only_if(has_failed, Column::text("code").whole()),
        Column::prose("message").detail(),
        only_if(has_failed && is_wide, Column::prose("hint")),
    ]);
    for outcome in outcomes {
        table.push(outcome.cells(lang));
    }
    table
}

/// The exit code: what is wrong with a key goes before everything else.
pub(super) fn exit(outcomes: &[Outcome]) -> Option<u8> {
    let mut failures = outcomes.iter().filter_map(|one| one.failure.as_ref());
    let first = failures.next()?;
    let is_credential = |failure: &Report| failure.exit() == exit::CREDENTIAL;
    Some(if is_credential(first) || failures.any(is_credential) {
        exit::CREDENTIAL
    } else {
        exit::UNAVAILABLE
    })
}
