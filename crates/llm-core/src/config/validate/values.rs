//! Values in range; addresses, money, dates and headers that can be read.

use http::{HeaderName, HeaderValue};
use url::Url;

use super::Check;
use crate::config::catalog;
use crate::config::key::KeyPath;
use crate::config::model::{ModelConfig, PriceConfig};
use crate::config::per_million::PerMillion;
use crate::config::resolve::is_loopback;
use crate::config::secret_ref::SecretRef;
use crate::config::source::Layer;
use crate::types::money::{Currency, Money};
use crate::types::task::Capabilities;

/// What a gateway key may be allowed.
const SCOPES: &[&str] = &["inference", "admin"];

impl Check<'_> {
    pub(super) fn values(&mut self) {
        self.provider_values();
        self.model_values();
        self.route_values();
        self.routing_values();
        self.cooperation_values();
        self.limit_values();
        self.server_values();
        self.key_values();
    }

    fn provider_values(&mut self) {
        let config = self.config;
        for (name, provider) in &config.providers {
            let key = KeyPath::of(["providers", name]);
            if let Some(address) = &provider.base_url {
                self.address(&key.child("base_url"), address);
            }
            if let Some(proxy) = &provider.proxy {
                self.proxy(&key.child("proxy"), proxy);
            }
            self.positive(&key.child("timeout_ms"), provider.timeout_ms);
            self.stored_key(&key, provider.api_key.as_ref());
            for (header, value) in &provider.headers {
                let key = key.child("headers").child(header);
                if HeaderName::try_from(header.as_str()).is_err() {
                    self.error(&key, "is not the name of a header");
                } else if HeaderValue::try_from(value.as_str()).is_err() {
                    self.error(&key, "is not a value a header can have");
                } else if key.holds_secret() {
                    self.warn(&key, "looks like a credential").hint =
                        Some("keys belong into api_key, which is kept out of this file".to_owned());
                }
            }
        }
    }

    fn model_values(&mut self) {
        let config = self.config;
        for (name, model) in &config.models {
            let key = KeyPath::of(["models", name]);
            if let Some(address) = &model.base_url {
                self.address(&key.child("base_url"), address);
            }
            self.stored_key(&key, model.api_key.as_ref());
            self.within(&key.child("temperature"), model.temperature, 0.0, 2.0);
            self.within(&key.child("top_p"), model.top_p, 0.0, 1.0);
            self.within(&key.child("quality"), model.quality, 0.0, 1.0);
            self.within(&key.child("weight"), model.weight, 0.0, 1e6);
            self.positive(&key.child("max_tokens"), model.max_tokens.map(u64::from));
            self.positive(&key.child("context"), model.context);
            let places = model.max_concurrency.map(u64::from);
            self.positive(&key.child("max_concurrency"), places);
            self.capabilities(&key, model);
            if let Some(price) = &model.price {
                self.price(&key.child("price"), price);
                self.unlike_catalogue(name, &key.child("price"), price);
            }
            for (index, part) in model.deployments.iter().enumerate() {
                let key = key.child("deployments").item(index);
                self.within(&key.child("weight"), part.weight, 0.0, 1e6);
                let places = part.max_concurrency.map(u64::from);
                self.positive(&key.child("max_concurrency"), places);
                if let Some(price) = &part.price {
                    self.price(&key.child("price"), price);
                }
            }
        }
    }

    fn capabilities(&mut self, key: &KeyPath, model: &ModelConfig) {
        let known: Vec<_> = Capabilities::all().iter().map(|(_, name)| *name).collect();
        for (index, name) in model.capabilities.iter().flatten().enumerate() {
            if Capabilities::named(name).is_none() {
                let key = key.child("capabilities").item(index);
                self.unknown(&key, "capability", name, &known);
            }
        }
        if let (Some(max), Some(context)) = (model.max_tokens, model.context)
            && u64::from(max) > context
        {
            let message = format!("{max} is more than the whole context of {context}");
            self.error(&key.child("max_tokens"), message);
        }
    }

    fn price(&mut self, key: &KeyPath, price: &PriceConfig) {
        if let Err(what) = price.price() {
            self.error(&key.child("currency"), what);
        }
        if let Some(date) = &price.date
            && date.parse::<jiff::civil::Date>().is_err()
        {
            self.error(
                &key.child("date"),
                format!("`{date}` is not a date such as 2026-11-22"),
            );
        }
    }

    /// A price per thousand tokens, typed where one per million belongs, is off by a thousand.
    fn unlike_catalogue(&mut self, model: &str, key: &KeyPath, price: &PriceConfig) {
        let Ok(deployments) = self.config.deployments(model) else {
            return;
        };
        for deployment in deployments {
            let listed = catalog::lookup(&deployment.kind, &deployment.upstream_model).price;
            if let Some(listed) = listed
                && listed.currency == price.currency
                && (is_tenfold(listed.input, price.input)
                    || is_tenfold(listed.output, price.output))
            {
                let message = format!(
                    "differs tenfold or more from the list price ({} and {})",
                    listed.input.decimal(),
                    listed.output.decimal()
                );
                self.warn(key, message).hint = Some("prices are per million tokens".to_owned());
                return;
            }
        }
    }

    fn route_values(&mut self) {
        let config = self.config;
        for (name, route) in &config.routes {
            let key = KeyPath::of(["routes", name]);
            self.within(
                &key.child("quality_priority"),
                route.quality_priority,
                0.0,
                1.0,
            );
            self.positive(&key.child("rounds"), route.rounds.map(u64::from));
            self.positive(&key.child("quorum"), route.quorum.map(u64::from));
            self.money(&key.child("max_cost"), route.max_cost.as_deref());
        }
    }

    fn routing_values(&mut self) {
        let (routing, key) = (&self.config.routing, KeyPath::of(["routing"]));
        self.within(
            &key.child("quality_priority"),
            Some(routing.quality_priority),
            0.0,
            1.0,
        );
        self.within(
            &key.child("health_threshold"),
            Some(routing.health_threshold),
            0.0,
            1.0,
        );
        self.positive(
            &key.child("max_candidates"),
            Some(routing.max_candidates.into()),
        );
    }

    fn cooperation_values(&mut self) {
        let (cooperation, key) = (&self.config.cooperation, KeyPath::of(["cooperation"]));
        self.money(&key.child("max_cost"), cooperation.max_cost.as_deref());
        for (field, value) in [
            ("members", Some(u64::from(cooperation.members))),
            ("rounds", Some(cooperation.rounds.into())),
            ("deadline_ms", Some(cooperation.deadline_ms)),
            ("max_members", Some(cooperation.max_members.into())),
            ("max_calls", cooperation.max_calls.map(u64::from)),
            ("max_tokens", cooperation.max_tokens),
        ] {
            self.positive(&key.child(field), value);
        }
        let named = u32::try_from(cooperation.models.len()).unwrap_or(u32::MAX);
        if cooperation.members.max(named) > cooperation.max_members {
            let message = format!(
                "more members than max_members, which is {}",
                cooperation.max_members
            );
            self.error(&key.child("members"), message);
        }
    }

    fn limit_values(&mut self) {
        let (limits, key) = (&self.config.limits, KeyPath::of(["limits"]));
        for (field, value) in [
            ("connect_ms", limits.connect_ms),
            ("first_byte_ms", limits.first_byte_ms),
            ("first_token_ms", limits.first_token_ms),
            (
                "first_token_with_fallback_ms",
                limits.first_token_with_fallback_ms,
            ),
            ("hedge_after_ms", limits.hedge_after_ms),
            ("idle_ms", limits.idle_ms),
            ("total_ms", limits.total_ms),
            ("request_ms", limits.request_ms),
            ("max_attempts", limits.max_attempts.into()),
            ("breaker_failures", limits.breaker_failures.into()),
            (
                "max_concurrent_requests",
                limits.max_concurrent_requests.into(),
            ),
            ("max_reply_bytes", limits.max_reply_bytes),
            ("max_event_bytes", limits.max_event_bytes),
            ("max_prompt_bytes", limits.max_prompt_bytes),
        ] {
            self.positive(&key.child(field), Some(value));
        }
        self.positive(
            &key.child("max_concurrency"),
            limits.max_concurrency.map(u64::from),
        );
        self.positive(
            &key.child("max_concurrency_per_upstream"),
            limits.max_concurrency_per_upstream.map(u64::from),
        );
        for (field, value) in [
            ("retry_budget_percent", limits.retry_budget_percent),
            ("hedge_percent", limits.hedge_percent),
        ] {
            self.within(&key.child(field), Some(value), 0.0, 100.0);
        }
        let per_second = Some(limits.retry_budget_per_second);
        self.within(&key.child("retry_budget_per_second"), per_second, 0.0, 1e6);
        for (low, high, lower, higher) in [
            (
                "backoff_ms",
                "max_backoff_ms",
                limits.backoff_ms,
                limits.max_backoff_ms,
            ),
            (
                "breaker_open_ms",
                "breaker_max_open_ms",
                limits.breaker_open_ms,
                limits.breaker_max_open_ms,
            ),
        ] {
            if lower > higher {
                let message = format!("{lower} is above {high}, which is {higher}");
                self.error(&key.child(low), message);
            }
        }
    }

    fn server_values(&mut self) {
        let (server, key) = (&self.config.server, KeyPath::of(["server"]));
        if !is_host(&server.host) {
            let message = format!("`{}` is not an address such as 127.0.0.1", server.host);
            self.error(&key.child("host"), message);
        }
        if let Some(listen) = &server.ops_listen {
            let port = listen
                .rsplit_once(':')
                .map(|(host, port)| (host, port.parse::<u16>()));
            if !matches!(port, Some((host, Ok(_))) if is_host(host)) {
                self.error(
                    &key.child("ops_listen"),
                    format!("`{listen}` is not HOST:PORT"),
                );
            }
        }
        for (index, origin) in server.cors_origins.iter().enumerate() {
            let is_origin = Url::parse(origin).is_ok_and(|url| {
                url.origin().is_tuple() && matches!(url.path(), "" | "/") && url.query().is_none()
            });
            if origin != "*" && !is_origin {
                let key = key.child("cors_origins").item(index);
                self.error(
                    &key,
                    format!("`{origin}` is not an origin such as https://app.example"),
                );
            }
        }
        for (field, value) in [
            ("max_body_bytes", server.max_body_bytes),
            ("max_held_body_bytes", server.max_held_body_bytes),
            ("header_timeout_ms", server.header_timeout_ms),
            ("body_timeout_ms", server.body_timeout_ms),
            ("max_connections", server.max_connections.into()),
            (
                "keep_responses_minutes",
                server.keep_responses_minutes.into(),
            ),
        ] {
            self.positive(&key.child(field), Some(value));
        }
        let logging = KeyPath::of(["logging"]);
        if let Some(format) = &self.config.logging.format
            && !["pretty", "json"].contains(&format.as_str())
        {
            self.unknown(
                &logging.child("format"),
                "log format",
                format,
                &["pretty", "json"],
            );
        }
        if self.config.logging.level.trim().is_empty() {
            self.error(&logging.child("level"), "is empty");
        }
    }

    fn key_values(&mut self) {
        let config = self.config;
        for (name, entry) in &config.keys {
            let key = KeyPath::of(["keys", name]);
            let is_digest = entry.digest.len() == 64
                && entry.digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_digest {
                self.error(
                    &key.child("digest"),
                    "is not a BLAKE3 digest of 64 hexadecimal digits",
                )
                .hint = Some("`llm-server keys create` makes a key".to_owned());
            }
            for (index, scope) in entry.scopes.iter().enumerate() {
                if !SCOPES.contains(&scope.as_str()) {
                    self.unknown(&key.child("scopes").item(index), "scope", scope, SCOPES);
                }
            }
            if let Some(expires) = &entry.expires
                && expires.parse::<jiff::Timestamp>().is_err()
            {
                let message = format!("`{expires}` is not a time such as 2027-01-01T00:00:00Z");
                self.error(&key.child("expires"), message);
            }
        }
    }

    fn within(&mut self, key: &KeyPath, value: Option<f64>, low: f64, high: f64) {
        if let Some(value) = value
            && !(low..=high).contains(&value)
        {
            self.error(key, format!("{value} is not between {low} and {high}"));
        }
    }

    fn positive(&mut self, key: &KeyPath, value: Option<u64>) {
        if value == Some(0) {
            self.error(key, "must be above 0");
        }
    }

    fn money(&mut self, key: &KeyPath, text: Option<&str>) {
        if let Some(Err(what)) = text.map(|text| Money::parse(text, Currency::USD)) {
            self.error(key, what);
        }
    }

    fn address(&mut self, key: &KeyPath, text: &str) {
        let Ok(url) = Url::parse(text) else {
            self.error(key, "is not a URL such as https://api.example/v1");
            return;
        };
        if !matches!(url.scheme(), "http" | "https" | "demo") {
            self.error(
                key,
                format!("`{}` addresses cannot be called; use https", url.scheme()),
            );
        } else if !url.username().is_empty() || url.password().is_some() {
            self.error(key, "has a name or password in it").hint =
                Some("keys belong into api_key".to_owned());
        } else if url.query().is_some() || url.fragment().is_some() {
            self.error(
                key,
                "has a `?` or `#`; paths such as /chat/completions are appended to it",
            );
        } else if url.scheme() == "http" && !is_loopback(text) && !is_private(&url) {
            self.warn(
                key,
                "is not encrypted: keys and prompts can be read on the way",
            );
        }
    }

    fn proxy(&mut self, key: &KeyPath, text: &str) {
        match Url::parse(text) {
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                self.error(
                    key,
                    "has a name or password in it, which every list would show",
                );
            }
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {}
            _ => {
                self.error(key, "is not a proxy such as http://proxy.example:3128");
            }
        }
    }

    /// A key that stands in a file for everybody.
    fn stored_key(&mut self, owner: &KeyPath, key: Option<&SecretRef>) {
        let place = owner.child("api_key");
        let origin = self.loaded.origin(&place);
        let is_open = origin.is_some_and(|origin| {
            matches!(
                origin.layer,
                Layer::System
                    | Layer::User
                    | Layer::Named
                    | Layer::Project
                    | Layer::ProjectLocal
                    | Layer::Profile
            )
        });
        if let (Some(SecretRef::Here(_)), true) = (key, is_open) {
            self.warn(&place, "a key stands in a file that is not for keys")
                .hint =
                Some("`llm-config keys set` stores it where only you can read it".to_owned());
        }
    }
}

/// Whether one price is ten times the other or more.
pub(super) fn is_tenfold(a: PerMillion, b: PerMillion) -> bool {
    let (a, b) = (a.picos_per_token(), b.picos_per_token());
    a > 0 && b > 0 && a.max(b) / a.min(b) >= 10
}

fn is_host(text: &str) -> bool {
    text.strip_prefix("unix:")
        .is_some_and(|path| !path.is_empty())
        || text
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok()
        || url::Host::parse(text).is_ok()
}

/// Addresses of a private network, where encryption is somebody else's matter.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_private() || ip.is_link_local(),
        Some(url::Host::Ipv6(ip)) => ip.is_unique_local(),
        // A name without a dot is one of a container network.
        Some(url::Host::Domain(name)) => !name.contains('.'),
        None => false,
    }
}
