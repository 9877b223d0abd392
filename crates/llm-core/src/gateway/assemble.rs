//! From a configuration to a gateway: the only file that reads the registries.
//!
//! Everything that can be wrong is found here, before the first request; a reload that fails
//! leaves the old gateway as it is.

mod rules;

use std::collections::HashSet;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::auth::{Authenticator, Key, KeyPolicy, Permission};
use super::call::CallEngine;
use super::deployments::{Deployment, Deployments, Facts, SharedAdapter, Unusable};
use super::limits::Limits;
use super::route::Planner;
use super::runtime::{Identity, Runtime};
use super::{Gateway, Parts};
use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::key::KeyPath;
use crate::config::load::Loaded;
use crate::config::model::PriceConfig;
use crate::config::per_million::PerMillion;
use crate::config::resolve;
use crate::config::server::AuthMode;
use crate::provider::retry::Backoff;
use crate::provider::{Adapter, Credential, Endpoint, ModelDefaults, protocols, vendors};
use crate::telemetry::metrics::ModelInstruments;
use crate::types::money::{Currency, Price};
use crate::types::task::Capabilities;
use rules::{attempt_limits, breaker_rules, gate_rules, hedge_rules, is_shared, upstream_rules};

/// Abilities that are only assumed when somebody says so.
const MEDIA: Capabilities = Capabilities::VISION
    .with(Capabilities::AUDIO)
    .with(Capabilities::FILES)
    .with(Capabilities::REASONING);

impl Gateway {
    /// Builds a gateway, or says everything that is wrong.
    pub fn assemble(loaded: &Loaded, runtime: &Runtime) -> Result<Self, ConfigErrors> {
        super::check::check(loaded)?;
        let mut errors = Vec::new();
        let deployments = deployments(loaded, runtime, &mut errors);
        let authenticator = authenticator(loaded, &mut errors);
        let planner = Planner::build(loaded, &deployments, &mut errors);
        ConfigErrors::check(errors)?;
        let planner = planner.ok_or_else(|| ConfigError::invalid("no router could be built"))?;
        let limits = &loaded.config.limits;
        let engine = CallEngine {
            deployments: Deployments::new(deployments),
            transport: Arc::clone(&runtime.transport),
            clock: Arc::clone(&runtime.clock),
            store: Arc::clone(&runtime.store),
            backoff: Backoff {
                first: Duration::from_millis(limits.backoff_ms),
                longest: Duration::from_millis(limits.max_backoff_ms),
            },
            max_attempts: limits.max_attempts.max(1),
            first_token_with_fallback: Duration::from_millis(limits.first_token_with_fallback_ms),
            hedge: hedge_rules(limits),
            continue_streams: limits.continue_streams,
            max_reply_bytes: bytes(limits.max_reply_bytes),
            max_event_bytes: bytes(limits.max_event_bytes),
        };
        take_over(&engine.deployments, loaded, runtime);
        Ok(Self {
            parts: Arc::new(Parts {
                authenticator,
                limits: Limits::new(
                    limits.max_concurrent_requests as usize,
                    Duration::from_millis(limits.request_ms),
                    bytes(limits.max_prompt_bytes),
                    is_shared(loaded),
                ),
                planner,
                engine,
                stats: Arc::clone(&runtime.stats),
            }),
        })
    }
}

fn bytes(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn identity(deployment: &Deployment) -> Identity {
    Identity {
        base_url: deployment.endpoint.base_url.to_string(),
        upstream_model: deployment.upstream_model.clone(),
        deployment: deployment.id.to_string(),
    }
}

/// What outlives a configuration follows the new one. Only here, once nothing is wrong any more: a
/// configuration that is refused must not change a thing.
fn take_over(deployments: &Deployments, loaded: &Loaded, runtime: &Runtime) {
    let limits = &loaded.config.limits;
    for one in deployments.iter() {
        one.health.renew(breaker_rules(limits), one.gate);
        one.upstream
            .renew(upstream_rules(limits, is_shared(loaded)));
    }
    let in_use: HashSet<Identity> = deployments.iter().map(|one| identity(one)).collect();
    let addresses: HashSet<String> = deployments
        .iter()
        .map(|one| address_of(&one.endpoint.base_url))
        .collect();
    runtime.keep(
        |identity| in_use.contains(identity),
        |address| addresses.contains(address),
    );
}

/// What stands for an address: scheme, host and port, or all of it where it has none.
fn address_of(url: &Url) -> String {
    let origin = url.origin();
    if origin.is_tuple() {
        origin.ascii_serialization()
    } else {
        url.to_string()
    }
}

fn deployments(
    loaded: &Loaded,
    runtime: &Runtime,
    errors: &mut Vec<ConfigError>,
) -> Vec<Arc<Deployment>> {
    let mut built = Vec::new();
    for name in loaded.config.models.keys() {
        match loaded.config.deployments(name) {
            Err(error) => errors.push(error),
            Ok(places) => {
                for place in places {
                    match deployment(loaded, runtime, &place) {
                        Ok(one) => built.push(Arc::new(one)),
                        Err(error) => errors.push(error),
                    }
                }
            }
        }
    }
    built
}

fn deployment(
    loaded: &Loaded,
    runtime: &Runtime,
    place: &resolve::Deployment,
) -> Result<Deployment, ConfigError> {
    let key = KeyPath::of(["models", place.model.as_str()]);
    let model = loaded
        .config
        .models
        .get(place.model.as_str())
        .cloned()
        .unwrap_or_default();
    let provider = loaded
        .config
        .providers
        .get(place.provider.as_str())
        .cloned()
        .unwrap_or_default();
    let vendor = vendors::find(&place.kind).ok_or_else(|| {
        let names: Vec<&str> = vendors::VENDORS.iter().map(|vendor| vendor.name).collect();
        let message = format!(
            "provider `{}` is of unknown kind `{}`",
            place.provider, place.kind
        );
        let hint = format!("set `kind` to one of {}", names.join(", "));
        loaded.finding(&key, message).with_hint(hint)
    })?;
    let adapter = protocols::find(vendor.protocol).ok_or_else(|| {
        loaded.finding(
            &key,
            format!("the protocol `{}` is not spoken", vendor.protocol),
        )
    })?;
    let (base_url, mut unusable) = address(loaded, place, &key)?;
    let credential = credential(loaded, place, &base_url, &mut unusable);
    if model.disabled || provider.disabled {
        unusable = Some(why(
            "disabled",
            "switched off in the configuration".to_owned(),
        ));
    }
    let endpoint = Endpoint {
        base_url,
        vendor,
        headers: headers(loaded, place, &provider.headers)?,
    };
    let limits = &loaded.config.limits;
    let gate = gate_rules(limits, place.max_concurrency);
    let built = Deployment {
        upstream: runtime.upstream(
            &address_of(&endpoint.base_url),
            upstream_rules(limits, is_shared(loaded)),
        ),
        gate,
        health: runtime.health(
            Identity {
                base_url: endpoint.base_url.to_string(),
                upstream_model: place.upstream_model.clone(),
                deployment: place.id.to_string(),
            },
            breaker_rules(limits),
            gate,
        ),
        instruments: ModelInstruments::new(place.model.as_str(), place.provider.as_str()),
        id: place.id.clone(),
        model: place.model.clone(),
        provider: place.provider.clone(),
        adapter: SharedAdapter(adapter),
        upstream_model: place.upstream_model.clone(),
        proxy: provider.proxy,
        defaults: ModelDefaults {
            max_tokens: place.max_tokens,
            temperature: model.temperature,
            top_p: model.top_p,
        },
        limits: attempt_limits(limits, provider.timeout_ms),
        retries: provider.retries.unwrap_or(limits.retries),
        facts: facts(loaded, place, adapter, &key)?,
        endpoint,
        credential,
        unusable,
    };
    Ok(built)
}

/// The key of a place, bound to its address. One that is missing or cannot be had makes the place
/// unusable and says why.
fn credential(
    loaded: &Loaded,
    place: &resolve::Deployment,
    base_url: &Url,
    unusable: &mut Option<Unusable>,
) -> Option<Credential> {
    let detail = match loaded.credential(place) {
        Ok(Some(found)) => {
            return Some(Credential {
                key: found.secret,
                origin: base_url.origin(),
            });
        }
        Ok(None) if loaded.key_is_optional(place) => return None,
        Ok(None) => format!("provider `{}` has no API key", place.provider),
        Err(error) => error.to_string(),
    };
    unusable.get_or_insert(why("credential", detail));
    None
}

/// The address of a place. One that is not known makes the place unusable rather than the whole
/// configuration wrong: a preset may be waiting for it.
fn address(
    loaded: &Loaded,
    place: &resolve::Deployment,
    key: &KeyPath,
) -> Result<(Url, Option<Unusable>), ConfigError> {
    let Some(text) = &place.base_url else {
        let detail = format!(
            "provider `{}` has no address: set its `base_url`",
            place.provider
        );
        let nowhere = Url::parse("http://invalid.invalid")
            .map_err(|error| loaded.finding(key, error.to_string()))?;
        return Ok((nowhere, Some(why("provider", detail))));
    };
    let url = Url::parse(text.trim_end_matches('/')).map_err(|error| {
        let message = format!(
            "the address of provider `{}` is wrong: {error}",
            place.provider
        );
        loaded
            .finding(key, message)
            .with_hint("write it as https://HOST/PATH")
    })?;
    if url.cannot_be_a_base() || !matches!(url.scheme(), "http" | "https" | "demo") {
        let message = format!(
            "the address of provider `{}` is not an HTTP address",
            place.provider
        );
        return Err(loaded
            .finding(key, message)
            .with_hint("write it as https://HOST/PATH"));
    }
    Ok((url, None))
}

fn headers(
    loaded: &Loaded,
    place: &resolve::Deployment,
    configured: &indexmap::IndexMap<String, String>,
) -> Result<HeaderMap, ConfigError> {
    let mut headers = HeaderMap::new();
    for (name, value) in configured {
        let parsed = HeaderName::from_str(name)
            .ok()
            .zip(HeaderValue::from_str(value).ok());
        let Some((parsed_name, parsed_value)) = parsed else {
            let key = KeyPath::of(["providers", place.provider.as_str(), "headers", name]);
            return Err(loaded.finding(&key, "not a header that can be sent"));
        };
        headers.insert(parsed_name, parsed_value);
    }
    Ok(headers)
}

fn facts(
    loaded: &Loaded,
    place: &resolve::Deployment,
    adapter: Adapter,
    key: &KeyPath,
) -> Result<Facts, ConfigError> {
    let vendor = vendors::find(&place.kind);
    let lacks = vendor.map_or(Capabilities::NONE, |vendor| vendor.quirks.lacks);
    let carried = adapter.capabilities().without(lacks);
    // What the protocol cannot carry the model cannot be asked for, whatever it is able to.
    let stated = place.capabilities.unwrap_or_else(|| carried.without(MEDIA));
    let work = vendor
        .and_then(|vendor| Some(adapter.work(vendor)?.carries(vendor)))
        .unwrap_or_default();
    let carried = carried.with(work).with(Capabilities::CHAT);
    let model = loaded.config.models.get(place.model.as_str());
    Ok(Facts {
        tasks: model
            .map(|model| model.tasks.clone())
            .unwrap_or_default()
            .into(),
        tags: model
            .map(|model| model.tags.clone())
            .unwrap_or_default()
            .into(),
        capabilities: stated.without(stated.without(carried.with(Capabilities::REASONING))),
        context: place.context,
        max_output: place.max_tokens.or(place.max_output).map(u64::from),
        price: place
            .price
            .as_ref()
            .map(|price| self::price(loaded, price, key))
            .transpose()?,
        quality: place.quality,
        weight: place.weight,
        priority: place.priority,
    })
}

fn price(loaded: &Loaded, price: &PriceConfig, key: &KeyPath) -> Result<Arc<Price>, ConfigError> {
    let currency = match &price.currency {
        None => Currency::USD,
        Some(code) => code
            .parse()
            .map_err(|error: String| loaded.finding(key, error))?,
    };
    Ok(Arc::new(Price {
        currency,
        input: price.input.picos_per_token(),
        output: price.output.picos_per_token(),
        cached_input: price.cached_input.map(PerMillion::picos_per_token),
        cache_write: price.cache_write.map(PerMillion::picos_per_token),
        units: price.units(),
        source: price.source.clone(),
        date: price.date.clone(),
    }))
}

fn why(reason: &'static str, detail: String) -> Unusable {
    Unusable { reason, detail }
}

fn authenticator(loaded: &Loaded, errors: &mut Vec<ConfigError>) -> Authenticator {
    let policy = match loaded.config.auth.mode {
        AuthMode::Auto => KeyPolicy::Auto,
        AuthMode::Required => KeyPolicy::Required,
        AuthMode::Off => KeyPolicy::Off,
    };
    let mut keys = Vec::new();
    for (name, config) in &loaded.config.keys {
        let at = |field| KeyPath::of(["keys", name, field]);
        let mut digest = [0_u8; 32];
        if !hex(&config.digest, &mut digest) {
            let message = "not a digest of 64 hexadecimal digits";
            let hint = "`llm-server keys create` makes a key and writes its digest";
            errors.push(loaded.finding(&at("digest"), message).with_hint(hint));
            continue;
        }
        let permissions = config.scopes.iter().filter_map(|scope| {
            let known = [Permission::Inference, Permission::Admin];
            known
                .into_iter()
                .find(|permission| permission.as_str() == scope)
        });
        let expires = config.expires.as_deref().map(str::parse).transpose();
        let Ok(expires) = expires else {
            errors
                .push(loaded.finding(&at("expires"), "not a moment such as 2027-01-01T00:00:00Z"));
            continue;
        };
        keys.push((
            digest,
            Key {
                id: name.as_str().into(),
                permissions: permissions.collect(),
                models: config.models.clone(),
                expires,
                disabled: config.disabled,
            },
        ));
    }
    Authenticator::new(policy, keys)
}

/// Reads exactly as many hexadecimal digits as `out` takes.
fn hex(text: &str, out: &mut [u8; 32]) -> bool {
    let digits = text.as_bytes();
    if digits.len() != out.len() * 2 {
        return false;
    }
    digits.chunks_exact(2).zip(out).all(|(pair, byte)| {
        let value = std::str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        value.inspect(|value| *byte = *value).is_some()
    })
}
