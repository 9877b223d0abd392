//! From names to places: which provider serves a model, whose manners it has, where it is, and
//! what is known about it.
//!
//! Everything that calls, checks or shows a model asks here, so that all agree.

use super::Config;
use super::catalog;
use super::error::ConfigError;
use super::key::{did_you_mean, quoted};
use super::legacy;
use super::model::{DeploymentConfig, ModelConfig, PriceConfig};
use super::presets;
use crate::types::ids::{DeploymentId, ModelName, ProviderName};
use crate::types::task::Capabilities;

/// The vendor's name for any service that speaks the `OpenAI` protocol.
pub const COMPATIBLE: &str = "openai-compatible";

/// Most aliases followed from one name.
const LONGEST_CHAIN: usize = 16;

/// What a public name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// A model.
    Model(&'a str),
    /// A route.
    Route(&'a str),
}

/// A place that serves a model, with everything the configuration and the catalogue say about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its name.
    pub id: DeploymentId,
    /// The model it serves.
    pub model: ModelName,
    /// The provider; the model's own name where it has an address of its own and no provider.
    pub provider: ProviderName,
    /// The vendor whose manners it has.
    pub kind: String,
    /// The address, as configured or as the vendor's; `None` where neither is known.
    pub base_url: Option<String>,
    /// Whether the address is the model's own and not its provider's.
    pub has_own_address: bool,
    /// The name the provider knows the model by.
    pub upstream_model: String,
    /// Share of traffic under the `weighted` strategy.
    pub weight: f64,
    /// Lower is preferred under the `priority` strategy.
    pub priority: i32,
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Most tokens one answer may have, and the default where the request names none.
    pub max_tokens: Option<u32>,
    /// Most tokens the provider writes for one answer, by the catalogue.
    pub max_output: Option<u32>,
    /// What it can do; `None` where nothing is known.
    pub capabilities: Option<Capabilities>,
    /// Calls under way at once.
    pub max_concurrency: Option<u32>,
    /// How good its answers are, 0 to 1.
    pub quality: Option<f64>,
    /// What its tokens cost.
    pub price: Option<PriceConfig>,
}

impl Config {
    /// What a public name stands for, aliases followed. `None` for a name there is not.
    pub fn named<'a>(&'a self, name: &'a str) -> Option<Named<'a>> {
        let mut name = name;
        for _ in 0..LONGEST_CHAIN {
            if let Some((name, _)) = self.models.get_key_value(name) {
                return Some(Named::Model(name));
            }
            if let Some((name, _)) = self.routes.get_key_value(name) {
                return Some(Named::Route(name));
            }
            name = self.aliases.get(name)?;
        }
        None
    }

    /// The provider of models that name none.
    pub fn default_provider(&self) -> Result<&str, ConfigError> {
        if let Some(name) = &self.default_provider {
            return Ok(name);
        }
        if let Some((name, _)) = self.providers.get_key_value(legacy::PROVIDER) {
            return Ok(name);
        }
        let mut names = self.providers.keys();
        match (names.next(), names.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(ConfigError::invalid("there is no provider")
                .with_hint("apply a preset with `llm-config preset`")),
            _ => Err(
                ConfigError::invalid("the model names no provider, and there are several")
                    .with_hint("name one with `provider`, or one for all with `default_provider`"),
            ),
        }
    }

    /// The vendor whose manners a provider has.
    pub fn kind_of(&self, provider: &str) -> String {
        self.providers
            .get(provider)
            .and_then(|config| config.kind.clone())
            .unwrap_or_else(|| provider.to_owned())
    }

    /// The address of a provider: its own, or the vendor's.
    pub fn address_of(&self, provider: &str) -> Option<String> {
        if let Some(address) = self
            .providers
            .get(provider)
            .and_then(|config| config.base_url.clone())
        {
            return Some(address);
        }
        presets::of_kind(&self.kind_of(provider))
            .map(|preset| preset.facts.base_url.clone())
            .filter(|address| !address.is_empty())
    }

    /// The places that serve a model, in the order of the configuration.
    pub fn deployments(&self, model: &str) -> Result<Vec<Deployment>, ConfigError> {
        let Some((name, config)) = self.models.get_key_value(model) else {
            let error = ConfigError::invalid(format!("there is no model `{model}`"));
            return Err(
                match did_you_mean(model, self.models.keys().map(String::as_str)) {
                    Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                    None => error,
                },
            );
        };
        if config.deployments.is_empty() {
            let single = DeploymentConfig::default();
            return Ok(vec![self.deployment(name, config, &single, 0)?]);
        }
        config
            .deployments
            .iter()
            .enumerate()
            .map(|(index, part)| self.deployment(name, config, part, index))
            .collect()
    }

    fn deployment(
        &self,
        name: &str,
        model: &ModelConfig,
        part: &DeploymentConfig,
        index: usize,
    ) -> Result<Deployment, ConfigError> {
        // A place with a provider of its own is at that provider's address.
        let own_address = model.base_url.clone().filter(|_| part.provider.is_none());
        let provider = match part.provider.as_deref().or(model.provider.as_deref()) {
            Some(provider) => provider,
            None if own_address.is_some() => name,
            None => self
                .default_provider()
                .map_err(|error| error.at_key(format!("models.{}", quoted(name))))?,
        };
        let kind = if model.provider.is_none() && own_address.is_some() {
            COMPATIBLE.to_owned()
        } else {
            self.kind_of(provider)
        };
        let upstream_model = part
            .path
            .as_ref()
            .or(model.path.as_ref())
            .map_or_else(|| name.to_owned(), String::clone);
        let facts = catalog::lookup(&kind, &upstream_model);
        let has_own_address = own_address.is_some();
        let base_url = own_address.or_else(|| self.address_of(provider));
        let stated = part.price.as_ref().or(model.price.as_ref()).cloned();
        let place = self.models.get_index_of(name).unwrap_or_default();
        Ok(Deployment {
            id: match index {
                0 => DeploymentId::from(name),
                _ => DeploymentId::from(format!("{name}#{}", index + 1)),
            },
            model: ModelName::from(name),
            provider: ProviderName::from(provider),
            price: stated
                .or(facts.price)
                .or_else(|| free_on_this_machine(&kind, base_url.as_deref())),
            kind,
            base_url,
            has_own_address,
            upstream_model,
            weight: part.weight.or(model.weight).unwrap_or(1.0),
            priority: part
                .priority
                .or(model.priority)
                .unwrap_or_else(|| i32::try_from(place).unwrap_or(i32::MAX)),
            context: model.context.or(facts.context),
            max_tokens: model.max_tokens,
            max_output: facts.max_output,
            max_concurrency: part.max_concurrency.or(model.max_concurrency),
            capabilities: stated_capabilities(model).or(facts.capabilities),
            quality: model.quality.or(facts.quality),
        })
    }
}

fn stated_capabilities(model: &ModelConfig) -> Option<Capabilities> {
    let names = model.capabilities.as_ref()?;
    let known = names.iter().filter_map(|name| Capabilities::named(name));
    Some(known.fold(Capabilities::NONE, Capabilities::with))
}

/// Tokens of a server on the user's own machine are free; the same program elsewhere may not be.
fn free_on_this_machine(kind: &str, address: Option<&str>) -> Option<PriceConfig> {
    let is_local = presets::of_kind(kind).is_some_and(|preset| preset.facts.local);
    (is_local && address.is_some_and(is_loopback)).then(|| PriceConfig {
        source: Some("runs on this machine".to_owned()),
        ..PriceConfig::default()
    })
}

/// Whether an address is on this machine.
pub fn is_loopback(address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_default_provider_is_named_or_called_default_or_the_only_one() {
        let one = config("[providers.a]\n");
        assert_eq!(one.default_provider().unwrap(), "a");
        let two = "[providers.a]\n[providers.b]\n";
        assert!(config(two).default_provider().is_err());
        let named = config(&format!("default_provider = \"b\"\n{two}"));
        assert_eq!(named.default_provider().unwrap(), "b");
        let default = config(&format!("{two}[providers.default]\n"));
        assert_eq!(default.default_provider().unwrap(), "default");
    }

    #[test]
    fn the_simple_case_is_one_short_table() {
        let config = config(
            "[models.m]\nbase_url = \"http://127.0.0.1:9/v1\"\npath = \"org/m\"\n[providers.p]\n[models.n]\n",
        );
        let m = &config.deployments("m").unwrap()[0];
        assert_eq!(
            (
                m.provider.as_str(),
                m.kind.as_str(),
                m.upstream_model.as_str()
            ),
            ("m", COMPATIBLE, "org/m")
        );
        let n = &config.deployments("n").unwrap()[0];
        assert_eq!((n.provider.as_str(), n.upstream_model.as_str()), ("p", "n"));
        let error = config.deployments("mm").unwrap_err().to_string();
        assert!(error.contains("did you mean `m`"), "{error}");
    }

    #[test]
    fn several_places_have_names_of_their_own_and_take_the_rest_from_the_model() {
        let config = config(
            "[providers.a]\nkind = \"deepseek\"\n[providers.b]\n[models.x]\n[models.m]\nprovider = \"a\"\npath = \"p\"\ncontext = 5\nweight = 2\n[[models.m.deployments]]\n[[models.m.deployments]]\nprovider = \"b\"\npath = \"q\"\npriority = 9\n",
        );
        let all = config.deployments("m").unwrap();
        let told: Vec<_> = all
            .iter()
            .map(|d| {
                (
                    d.id.as_str(),
                    d.kind.as_str(),
                    d.upstream_model.as_str(),
                    d.priority,
                )
            })
            .collect();
        assert_eq!(told, [("m", "deepseek", "p", 1), ("m#2", "b", "q", 9)]);
        assert!(
            all.iter()
                .all(|d| d.context == Some(5) && (d.weight - 2.0).abs() < 1e-9)
        );
        assert!(all[0].base_url.as_deref().unwrap().contains("deepseek.com"));
        assert_eq!(all[1].base_url, None);
    }

    #[test]
    fn names_are_followed_through_aliases_and_a_circle_is_no_model() {
        let config = config(
            "[models.m]\n[routes.r]\n[aliases]\na = \"b\"\nb = \"m\"\nc = \"r\"\nx = \"y\"\ny = \"x\"\n",
        );
        assert_eq!(config.named("a"), Some(Named::Model("m")));
        assert_eq!(config.named("c"), Some(Named::Route("r")));
        assert_eq!(config.named("x"), None);
    }

    #[test]
    fn a_local_server_is_free_here_and_of_unknown_price_elsewhere() {
        let price = |address: &str| {
            let config = config(&format!(
                "[providers.ollama]\nbase_url = \"{address}\"\n[models.m]\n"
            ));
            config.deployments("m").unwrap()[0].price.clone()
        };
        assert_eq!(
            price("http://127.0.0.1:11434/v1")
                .unwrap()
                .input
                .picos_per_token(),
            0
        );
        assert_eq!(price("https://gpu.example/v1"), None);
    }
}
