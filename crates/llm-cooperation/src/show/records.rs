//! The events of a run as JSON Lines: `v`, `type`, `ts`, `run_id`, `seq`, then what the type has.
//!
//! A run that does not succeed ends with what its finished calls have used; a call it broke off
//! makes the cost unknown.

use llm_console::report::Halt;
use llm_console::sink::Sink;
use llm_core::gateway::error::millis;
use llm_core::gateway::shapes::{bill_json, usage_json};
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::money::{Bill, Cost};
use llm_core::types::run_event::EVENT_VERSION;
use llm_core::types::usage::{Usage, UsageSource};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::text;
use super::usage::cost_of;

/// Writes the events of one run.
pub(crate) struct Records {
    sink: Sink,
    run_id: String,
    next: u64,
    with_deltas: bool,
    started: Instant,
    /// Of the calls that have succeeded.
    usage: Usage,
    bill: Bill,
    /// Calls under way.
    open: usize,
}

impl Records {
    /// Events to this output, with or without pieces of text.
    pub(crate) fn new(sink: Sink, with_deltas: bool) -> Self {
        Self {
            sink,
            run_id: String::new(),
            next: 0,
            with_deltas,
            started: SystemClock.now(),
            usage: Usage::default(),
            bill: Bill::default(),
            open: 0,
        }
    }

    /// The run's id.
    pub(crate) fn begin(&mut self, id: &str) {
        id.clone_into(&mut self.run_id);
    }

    /// Writes the end of a run that did not succeed.
    pub(crate) fn write_end(&mut self, mut event: Value) -> Result<(), Halt> {
        if self.open > 0 {
            self.bill.add(Cost::Unknown);
        }
        event["usage"] = usage_json(&self.usage);
        event["cost"] = bill_json(&self.bill);
        event["duration_ms"] = json!(millis(SystemClock.now() - self.started));
        self.write(&event)
    }

    fn count(&mut self, event: &Value) {
        match text(event, "type") {
            "model.started" => self.open += 1,
            "model.retry" | "model.failed" | "model.skipped" => {
                self.open = self.open.saturating_sub(1);
            }
            "model.completed" => {
                self.open = self.open.saturating_sub(1);
                self.usage += usage_of(&event["usage"]);
                self.bill.add(cost_of(&event["cost"]));
            }
            _ => {}
        }
    }

    /// Writes an event.
    pub(crate) fn write(&mut self, event: &Value) -> Result<(), Halt> {
        self.count(event);
        let is_delta = matches!(
            event["type"].as_str(),
            Some("model.delta" | "integration.delta")
        );
        if is_delta && !self.with_deltas {
            return Ok(());
        }
        let mut record = event.clone();
        record["v"] = json!(EVENT_VERSION);
        record["seq"] = json!(self.next);
        record["run_id"] = json!(self.run_id);
        if !record["ts"].is_string() {
            record["ts"] = json!(format!("{:.3}", SystemClock.wall()));
        }
        self.next += 1;
        self.sink.own(&format!("{record}\n"))
    }

    /// No more follow.
    pub(crate) fn finish(self) -> Result<(), Halt> {
        self.sink.finish()
    }
}

fn usage_of(usage: &Value) -> Usage {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    Usage {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cached_input: count("cached_input_tokens"),
        cache_write: count("cache_write_tokens"),
        reasoning: count("reasoning_tokens"),
        source: match text(usage, "source") {
            "reported" => UsageSource::Reported,
            "estimated" => UsageSource::Estimated,
            _ => UsageSource::Unknown,
        },
    }
}
