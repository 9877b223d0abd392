//! Stages: each member works on what the stage before it made, with a prompt of its own.
//!
//! A stage without a prompt gets the default one; the first then simply gets the question. A
//! stage that fails fails the pipeline, because its result is what the next one is for.

use futures_util::future::BoxFuture;

use super::calls;
use crate::cooperation::members::{Crew, LAST, Order, as_final, question};
use crate::cooperation::prompt::{self, Wording};
use crate::cooperation::votes::list;
use crate::cooperation::{CoopError, CooperationMode, Integrated, Run};
use crate::types::chat::ChatRequest;
use crate::types::code::Code;
use crate::types::cooperation::{CoopOutcome, Member, Stage};

/// Runs the stages in order.
pub struct Pipeline;

impl CooperationMode for Pipeline {
    fn name(&self) -> &'static str {
        "pipeline"
    }

    fn summary(&self) -> &'static str {
        "each model runs a stage on the result of the stage before"
    }

    fn min_members(&self) -> usize {
        1
    }

    fn default_integrator(&self) -> &'static str {
        LAST
    }

    fn max_calls(&self, members: usize, _rounds: u32) -> u32 {
        calls(members, 1)
    }

    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>> {
        Box::pin(async move {
            let mut crew = Crew::begin(run, self)?;
            let stages = run.plan.members.len();
            let mut answered: Vec<usize> = Vec::new();
            for (member, number) in run.plan.members.iter().zip(1_u32..) {
                let stage = Stage::Step { number };
                let is_final = number as usize == stages && crew.shows_last();
                crew.enter(stage).await;
                if is_final {
                    crew.announce().await;
                }
                let previous = crew.text(answered.last());
                let request = match request(run, member, number, previous) {
                    Ok(request) => request,
                    Err(message) => return Err(crew.fail(Code::InvalidValue, message)),
                };
                crew.ask_all(vec![Order {
                    member,
                    request,
                    stage,
                    is_final,
                }])
                .await;
                let turnout = crew.turnout(|of| of == stage);
                if let Some(missing) = turnout.missing.first() {
                    if run.events.final_started() {
                        return Err(crew.broke_off(&missing.reason));
                    }
                    let message = format!(
                        "stage {number} of {stages}, `{}`: {}",
                        missing.member, missing.reason
                    );
                    return Err(crew.fail(missing.code, message));
                }
                answered.extend(turnout.answered);
            }
            if !crew.shows_last() {
                return crew.integrate(answered, 1).await;
            }
            let integrated = last_stage(&crew, &answered);
            Ok(crew.finish(&answered, integrated, 1).await)
        })
    }
}

/// What a stage is asked. `number` is its place from 1.
fn request(
    run: &Run<'_>,
    member: &Member,
    number: u32,
    previous: Option<&str>,
) -> Result<ChatRequest, String> {
    let mut request = prompt::request_for(run, member);
    let template = run.plan.prompts.get(number as usize - 1);
    let question = question(run);
    let text = match (template.and_then(Option::as_deref), previous) {
        (Some(template), previous) => {
            let text = prompt::render(template, &question, previous.unwrap_or_default());
            text.map_err(|error| {
                format!("the prompt of stage {number} cannot be filled in: {error}")
            })?
        }
        (None, Some(previous)) => Wording::of(run.language).stage(&question, previous),
        (None, None) => return Ok(request),
    };
    prompt::replace(&mut request, text);
    Ok(request)
}

fn last_stage(crew: &Crew<'_>, answered: &[usize]) -> Integrated {
    let proposals = crew.proposals(answered);
    let last = &proposals[proposals.len() - 1];
    let authors = proposals
        .iter()
        .map(|proposal| proposal.member.label.as_str());
    Integrated {
        answer: as_final(&last.report.answer),
        how: format!(
            "the result of the last of {} stages: {}",
            answered.len(),
            list(authors)
        ),
        used: (0..answered.len()).collect(),
        tally: None,
        contributions: Vec::new(),
        degraded: false,
    }
}
