//! How the model is chosen: pinned, or by strategy, task and limits.

use std::time::Duration;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::duration;
use llm_core::types::money::{Currency, Money};

use super::Body;

/// How to choose.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChoiceFlags {
    /// How to choose among models: auto, cost, quality, latency, balanced, round-robin, weighted, priority or least-loaded
    #[arg(short = 'S', long, value_name = "NAME")]
    strategy: Option<String>,
    /// The kind of work, where it is known: math, code, translation, vision, …
    #[arg(long, value_name = "TYPE")]
    task: Option<String>,
    /// How much quality matters against cost and speed, 0 to 1
    #[arg(long, value_name = "NUMBER", value_parser = share)]
    quality_priority: Option<f64>,
    /// Refuse before sending when the estimate is above this amount, such as 0.02 or ¥0.1
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    max_cost: Option<String>,
    /// Leave out models that are known to take longer
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    max_latency: Option<Duration>,
    /// Models to try in order when the first one fails, with commas between them
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    fallback: Vec<String>,
    /// Let the first failure be final
    #[arg(long, conflicts_with = "fallback")]
    no_fallback: bool,
    /// The end user this is for, for usage reports
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
}

impl ChoiceFlags {
    /// Puts it into the body.
    pub(crate) fn put(&self, body: &mut Body) {
        body.set_some("task", self.task.as_deref());
        body.set_some("user_id", self.user_id.as_deref());
        if let Some(strategy) = &self.strategy {
            body.set("strategy", wire_name(strategy));
        }
        body.set_some_in("preferences", "quality_priority", self.quality_priority);
        body.set_some_in("preferences", "max_cost", self.max_cost.as_deref());
        let seconds = self.max_latency.as_ref().map(Duration::as_secs_f64);
        body.set_some_in("preferences", "max_latency", seconds);
        if self.no_fallback {
            body.set_in("preferences", "fallbacks", Vec::<String>::new());
        } else if !self.fallback.is_empty() {
            body.set_in("preferences", "fallbacks", self.fallback.clone());
        }
    }
}

/// Strategies as other tools and our earlier documents write them.
pub(crate) fn wire_name(strategy: &str) -> String {
    match strategy.replace('-', "_").as_str() {
        "least_busy" => "least_loaded".to_owned(),
        known @ ("round_robin" | "least_loaded" | "single_model") => known.to_owned(),
        _ => strategy.to_owned(),
    }
}

/// A number from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, Message> {
    text.parse()
        .ok()
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or_else(|| Message::new("cooperation.ask.bad_share"))
}

/// An amount of money, as it was written.
pub(crate) fn amount(text: &str) -> Result<String, Message> {
    Money::parse(text, Currency::USD)
        .map(|_| text.trim().to_owned())
        .map_err(|_| Message::new("cooperation.ask.bad_amount"))
}
