//! Instruments, resolved once and kept: recording a number hashes no label.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use super::names;
use crate::types::code::{CODES, Code};
use crate::types::money::Cost;
use crate::types::usage::Usage;

/// The instruments of one deployment.
pub struct ModelInstruments {
    model: String,
    provider: String,
    succeeded: Counter,
    /// One for each code, made when it first occurs.
    failed: Box<[OnceLock<Counter>]>,
    duration: Histogram,
    first_token: Histogram,
    input: Counter,
    output: Counter,
    cached: Counter,
    reasoning: Counter,
    healthy: Gauge,
    waiting: Gauge,
    in_flight: Gauge,
    /// In the order of [`Extra`].
    extra: [Counter; 3],
    out_of_budget: Counter,
}

/// Why an attempt is made beside the first one of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// The same deployment again.
    Retry,
    /// The next deployment.
    Failover,
    /// Another deployment while the first is silent.
    Hedge,
}

impl std::fmt::Debug for ModelInstruments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "instruments of {}", self.model)
    }
}

impl ModelInstruments {
    /// Resolves the instruments of a model at a provider.
    pub fn new(model: &str, provider: &str) -> Self {
        let (model, provider) = (model.to_owned(), provider.to_owned());
        let labels = [("model", model.clone()), ("provider", provider.clone())];
        let tokens = |kind: &'static str| {
            let labels = [
                ("model", model.clone()),
                ("provider", provider.clone()),
                ("kind", kind.to_owned()),
            ];
            counter!(names::TOKENS, &labels)
        };
        let extra = |kind: &'static str| {
            let labels = [
                ("model", model.clone()),
                ("provider", provider.clone()),
                ("kind", kind.to_owned()),
            ];
            counter!(names::EXTRA_ATTEMPTS, &labels)
        };
        Self {
            waiting: gauge!(names::CALLS_WAITING, &labels),
            in_flight: gauge!(names::CALLS_IN_FLIGHT, &labels),
            extra: [extra("retry"), extra("failover"), extra("hedge")],
            out_of_budget: counter!(names::BUDGET_EXHAUSTED, &labels),
            succeeded: counter!(names::ATTEMPTS, &outcome_labels(&model, &provider, "ok")),
            failed: CODES.iter().map(|_| OnceLock::new()).collect(),
            duration: histogram!(names::INFERENCE_DURATION, &labels),
            first_token: histogram!(names::FIRST_TOKEN, &labels),
            input: tokens("input"),
            output: tokens("output"),
            cached: tokens("cached_input"),
            reasoning: tokens("reasoning_output"),
            healthy: gauge!(names::MODEL_HEALTHY, &labels),
            model,
            provider,
        }
    }

    /// A call gave an answer.
    pub fn answered(&self, usage: &Usage, cost: Cost, took: Duration, first: Option<Duration>) {
        self.succeeded.increment(1);
        self.duration.record(took);
        if let Some(first) = first {
            self.first_token.record(first);
        }
        self.input.increment(usage.input);
        self.output.increment(usage.output);
        self.cached.increment(usage.cached_input);
        self.reasoning.increment(usage.reasoning);
        self.spent(cost);
    }

    /// A call failed.
    pub fn failed(&self, code: Code, cost: Cost) {
        let counter = self.failed[code as usize].get_or_init(|| {
            counter!(
                names::ATTEMPTS,
                &outcome_labels(&self.model, &self.provider, code.name())
            )
        });
        counter.increment(1);
        self.spent(cost);
    }

    /// Whether calls are let through.
    pub fn healthy(&self, is_healthy: bool) {
        self.healthy.set(if is_healthy { 1.0 } else { 0.0 });
    }

    /// How many calls wait and are under way.
    pub fn load(&self, waiting: u32, in_flight: u32) {
        self.waiting.set(f64::from(waiting));
        self.in_flight.set(f64::from(in_flight));
    }

    /// An attempt is made beside the first one of a call.
    pub fn extra_attempt(&self, kind: Extra) {
        self.extra[kind as usize].increment(1);
    }

    /// Such an attempt is not made: the budget is spent.
    pub fn out_of_budget(&self) {
        self.out_of_budget.increment(1);
    }

    fn spent(&self, cost: Cost) {
        let Some(money) = cost.money().filter(|money| money.nanos > 0) else {
            return;
        };
        let labels = [
            ("model", self.model.clone()),
            ("provider", self.provider.clone()),
            ("currency", money.currency.code().to_owned()),
            ("kind", cost.kind().to_owned()),
        ];
        counter!(names::COST, &labels).increment(money.nanos.unsigned_abs());
    }
}

fn outcome_labels(model: &str, provider: &str, outcome: &str) -> [(&'static str, String); 3] {
    [
        ("model", model.to_owned()),
        ("provider", provider.to_owned()),
        ("outcome", outcome.to_owned()),
    ]
}

/// A request was routed.
pub fn routed(strategy: &str, model: &str, took: Duration) {
    let labels = [
        ("strategy", strategy.to_owned()),
        ("model", model.to_owned()),
    ];
    counter!(names::ROUTE_DECISIONS, &labels).increment(1);
    histogram!(names::ROUTE_DURATION).record(took);
}

/// A request ended.
pub fn finished(mode: &str, outcome: &'static str, took: Duration) {
    let labels = [("mode", mode.to_owned()), ("outcome", outcome.to_owned())];
    counter!(names::INFERENCE_REQUESTS, &labels).increment(1);
    if mode != "single" {
        counter!(names::COOP_RUNS, &labels).increment(1);
        histogram!(names::COOP_DURATION, "mode" => mode.to_owned()).record(took);
    }
}
