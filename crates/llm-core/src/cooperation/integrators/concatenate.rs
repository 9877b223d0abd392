//! All answers one after another.

use futures_util::future::BoxFuture;

use crate::cooperation::members::CONCATENATE;
use crate::cooperation::votes::list;
use crate::cooperation::{CoopError, Integrated, Integrator, Proposal, Run};
use crate::types::answer::{Answer, FinishReason};
use crate::types::usage::Usage;

/// Joins the answers by a blank line, in the order of the members.
pub struct Concatenate;

impl Integrator for Concatenate {
    fn name(&self) -> &'static str {
        CONCATENATE
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn summary(&self) -> &'static str {
        "all answers one after another, parted by a blank line"
    }

    fn needs_judge(&self) -> bool {
        false
    }

    fn integrate<'a>(
        &'a self,
        _run: &'a Run<'a>,
        proposals: &'a [Proposal<'a>],
    ) -> BoxFuture<'a, Result<Integrated, CoopError>> {
        Box::pin(std::future::ready(Ok(join(proposals))))
    }
}

fn join(proposals: &[Proposal<'_>]) -> Integrated {
    let texts: Vec<&str> = proposals
        .iter()
        .map(|proposal| proposal.report.answer.text().trim())
        .collect();
    let mut answer = Answer::of_text(texts.join("\n\n"), Usage::default());
    let was_cut = proposals
        .iter()
        .any(|proposal| *proposal.report.answer.finish() == FinishReason::Length);
    if let Some(choice) = answer.choices.first_mut().filter(|_| was_cut) {
        choice.finish = FinishReason::Length;
    }
    let authors = proposals
        .iter()
        .map(|proposal| proposal.member.label.as_str());
    Integrated {
        answer,
        how: format!("the answers of {} one after another", list(authors)),
        used: (0..proposals.len()).collect(),
        tally: None,
        contributions: Vec::new(),
        degraded: false,
    }
}
