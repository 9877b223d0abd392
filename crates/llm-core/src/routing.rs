//! Routing: what a request is, which models fit, and in which order to try them.
//!
//! Everything here is pure: no I/O, no clock, no randomness of its own. Health, prices, the seed
//! and the sequence number come in as values. What needs a model call is a [`Profiler`] or a
//! cooperation mode, never a strategy.

pub mod profile;

pub mod tasks;

pub mod names;

pub mod filter;

mod appraisal;

pub mod strategies;

pub mod decision_cache;

pub mod decide;

pub mod explain;

#[cfg(test)]
mod fixtures;

use crate::types::chat::ChatRequest;
use crate::types::plan::{Candidate, Preferences, Reason};
use crate::types::task::TaskProfile;

/// Finds out what a request is about.
///
/// The built-in one reads the text (`profile`); a trained one takes its place
/// behind the same trait.
pub trait Profiler: Send + Sync {
    /// The profile of a conversation. `task` is the caller's own word for the task, if any.
    fn profile(&self, request: &ChatRequest, task: Option<&str>) -> TaskProfile;

    /// What can be said without reading the words: size and needs. Enough where nothing is to be
    /// chosen.
    fn facts(&self, request: &ChatRequest, task: Option<&str>) -> TaskProfile;
}

/// Orders candidates. Pure: the same query and candidates give the same order.
pub trait RoutingStrategy: Send + Sync {
    /// Its name in the configuration and on the command line.
    fn name(&self) -> &'static str;

    /// Other names it answers to. `-` and `_` are the same in any of them.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it prefers, in one line, for `help` and the reference.
    fn summary(&self) -> &'static str;

    /// Whether it has a reason of its own to prefer one deployment of a model to another.
    fn tells_places_apart(&self) -> bool {
        false
    }

    /// Every candidate exactly once, best first; the reasons are left empty.
    ///
    /// `candidates` is in the order of the configuration and never empty.
    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked>;

    /// Fills in the reasons for these places of an order of the same query and candidates.
    ///
    /// Apart from [`order`](Self::order) because most candidates never get into the plan, and
    /// putting their figures into words costs more than ordering them.
    fn explain(&self, query: &RouteQuery<'_>, candidates: &[Candidate], places: &mut [Ranked]);
}

/// What a strategy may look at besides the candidates.
#[derive(Clone, Copy, Debug)]
pub struct RouteQuery<'a> {
    /// What the request is about.
    pub profile: &'a TaskProfile,
    /// What the caller prefers.
    pub preferences: &'a Preferences,
    /// 0 to 1: how much quality matters, with the default filled in.
    pub quality_priority: f64,
    /// Counts the requests; `round_robin` turns by it.
    pub sequence: u64,
    /// Random bits for `weighted`; fixed in tests.
    pub seed: u64,
}

/// A candidate's place in the order.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its position in the slice the strategy was given.
    pub index: usize,
    /// Higher is better; comparable within one order only.
    pub score: f64,
    /// Why; empty until [`RoutingStrategy::explain`] fills it in.
    pub reasons: Vec<Reason>,
}
