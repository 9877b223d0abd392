//! `routes`, `openapi` and `metrics-list`: what the server has, for people and for generators.

use llm_console::lang::Lang;
use llm_console::report::Halt;
use llm_console::table::{Cell, Column, Table};
use llm_console::ui::Ui;
use llm_core::telemetry::names::{Kind, METRICS};

use crate::openapi as document;
use crate::routes::{self, Words};

/// Every endpoint and who may use it.
pub(super) fn routes(ui: &Ui) -> Result<(), Halt> {
    let mut table = Table::new(vec![
        Column::text("method"),
        Column::text("route"),
        Column::text("access"),
        Column::prose("summary"),
    ]);
    for route in routes::all() {
        table.push(vec![
            Cell::from(route.method.as_str()),
            Cell::from(route.path.replace("{*", "{")),
            Cell::from(route.door.access()),
            Cell::from(said(route.summary, ui)),
        ]);
    }
    ui.print_table(&table)
}

/// The OpenAPI document.
pub(super) fn openapi(ui: &Ui) -> Result<(), Halt> {
    ui.print(&format!("{}\n", document::text()))
}

/// Every metric.
pub(super) fn metrics(ui: &Ui) -> Result<(), Halt> {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("kind"),
        Column::text("labels"),
        Column::prose("summary"),
    ]);
    for metric in METRICS {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels = metric.labels.iter().map(|label| (*label).to_owned());
        table.push(vec![
            Cell::from(metric.name),
            Cell::from(kind),
            Cell::List(labels.collect()),
            Cell::from(metric.help),
        ]);
    }
    ui.print_table(&table)
}

fn said(words: Words, ui: &Ui) -> &'static str {
    match ui.lang {
        Lang::Zh => words.zh,
        Lang::En | Lang::Pseudo => words.en,
    }
}
