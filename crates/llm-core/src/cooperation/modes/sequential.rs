//! One after another: each member improves on the answer before it.
//!
//! A step that fails is left out and the chain goes on from the last good answer, which is also
//! the result, unless the last step broke off while it was shown. With several rounds the members take further turns.

use futures_util::future::BoxFuture;

use super::calls;
use crate::cooperation::members::{Crew, LAST, Order, as_final, question};
use crate::cooperation::prompt::{self, Wording};
use crate::cooperation::{CoopError, CooperationMode, Integrated, Run};
use crate::types::cooperation::{CoopOutcome, Stage};

/// Walks the chain of members.
pub struct Sequential;

impl CooperationMode for Sequential {
    fn name(&self) -> &'static str {
        "sequential"
    }

    fn summary(&self) -> &'static str {
        "each model improves on the answer of the one before"
    }

    fn min_members(&self) -> usize {
        2
    }

    fn default_integrator(&self) -> &'static str {
        LAST
    }

    fn max_calls(&self, members: usize, rounds: u32) -> u32 {
        calls(members, rounds)
    }

    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>> {
        Box::pin(async move {
            let mut crew = Crew::begin(run, self)?;
            let members = &run.plan.members;
            let rounds = run.plan.rounds.max(1);
            let turns = (0..rounds).flat_map(|_| members).zip(1_u32..);
            let steps = members.len() * rounds as usize;
            let mut answered: Vec<usize> = Vec::new();
            for (member, number) in turns {
                let stage = Stage::Step { number };
                let is_final = number as usize == steps && crew.shows_last();
                crew.enter(stage).await;
                if is_final {
                    crew.announce().await;
                }
                let mut request = prompt::request_for(run, member);
                if let Some(previous) = crew.text(answered.last()) {
                    let text = Wording::of(run.language).refine(&question(run), previous);
                    prompt::replace(&mut request, text);
                }
                crew.ask_all(vec![Order {
                    member,
                    request,
                    stage,
                    is_final,
                }])
                .await;
                let turnout = crew.turnout(|of| of == stage);
                if let Some(missing) = turnout
                    .missing
                    .first()
                    .filter(|_| run.events.final_started())
                {
                    return Err(crew.broke_off(&missing.reason));
                }
                answered.extend(turnout.answered);
            }
            let turnout = crew.turnout(|_| true);
            if let Err((code, message)) = turnout.check(run.plan.quorum, run.plan.strict) {
                return Err(crew.fail(code, message));
            }
            if !crew.shows_last() {
                return crew.integrate(answered, rounds).await;
            }
            let integrated = last_good(&crew, &answered, steps);
            Ok(crew.finish(&answered, integrated, rounds).await)
        })
    }
}

/// The last answer there is, which all before it led to.
fn last_good(crew: &Crew<'_>, answered: &[usize], steps: usize) -> Integrated {
    let proposals = crew.proposals(answered);
    let last = &proposals[proposals.len() - 1];
    let last_by = &last.member.label;
    let mut how = format!(
        "{} of {steps} steps, the last by `{last_by}`",
        answered.len()
    );
    for missing in crew.turnout(|_| true).missing {
        how = format!(
            "{how}; `{}` gave no answer: {}",
            missing.member, missing.reason
        );
    }
    Integrated {
        answer: as_final(&last.report.answer),
        how,
        used: (0..answered.len()).collect(),
        tally: None,
        contributions: Vec::new(),
        degraded: false,
    }
}
