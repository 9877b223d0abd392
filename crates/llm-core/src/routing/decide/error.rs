//! Why a request goes nowhere, for the caller: what failed, on what, and what to do.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::filter::Filtered;
use super::super::names::{Resolved, UnknownName};
use super::rules::Rules;
use crate::types::code::Code;
use crate::types::money::Money;
use crate::types::plan::Exclusion;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RouteError {
    /// There is no such model, or the caller may not use it.
    #[error(transparent)]
    ModelNotFound(UnknownName),
    /// A name that is not a model stands where only a model can.
    #[error("`{name}` is a name of kind {kind}; a model is needed here")]
    NotAModel {
        /// The name.
        name: String,
        /// What it is.
        kind: &'static str,
    },
    /// There is no such strategy.
    #[error("there is no strategy named `{name}`; there are {}", .known.join(", "))]
    UnknownStrategy {
        /// What was sent.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// There is no such cooperation mode.
    #[error("there is no cooperation mode named `{name}`; there are {}", .known.join(", "))]
    UnknownMode {
        /// What was sent.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A preference is out of range.
    #[error("`{param}`: {problem}")]
    InvalidPreference {
        /// Which.
        param: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Nothing satisfies the request.
    #[error("{what} serve this request{}", because(.excluded))]
    NoCandidate {
        /// Who cannot, up to the verb: ``model `m` cannot``, `no configured model can`.
        what: String,
        /// Why each was left out.
        excluded: Vec<Exclusion>,
    },
    /// The conversation fits no model.
    #[error("the conversation does not fit the context of any model it may go to{}", because(.excluded))]
    ContextLength {
        /// Why each was left out.
        excluded: Vec<Exclusion>,
    },
    /// Every model that would do rests after failures.
    #[error(
        "every model that could serve this request rests after repeated failures; the first is \
         tried again in {:.1} s",
        .retry_in.as_secs_f64()
    )]
    NoHealthyModel {
        /// Until the first is tried again.
        retry_in: Duration,
        /// Why each was left out.
        excluded: Vec<Exclusion>,
    },
    /// Everything that would do is too dear, or has no known price.
    #[error("no model keeps the limit of {}{}", amounts(.limits), because(.excluded))]
    MaxCost {
        /// The limits that hold.
        limits: Vec<Money>,
        /// The lowest estimate there is in that currency.
        cheapest: Option<Money>,
        /// Why each was left out.
        excluded: Vec<Exclusion>,
    },
}

/// Models named in a message; the rest is in the list of exclusions.
const NAMED: usize = 5;

impl RouteError {
    /// The code the caller sees.
    pub fn code(&self) -> Code {
        match self {
            Self::ModelNotFound(_) => Code::ModelNotFound,
            Self::UnknownStrategy { .. } => Code::UnknownStrategy,
            Self::UnknownMode { .. } => Code::UnknownMode,
            Self::NotAModel { .. } | Self::InvalidPreference { .. } => Code::InvalidValue,
            Self::NoCandidate { excluded, .. } => nothing_left(excluded),
            Self::ContextLength { .. } => Code::ContextLength,
            Self::NoHealthyModel { .. } => Code::NoHealthyModel,
            Self::MaxCost { .. } => Code::MaxCost,
        }
    }

    /// The request field at fault, where it is one.
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::ModelNotFound(_) => Some("model"),
            Self::NotAModel { .. } => Some("models"),
            Self::UnknownStrategy { .. } => Some("strategy"),
            Self::UnknownMode { .. } => Some("mode"),
            Self::InvalidPreference { param, .. } => Some(param),
            Self::MaxCost { .. } => Some("max_cost"),
            Self::NoCandidate { .. } | Self::ContextLength { .. } | Self::NoHealthyModel { .. } => {
                None
            }
        }
    }

    /// When the same request may succeed.
    pub fn retry_in(&self) -> Option<Duration> {
        match self {
            Self::NoHealthyModel { retry_in, .. } => Some(*retry_in),
            _ => None,
        }
    }

    /// What was left out, and why.
    pub fn excluded(&self) -> &[Exclusion] {
        match self {
            Self::NoCandidate { excluded, .. }
            | Self::ContextLength { excluded }
            | Self::NoHealthyModel { excluded, .. }
            | Self::MaxCost { excluded, .. } => excluded,
            _ => &[],
        }
    }
}

/// Why there is nothing to try.
pub(super) fn refusal(
    target: &Resolved,
    rules: &Rules,
    first: &Filtered,
    mut excluded: Vec<Exclusion>,
) -> RouteError {
    excluded.extend(first.excluded.iter().cloned());
    if let Some(retry_in) = first.all_rest_for {
        return RouteError::NoHealthyModel { retry_in, excluded };
    }
    if excluded.iter().any(|out| out.reason == "cost") {
        return RouteError::MaxCost {
            limits: rules.max_costs.clone(),
            cheapest: first.cheapest_refused,
            excluded,
        };
    }
    let too_long = excluded.iter().any(|out| out.reason == "context");
    if too_long && !excluded.iter().any(|out| out.reason == "latency") {
        return RouteError::ContextLength { excluded };
    }
    RouteError::NoCandidate {
        what: match target {
            Resolved::Model(pick) => format!("model `{}` cannot", pick.model),
            Resolved::Route(route) => format!("no model of route `{route}` can"),
            Resolved::Auto { .. } | Resolved::Cooperate { .. } => {
                "no configured model can".to_owned()
            }
        },
        excluded,
    }
}

/// Without a single candidate the configuration is at fault, not the request.
fn nothing_left(excluded: &[Exclusion]) -> Code {
    if excluded.is_empty() {
        Code::NotConfigured
    } else if excluded.iter().all(|out| out.reason == "credential") {
        Code::MissingCredential
    } else {
        Code::NoCandidate
    }
}

fn because(excluded: &[Exclusion]) -> String {
    let mut text = String::new();
    for (at, out) in excluded.iter().take(NAMED).enumerate() {
        text.push_str(if at == 0 { ": " } else { "; " });
        // Writing to a string does not fail.
        let _infallible = write!(text, "{} {}", out.model, out.detail);
    }
    if excluded.len() > NAMED {
        let _infallible = write!(text, "; and {} more", excluded.len() - NAMED);
    }
    text
}

fn amounts(limits: &[Money]) -> String {
    limits
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" and ")
}
