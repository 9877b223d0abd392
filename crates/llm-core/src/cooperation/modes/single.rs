//! One model answers; its answer is passed on as it is, tool calls included.

use futures_util::future::BoxFuture;

use crate::cooperation::members::{Crew, LAST, Order, SINGLE};
use crate::cooperation::{CoopError, CooperationMode, Integrated, Run, prompt};
use crate::types::code::Code;
use crate::types::cooperation::{CoopOutcome, MemberFailure, Stage};

/// Asks the first member.
pub struct Single;

impl CooperationMode for Single {
    fn name(&self) -> &'static str {
        SINGLE
    }

    fn summary(&self) -> &'static str {
        "one model answers; the only mode that lets it call tools"
    }

    fn min_members(&self) -> usize {
        1
    }

    fn default_integrator(&self) -> &'static str {
        LAST
    }

    fn max_calls(&self, _members: usize, _rounds: u32) -> u32 {
        1
    }

    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>> {
        Box::pin(async move {
            let mut crew = Crew::begin(run, self)?;
            let stage = Stage::Answer { round: 1 };
            let member = &run.plan.members[0];
            crew.enter(stage).await;
            crew.announce().await;
            crew.ask_all(vec![Order {
                member,
                request: prompt::request_for(run, member),
                stage,
                is_final: true,
            }])
            .await;
            match crew.first_result() {
                Some(Ok(report)) => {
                    let integrated = Integrated {
                        answer: report.answer.clone(),
                        how: format!("the answer of `{}`", member.label),
                        used: vec![0],
                        tally: None,
                        contributions: Vec::new(),
                        degraded: false,
                    };
                    Ok(crew.conclude(&[0], integrated, 1).await)
                }
                Some(Err(MemberFailure::Failed(failure))) => {
                    if run.events.final_started() {
                        let reason = failure.to_string();
                        return Err(crew.broke_off(&reason));
                    }
                    let (code, message) = (
                        failure.kind.code(),
                        format!("`{}`: {failure}", member.label),
                    );
                    Err(crew.fail(code, message))
                }
                Some(Err(MemberFailure::Skipped(_))) | None => {
                    let message = format!("`{}` was not asked", member.label);
                    Err(crew.fail(Code::CooperationFailed, message))
                }
            }
        })
    }
}
