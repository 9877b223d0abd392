//! From `[limits]` to the rules that calls follow.

use std::time::Duration;

use crate::config::limits::{HedgeMode, LimitsConfig};
use crate::config::load::Loaded;
use crate::gateway::call::HedgeRules;
use crate::provider::AttemptLimits;
use crate::provider::concurrency::GateRules;
use crate::provider::health::BreakerRules;
use crate::provider::upstream::UpstreamRules;

pub(super) fn attempt_limits(limits: &LimitsConfig, provider_total: Option<u64>) -> AttemptLimits {
    AttemptLimits {
        connect: Duration::from_millis(limits.connect_ms),
        first_byte: Duration::from_millis(limits.first_byte_ms),
        first_token: Duration::from_millis(limits.first_token_ms),
        idle: Duration::from_millis(limits.idle_ms),
        total: Duration::from_millis(provider_total.unwrap_or(limits.total_ms)),
    }
}

pub(super) fn breaker_rules(limits: &LimitsConfig) -> BreakerRules {
    BreakerRules {
        failures: limits.breaker_failures.max(1),
        first_rest: Duration::from_millis(limits.breaker_open_ms),
        longest_rest: Duration::from_millis(limits.breaker_max_open_ms.max(limits.breaker_open_ms)),
        // A probe is a call like any other and may take as long.
        probe_lease: Duration::from_millis(limits.total_ms),
        ramp: Duration::from_millis(limits.breaker_ramp_ms),
    }
}

pub(super) fn gate_rules(limits: &LimitsConfig, own: Option<u32>) -> GateRules {
    GateRules {
        most: own.or(limits.max_concurrency),
        adapts: limits.adaptive_concurrency,
        queue: limits.max_queue_length,
        wait: Duration::from_millis(limits.max_queue_wait_ms),
    }
}

/// Whether several keys use the places, so that each may hold its share only.
pub(super) fn is_shared(loaded: &Loaded) -> bool {
    loaded.config.keys.len() > 1
}

pub(super) fn upstream_rules(limits: &LimitsConfig, shared: bool) -> UpstreamRules {
    // Three quarters, so that a slow provider never holds all places of the process.
    let share = limits.max_concurrent_requests - limits.max_concurrent_requests / 4;
    UpstreamRules {
        retry_percent: limits.retry_budget_percent,
        retries_per_second: limits.retry_budget_per_second,
        hedge_percent: limits.hedge_percent,
        places: limits.max_concurrency_per_upstream.unwrap_or(share).max(1),
        shared,
    }
}

pub(super) fn hedge_rules(limits: &LimitsConfig) -> Option<HedgeRules> {
    let after = Duration::from_millis(limits.hedge_after_ms);
    match limits.hedge {
        HedgeMode::Off => None,
        HedgeMode::Fixed => Some(HedgeRules {
            after,
            by_p95: false,
        }),
        HedgeMode::P95 => Some(HedgeRules {
            after,
            by_p95: true,
        }),
    }
}
