//! Reading a run to its end, or until Ctrl-C. Leaving drops the run, which stops its calls.

use futures_util::StreamExt as _;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use serde_json::Value;

use super::{Backend, Done, Failed, Manner, Moment};
use crate::ask::Body;

/// Shows a run while it happens.
pub(crate) trait Reader {
    /// The run has begun under this id, which may be empty.
    fn begin(&mut self, id: &str);
    /// A change of state, or a piece of a member's text.
    fn event(&mut self, event: &Value) -> Result<(), Halt>;
    /// More of the final answer.
    fn text(&mut self, piece: &str) -> Result<(), Halt>;
    /// More of the thoughts before it.
    fn reasoning(&mut self, piece: &str) -> Result<(), Halt>;
}

/// How a run ended.
pub(crate) enum End {
    /// It succeeded.
    Done(Box<Done>),
    /// It failed.
    Failed(Box<Failed>),
    /// The user interrupted it.
    Interrupted,
}

/// Starts a run and reads it to its end.
pub(crate) async fn tell(
    backend: &Backend,
    console: &Console,
    order: (Body, Manner),
    reader: &mut dyn Reader,
) -> Result<End, Halt> {
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let (body, manner) = order;
    let running = tokio::select! {
        biased;
        _ = &mut interrupt => return Ok(End::Interrupted),
        running = backend.start(console, body, manner) => running?,
    };
    reader.begin(&running.id);
    let mut moments = running.moments;
    loop {
        let moment = tokio::select! {
            biased;
            _ = &mut interrupt => return Ok(End::Interrupted),
            moment = moments.next() => moment,
        };
        match moment {
            Some(Moment::Event(event)) => reader.event(&event)?,
            Some(Moment::Text(piece)) => reader.text(&piece)?,
            Some(Moment::Reasoning(piece)) => reader.reasoning(&piece)?,
            Some(Moment::Done(done)) => return Ok(End::Done(done)),
            Some(Moment::Failed(failed)) => return Ok(End::Failed(failed)),
            None => {
                let message = "the run ended without a result";
                return Err(Report::new("internal_error", message).into());
            }
        }
    }
}
