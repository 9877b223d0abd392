//! `docs/reference/metrics.md`: every metric, from the table in `llm-core`.

use std::fmt::Write as _;

use llm_core::telemetry::names::{Kind, METRICS};

const INTRODUCTION: &str = "\
<!-- Written by `cargo xtask codegen` from `crates/llm-core/src/telemetry/names.rs`; change it there. -->

# Metrics

`GET /metrics` has them in the text format of Prometheus; `llm-server metrics-list` prints this table.
Labels hold names of the configuration and error codes only, never what a caller sent. Times are in
seconds, money in 10⁻⁹ of the currency.

| Metric | Kind | Labels | Meaning |
|---|---|---|---|
";

/// The page.
pub(super) fn render() -> String {
    let mut page = INTRODUCTION.to_owned();
    for metric in METRICS {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels = metric.labels.iter().map(|label| format!("`{label}`"));
        let labels = labels.collect::<Vec<_>>().join(", ");
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {kind} | {labels} | {} |",
            metric.name, metric.help
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_row() {
        let page = render();
        for metric in METRICS {
            assert!(page.contains(&format!("\n| `{}` | ", metric.name)));
        }
    }
}
