//! The configuration: what it may say, where each value comes from, how it is changed.
//!
//! The sections are plain data with a default for everything. A component is built from its
//! section in `gateway/assemble.rs`; nothing here names a component. Only this module reads the
//! environment and the configuration files.
//!
//! In reading order: [`tree`] is a file in which every value knows its line, [`layers`] says which
//! files and variables meet and who wins, [`load`] makes a [`Config`] of them, [`resolve`] and
//! [`secrets`] find place and key of a model, [`validate`] finds what makes no sense, [`edit`]
//! changes files.

pub mod error;

pub mod source;

pub mod environment;

pub mod paths;

mod files;

mod write;

pub mod key;

pub mod tree;

pub mod schema;

pub mod values;

pub mod dotenv;

pub mod variables;

pub mod legacy;

pub mod presets;

pub mod prompts;

pub mod detect;

pub mod trust;

pub mod layers;

mod decode;

pub mod load;

pub mod catalog;

pub mod resolve;

pub mod secrets;

pub mod edit;

pub mod validate;

pub mod export;

pub mod import;

pub mod reference;

pub mod provider;

pub mod model;

pub mod route;

pub mod cooperation;

pub mod limits;

pub mod server;

pub mod tls;

pub mod secret_ref;

pub mod per_million;

mod watched;

#[cfg(test)]
mod testing;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use cooperation::CooperationConfig;
use limits::LimitsConfig;
use model::ModelConfig;
use provider::ProviderConfig;
use route::{RouteConfig, RoutingConfig, TaskConfig};
use server::{AuthConfig, KeyConfig, LoggingConfig, ServerConfig};

/// The version of the configuration format this program writes.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole configuration, all layers merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// Version of the format; 1.
    pub schema_version: u32,
    /// The provider of models that name none. Default: the one called `default`, else the only one there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_provider: Option<String>,
    /// Services behind an API, by name.
    pub providers: IndexMap<String, ProviderConfig>,
    /// Models by the public name a client sends.
    pub models: IndexMap<String, ModelConfig>,
    /// Other names for models: `alias = "model"`.
    pub aliases: IndexMap<String, String>,
    /// Named routes: a choice of models with a strategy or a cooperation mode. Clients use the name as a model.
    pub routes: IndexMap<String, RouteConfig>,
    /// Which models suit a task type, best first.
    pub tasks: IndexMap<String, TaskConfig>,
    /// How a model is chosen.
    pub routing: RoutingConfig,
    /// How models cooperate.
    pub cooperation: CooperationConfig,
    /// Time limits, retries and rest periods of calls to providers.
    pub limits: LimitsConfig,
    /// The HTTP server.
    pub server: ServerConfig,
    /// Who may use the server.
    pub auth: AuthConfig,
    /// Gateway keys, by name; only digests are stored.
    pub keys: IndexMap<String, KeyConfig>,
    /// What is logged, and how.
    pub logging: LoggingConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            default_provider: None,
            providers: IndexMap::new(),
            models: IndexMap::new(),
            aliases: IndexMap::new(),
            routes: IndexMap::new(),
            tasks: IndexMap::new(),
            routing: RoutingConfig::default(),
            cooperation: CooperationConfig::default(),
            limits: LimitsConfig::default(),
            server: ServerConfig::default(),
            auth: AuthConfig::default(),
            keys: IndexMap::new(),
            logging: LoggingConfig::default(),
        }
    }
}
