//! `models --show NAME`: everything that is known of one model.

use llm_console::catalogue::tr;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_console::table::{Cell, Column, Table};
use llm_core::config::load::Loaded;
use llm_core::config::resolve::{Deployment, Named};
use llm_core::gateway::inspect::ModelView;
use serde_json::json;

use super::row::{ModelRow, mood};
use super::unknown;
use crate::local::Local;

/// Shows one model; another name for it will do.
pub(super) fn show(name: &str, local: &Local, console: &Console) -> Result<(), Halt> {
    let views = local.gateway.models();
    let model = match local.loaded.config.named(name) {
        Some(Named::Model(model)) => model,
        _ => name,
    };
    let Some(view) = views
        .iter()
        .find(|view| view.deployment.model.as_str() == model)
    else {
        let known = views.iter().map(|view| view.deployment.model.as_str());
        return Err(unknown(name, known).into());
    };
    print(&Facts::of(view, &local.loaded).fields(), console)
}

/// Shows one model of a server.
pub(super) fn show_row(name: &str, rows: &[ModelRow], console: &Console) -> Result<(), Halt> {
    let Some(row) = rows.iter().find(|row| row.name == name) else {
        return Err(unknown(name, rows.iter().map(|row| row.name.as_str())).into());
    };
    print(&row.fields(), console)
}

fn print(fields: &[(&'static str, Cell)], console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    let table = |title: &dyn Fn(&str) -> String| {
        let mut table = Table::new(vec![Column::text("key"), Column::prose("value")]);
        for (field, cell) in fields {
            table.push(vec![Cell::from(title(field)), cell.clone()]);
        }
        table
    };
    match ui.list_format()? {
        Format::Json | Format::Jsonl => {
            let object: serde_json::Map<_, _> = fields
                .iter()
                .map(|(field, cell)| ((*field).to_owned(), json!(cell)))
                .collect();
            ui.print_json(&object)
        }
        Format::Table => ui.print_table(&table(&|field| {
            tr(ui.lang, &format!("column.{field}"), &[])
        })),
        // Names of fields are English for programs.
        _ => ui.print_table(&table(&str::to_owned)),
    }
}

/// What is known of a model besides its row.
struct Facts<'a> {
    row: ModelRow,
    view: &'a ModelView<'a>,
    /// Every place that serves it.
    places: Vec<Deployment>,
    /// Where its key comes from, or why there is none.
    credential: Option<String>,
}

impl<'a> Facts<'a> {
    fn of(view: &'a ModelView<'a>, loaded: &Loaded) -> Self {
        let places = loaded
            .config
            .deployments(view.deployment.model.as_str())
            .unwrap_or_default();
        let credential = places.first().and_then(|place| key_from(loaded, place));
        Self {
            row: ModelRow::of_view(view, loaded),
            view,
            places,
            credential,
        }
    }

    /// The fields in order, by the names of their columns.
    fn fields(&self) -> Vec<(&'static str, Cell)> {
        let row = &self.row;
        let deployment = self.view.deployment;
        let facts = &deployment.facts;
        let text = |text: Option<String>| Cell::from(text);
        let list = |words: &[String]| {
            if words.is_empty() {
                Cell::Empty
            } else {
                Cell::List(words.to_vec())
            }
        };
        let price = |figure: Option<&String>| match (figure, &row.price) {
            (Some(figure), Some(price)) => {
                Cell::money(Some(figure.clone()), &price.currency, "price")
            }
            _ => Cell::money(None, "", "unknown"),
        };
        let source = facts
            .price
            .as_deref()
            .and_then(|price| price.source.clone());
        vec![
            ("name", Cell::from(row.name.clone())),
            ("provider", text(row.provider.clone())),
            ("path", text(row.path.clone())),
            (
                "base_url",
                Cell::from(deployment.endpoint.base_url.to_string()),
            ),
            ("credential", text(self.credential.clone())),
            ("tasks", list(&row.tasks)),
            ("capabilities", list(&row.capabilities)),
            ("tags", list(&facts.tags)),
            ("context", Cell::from(row.context)),
            ("max_tokens", Cell::from(row.max_tokens)),
            (
                "price_in",
                price(row.price.as_ref().map(|price| &price.input)),
            ),
            (
                "price_out",
                price(row.price.as_ref().map(|price| &price.output)),
            ),
            ("price_source", text(source)),
            (
                "quality",
                row.quality
                    .map_or(Cell::Empty, |quality| Cell::Decimal(quality, 2)),
            ),
            ("weight", Cell::Decimal(facts.weight, 2)),
            ("places", list(&self.place_names())),
            ("health", Cell::state(row.health, mood(row.health))),
            ("detail", text(row.detail.clone())),
            ("origin", text(row.origin.clone())),
        ]
    }

    /// Provider and model id of each place, where there are several.
    fn place_names(&self) -> Vec<String> {
        if self.places.len() < 2 {
            return Vec::new();
        }
        let names = self.places.iter();
        names
            .map(|place| format!("{}/{}", place.provider, place.upstream_model))
            .collect()
    }
}

/// Where the key of a place comes from. Never the key.
fn key_from(loaded: &Loaded, place: &Deployment) -> Option<String> {
    match loaded.credential(place) {
        Ok(found) => found.map(|found| found.place.to_string()),
        Err(error) => Some(error.to_string()),
    }
}
