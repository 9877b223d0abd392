//! `[limits]`: time limits, retries, rest periods and places of calls to providers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of calls to providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LimitsConfig {
    /// Milliseconds until the connection stands.
    pub connect_ms: u64,
    /// Milliseconds until the reply's headers.
    pub first_byte_ms: u64,
    /// Milliseconds until the first content of a stream.
    pub first_token_ms: u64,
    /// The same while another deployment stands by and the model does not think before it answers.
    pub first_token_with_fallback_ms: u64,
    /// Milliseconds between two pieces.
    pub idle_ms: u64,
    /// Milliseconds for a whole attempt.
    pub total_ms: u64,
    /// Milliseconds for a whole request, all attempts together.
    pub request_ms: u64,
    /// Further attempts at the same deployment after a failure.
    pub retries: u32,
    /// Attempts for one call over all deployments.
    pub max_attempts: u32,
    /// First pause before a retry, in milliseconds; doubles each time, with full jitter.
    pub backoff_ms: u64,
    /// Longest pause, in milliseconds; also the longest `Retry-After` that is waited for.
    pub max_backoff_ms: u64,
    /// Extra attempts at one address, in percent of its requests of the last ten seconds. Retries,
    /// failovers within the address and hedges share it.
    pub retry_budget_percent: f64,
    /// Extra attempts a second at one address beside those.
    pub retry_budget_per_second: f64,
    /// Whether a second deployment is asked while the first has nothing to show: `off`, `fixed` after
    /// `hedge_after_ms`, or `p95` when the first is slower than nineteen of twenty of its recent calls.
    pub hedge: HedgeMode,
    /// Milliseconds until a hedge under `fixed`; the least under `p95`.
    pub hedge_after_ms: u64,
    /// Calls to one address that may be hedged, in percent of its requests of the last minute.
    pub hedge_percent: f64,
    /// Whether a stream that breaks off is asked for again and sent on from there, if the new answer
    /// begins with exactly what had been sent. Otherwise, and by default, the break is told.
    pub continue_streams: bool,
    /// Consecutive failures after which a deployment rests.
    pub breaker_failures: u32,
    /// First rest of a deployment, in milliseconds; doubles each time.
    pub breaker_open_ms: u64,
    /// Longest rest, in milliseconds.
    pub breaker_max_open_ms: u64,
    /// Milliseconds after a rest until all calls are let through again; a tenth is at first.
    pub breaker_ramp_ms: u64,
    /// Requests under way at once in this process; more are refused. With several keys, none may hold
    /// more than three times what is still free.
    pub max_concurrent_requests: u32,
    /// Calls under way at once at one deployment. Default: no limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<u32>,
    /// Whether the limit of a deployment follows how long its calls take; `max_concurrency` is its ceiling.
    pub adaptive_concurrency: bool,
    /// Calls under way at once at one address. Default: three quarters of `max_concurrent_requests`,
    /// so that a slow provider never holds all places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency_per_upstream: Option<u32>,
    /// Calls that may wait for a place at one deployment.
    pub max_queue_length: u32,
    /// Milliseconds each of them may wait.
    pub max_queue_wait_ms: u64,
    /// Largest reply that is read, in bytes.
    pub max_reply_bytes: u64,
    /// Largest single event of a stream, in bytes.
    pub max_event_bytes: u64,
    /// Largest prompt, in bytes of text.
    pub max_prompt_bytes: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connect_ms: 3_000,
            first_byte_ms: 60_000,
            first_token_ms: 60_000,
            first_token_with_fallback_ms: 10_000,
            idle_ms: 30_000,
            total_ms: 300_000,
            request_ms: 600_000,
            retries: 1,
            max_attempts: 3,
            backoff_ms: 250,
            max_backoff_ms: 10_000,
            retry_budget_percent: 10.0,
            retry_budget_per_second: 1.0,
            hedge: HedgeMode::Off,
            hedge_after_ms: 2_000,
            hedge_percent: 5.0,
            continue_streams: false,
            breaker_failures: 5,
            breaker_open_ms: 5_000,
            breaker_max_open_ms: 300_000,
            breaker_ramp_ms: 10_000,
            max_concurrent_requests: 1_024,
            max_concurrency: None,
            adaptive_concurrency: false,
            max_concurrency_per_upstream: None,
            max_queue_length: 50,
            max_queue_wait_ms: 200,
            max_reply_bytes: 32 * 1024 * 1024,
            max_event_bytes: 1024 * 1024,
            max_prompt_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Whether a second deployment is asked while the first is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HedgeMode {
    /// Never.
    #[default]
    Off,
    /// After a fixed time.
    Fixed,
    /// When the first is slower than nineteen of twenty of its recent calls.
    P95,
}
