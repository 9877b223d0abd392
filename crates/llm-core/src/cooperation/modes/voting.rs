//! Members vote: each answers on its own, the answers are counted by their normal form, and the
//! answer of the majority is the result.
//!
//! Where further rounds are allowed and no answer has more than half of the votes, the members
//! see the options with their counts, not who chose them, and vote again. The last round that
//! met the quorum counts. The votes decide what the answer is, the integrator how it is worded:
//! it gets the answers that voted for the winner, or all of them where nothing could be counted.

use futures_util::future::BoxFuture;

use super::calls;
use crate::cooperation::integrators::majority::{Majority, elect, without_votes};
use crate::cooperation::members::{Crew, Order, Turnout, question};
use crate::cooperation::normalise::Kind;
use crate::cooperation::prompt::{self, Wording};
use crate::cooperation::votes::{self, Ballot};
use crate::cooperation::{CoopError, CooperationMode, Integrator as _, Run};
use crate::types::cooperation::{CoopOutcome, Member, Stage, Tally};

/// Counts votes.
pub struct Voting;

impl CooperationMode for Voting {
    fn name(&self) -> &'static str {
        "voting"
    }

    fn summary(&self) -> &'static str {
        "all models answer at once and the answer most of them gave wins"
    }

    fn min_members(&self) -> usize {
        2
    }

    fn default_integrator(&self) -> &'static str {
        "majority"
    }

    fn max_calls(&self, members: usize, rounds: u32) -> u32 {
        calls(members, rounds)
    }

    fn stops_early(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>> {
        Box::pin(async move {
            let mut crew = Crew::begin(run, self)?;
            let kind = Kind::of(&question(run), &run.request.format);
            let rounds = run.plan.rounds.max(1);
            let mut held = 1;
            let mut poll = Poll::first(run, kind);
            let (mut tally, mut turnout) = poll.hold(&mut crew, None).await;
            if let Err((code, message)) = turnout.check(run.plan.quorum, run.plan.strict) {
                return Err(crew.fail(code, message));
            }
            while held < rounds && tally.winner.is_some() && !votes::has_majority(&tally) {
                held += 1;
                poll.round = held;
                poll.voters = voters(run, &crew, &turnout);
                let (next, next_turnout) = poll.hold(&mut crew, Some(&tally)).await;
                match next_turnout.check(run.plan.quorum, run.plan.strict) {
                    Err((code, message)) if run.plan.strict => return Err(crew.fail(code, message)),
                    // Too few came back, or said nothing that counts: the round before stands.
                    Err(_) => break,
                    Ok(()) if next.winner.is_none() => break,
                    Ok(()) => (tally, turnout) = (next, next_turnout),
                }
            }
            conclude(crew, run, (tally, turnout), held).await
        })
    }
}

/// A round of voting.
struct Poll<'a> {
    run: &'a Run<'a>,
    kind: Kind,
    round: u32,
    voters: Vec<&'a Member>,
}

impl<'a> Poll<'a> {
    fn first(run: &'a Run<'a>, kind: Kind) -> Self {
        Self {
            run,
            kind,
            round: 1,
            voters: run.plan.members.iter().collect(),
        }
    }

    /// Has everybody vote, in view of the round before. Stops when the outcome cannot change.
    async fn hold(&self, crew: &mut Crew<'a>, before: Option<&Tally>) -> (Tally, Turnout) {
        let stage = Stage::Answer { round: self.round };
        crew.enter(stage).await;
        let orders = self.voters.iter().map(|member| self.order(member, before));
        let mut gathering = crew.gather(orders.collect());
        let mut ballots: Vec<Ballot> = Vec::new();
        while let Some(contribution) = gathering.next().await {
            let position = crew.record(contribution);
            let Some(text) = crew.text(Some(&position)) else {
                continue;
            };
            let member = crew.author(position);
            ballots.push(Ballot::of(member, text, &self.kind));
            let ballot = ballots[ballots.len() - 1].clone();
            ballots.sort_by_key(|ballot| self.place(&ballot.member));
            let tally = votes::count(&ballots);
            votes::announce(self.run.events, &ballot, self.round, &tally).await;
            if self.is_over(&tally, ballots.len(), gathering.outstanding()) {
                gathering
                    .stop("the outcome of the vote cannot change any more")
                    .await;
            }
        }
        (votes::count(&ballots), crew.turnout(|of| of == stage))
    }

    fn order(&self, member: &'a Member, before: Option<&Tally>) -> Order<'a> {
        let mut request = prompt::request_for(self.run, member);
        let wording = Wording::of(self.run.language);
        if let Some(tally) = before {
            prompt::replace(&mut request, wording.revote(&question(self.run), tally));
        }
        if let Some(line) = wording.last_line(&self.kind) {
            prompt::append(&mut request, line);
        }
        Order {
            member,
            request,
            stage: Stage::Answer { round: self.round },
            is_final: false,
        }
    }

    /// Whether the votes that are out cannot change anything. A strict run waits for all, and
    /// the quorum is waited for in any case.
    fn is_over(&self, tally: &Tally, answered: usize, outstanding: usize) -> bool {
        let plan = self.run.plan;
        let may_stop = plan.early_stop && !plan.strict && outstanding > 0;
        let is_sure = if self.round < plan.rounds {
            votes::is_majority_certain(tally, outstanding)
        } else {
            votes::is_decided(tally, outstanding)
        };
        may_stop && answered >= plan.quorum as usize && is_sure
    }

    fn place(&self, label: &str) -> Option<usize> {
        let members = &self.run.plan.members;
        members.iter().position(|member| member.label == label)
    }
}

/// Those who answered the last round; a member that failed has had its retries.
fn voters<'a>(run: &'a Run<'a>, crew: &Crew<'_>, turnout: &Turnout) -> Vec<&'a Member> {
    let answered: Vec<&str> = turnout
        .answered
        .iter()
        .map(|position| crew.author(*position))
        .collect();
    let members = run.plan.members.iter();
    members
        .filter(|member| answered.contains(&member.label.as_str()))
        .collect()
}

async fn conclude(
    mut crew: Crew<'_>,
    run: &Run<'_>,
    (tally, turnout): (Tally, Turnout),
    held: u32,
) -> Result<CoopOutcome, CoopError> {
    let is_majority = run.integrator.name() == Majority.name();
    let positions = turnout.answered;
    if is_majority {
        crew.announce().await;
        let integrated = {
            let proposals = crew.proposals(&positions);
            match elect(&proposals, &tally) {
                Some(elected) => elected,
                None => without_votes(run, &proposals, tally).await,
            }
        };
        return Ok(crew.finish(&positions, integrated, held).await);
    }
    let Some(verdict) = votes::verdict(&tally) else {
        crew.keep_vote(
            tally,
            "the answers could not be counted as votes".to_owned(),
        );
        return crew.integrate(positions, held).await;
    };
    let winner = tally.winner.and_then(|at| tally.options.get(at));
    let backs = |position: &usize| {
        winner.is_some_and(|option| {
            option
                .voters
                .iter()
                .any(|voter| voter == crew.author(*position))
        })
    };
    let backing = positions.iter().copied().filter(backs).collect();
    crew.keep_vote(tally, verdict);
    crew.integrate(backing, held).await
}
