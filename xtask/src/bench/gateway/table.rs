//! The figures as a table for people and as JSON.

use std::fmt;

use serde_json::{Value, json};

use super::case::{Measured, Side};

/// Everything that was measured.
pub(crate) struct Report<'a> {
    pub(crate) cases: &'a [Measured],
    /// Moments, and the memory of every program then, MiB.
    pub(crate) memories: &'a [(&'static str, Vec<(&'static str, f64)>)],
    /// Calls a second.
    pub(crate) throughput: &'a [(&'static str, f64)],
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| case | program | CPU, µs a call | × floor | p50, µs | p99, µs | p99.9, µs | first byte p50, µs |"
        )?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|---:|")?;
        for case in self.cases {
            if !case.direct.whole(0.5).eq(&0.0) {
                writeln!(
                    f,
                    "| {} | direct | – | – | {:.0} | {:.0} | {:.0} | {:.0} |",
                    case.name,
                    case.direct.whole(0.5),
                    case.direct.whole(0.99),
                    case.direct.whole(0.999),
                    case.direct.first(0.5),
                )?;
            }
            for side in &case.through {
                writeln!(
                    f,
                    "| {} | {} | {:.1} | {:.2} | {:.0} | {:.0} | {:.0} | {:.0} |",
                    case.name,
                    side.name,
                    side.cpu_micros(),
                    side.cpu_micros() / floor_cpu(case),
                    side.times.whole(0.5),
                    side.times.whole(0.99),
                    side.times.whole(0.999),
                    side.times.first(0.5),
                )?;
            }
        }
        for (moment, programs) in self.memories {
            for (name, mib) in programs {
                writeln!(f, "memory, {moment}: {name} {mib:.1} MiB")?;
            }
        }
        for (name, calls) in self.throughput {
            writeln!(f, "calls a second, 64 callers: {name} {calls:.0}")?;
        }
        Ok(())
    }
}

fn floor_cpu(case: &Measured) -> f64 {
    case.through.first().map_or(f64::NAN, Side::cpu_micros)
}

impl Report<'_> {
    pub(crate) fn as_json(&self, machine: &str) -> Value {
        let cases: Vec<Value> = self.cases.iter().map(case_json).collect();
        let memories: Vec<Value> = self
            .memories
            .iter()
            .map(|(moment, programs)| json!({ "moment": moment, "mib": pairs(programs) }))
            .collect();
        json!({
            "machine": machine,
            "cases": cases,
            "memory": memories,
            "calls_a_second": pairs(self.throughput),
        })
    }
}

fn pairs(all: &[(&'static str, f64)]) -> Value {
    all.iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn case_json(case: &Measured) -> Value {
    let programs: Vec<Value> = case
        .through
        .iter()
        .map(|side| {
            json!({
                "program": side.name,
                "cpu_us": side.cpu_micros(),
                "cpu_over_floor": side.cpu_micros() / floor_cpu(case),
                "p50_us": side.times.whole(0.5),
                "p99_us": side.times.whole(0.99),
                "p999_us": side.times.whole(0.999),
                "first_byte_p50_us": side.times.first(0.5),
                "added_p50_us": side.times.whole(0.5) - case.direct.whole(0.5),
                "added_p99_us": side.times.whole(0.99) - case.direct.whole(0.99),
            })
        })
        .collect();
    json!({ "case": case.name, "direct_p50_us": case.direct.whole(0.5), "programs": programs })
}
