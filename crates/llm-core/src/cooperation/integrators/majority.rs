//! The answer most members gave.
//!
//! Counts by normal form (`normalise`, `votes`). Where nothing can be counted, as with essays, a
//! judge of the plan chooses; without one, the order of the members does, and the outcome says so.

use futures_util::future::BoxFuture;

use super::judge;
use crate::cooperation::members::{as_final, question};
use crate::cooperation::normalise::Kind;
use crate::cooperation::preference::{FIRST_CHOICE, first_choice};
use crate::cooperation::votes::{self, Ballot};
use crate::cooperation::{CoopError, Integrated, Integrator, Proposal, Run};
use crate::types::cooperation::{Contribution, Tally};

/// Counts the answers as votes.
pub struct Majority;

impl Integrator for Majority {
    fn name(&self) -> &'static str {
        "majority"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["vote", "voting"]
    }

    fn summary(&self) -> &'static str {
        "the answer most members gave, counted by its normal form"
    }

    fn needs_judge(&self) -> bool {
        false
    }

    fn integrate<'a>(
        &'a self,
        run: &'a Run<'a>,
        proposals: &'a [Proposal<'a>],
    ) -> BoxFuture<'a, Result<Integrated, CoopError>> {
        Box::pin(async move {
            let (ballots, tally) = poll(run, proposals);
            for ballot in &ballots {
                votes::announce(run.events, ballot, 1, &tally).await;
            }
            Ok(match elect(proposals, &tally) {
                Some(elected) => elected,
                None => without_votes(run, proposals, tally).await,
            })
        })
    }
}

/// The votes the proposals amount to.
pub(in crate::cooperation) fn poll(
    run: &Run<'_>,
    proposals: &[Proposal<'_>],
) -> (Vec<Ballot>, Tally) {
    let kind = Kind::of(&question(run), &run.request.format);
    let ballots: Vec<Ballot> = proposals
        .iter()
        .map(|proposal| {
            let text = proposal.report.answer.text();
            Ballot::of(&proposal.member.label, text, &kind)
        })
        .collect();
    let tally = votes::count(&ballots);
    (ballots, tally)
}

/// The text of the winning option: the first complete answer of those who voted for it.
pub(in crate::cooperation) fn elect(
    proposals: &[Proposal<'_>],
    tally: &Tally,
) -> Option<Integrated> {
    let winner = tally.options.get(tally.winner?)?;
    let voters: Vec<usize> = (0..proposals.len())
        .filter(|at| winner.voters.contains(&proposals[*at].member.label))
        .collect();
    let backing: Vec<Proposal<'_>> = voters.iter().map(|at| proposals[*at]).collect();
    let chosen = *voters.get(first_choice(&backing))?;
    Some(Integrated {
        answer: as_final(&proposals[chosen].report.answer),
        how: format!(
            "{}; in the words of `{}`",
            votes::verdict(tally)?,
            proposals[chosen].member.label
        ),
        used: vec![chosen],
        tally: Some(tally.clone()),
        contributions: Vec::new(),
        degraded: false,
    })
}

/// One of the answers where nothing could be counted.
pub(in crate::cooperation) async fn without_votes<'a>(
    run: &'a Run<'a>,
    proposals: &'a [Proposal<'a>],
    tally: Tally,
) -> Integrated {
    let mut how = "the answers could not be counted as votes".to_owned();
    let mut contributions = Vec::new();
    if run.plan.judge.is_some() && proposals.len() > 1 {
        let verdict = judge::ask(run, proposals).await;
        contributions = verdict.contributions;
        match verdict.chosen {
            Ok((chosen, reason)) => {
                how = format!("{how}; {reason}");
                return one_of(proposals, chosen, how, (tally, contributions));
            }
            Err(why) => how = format!("{how}; {why}"),
        }
    }
    let chosen = first_choice(proposals);
    let author = &proposals[chosen].member.label;
    how = format!("{how}; the answer of `{author}`, {FIRST_CHOICE}");
    one_of(proposals, chosen, how, (tally, contributions))
}

fn one_of(
    proposals: &[Proposal<'_>],
    chosen: usize,
    how: String,
    (tally, contributions): (Tally, Vec<Contribution>),
) -> Integrated {
    Integrated {
        answer: as_final(&proposals[chosen].report.answer),
        how,
        used: vec![chosen],
        tally: Some(tally),
        contributions,
        degraded: true,
    }
}
