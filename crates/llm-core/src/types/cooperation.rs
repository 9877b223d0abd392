//! Several models for one request: what was asked for, the plan, and what came of it.

use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;
use super::caller::CallReport;
use super::failure::Failure;
use super::ids::{DeploymentId, ModelName};
use super::money::{Bill, Money, Price};
use super::usage::Usage;

/// How a caller wants models to cooperate. What is absent is decided by the mode or the configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CooperationRequest {
    /// `sequential`, `parallel`, …; `auto` or nothing leaves it to the router.
    pub mode: Option<String>,
    /// Who takes part, in order; the router chooses when empty.
    pub members: Vec<MemberSpec>,
    /// How the answers become one.
    pub integrator: Option<String>,
    /// The model that judges or synthesises.
    pub judge: Option<String>,
    /// Rounds of voting.
    pub rounds: Option<u32>,
    /// Members that must answer.
    pub quorum: Option<u32>,
    /// Stop waiting for stragglers after this and integrate what arrived.
    pub deadline: Option<Duration>,
    /// Most the whole run may cost.
    pub max_cost: Option<Money>,
    /// Most calls the whole run may make.
    pub max_calls: Option<u32>,
    /// Most tokens, read and written, the whole run may use.
    pub max_tokens: Option<u64>,
    /// Whether to stop once the outcome cannot change.
    pub early_stop: Option<bool>,
    /// Whether judges see who wrote what.
    pub anonymous: Option<bool>,
    /// Whether a failed member fails the run.
    pub strict: bool,
    /// The stages of a pipeline; one stage for each member when empty.
    pub stages: Vec<StageSpec>,
}

/// One participant as written by a caller: `NAME`, `NAME:ROLE` or `NAME*3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSpec {
    /// A model or alias.
    pub model: String,
    /// What it should be, such as `critic`.
    pub role: Option<String>,
    /// How many times it takes part.
    pub count: u32,
}

impl MemberSpec {
    /// Reads a participant as people write it: `NAME`, `NAME:ROLE`, `NAME*3` or `NAME:ROLE*3`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (rest, count) = match text
            .rsplit_once('*')
            .map(|(rest, count)| (rest, count.trim().parse()))
        {
            None => (text, 1),
            Some((rest, Ok(count @ 1..=64))) => (rest, count),
            Some(_) => return Err(format!("`{text}`: after `*` comes a number from 1 to 64")),
        };
        // A colon may belong to the model's own name, as in `llama3:8b`; a role is a word.
        let (model, role) = match rest.rsplit_once(':') {
            Some((model, role)) if is_role(role) => (model, Some(role.to_owned())),
            _ => (rest, None),
        };
        if model.trim().is_empty() {
            return Err(format!("`{text}` names no model"));
        }
        Ok(Self {
            model: model.trim().to_owned(),
            role,
            count,
        })
    }
}

/// Tags that other programs put behind a model's name are no roles.
fn is_role(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphabetic)
        && text
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | ' '))
        && !matches!(text, "latest" | "free" | "instruct" | "thinking")
}

/// One stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageSpec {
    /// The model that runs it.
    pub model: String,
    /// The prompt, in which `{query}` and `{previous}` stand for the question and the last result.
    pub prompt: Option<String>,
}

/// A cooperation with every choice made.
#[derive(Clone, Debug)]
pub struct CooperationPlan {
    /// The name of the mode.
    pub mode: String,
    /// Who takes part, in order.
    pub members: Vec<Member>,
    /// The name of the integrator.
    pub integrator: String,
    /// Who judges or synthesises, for integrators that need it.
    pub judge: Option<Member>,
    /// Rounds, at least 1.
    pub rounds: u32,
    /// Members that must answer, at least 1.
    pub quorum: u32,
    /// Caps shared by the whole run.
    pub caps: Caps,
    /// Whether to stop once the outcome cannot change.
    pub early_stop: bool,
    /// Whether judges see who wrote what.
    pub anonymous: bool,
    /// Whether a failed member fails the run.
    pub strict: bool,
    /// Prompts of a pipeline's stages, one for each member; `None` stands for the default prompt.
    pub prompts: Vec<Option<String>>,
    /// Why models cooperate on this request, in words.
    pub reason: String,
}

/// Caps shared by all calls of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caps {
    /// Most calls.
    pub calls: u32,
    /// Most tokens, read and written.
    pub tokens: Option<u64>,
    /// Most money.
    pub cost: Option<Money>,
    /// Stop waiting for members after this.
    pub deadline: Duration,
}

/// One participant.
#[derive(Clone, Debug)]
pub struct Member {
    /// Unique within the run: the model's name, with `#2` and so on for repeated ones.
    pub label: String,
    /// The model.
    pub model: ModelName,
    /// What to try for it, best first. Never empty.
    pub targets: Vec<DeploymentId>,
    /// What it should be, such as `critic`.
    pub role: Option<String>,
    /// What its calls cost, where known; budgets reserve by it.
    pub price: Option<Arc<Price>>,
    /// Most tokens one of its answers may have; budgets reserve by it.
    pub max_output: u64,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct CoopOutcome {
    /// The mode that ran.
    pub mode: String,
    /// The integrator that made the final answer.
    pub integrator: String,
    /// The final answer, with the usage of the whole run.
    pub answer: Answer,
    /// How the final text came about, in words.
    pub how: String,
    /// Every call of the run, in the order they ended.
    pub contributions: Vec<Contribution>,
    /// The votes, for modes and integrators that count.
    pub tally: Option<Tally>,
    /// Rounds that were held.
    pub rounds: u32,
    /// Whether some member gave no answer that was needed, or the integrator fell back.
    pub degraded: bool,
}

impl CoopOutcome {
    /// Tokens of all calls.
    pub fn usage(&self) -> Usage {
        let mut total = Usage::default();
        for report in self.reports() {
            total += report.answer.usage;
        }
        total
    }

    /// Cost of all calls.
    pub fn bill(&self) -> Bill {
        let mut bill = Bill::default();
        for report in self.reports() {
            bill.add(report.cost);
        }
        bill
    }

    /// The calls that succeeded.
    pub fn reports(&self) -> impl Iterator<Item = &CallReport> {
        self.contributions
            .iter()
            .filter_map(|part| part.result.as_ref().ok())
    }
}

/// One call within a run.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// Who was asked.
    pub member: String,
    /// What for.
    pub stage: Stage,
    /// What came of it.
    pub result: Result<CallReport, MemberFailure>,
    /// Whether the final answer is this one or was made from it.
    pub used: bool,
}

/// Why a member gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberFailure {
    /// Its call failed, did not fit the budget or was not over by the deadline.
    Failed(Failure),
    /// It was stopped or never asked because its answer was not needed, and why.
    Skipped(String),
}

/// What a call within a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// An answer of its own, in this round (from 1).
    Answer {
        /// Which round.
        round: u32,
    },
    /// A step of a chain or pipeline, from 1.
    Step {
        /// Which step.
        number: u32,
    },
    /// Choosing among answers.
    Judge,
    /// Making one answer of several.
    Synthesis,
}

impl Stage {
    /// The name in machine output.
    pub fn name(self) -> String {
        match self {
            Self::Answer { round } => format!("answer_{round}"),
            Self::Step { number } => format!("step_{number}"),
            Self::Judge => "judge".to_owned(),
            Self::Synthesis => "synthesis".to_owned(),
        }
    }
}

/// Votes, counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// What was voted for, most votes first; ties in the order they were broken.
    pub options: Vec<VoteOption>,
    /// The position of the winner in `options`; `None` when nothing could be counted.
    pub winner: Option<usize>,
    /// How a tie was broken, if there was one.
    pub tie: Option<String>,
    /// Who answered in a way that could not be counted.
    pub uncounted: Vec<String>,
    /// Votes for the winner among all votes that counted, 0 to 1.
    pub agreement: f64,
}

/// One thing voted for.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteOption {
    /// The answer in normal form, such as `42` or `B`.
    pub value: String,
    /// Who voted for it, in the order of the members.
    pub voters: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn participants_are_read_as_people_write_them() {
        let read = |text| MemberSpec::parse(text).map(|spec| (spec.model, spec.role, spec.count));
        assert_eq!(read("qwen3_8b"), Ok(("qwen3_8b".into(), None, 1)));
        assert_eq!(read("a:critic"), Ok(("a".into(), Some("critic".into()), 1)));
        assert_eq!(read("a*3"), Ok(("a".into(), None, 3)));
        assert_eq!(
            read("a:评论员*2"),
            Ok(("a".into(), Some("评论员".into()), 2))
        );
        assert_eq!(read("llama3:8b"), Ok(("llama3:8b".into(), None, 1)));
        assert_eq!(
            read("mistral:latest"),
            Ok(("mistral:latest".into(), None, 1))
        );
        for wrong in ["", "*3", "a*0", "a*many", ":critic"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
