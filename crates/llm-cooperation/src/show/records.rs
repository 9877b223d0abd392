//! The events of a run as JSON Lines: `v`, `type`, `ts`, `run_id`, `seq`, then what the type has.

use llm_console::report::Halt;
use llm_console::sink::Sink;
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::run_event::EVENT_VERSION;
use serde_json::{Value, json};

/// Writes the events of one run.
pub(crate) struct Records {
    sink: Sink,
    run_id: String,
    next: u64,
    with_deltas: bool,
}

impl Records {
    /// Events to this output, with or without pieces of text.
    pub(crate) fn new(sink: Sink, with_deltas: bool) -> Self {
        Self {
            sink,
            run_id: String::new(),
            next: 0,
            with_deltas,
        }
    }

    /// The run's id.
    pub(crate) fn begin(&mut self, id: &str) {
        id.clone_into(&mut self.run_id);
    }

    /// Writes an event.
    pub(crate) fn write(&mut self, event: &Value) -> Result<(), Halt> {
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
