//! The configuration: what it may say, where each value comes from, how it is changed.
//!
//! The sections are plain data with a default for everything. A component is built from its
//! section in `gateway/assemble.rs`; nothing here names a component. Only this module reads the
//! environment and the configuration files.

pub mod provider;

pub mod model;

pub mod route;

pub mod cooperation;

pub mod limits;

pub mod server;

pub mod secret_ref;

pub mod per_million;

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
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// Version of the format; 1.
    pub schema_version: u32,
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
