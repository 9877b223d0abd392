//! One answer made of several by a model, shown as it is written.
//!
//! If the model fails before anything was shown, the first choice among the answers takes its
//! place and the outcome says so. After that nothing can be taken back, and the run fails.

use futures_util::future::BoxFuture;

use super::judge::alone;
use crate::cooperation::members::{
    Order, as_final, ask_for_integration, interrupted, judge, question,
};
use crate::cooperation::preference::{FIRST_CHOICE, first_choice};
use crate::cooperation::prompt::{self, Wording};
use crate::cooperation::votes::list;
use crate::cooperation::{CoopError, Integrated, Integrator, Proposal, Run};
use crate::types::answer::Answer;
use crate::types::chat::ChatRequest;
use crate::types::code::Code;
use crate::types::cooperation::{Contribution, MemberFailure, Stage};

/// Has a model write one answer from all of them.
pub struct Synthesize;

impl Integrator for Synthesize {
    fn name(&self) -> &'static str {
        "synthesize"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["ensemble", "merge"]
    }

    fn summary(&self) -> &'static str {
        "one new answer that the judge writes from all of them"
    }

    fn needs_judge(&self) -> bool {
        true
    }

    fn integrate<'a>(
        &'a self,
        run: &'a Run<'a>,
        proposals: &'a [Proposal<'a>],
    ) -> BoxFuture<'a, Result<Integrated, CoopError>> {
        Box::pin(async move {
            if let [only] = proposals {
                return Ok(alone(only));
            }
            let order = Order {
                member: judge(run),
                request: request(run, proposals),
                stage: Stage::Synthesis,
                is_final: true,
            };
            let contribution = ask_for_integration(run, order).await;
            match written(&contribution) {
                Ok(answer) => Ok(whole(run, proposals, as_final(answer), contribution)),
                Err(why) if run.events.final_started() => Err(CoopError {
                    code: Code::StreamInterrupted,
                    message: interrupted(&why),
                    contributions: vec![contribution],
                }),
                Err(why) => Ok(in_parts(run, proposals, &why, contribution)),
            }
        })
    }
}

/// The caller's conversation with the question put together with its answers.
fn request(run: &Run<'_>, proposals: &[Proposal<'_>]) -> ChatRequest {
    let shown = prompt::shuffled(run, proposals);
    let mut request = run.request.clone();
    let text = Wording::of(run.language).synthesis(&question(run), &shown);
    prompt::replace(&mut request, text);
    request
}

fn written(contribution: &Contribution) -> Result<&Answer, String> {
    match &contribution.result {
        Ok(report) if report.answer.text().trim().is_empty() => {
            Err("it answered without a word".to_owned())
        }
        Ok(report) => Ok(&report.answer),
        Err(MemberFailure::Failed(failure)) => Err(failure.to_string()),
        Err(MemberFailure::Skipped(reason)) => Err(reason.clone()),
    }
}

fn whole(
    run: &Run<'_>,
    proposals: &[Proposal<'_>],
    answer: Answer,
    mut contribution: Contribution,
) -> Integrated {
    contribution.used = true;
    let authors = proposals
        .iter()
        .map(|proposal| proposal.member.label.as_str());
    Integrated {
        answer,
        how: format!(
            "`{}` wrote one answer from those of {}",
            judge(run).label,
            list(authors)
        ),
        used: (0..proposals.len()).collect(),
        tally: None,
        contributions: vec![contribution],
        degraded: false,
    }
}

/// One of the answers, because making one of them failed.
fn in_parts(
    run: &Run<'_>,
    proposals: &[Proposal<'_>],
    why: &str,
    contribution: Contribution,
) -> Integrated {
    let chosen = first_choice(proposals);
    let (writer, author) = (&judge(run).label, &proposals[chosen].member.label);
    Integrated {
        how: format!(
            "`{writer}` could not write one answer from {}: {why}; the answer of `{author}`, {FIRST_CHOICE}",
            proposals.len()
        ),
        used: vec![chosen],
        contributions: vec![contribution],
        degraded: true,
        ..alone(&proposals[chosen])
    }
}
