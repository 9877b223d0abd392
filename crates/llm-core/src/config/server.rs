//! `[server]`, `[auth]`, `[keys.NAME]` and `[logging]`: the HTTP server and who may use it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The HTTP server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServerConfig {
    /// The address to listen on.
    pub host: String,
    /// The port; 0 picks a free one.
    pub port: u16,
    /// A second address for health and metrics alone, `HOST:PORT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops_listen: Option<String>,
    /// Whether `/metrics` is served.
    pub metrics: bool,
    /// Largest request body, in bytes.
    pub max_body_bytes: u64,
    /// Bytes of all request bodies held at once; more are refused.
    pub max_held_body_bytes: u64,
    /// Milliseconds a client has to send its headers.
    pub header_timeout_ms: u64,
    /// Milliseconds a client has between two pieces of its body.
    pub body_timeout_ms: u64,
    /// Milliseconds running requests get when the server is asked to stop.
    pub shutdown_grace_ms: u64,
    /// Connections open at once.
    pub max_connections: u32,
    /// Seconds the answer to a request with an `Idempotency-Key` is kept.
    pub idempotency_ttl_s: u64,
    /// Bytes of such answers kept; the oldest go first.
    pub idempotency_bytes: u64,
    /// Whether the configuration is read again when one of its files changes.
    pub reload_on_change: bool,
    /// Answers of `/v1/responses` that are kept in memory for later requests to refer to; 0 keeps
    /// none.
    pub keep_responses: u32,
    /// Minutes an answer is kept.
    pub keep_responses_minutes: u32,
    /// Whether answers are kept when a request does not say.
    pub keep_by_default: bool,
    /// Web origins that may call the API from a browser.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cors_origins: Vec<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            ops_listen: None,
            metrics: true,
            max_body_bytes: 32 * 1024 * 1024,
            max_held_body_bytes: 512 * 1024 * 1024,
            header_timeout_ms: 10_000,
            body_timeout_ms: 30_000,
            shutdown_grace_ms: 30_000,
            max_connections: 16_384,
            idempotency_ttl_s: 86_400,
            idempotency_bytes: 64 * 1024 * 1024,
            reload_on_change: true,
            keep_responses: 0,
            keep_responses_minutes: 60,
            keep_by_default: false,
            cors_origins: Vec::new(),
        }
    }
}

/// Who may use the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AuthConfig {
    /// `auto`: loopback callers need no key until the first key exists. `required`: everybody
    /// needs one. `off`: nobody does, except for administration.
    pub mode: AuthMode,
}

/// Who needs a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Loopback callers need no key until the first key exists.
    #[default]
    Auto,
    /// Everybody.
    Required,
    /// Nobody, except for administration.
    Off,
}

/// A gateway key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KeyConfig {
    /// BLAKE3 digest of the key, in hexadecimal. The key itself is shown once, when it is made.
    pub digest: String,
    /// What it may do: `inference`, `admin`.
    pub scopes: Vec<String>,
    /// Models and routes it may use. Default: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// When it stops working, RFC 3339. Default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Whether it is refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LoggingConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,llm_core=debug`.
    pub level: String,
    /// `pretty` or `json`. Default: `pretty` on a terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: None,
        }
    }
}
