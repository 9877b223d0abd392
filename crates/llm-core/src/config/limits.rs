//! `[limits]`: time limits, retries and rest periods of calls to providers.

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
    /// Consecutive failures after which a deployment rests.
    pub breaker_failures: u32,
    /// First rest of a deployment, in milliseconds; doubles each time.
    pub breaker_open_ms: u64,
    /// Longest rest, in milliseconds.
    pub breaker_max_open_ms: u64,
    /// Requests under way at once in this process; more are refused.
    pub max_concurrent_requests: u32,
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
            idle_ms: 30_000,
            total_ms: 300_000,
            request_ms: 600_000,
            retries: 1,
            max_attempts: 3,
            backoff_ms: 250,
            max_backoff_ms: 10_000,
            breaker_failures: 5,
            breaker_open_ms: 5_000,
            breaker_max_open_ms: 300_000,
            max_concurrent_requests: 1_024,
            max_reply_bytes: 32 * 1024 * 1024,
            max_event_bytes: 1024 * 1024,
            max_prompt_bytes: 16 * 1024 * 1024,
        }
    }
}
