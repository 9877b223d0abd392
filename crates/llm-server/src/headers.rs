//! The headers with which a reply says who answered, how it was chosen and what it cost.
//!
//! Clients hide headers and streams cannot add late ones, so the same is in the `llm_cooperation`
//! object of the body; a stream's head has what is known when it begins.

use std::time::Duration;

use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::respond::Completion;
use llm_core::gateway::work::WorkDone;

const MODEL: HeaderName = HeaderName::from_static("x-llmcoop-model");
const PROVIDER: HeaderName = HeaderName::from_static("x-llmcoop-provider");
const STRATEGY: HeaderName = HeaderName::from_static("x-llmcoop-strategy");
const MODE: HeaderName = HeaderName::from_static("x-llmcoop-mode");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-llmcoop-attempts");
const FALLBACK: HeaderName = HeaderName::from_static("x-llmcoop-fallback");
const COST: HeaderName = HeaderName::from_static("x-llmcoop-cost");
const COST_KIND: HeaderName = HeaderName::from_static("x-llmcoop-cost-kind");
const WARNINGS: HeaderName = HeaderName::from_static("x-llmcoop-warnings");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Longest text of all warnings, in bytes. The body has all of them.
const MAX_WARNINGS: usize = 1_000;

/// Headers a page of an allowed origin may read.
pub const EXPOSED: [HeaderName; 11] = [
    MODEL,
    PROVIDER,
    STRATEGY,
    MODE,
    ATTEMPTS,
    FALLBACK,
    COST,
    COST_KIND,
    WARNINGS,
    SERVER_TIMING,
    RETRY_AFTER,
];

/// Who answers and how that was chosen, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// The public name.
    pub model: Option<String>,
    /// Whose it is.
    pub provider: Option<String>,
    /// What chose it.
    pub strategy: Option<String>,
    /// How many models work on it, and how.
    pub mode: Option<String>,
    /// Exchanges with providers.
    pub attempts: Option<usize>,
    /// Whether it is not the first choice.
    pub fell_back: Option<bool>,
}

impl Served {
    /// Of a finished request.
    pub fn of(completion: &Completion) -> Self {
        Self {
            model: Some(completion.served.model.to_string()),
            provider: Some(completion.served.provider.to_string()),
            strategy: Some(completion.plan.strategy.clone()),
            mode: Some(completion.plan.mode().to_owned()),
            attempts: Some(completion.attempts.len()),
            fell_back: Some(completion.failed_over()),
        }
    }

    /// Of a failed request: the last that was tried.
    pub fn tried(error: &GatewayError) -> Self {
        let last = error.attempts.last();
        Self {
            model: last.map(|attempt| attempt.model.to_string()),
            provider: last.map(|attempt| attempt.provider.to_string()),
            attempts: Some(error.attempts.len()),
            ..Self::default()
        }
    }

    /// Writes what is known.
    pub fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            (MODEL, self.model.clone()),
            (PROVIDER, self.provider.clone()),
            (STRATEGY, self.strategy.clone()),
            (MODE, self.mode.clone()),
            (ATTEMPTS, self.attempts.map(|count| count.to_string())),
            (FALLBACK, self.fell_back.map(|fell| fell.to_string())),
        ] {
            put(headers, name, value.as_deref());
        }
    }
}

/// Writes everything about a finished request.
pub fn completed(response: &mut Response, completion: &Completion, total: Duration) {
    let headers = response.headers_mut();
    Served::of(completion).write(headers);
    let cost = completion.bill.as_cost();
    put(
        headers,
        COST,
        cost.money()
            .map(|money| format!("{} {}", money.decimal(), money.currency))
            .as_deref(),
    );
    put(headers, COST_KIND, Some(completion.bill.kind()));
    let mut parts = vec![("route", completion.plan.took)];
    // Calls of a cooperation overlap, so their sum says nothing.
    if completion.cooperation.is_none() {
        let attempts = completion.attempts.iter();
        parts.push(("upstream", attempts.map(|attempt| attempt.duration).sum()));
    }
    parts.push(("total", total));
    timing(headers, &parts);
}

/// Writes what the caller should know, as far as it fits.
pub fn warned<'a>(headers: &mut HeaderMap, warnings: impl IntoIterator<Item = &'a String>) {
    let warnings: Vec<&str> = warnings.into_iter().map(String::as_str).collect();
    let mut text = warnings.join("; ");
    text.truncate(text.floor_char_boundary(MAX_WARNINGS));
    put(headers, WARNINGS, Some(&text));
}

/// Writes everything about finished work besides chat.
pub fn worked(response: &mut Response, done: &WorkDone, total: Duration) {
    let headers = response.headers_mut();
    let served = Served {
        model: Some(done.served.model.to_string()),
        provider: Some(done.served.provider.to_string()),
        strategy: Some(done.plan.strategy.clone()),
        mode: Some("single".to_owned()),
        attempts: Some(done.attempts.len()),
        fell_back: Some(done.failed_over()),
    };
    served.write(headers);
    let money = done.cost.money();
    let cost = money.map(|money| format!("{} {}", money.decimal(), money.currency));
    put(headers, COST, cost.as_deref());
    put(headers, COST_KIND, Some(done.cost.kind()));
    let upstream = done.attempts.iter().map(|attempt| attempt.duration).sum();
    let parts = [
        ("route", done.plan.took),
        ("upstream", upstream),
        ("total", total),
    ];
    timing(headers, &parts);
}

/// Writes how long things took, in milliseconds.
pub fn timing(headers: &mut HeaderMap, parts: &[(&str, Duration)]) {
    let parts: Vec<String> = parts
        .iter()
        .map(|(name, took)| format!("{name};dur={:.3}", took.as_secs_f64() * 1000.0))
        .collect();
    put(headers, SERVER_TIMING, Some(&parts.join(", ")));
}

/// Names of the configuration may hold anything; what fits no header is escaped.
fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return;
    };
    let plain = HeaderValue::from_str(value)
        .ok()
        .filter(|_| value.is_ascii());
    let escaped = || url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
    if let Some(value) = plain.or_else(|| HeaderValue::from_str(&escaped()).ok()) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_no_header_is_escaped() {
        let mut headers = HeaderMap::new();
        put(&mut headers, MODEL, Some("qwen/大模型\r\nx: y"));
        let value = headers[MODEL].to_str().unwrap();
        assert!(
            value.starts_with("qwen%2F") && !value.contains('\n'),
            "{value}"
        );
        put(&mut headers, PROVIDER, Some(""));
        assert!(!headers.contains_key(PROVIDER));
    }
}
