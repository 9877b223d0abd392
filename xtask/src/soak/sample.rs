//! What is looked at, the line through it, and the table of it.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::gauge;
use crate::bench::process::Running;

/// What is sampled, with its unit.
const FIGURES: [&str; 4] = ["memory, MiB", "descriptors", "threads", "tasks"];

/// Most lines of samples in the table.
const LINES: usize = 24;

/// One look at the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    at: Duration,
    figures: [f64; 4],
}

impl Sample {
    pub(super) async fn take(gateway: &Running, at: Duration) -> Result<Self> {
        let memory = gateway.resident()?;
        let (descriptors, threads) = gateway.holds()?;
        let tasks = gauge(gateway.port, "llmcoop_tasks ").await?;
        Ok(Self {
            at,
            figures: [memory, descriptors as f64, threads as f64, tasks],
        })
    }

    fn as_json(&self) -> Value {
        let [memory, descriptors, threads, tasks] = self.figures;
        json!({
            "seconds": self.at.as_secs(),
            "memory_mib": memory,
            "descriptors": descriptors,
            "threads": threads,
            "tasks": tasks,
        })
    }
}

/// A line of the table.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [memory, descriptors, threads, tasks] = self.figures;
        let seconds = self.at.as_secs();
        write!(
            f,
            "| {seconds} s | {memory:.1} | {descriptors} | {threads} | {tasks} |"
        )
    }
}

/// Everything that was seen.
pub(super) struct Report {
    /// Before the first call.
    pub(super) before: Sample,
    /// Under load.
    pub(super) samples: Vec<Sample>,
    /// A while after the last call.
    pub(super) after: Sample,
    pub(super) reloads: u32,
    /// Calls that ended as they must, by kind.
    pub(super) outcomes: Vec<(&'static str, u64)>,
}

impl Report {
    /// The samples after the warm-up: a third of the time, a minute at most.
    fn warm(&self) -> &[Sample] {
        let total = self.samples.last().map_or(Duration::ZERO, |last| last.at);
        let warm_up = (total / 3).min(Duration::from_mins(1));
        let first = self.samples.partition_point(|sample| sample.at < warm_up);
        &self.samples[first..]
    }

    /// What each figure grows by in ten minutes.
    fn slopes(&self) -> [f64; 4] {
        std::array::from_fn(|figure| {
            let points = self.warm().iter();
            let points = points.map(|sample| (sample.at.as_secs_f64(), sample.figures[figure]));
            slope(&points.collect::<Vec<_>>()) * 600.0
        })
    }

    pub(super) fn as_json(&self, machine: &str) -> Value {
        let slopes = self.slopes();
        json!({
            "machine": machine,
            "before": self.before.as_json(),
            "samples": self.samples.iter().map(Sample::as_json).collect::<Vec<_>>(),
            "after": self.after.as_json(),
            "reloads": self.reloads,
            "calls": self.outcomes.iter().map(|(name, count)| json!({ "kind": name, "count": count })).collect::<Vec<_>>(),
            "growth_in_ten_minutes": {
                "memory_mib": slopes[0],
                "descriptors": slopes[1],
                "threads": slopes[2],
                "tasks": slopes[3],
            },
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| time | {} |", FIGURES.join(" | "))?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        writeln!(f, "{}", self.before)?;
        let step = self.samples.len().div_ceil(LINES).max(1);
        for sample in self.samples.iter().step_by(step) {
            writeln!(f, "{sample}")?;
        }
        let [memory, descriptors, threads, tasks] = self.slopes();
        writeln!(
            f,
            "| growth in 10 min | {memory:+.2} | {descriptors:+.1} | {threads:+.1} | {tasks:+.1} |"
        )?;
        let [memory, descriptors, threads, tasks] = self.after.figures;
        writeln!(
            f,
            "| at rest again | {memory:.1} | {descriptors} | {threads} | {tasks} |\n"
        )?;
        for (name, count) in &self.outcomes {
            writeln!(f, "{count} {name}")?;
        }
        write!(f, "{} reloads", self.reloads)
    }
}

/// The slope of the line with the least squares; 0 where there is no line.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let common: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    if spread > 0.0 { common / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_that_of_the_least_squares() {
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        assert!(close(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), 2.0));
        assert!(close(slope(&[(0.0, 0.0), (1.0, 2.0), (2.0, 1.0)]), 0.5));
        assert!(close(slope(&[(3.0, 1.0)]), 0.0));
        assert!(close(slope(&[]), 0.0));
    }

    #[test]
    fn the_warm_up_is_no_part_of_the_line() {
        let sample = |seconds, memory| Sample {
            at: Duration::from_secs(seconds),
            figures: [memory, 10.0, 5.0, 7.0],
        };
        let report = Report {
            before: sample(0, 10.0),
            samples: vec![
                sample(10, 20.0),
                sample(60, 30.0),
                sample(120, 31.0),
                sample(180, 32.0),
            ],
            after: sample(200, 20.0),
            reloads: 3,
            outcomes: vec![("streams", 2)],
        };
        let growth = report.slopes();
        assert!((growth[0] - 10.0).abs() < 1e-9, "{growth:?}");
        assert!(
            report
                .to_string()
                .contains("| growth in 10 min | +10.00 | +0.0 |")
        );
    }
}
