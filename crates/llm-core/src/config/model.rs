//! `[models.NAME]`: a public model name and what stands behind it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::per_million::PerMillion;
use super::secret_ref::SecretRef;
use crate::types::money::{Currency, Price, UnitPrices};

/// A model by its public name.
///
/// The simple case is one short table: `provider` and `path`, or `base_url`, `api_key` and `path`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelConfig {
    /// The provider that serves it. Default: `default_provider`; none with an address of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The name the provider knows it by. Default: the model's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// An address of its own, instead of the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// A key of its own, instead of the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<SecretRef>,
    /// What it is for: `reasoning`, `math`, `translation`, `vision`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<String>,
    /// What it can do: `vision`, `audio`, `files`, `tools`, `json`, `json_schema`, `reasoning`; and
    /// besides conversations `embeddings`, `rerank`, `speech`, `transcription`,
    /// `speech_translation`, `image_generation`, `image_editing`. A model with one of these holds
    /// no conversations unless `chat` is among them too.
    /// Default: from the catalogue, else what its provider's protocol carries, without media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<String>>,
    /// Context window in tokens. Default: from the catalogue, else not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    /// Most tokens one answer may have, and the default where the request names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Temperature where the request names none; 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling where the request names none; 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// What its tokens cost. Default: from the catalogue, else unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceConfig>,
    /// How good its answers are, 0 to 1, compared with the other models. Default: from the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<f64>,
    /// Share of traffic under the `weighted` strategy. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Lower is preferred under the `priority` strategy. Default: its place in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Calls under way at once at each of its deployments. Default: `limits.max_concurrency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<u32>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether it is left out of everything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Several places that serve it, instead of the one above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentConfig>,
}

/// One of several places that serve a model. What is absent is taken from the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeploymentConfig {
    /// The provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The name the provider knows the model by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Share of traffic under the `weighted` strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Lower is preferred under the `priority` strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Calls under way at once here. Default: the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<u32>,
    /// What its tokens cost here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceConfig>,
}

/// What tokens cost, per million of them. Both directions are stated: a forgotten one would be free.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PriceConfig {
    /// Per million tokens read.
    pub input: PerMillion,
    /// Per million tokens written.
    pub output: PerMillion,
    /// Per million tokens read from the provider's cache. Default: `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<PerMillion>,
    /// Per million tokens written to the provider's cache. Default: `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<PerMillion>,
    /// For a picture made, instead of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<PerMillion>,
    /// For a minute of sound heard, instead of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute: Option<PerMillion>,
    /// Per million characters said, instead of their tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<PerMillion>,
    /// For a ranking made, instead of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<PerMillion>,
    /// Three letters, such as `USD` or `CNY`. Default: `USD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Where the price was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it was read, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

impl PriceConfig {
    /// The prices of other units.
    pub fn units(&self) -> UnitPrices {
        // What stands here is the price of one, not of a million.
        let of_one = |price: PerMillion| price.picos_per_token().saturating_mul(1_000_000);
        UnitPrices {
            image: self.image.map(of_one),
            minute: self.minute.map(of_one),
            character: self.characters.map(PerMillion::picos_per_token),
            search: self.search.map(of_one),
        }
    }

    /// The price as money is reckoned with. Fails on a currency that is none.
    pub fn price(&self) -> Result<Price, String> {
        let currency = match &self.currency {
            Some(code) => code.parse()?,
            None => Currency::USD,
        };
        Ok(Price {
            currency,
            input: self.input.picos_per_token(),
            output: self.output.picos_per_token(),
            cached_input: self.cached_input.map(PerMillion::picos_per_token),
            cache_write: self.cache_write.map(PerMillion::picos_per_token),
            units: self.units(),
            source: self.source.clone(),
            date: self.date.clone(),
        })
    }
}
