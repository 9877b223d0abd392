//! The flags of serving, each of which overrides one key of the configuration.

use std::time::Duration;

use clap::{Args, ValueEnum};
use llm_console::duration;
use llm_core::config::key::KeyPath;
use llm_core::config::variables::Override;

use super::size;

/// Where and how to serve.
#[expect(
    clippy::doc_markdown,
    reason = "help texts name variables without backticks"
)]
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ListenArgs {
    /// Listen on this address; anything but 127.0.0.1 is reachable from elsewhere [env: LLMCOOP_HOST]
    #[arg(long, value_name = "ADDR")]
    host: Option<String>,
    /// Listen on this port; 0 picks a free one [default: 8080] [env: LLMCOOP_PORT]
    #[arg(short = 'P', long, value_name = "N")]
    port: Option<u16>,
    /// Serve probes and metrics on an address of their own too, HOST:PORT [env: LLMCOOP_OPS_LISTEN]
    #[arg(long, value_name = "ADDR")]
    ops_listen: Option<String>,
    /// Serve over TLS with this certificate, a PEM file; read again when it changes [env: LLMCOOP_TLS_CERT]
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// The private key of the certificate, a PEM file [env: LLMCOOP_TLS_KEY]
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Who needs a key [env: LLMCOOP_AUTH]
    #[arg(long, value_name = "MODE")]
    auth: Option<AuthFlag>,
    /// Refuse larger request bodies [default: 32MiB]
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_body: Option<u64>,
    /// Give running requests this long when asked to stop [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    shutdown_grace: Option<Duration>,
    /// Use so many threads [default: processors] [env: LLMCOOP_WORKERS]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) workers: Option<u16>,
}

/// Who needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthFlag {
    /// Callers on this machine need none until the first key exists
    Auto,
    /// Everybody does
    Required,
    /// Nobody does, except for administration
    Off,
}

impl ListenArgs {
    /// The keys these flags set.
    pub(super) fn overrides(&self) -> Vec<Override> {
        let auth = self.auth.map(|auth| match auth {
            AuthFlag::Auto => "auto",
            AuthFlag::Required => "required",
            AuthFlag::Off => "off",
        });
        let grace = self
            .shutdown_grace
            .map(|grace| u64::try_from(grace.as_millis()).unwrap_or(u64::MAX));
        let flags = [
            (
                "--host",
                &["server", "host"][..],
                self.host.clone().map(Into::into),
            ),
            (
                "--port",
                &["server", "port"],
                self.port.map(|port| toml_integer(port.into())),
            ),
            (
                "--ops-listen",
                &["server", "ops_listen"],
                self.ops_listen.clone().map(Into::into),
            ),
            (
                "--tls-cert",
                &["server", "tls", "cert"],
                self.tls_cert.clone().map(Into::into),
            ),
            (
                "--tls-key",
                &["server", "tls", "key"],
                self.tls_key.clone().map(Into::into),
            ),
            ("--auth", &["auth", "mode"], auth.map(Into::into)),
            (
                "--max-body",
                &["server", "max_body_bytes"],
                self.max_body.map(toml_integer),
            ),
            (
                "--shutdown-grace",
                &["server", "shutdown_grace_ms"],
                grace.map(toml_integer),
            ),
        ];
        flags
            .into_iter()
            .filter_map(|(flag, key, value)| {
                Some(Override {
                    key: KeyPath::of(key.iter().copied()),
                    value: value?,
                    flag: flag.to_owned(),
                })
            })
            .collect()
    }
}

fn toml_integer(value: u64) -> toml::Value {
    toml::Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}
