//! Cooperation: several models for one request.
//!
//! A mode decides who is asked what and when; an integrator makes one answer of several. Both act
//! on the world only through [`ModelCaller`], under one [`budget::Budget`]. Dropping a run cancels
//! every call of it.

pub mod budget;

pub mod normalise;

pub mod votes;

pub mod prompt;

mod members;

mod preference;

pub mod modes;

pub mod integrators;

use futures_util::future::BoxFuture;

use crate::types::answer::Answer;
use crate::types::caller::{CallReport, ModelCaller};
use crate::types::chat::ChatRequest;
use crate::types::clock::Clock;
use crate::types::code::Code;
use crate::types::cooperation::{Contribution, CoopOutcome, CooperationPlan, Member, Tally};
use crate::types::run_event::EventSink;
use crate::types::task::Language;

/// A way for several models to work on one request.
pub trait CooperationMode: Send + Sync {
    /// Its name in the configuration, on the command line and behind `cooperate/`.
    fn name(&self) -> &'static str;

    /// What it does, in one line, for `help` and the reference.
    fn summary(&self) -> &'static str;

    /// The fewest members it works with.
    fn min_members(&self) -> usize;

    /// The integrator used where the caller names none.
    fn default_integrator(&self) -> &'static str;

    /// The most calls a run may make with this many members and rounds; the default cap.
    fn max_calls(&self, members: usize, rounds: u32) -> u32;

    /// Whether a run stops once its outcome cannot change, where the caller does not say.
    fn stops_early(&self) -> bool {
        false
    }

    /// Runs it. No answer at all is an error; a failed member is not, unless the plan is strict.
    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>>;
}

/// Everything a mode needs.
pub struct Run<'a> {
    /// The caller's conversation.
    pub request: &'a ChatRequest,
    /// The language of the question, for the prompts around it.
    pub language: Language,
    /// Who takes part and under which rules.
    pub plan: &'a CooperationPlan,
    /// Makes one answer of several.
    pub integrator: &'static dyn Integrator,
    /// Asks models.
    pub caller: &'a dyn ModelCaller,
    /// The shared caps, which know when members are no longer waited for.
    pub budget: &'a budget::Budget,
    /// Where the time comes from.
    pub clock: &'a dyn Clock,
    /// Where progress is reported.
    pub events: &'a EventSink,
}

/// Makes one answer of several.
pub trait Integrator: Send + Sync {
    /// Its name in the configuration and on the command line.
    fn name(&self) -> &'static str;

    /// Other names it answers to.
    fn aliases(&self) -> &'static [&'static str];

    /// What it does, in one line, for `help` and the reference.
    fn summary(&self) -> &'static str;

    /// Whether it asks a model (the plan's judge).
    fn needs_judge(&self) -> bool;

    /// The integrated answer. `proposals` is never empty and in the order of the members.
    fn integrate<'a>(
        &'a self,
        run: &'a Run<'a>,
        proposals: &'a [Proposal<'a>],
    ) -> BoxFuture<'a, Result<Integrated, CoopError>>;
}

/// An answer to be integrated, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// Who gave it.
    pub member: &'a Member,
    /// What it is. Its text is never blank.
    pub report: &'a CallReport,
}

/// An integrated answer.
#[derive(Clone, Debug)]
pub struct Integrated {
    /// The answer.
    pub answer: Answer,
    /// How it came about, in words.
    pub how: String,
    /// Positions of the proposals it is or was made from.
    pub used: Vec<usize>,
    /// The votes, where it counted.
    pub tally: Option<Tally>,
    /// Calls it made itself.
    pub contributions: Vec<Contribution>,
    /// Whether it had to fall back on another way than the one asked for; `how` says which.
    pub degraded: bool,
}

/// Why a run gave no answer.
#[derive(Clone, Debug)]
pub struct CoopError {
    /// The code the caller sees.
    pub code: Code,
    /// In words.
    pub message: String,
    /// Everything that was tried, so that it is booked and shown.
    pub contributions: Vec<Contribution>,
}
