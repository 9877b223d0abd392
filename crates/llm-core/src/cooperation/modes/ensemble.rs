//! Several drafts and one writer: members propose at once, then the judge writes one answer from
//! their proposals and is shown while it writes.
//!
//! The recipe is [`parallel`](super::parallel) with its default integrator, under the name
//! people know it by.

use futures_util::future::BoxFuture;

use super::calls;
use super::parallel::propose;
use crate::cooperation::{CoopError, CooperationMode, Run};
use crate::types::cooperation::CoopOutcome;

/// Proposes and synthesises.
pub struct Ensemble;

impl CooperationMode for Ensemble {
    fn name(&self) -> &'static str {
        "ensemble"
    }

    fn summary(&self) -> &'static str {
        "all models propose and one writes the answer from their proposals"
    }

    fn min_members(&self) -> usize {
        2
    }

    fn default_integrator(&self) -> &'static str {
        "synthesize"
    }

    fn max_calls(&self, members: usize, _rounds: u32) -> u32 {
        calls(members, 1)
    }

    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>> {
        Box::pin(propose(run, self))
    }
}
