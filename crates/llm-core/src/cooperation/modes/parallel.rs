//! All at once: every member answers the question on its own, and the integrator makes one
//! answer of theirs.

use futures_util::future::BoxFuture;

use super::calls;
use crate::cooperation::members::{Crew, Order};
use crate::cooperation::{CoopError, CooperationMode, Run, prompt};
use crate::types::cooperation::{CoopOutcome, Stage};

/// Asks all members at once.
pub struct Parallel;

impl CooperationMode for Parallel {
    fn name(&self) -> &'static str {
        "parallel"
    }

    fn summary(&self) -> &'static str {
        "all models answer at once and the integrator makes one answer of theirs"
    }

    fn min_members(&self) -> usize {
        2
    }

    fn default_integrator(&self) -> &'static str {
        "synthesize"
    }

    fn max_calls(&self, members: usize, _rounds: u32) -> u32 {
        calls(members, 1)
    }

    fn run<'a>(&'a self, run: &'a Run<'a>) -> BoxFuture<'a, Result<CoopOutcome, CoopError>> {
        Box::pin(propose(run, self))
    }
}

/// Gathers the answers of all members and has the integrator make one of them.
pub(super) async fn propose<'a>(
    run: &'a Run<'a>,
    mode: &'a dyn CooperationMode,
) -> Result<CoopOutcome, CoopError> {
    let mut crew = Crew::begin(run, mode)?;
    let stage = Stage::Answer { round: 1 };
    crew.enter(stage).await;
    let orders = run.plan.members.iter().map(|member| Order {
        member,
        request: prompt::request_for(run, member),
        stage,
        is_final: false,
    });
    crew.ask_all(orders.collect()).await;
    let turnout = crew.turnout(|of| of == stage);
    match turnout.check(run.plan.quorum, run.plan.strict) {
        Ok(()) => crew.integrate(turnout.answered, 1).await,
        Err((code, message)) => Err(crew.fail(code, message)),
    }
}
