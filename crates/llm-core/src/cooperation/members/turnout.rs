//! Who answered and who did not, and what follows from it.

use crate::types::answer::{Answer, FinishReason};
use crate::types::code::Code;
use crate::types::cooperation::{Contribution, Member, MemberFailure, Stage};

/// The calls of a stage by what came of them. What was skipped as not needed is in neither list.
#[derive(Clone, Debug, Default)]
pub(in crate::cooperation) struct Turnout {
    /// Positions of the answers in the record, in the order of the members.
    pub(in crate::cooperation) answered: Vec<usize>,
    /// Who gave no answer, in the order of the members.
    pub(in crate::cooperation) missing: Vec<Missing>,
}

/// A call that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cooperation) struct Missing {
    /// Who was asked.
    pub(in crate::cooperation) member: String,
    /// The code of its failure.
    pub(in crate::cooperation) code: Code,
    /// What happened, in words.
    pub(in crate::cooperation) reason: String,
}

impl Turnout {
    /// Sorts the calls of the stages `of` allows.
    pub(super) fn of(
        members: &[Member],
        contributions: &[Contribution],
        of: impl Fn(Stage) -> bool,
    ) -> Self {
        let place = |contribution: &Contribution| {
            members
                .iter()
                .position(|member| member.label == contribution.member)
        };
        let mut calls: Vec<_> = contributions
            .iter()
            .enumerate()
            .filter(|(_, contribution)| of(contribution.stage))
            .collect();
        calls.sort_by_key(|(_, contribution)| place(contribution));
        let mut turnout = Self::default();
        for (position, contribution) in calls {
            let (code, reason) = match &contribution.result {
                Ok(report) => match wordless(&report.answer) {
                    None => {
                        turnout.answered.push(position);
                        continue;
                    }
                    Some(found) => found,
                },
                Err(MemberFailure::Failed(failure)) => (failure.kind.code(), failure.to_string()),
                Err(MemberFailure::Skipped(_)) => continue,
            };
            turnout.missing.push(Missing {
                member: contribution.member.clone(),
                code,
                reason,
            });
        }
        turnout
    }

    /// Whether the turnout allows to go on: somebody answered, as many as the quorum asks for,
    /// and all of them where the plan is strict.
    pub(in crate::cooperation) fn check(
        &self,
        quorum: u32,
        is_strict: bool,
    ) -> Result<(), (Code, String)> {
        let answered = self.answered.len();
        let asked = answered + self.missing.len();
        let reasons = self.reasons();
        if answered == 0 {
            return Err((
                self.common_code(),
                format!("no member gave an answer: {reasons}"),
            ));
        }
        if is_strict && !self.missing.is_empty() {
            let message =
                format!("{answered} of {asked} members answered and all were asked for: {reasons}");
            return Err((Code::PartialResult, message));
        }
        if answered < quorum as usize {
            let message = format!(
                "{answered} of {asked} members answered and the quorum is {quorum}: {reasons}"
            );
            return Err((Code::QuorumNotMet, message));
        }
        Ok(())
    }

    /// The code that says it for all: theirs where all have the same, else that the whole failed.
    fn common_code(&self) -> Code {
        let mut codes = self.missing.iter().map(|missing| missing.code);
        let first = codes.next();
        match first {
            Some(first) if codes.all(|code| code == first) => first,
            _ => Code::CooperationFailed,
        }
    }

    fn reasons(&self) -> String {
        let reasons: Vec<String> = self
            .missing
            .iter()
            .map(|missing| format!("`{}`: {}", missing.member, missing.reason))
            .collect();
        reasons.join("; ")
    }
}

/// Why an answer is none: it has no words. `None` for one that has.
fn wordless(answer: &Answer) -> Option<(Code, String)> {
    if !answer.text().trim().is_empty() {
        return None;
    }
    let choice = answer.choices.first();
    let has_refused = choice.is_some_and(|choice| choice.refusal.is_some());
    let has_called = choice.is_some_and(|choice| !choice.tool_calls.is_empty());
    Some(if has_refused {
        (Code::Refused, "declined to answer".to_owned())
    } else if has_called {
        let reason = "called tools nobody offered instead of answering";
        (Code::ProviderInvalidResponse, reason.to_owned())
    } else {
        match answer.finish() {
            FinishReason::ContentFilter => (
                Code::ContentFilter,
                "a content filter took its answer".to_owned(),
            ),
            FinishReason::Length => {
                let reason = "ran into its token limit before it wrote a word";
                (Code::ProviderTruncated, reason.to_owned())
            }
            _ => (
                Code::ProviderInvalidResponse,
                "answered without a word".to_owned(),
            ),
        }
    })
}
