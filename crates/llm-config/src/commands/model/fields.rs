//! What `add-model` and `update-model` can both say of a model.

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::report::{Halt, Report};
use llm_core::config::model::{ModelConfig, PriceConfig};
use llm_core::config::per_million::PerMillion;

use crate::session::Session;

/// Everything about a model except its name, its path and what has a default.
#[derive(Debug, Args)]
pub(super) struct Fields {
    /// The provider that serves it; otherwise the default one
    #[arg(long)]
    provider: Option<String>,
    /// An address of its own, instead of the provider's
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// What it is for: reasoning math translation vision …
    #[arg(long, value_name = "TASK", num_args = 1.., value_delimiter = ',')]
    tasks: Vec<String>,
    /// Context window in tokens
    #[arg(long, value_name = "N")]
    context: Option<u64>,
    /// Nucleus sampling where a request names none, 0 to 1
    #[arg(long, value_name = "X")]
    top_p: Option<f64>,
    /// Price per million tokens read
    #[arg(long, value_name = "AMOUNT", value_parser = PerMillion::parse)]
    price_in: Option<PerMillion>,
    /// Price per million tokens written
    #[arg(long, value_name = "AMOUNT", value_parser = PerMillion::parse)]
    price_out: Option<PerMillion>,
    /// Currency of the prices, such as USD or CNY
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// What it can do, such as vision, audio, files, tools, json, reasoning
    #[arg(long, value_name = "ABILITY", num_args = 1.., value_delimiter = ',')]
    capabilities: Vec<String>,
    /// How good its answers are, 0 to 1, compared with the other models
    #[arg(long, value_name = "X")]
    quality: Option<f64>,
    /// Share of traffic under the weighted strategy
    #[arg(long, value_name = "X")]
    weight: Option<f64>,
    /// Lower is preferred under the priority strategy
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i32>,
    /// Words to find it by
    #[arg(long, value_name = "WORD", num_args = 1.., value_delimiter = ',')]
    tags: Vec<String>,
    /// Leave it out of everything for now
    #[arg(long)]
    disabled: bool,
}

impl Fields {
    /// What is said, and nothing else. `before` is the model that is changed, for a price of which
    /// only one side is given.
    pub(super) fn config(
        &self,
        session: &Session<'_>,
        before: Option<&ModelConfig>,
    ) -> Result<ModelConfig, Halt> {
        let known = before.and_then(|model| model.price.as_ref());
        Ok(ModelConfig {
            provider: self.provider.clone(),
            base_url: self.base_url.clone(),
            tasks: tidy(&self.tasks),
            context: self.context,
            top_p: self.top_p,
            price: self.price(known)?,
            capabilities: Some(tidy(&self.capabilities)).filter(|list| !list.is_empty()),
            quality: self.quality,
            weight: self.weight,
            priority: self.priority,
            tags: tidy(&self.tags),
            disabled: self.disabled,
            ..ModelConfig::default()
        })
        .inspect(|_| self.warn_of_tasks(session))
    }

    /// Both directions are stated: a forgotten one would be free.
    fn price(&self, known: Option<&PriceConfig>) -> Result<Option<PriceConfig>, Report> {
        let input = self.price_in.or(known.map(|price| price.input));
        let output = self.price_out.or(known.map(|price| price.output));
        match (self.price_in, self.price_out, &self.currency) {
            (None, None, None) => return Ok(None),
            (None, None, Some(_)) if known.is_none() => {}
            _ => {
                if let (Some(input), Some(output)) = (input, output) {
                    let known = known.cloned().unwrap_or_default();
                    return Ok(Some(PriceConfig {
                        input,
                        output,
                        currency: self.currency.clone().or(known.currency.clone()),
                        // Where and when it was read is said of the former price.
                        cached_input: None,
                        cache_write: None,
                        source: None,
                        date: None,
                        ..known
                    }));
                }
            }
        }
        Err(Report::usage(
            Message::new("common.usage.missing").with("arguments", "--price-in, --price-out"),
        ))
    }

    /// A task that swallowed the next word is a common slip of `--tasks`.
    fn warn_of_tasks(&self, session: &Session<'_>) {
        for task in self.tasks.iter().filter(|task| task.contains('/')) {
            let message = Message::new("config.odd_task").with("task", task);
            session.console.ui.warn(message);
        }
    }
}

/// Each word once, in the order given.
fn tidy(words: &[String]) -> Vec<String> {
    let mut tidied: Vec<String> = Vec::new();
    for word in words.iter().map(|word| word.trim()) {
        if !word.is_empty() && !tidied.iter().any(|known| known == word) {
            tidied.push(word.to_owned());
        }
    }
    tidied
}
