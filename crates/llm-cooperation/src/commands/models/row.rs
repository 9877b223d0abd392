//! A model as lists show it, whether this process assembled it or a server told of it.

use std::time::Duration;

use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::config::key::KeyPath;
use llm_core::config::load::Loaded;
use llm_core::gateway::inspect::ModelView;
use llm_core::types::money::{Money, Price};

/// A model as lists show it. What is not known is absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelRow {
    /// The public name.
    pub(crate) name: String,
    /// `model`, or what else the name stands for.
    pub(crate) kind: String,
    /// Whose it is.
    pub(crate) provider: Option<String>,
    /// The name the provider knows it by.
    pub(crate) path: Option<String>,
    /// What it is for.
    pub(crate) tasks: Vec<String>,
    /// What it can do.
    pub(crate) capabilities: Vec<String>,
    /// Context window in tokens.
    pub(crate) context: Option<u64>,
    /// Most tokens it writes.
    pub(crate) max_tokens: Option<u64>,
    /// What a million tokens cost.
    pub(crate) price: Option<PerMillion>,
    /// 0 to 1.
    pub(crate) quality: Option<f64>,
    /// How it is doing, by a name of [`health`].
    pub(crate) health: &'static str,
    /// Why it cannot be called.
    pub(crate) detail: Option<String>,
    /// Calls that ended.
    pub(crate) requests: Option<u64>,
    /// Moving average of a call.
    pub(crate) latency: Option<Duration>,
    /// Share of recent calls that failed.
    pub(crate) error_rate: Option<f64>,
    /// Where it is configured.
    pub(crate) origin: Option<String>,
}

/// What a million tokens cost, as exact decimals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PerMillion {
    /// Tokens read.
    pub(crate) input: String,
    /// Tokens written.
    pub(crate) output: String,
    /// Three letters.
    pub(crate) currency: String,
}

impl PerMillion {
    /// A price is kept for one token, in 1e-12; money in 1e-9.
    fn of(price: &Price) -> Self {
        let million = |picos: i64| {
            let money = Money {
                nanos: picos.saturating_mul(1000),
                currency: price.currency,
            };
            money.decimal()
        };
        Self {
            input: million(price.input),
            output: million(price.output),
            currency: price.currency.to_string(),
        }
    }

    /// Both directions together, to compare by.
    fn sum(&self) -> f64 {
        let figure = |text: &str| text.parse::<f64>().unwrap_or(f64::MAX);
        figure(&self.input) + figure(&self.output)
    }
}

/// How a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Order {
    /// By name
    Name,
    /// The cheapest first; input and output price together
    Price,
    /// The fastest first, as far as it is known
    Latency,
    /// The best first
    Quality,
}

impl ModelRow {
    /// A model of this process.
    pub(crate) fn of_view(view: &ModelView<'_>, loaded: &Loaded) -> Self {
        let deployment = view.deployment;
        let facts = &deployment.facts;
        let key = KeyPath::of(["models", deployment.model.as_str()]);
        let seen = view.health.requests > 0;
        Self {
            name: deployment.model.to_string(),
            kind: "model".to_owned(),
            provider: Some(deployment.provider.to_string()),
            path: Some(deployment.upstream_model.clone()),
            tasks: facts.tasks.to_vec(),
            capabilities: facts.capabilities.names().map(str::to_owned).collect(),
            context: facts.context,
            max_tokens: facts.max_output,
            price: facts
                .price
                .as_deref()
                .filter(|price| price.is_by_tokens())
                .map(PerMillion::of),
            quality: facts.quality,
            health: health(view.state()),
            detail: view.unusable.map(|why| why.detail.clone()),
            requests: seen.then_some(view.health.requests),
            latency: view.health.latency_ms.map(millis),
            error_rate: seen.then_some(view.health.error_rate),
            origin: loaded.origin(&key).map(ToString::to_string),
        }
    }

    /// A name that stands for no single model.
    pub(crate) fn of_name(name: String, kind: &str) -> Self {
        Self {
            name,
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    /// Whether calls are let through.
    pub(crate) fn is_available(&self) -> bool {
        mood(self.health) != Mood::Bad && !is_unusable(self.health)
    }

    /// What is known, by the names of the columns.
    pub(super) fn fields(&self) -> Vec<(&'static str, Cell)> {
        let table = table(std::slice::from_ref(self), None);
        table.fields().zip(self.cells()).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        let is_model = self.kind == "model";
        let money = |direction: fn(&PerMillion) -> &String| match &self.price {
            Some(price) => Cell::money(Some(direction(price).clone()), &price.currency, "price"),
            None if is_model => Cell::money(None, "", "unknown"),
            None => Cell::Empty,
        };
        vec![
            Cell::from(self.name.clone()),
            Cell::from(self.kind.clone()),
            Cell::from(self.provider.clone()),
            Cell::from(self.path.clone()),
            list(&self.tasks),
            list(&self.capabilities),
            Cell::from(self.context),
            Cell::from(self.max_tokens),
            money(|price| &price.input),
            money(|price| &price.output),
            self.quality
                .map_or(Cell::Empty, |quality| Cell::Decimal(quality, 2)),
            if is_model {
                Cell::state(self.health, mood(self.health))
            } else {
                Cell::Empty
            },
            Cell::from(self.requests),
            Cell::from(self.latency),
            self.error_rate.map_or(Cell::Empty, Cell::Share),
            Cell::from(self.detail.clone()),
            Cell::from(self.origin.clone()),
        ]
    }
}

/// Columns of a terminal that are enough to show also what a model is called elsewhere and where it
/// is configured.
const WIDE: usize = 100;

/// The list of models, for a terminal of so many columns where it is one.
pub(crate) fn table(rows: &[ModelRow], columns: Option<usize>) -> Table {
    // What is the same for every row, or known of none, is for those who ask for it.
    let any = |known: fn(&ModelRow) -> bool| rows.iter().any(known);
    let only_if = |is_shown: bool, column: Column| {
        if is_shown { column } else { column.detail() }
    };
    let is_wide = columns.is_none_or(|columns| columns >= WIDE);
    let mut table = Table::new(vec![
        Column::text("name").whole(),
        only_if(any(|row| row.kind != "model"), Column::text("kind")),
        Column::text("provider"),
        only_if(
            is_wide && any(|row| row.path.is_some()),
            Column::text("path"),
        ),
        Column::text("tasks"),
        Column::text("capabilities").detail(),
        Column::number("context"),
        Column::number("max_tokens").detail(),
        Column::number("price_in"),
        Column::number("price_out"),
        Column::number("quality").detail(),
        Column::text("health").whole(),
        only_if(
            any(|row| row.requests.is_some()),
            Column::number("requests"),
        ),
        only_if(
            any(|row| row.latency.is_some()),
            Column::number("latency_ms"),
        ),
        only_if(
            any(|row| row.error_rate.is_some()),
            Column::number("error_rate"),
        ),
        Column::prose("detail").detail(),
        only_if(
            is_wide && any(|row| row.origin.is_some()),
            Column::text("origin"),
        ),
    ]);
    for row in rows {
        table.push(row.cells());
    }
    table
}

/// Orders rows; what is not known comes last.
pub(crate) fn sort(rows: &mut [ModelRow], order: Order) {
    let last = |known: Option<f64>| known.unwrap_or(f64::INFINITY);
    rows.sort_by(|one, other| {
        let key = |row: &ModelRow| match order {
            Order::Name => 0.0,
            Order::Price => last(row.price.as_ref().map(PerMillion::sum)),
            Order::Latency => last(row.latency.map(|latency| latency.as_secs_f64())),
            Order::Quality => last(row.quality.map(|quality| -quality)),
        };
        // Prices of two currencies are not compared; each currency is a block of its own.
        let block = |row: &ModelRow| match (order, &row.price) {
            (Order::Price, Some(price)) => price.currency.clone(),
            (Order::Price, None) => "\u{10ffff}".to_owned(),
            _ => String::new(),
        };
        block(one)
            .cmp(&block(other))
            .then(key(one).total_cmp(&key(other)))
            .then_with(|| one.name.cmp(&other.name))
    });
}

/// The name people and programs know a state by, of the word the gateway has for it.
pub(crate) fn health(state: &str) -> &'static str {
    match state {
        "healthy" => "healthy",
        "degraded" => "degraded",
        "probing" => "half_open",
        "open" => "open",
        "recovering" => "recovering",
        "limited" => "limited",
        "key_rejected" => "key_rejected",
        "disabled" => "disabled",
        "credential" => "no_key",
        "provider" => "no_address",
        _ => "untested",
    }
}

/// How a state feels.
pub(crate) fn mood(health: &str) -> Mood {
    match health {
        "healthy" => Mood::Good,
        "open" | "key_rejected" => Mood::Bad,
        "untested" | "" => Mood::Neutral,
        _ => Mood::Warning,
    }
}

/// Whether a state says that nothing can be called at all.
fn is_unusable(health: &str) -> bool {
    matches!(health, "disabled" | "no_key" | "no_address")
}

/// A list, empty where there is nothing in it.
fn list(words: &[String]) -> Cell {
    if words.is_empty() {
        Cell::Empty
    } else {
        Cell::List(words.to_vec())
    }
}

/// A figure of the gateway in milliseconds; what is no duration is none.
pub(crate) fn millis(millis: f64) -> Duration {
    Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()
}
