//! What all modes share: asking members, keeping what they gave, and ending a run.
//!
//! A [`Crew`] is the state of one run. It refuses what cannot work before anything is sent,
//! records every call in the order they end, and turns what was gathered into an outcome or an
//! error that lists everything that was tried.

mod ask;

mod turnout;

pub(super) use ask::{Gathering, Order, ask_for_integration};
pub(super) use turnout::Turnout;

use super::budget::Reservation;
use super::{CoopError, CooperationMode, Integrated, Proposal, Run, prompt};
use crate::types::answer::{Answer, Choice};
use crate::types::caller::CallReport;
use crate::types::chat::ResponseFormat;
use crate::types::code::Code;
use crate::types::cooperation::{Contribution, CoopOutcome, Member, MemberFailure, Stage, Tally};
use crate::types::run_event::RunEvent;

/// The integrator that takes the last answer as it is, so that its call can be shown as it comes.
pub(super) const LAST: &str = "last";

/// The integrator that joins texts, which no JSON survives.
pub(super) const CONCATENATE: &str = "concatenate";

/// The mode that passes on whatever its one member says.
pub(super) const SINGLE: &str = "single";

/// Calls from which on one is kept for the judge: two members and the judge.
const WITH_JUDGE: u32 = 3;

/// One run under way.
pub(super) struct Crew<'a> {
    run: &'a Run<'a>,
    mode: &'a dyn CooperationMode,
    contributions: Vec<Contribution>,
    /// Keeps a call for the judge while members are asked.
    judge: Option<Reservation<'a>>,
    announced: bool,
    /// A vote held before the integration, and its result in words.
    vote: Option<(Tally, String)>,
}

impl<'a> Crew<'a> {
    /// Checks that the run can work at all. Nothing is sent.
    pub(super) fn begin(
        run: &'a Run<'a>,
        mode: &'a dyn CooperationMode,
    ) -> Result<Self, CoopError> {
        check(run, mode).map_err(|(code, message)| CoopError {
            code,
            message,
            contributions: Vec::new(),
        })?;
        let caps = run.budget.caps();
        let keeps_one = run.integrator.needs_judge() && caps.calls >= WITH_JUDGE;
        Ok(Self {
            run,
            mode,
            contributions: Vec::new(),
            judge: keeps_one.then(|| run.budget.hold_call()).flatten(),
            announced: false,
            vote: None,
        })
    }

    /// Reports that a stage began.
    pub(super) async fn enter(&self, stage: Stage) {
        let stage = stage.name();
        self.run.events.emit(RunEvent::StageStarted { stage }).await;
    }

    /// Asks several members at once.
    pub(super) fn gather(&self, orders: Vec<Order<'a>>) -> Gathering<'a> {
        let plan = self.run.plan;
        let needs = self.mode.max_calls(plan.members.len(), plan.rounds);
        Gathering::new(self.run, orders, needs)
    }

    /// Asks several members at once and records what they gave.
    pub(super) async fn ask_all(&mut self, orders: Vec<Order<'a>>) {
        let mut gathering = self.gather(orders);
        while let Some(contribution) = gathering.next().await {
            self.record(contribution);
        }
    }

    /// Keeps a call that ended; its position in the record.
    pub(super) fn record(&mut self, contribution: Contribution) -> usize {
        self.contributions.push(contribution);
        self.contributions.len() - 1
    }

    /// What came of the first call.
    pub(super) fn first_result(&self) -> Option<&Result<CallReport, MemberFailure>> {
        self.contributions.first().map(|first| &first.result)
    }

    /// The words of the answer at a position, where there are any.
    pub(super) fn text(&self, position: Option<&usize>) -> Option<&str> {
        let contribution = self.contributions.get(*position?)?;
        let text = contribution.result.as_ref().ok()?.answer.text();
        (!text.trim().is_empty()).then_some(text)
    }

    /// Who made the call at a position.
    pub(super) fn author(&self, position: usize) -> &str {
        let contribution = self.contributions.get(position);
        contribution.map_or("", |contribution| contribution.member.as_str())
    }

    /// Who answered among the calls of a stage, and who did not.
    pub(super) fn turnout(&self, of: impl Fn(Stage) -> bool) -> Turnout {
        Turnout::of(&self.run.plan.members, &self.contributions, of)
    }

    /// The answers at these positions of the record.
    pub(super) fn proposals(&self, positions: &[usize]) -> Vec<Proposal<'_>> {
        positions
            .iter()
            .filter_map(|position| {
                let contribution = self.contributions.get(*position)?;
                let report = contribution.result.as_ref().ok()?;
                let members = &self.run.plan.members;
                let member = members.iter().find(|m| m.label == contribution.member)?;
                Some(Proposal { member, report })
            })
            .collect()
    }

    /// Ends the run without an answer.
    pub(super) fn fail(self, code: Code, message: impl Into<String>) -> CoopError {
        CoopError {
            code,
            message: message.into(),
            contributions: self.contributions,
        }
    }

    /// Ends the run because the final answer broke off after its reader saw a part of it: no
    /// other answer may follow.
    pub(super) fn broke_off(self, reason: &str) -> CoopError {
        self.fail(Code::StreamInterrupted, interrupted(reason))
    }

    /// Whether the last call is shown as it comes, because its text is the final one.
    pub(super) fn shows_last(&self) -> bool {
        self.run.integrator.name() == LAST
    }

    /// Keeps the votes that were held, to be told with the final answer.
    pub(super) fn keep_vote(&mut self, tally: Tally, verdict: String) {
        self.vote = Some((tally, verdict));
    }

    /// Reports, once, that the final answer is being made; the judge may have its call now.
    pub(super) async fn announce(&mut self) {
        self.judge = None;
        if !self.announced {
            self.announced = true;
            let integrator = self.run.integrator.name().to_owned();
            let event = RunEvent::IntegrationStarted { integrator };
            self.run.events.emit(event).await;
        }
    }

    /// Has the integrator make one answer of those at these positions, and ends the run.
    pub(super) async fn integrate(
        mut self,
        positions: Vec<usize>,
        rounds: u32,
    ) -> Result<CoopOutcome, CoopError> {
        self.announce().await;
        let run = self.run;
        let made = {
            let proposals = self.proposals(&positions);
            run.integrator.integrate(run, &proposals).await
        };
        match made {
            Ok(integrated) => Ok(self.finish(&positions, integrated, rounds).await),
            Err(error) => {
                self.contributions.extend(error.contributions);
                Err(self.fail(error.code, error.message))
            }
        }
    }

    /// Ends the run with an answer made of those at these positions. It is degraded if a member
    /// gave no answer that was needed.
    pub(super) async fn finish(
        self,
        positions: &[usize],
        mut integrated: Integrated,
        rounds: u32,
    ) -> CoopOutcome {
        integrated.degraded |= !self.turnout(|_| true).missing.is_empty();
        self.conclude(positions, integrated, rounds).await
    }

    /// Ends the run with this answer as it is.
    pub(super) async fn conclude(
        mut self,
        positions: &[usize],
        integrated: Integrated,
        rounds: u32,
    ) -> CoopOutcome {
        for used in &integrated.used {
            let contribution = positions
                .get(*used)
                .and_then(|position| self.contributions.get_mut(*position));
            if let Some(contribution) = contribution {
                contribution.used = true;
            }
        }
        self.contributions.extend(integrated.contributions);
        let (tally, how) = match self.vote {
            Some((tally, verdict)) => (Some(tally), format!("{verdict}; {}", integrated.how)),
            None => (integrated.tally, integrated.how),
        };
        let completed = RunEvent::IntegrationCompleted { how: how.clone() };
        self.run.events.emit(completed).await;
        let mut outcome = CoopOutcome {
            mode: self.mode.name().to_owned(),
            integrator: self.run.integrator.name().to_owned(),
            answer: integrated.answer,
            how,
            contributions: self.contributions,
            tally,
            rounds,
            degraded: integrated.degraded,
        };
        outcome.answer.usage = outcome.usage();
        outcome
    }
}

/// The question of a run: the words of the last user message.
pub(super) fn question(run: &Run<'_>) -> String {
    run.request.last_user_text()
}

/// Says that the final answer broke off while it was shown.
pub(super) fn interrupted(reason: &str) -> String {
    format!("the final answer broke off after a part of it had been sent: {reason}")
}

/// Who judges or synthesises: the plan's judge, or the first member where it names none.
pub(super) fn judge<'a>(run: &'a Run<'a>) -> &'a Member {
    // A run that began has members.
    run.plan.judge.as_ref().unwrap_or(&run.plan.members[0])
}

/// A report's first answer as the final one: its text and manner of ending, without tool calls,
/// which nobody of this run carries out.
pub(super) fn as_final(answer: &Answer) -> Answer {
    let choices = answer.choices.first().map(|choice| Choice {
        tool_calls: Vec::new(),
        ..choice.clone()
    });
    Answer {
        choices: choices.into_iter().collect(),
        wire: None,
        ..answer.clone()
    }
}

/// Why the run cannot work, if it cannot.
fn check(run: &Run<'_>, mode: &dyn CooperationMode) -> Result<(), (Code, String)> {
    let plan = run.plan;
    let (name, given) = (mode.name(), plan.members.len());
    if given < mode.min_members().max(1) {
        let message = format!(
            "`{name}` needs at least {} members, {given} given",
            mode.min_members()
        );
        return Err((Code::TooFewMembers, message));
    }
    if name != SINGLE {
        let unsupported = |what: &str| {
            let message = format!("`{name}` cannot honour {what}; ask one model instead");
            Err((Code::UnsupportedParameter, message))
        };
        if !run.request.tools.is_empty() {
            return unsupported("`tools`, because several models would call them");
        }
        if run.request.sampling.n.is_some_and(|n| n > 1) {
            return unsupported("`n` above 1, because it makes one answer of several");
        }
    }
    let is_json = run.request.format != ResponseFormat::Text;
    if is_json && run.integrator.name() == CONCATENATE {
        let message = "`concatenate` cannot honour `response_format`: joined JSON is not JSON; choose another integrator";
        return Err((Code::UnsupportedParameter, message.to_owned()));
    }
    let judge = plan.judge.iter().filter(|_| run.integrator.needs_judge());
    for member in plan.members.iter().chain(judge) {
        run.budget
            .can_price(member)
            .map_err(|message| (Code::MaxCost, message))?;
    }
    for template in plan.prompts.iter().flatten() {
        prompt::check(template).map_err(|error| {
            let message = format!("a stage's prompt cannot be filled in: {error}");
            (Code::InvalidValue, message)
        })?;
    }
    Ok(())
}
