//! The numbers of a call: how much the model thinks, how much it may write, how it samples.
//!
//! All three depend on each other and on the generation of the model; see `models`.

use super::models::{Rules, Thinking, Unasked};
use crate::provider::Call;
use crate::provider::protocols::translate::{Effort, is_one, refuse};
use crate::types::failure::Failure;

/// Fewest tokens the provider accepts to think with.
const LEAST_BUDGET: u32 = 1024;

/// Least nucleus sampling the provider accepts while a model thinks.
const LEAST_TOP_P_THINKING: f64 = 0.95;

/// What a model is told about thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Nothing: it does as it always does.
    Silent,
    /// Not to.
    Off,
    /// To use so many tokens at most.
    Tokens(u32),
    /// To try so hard.
    Level(&'static str),
}

/// Decides how much a model is told to think. `forced` says that it has to call a tool.
pub(super) fn thinking_plan(call: &Call<'_>, rules: &Rules, forced: bool) -> Result<Plan, Failure> {
    let field = "reasoning_effort";
    let effort = match Effort::read(call.request.reasoning_effort.as_deref())? {
        // A call to a tool cannot be forced from a model while it thinks.
        None if forced && rules.unasked == Unasked::Thinks => return Ok(Plan::Off),
        None => return Ok(Plan::Silent),
        Some(Effort::None) => {
            return match (rules.unasked, rules.thinking) {
                (Unasked::AlwaysThinks, _) => Err(refuse(field, "the model always thinks")),
                (_, Thinking::Adaptive) => Ok(Plan::Off),
                _ => Ok(Plan::Silent),
            };
        }
        Some(effort) => effort,
    };
    if forced {
        let why = "the model cannot think while it is made to call a tool or to answer in JSON";
        return Err(refuse(field, why));
    }
    match rules.thinking {
        Thinking::Impossible => Err(refuse(field, "the model does not think")),
        Thinking::Adaptive => Ok(Plan::Level(match effort {
            Effort::None | Effort::Minimal | Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
            Effort::XHigh => "xhigh",
            Effort::Max => "max",
        })),
        Thinking::Budget => budget(call, effort).map(Plan::Tokens),
    }
}

/// Tokens to think with, at most half of what the whole answer may have.
fn budget(call: &Call<'_>, effort: Effort) -> Result<u32, Failure> {
    let wanted = match effort {
        Effort::None | Effort::Minimal => LEAST_BUDGET,
        Effort::Low => 2048,
        Effort::Medium => 8192,
        Effort::High => 16_000,
        Effort::XHigh | Effort::Max => 32_000,
    };
    let Some(limit) = call.defaults.clamp(call.request.sampling.max_tokens) else {
        return Ok(wanted);
    };
    let most = limit / 2;
    if most < LEAST_BUDGET {
        return Err(refuse(
            "reasoning_effort",
            format_args!(
                "thinking takes at least {LEAST_BUDGET} tokens, and at most half of \
                 max_tokens = {limit}"
            ),
        ));
    }
    Ok(wanted.min(most))
}

/// The provider wants a limit in every call. Where nobody gives one it is the advised figure,
/// and what the model thinks comes on top.
pub(super) fn max_tokens(call: &Call<'_>, rules: &Rules, plan: Plan) -> u32 {
    let thinking = match plan {
        Plan::Tokens(budget) => budget,
        _ => 0,
    };
    call.defaults
        .clamp(call.request.sampling.max_tokens)
        .unwrap_or(rules.max_tokens + thinking)
}

/// Temperature and nucleus sampling. What the caller asked for is sent or refused; what the
/// configuration prefers gives way where the model does not take it.
pub(super) fn sampling(
    call: &Call<'_>,
    rules: &Rules,
    thinks: bool,
) -> Result<(Option<f64>, Option<f64>), Failure> {
    let asked = &call.request.sampling;
    let not_neutral = |value: Option<f64>| value.filter(|value| !is_one(*value));
    if !rules.sampling || thinks {
        let why = if rules.sampling {
            "the model takes no such option while it thinks"
        } else {
            "the model takes no such option"
        };
        let least = if rules.sampling {
            LEAST_TOP_P_THINKING
        } else {
            1.0
        };
        if not_neutral(asked.temperature).is_some() {
            return Err(refuse("temperature", why));
        }
        return match not_neutral(asked.top_p) {
            Some(top_p) if top_p < least => Err(refuse("top_p", why)),
            top_p => Ok((None, top_p)),
        };
    }
    let temperature = match (asked.temperature, asked.top_p) {
        (None, None) => call.defaults.temperature,
        (temperature, _) => temperature,
    };
    if temperature.is_some_and(|temperature| temperature > 1.0) {
        return Err(refuse("temperature", "the protocol's range ends at 1"));
    }
    let top_p = match (asked.top_p, temperature) {
        (None, None) => call.defaults.top_p,
        (top_p, _) => top_p,
    };
    if rules.one_sampler && temperature.is_some() && top_p.is_some() {
        return match (not_neutral(temperature), not_neutral(top_p)) {
            (Some(_), Some(_)) => Err(refuse("top_p", "the model takes it or temperature")),
            (None, top_p @ Some(_)) => Ok((None, top_p)),
            _ => Ok((temperature, None)),
        };
    }
    Ok((temperature, top_p))
}
