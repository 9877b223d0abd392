//! The last answer, as it is.

use futures_util::future::BoxFuture;

use crate::cooperation::members::{LAST, as_final};
use crate::cooperation::{CoopError, Integrated, Integrator, Proposal, Run};

/// Takes the last answer.
pub struct Last;

impl Integrator for Last {
    fn name(&self) -> &'static str {
        LAST
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn summary(&self) -> &'static str {
        "the last answer as it is"
    }

    fn needs_judge(&self) -> bool {
        false
    }

    fn integrate<'a>(
        &'a self,
        _run: &'a Run<'a>,
        proposals: &'a [Proposal<'a>],
    ) -> BoxFuture<'a, Result<Integrated, CoopError>> {
        let last = proposals.len() - 1;
        let integrated = Integrated {
            answer: as_final(&proposals[last].report.answer),
            how: format!("the answer of `{}`", proposals[last].member.label),
            used: vec![last],
            tally: None,
            contributions: Vec::new(),
            degraded: false,
        };
        Box::pin(std::future::ready(Ok(integrated)))
    }
}
