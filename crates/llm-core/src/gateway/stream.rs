//! A request whose answer is read as it is written.
//!
//! The run itself is a future inside the stream: reading drives it, a reader that stops reading
//! stops it, and dropping the stream drops the run with everything it started.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::Stream;
use tokio::sync::mpsc;

use super::error::GatewayError;
use super::respond::Completion;
use crate::types::event::StreamEvent;
use crate::types::run_event::{Progress, RunEvent};

/// Most state changes kept while [`RunStream::head`] waits for the answer to begin.
const MAX_WAITING: usize = 1024;

/// A piece of a run.
#[derive(Debug)]
pub enum Piece {
    /// Progress, for readers that show it.
    Progress(RunEvent),
    /// A piece of the final answer.
    Answer(StreamEvent),
    /// The end: the run succeeded. Nothing follows.
    Done(Box<Completion>),
    /// The end: the run failed. Nothing follows.
    Failed(GatewayError),
}

/// A run being read.
pub struct RunStream {
    run: Option<BoxFuture<'static, Result<Completion, GatewayError>>>,
    progress: mpsc::Receiver<Progress>,
    waiting: VecDeque<Piece>,
    end: Option<Piece>,
}

impl RunStream {
    pub(super) fn new(
        run: BoxFuture<'static, Result<Completion, GatewayError>>,
        progress: mpsc::Receiver<Progress>,
    ) -> Self {
        Self {
            run: Some(run),
            progress,
            waiting: VecDeque::new(),
            end: None,
        }
    }

    /// Waits until the answer begins, so that a failure before it can still be told by a status.
    ///
    /// What is seen meanwhile is kept and read later. May be dropped half-way and called again.
    pub async fn head(&mut self) -> Result<(), GatewayError> {
        self.wait_for(begins).await
    }

    /// Waits for the first piece of any kind, for readers that want to see the progress: from then
    /// on the request has been admitted and routed.
    pub async fn first(&mut self) -> Result<(), GatewayError> {
        self.wait_for(|_| true).await
    }

    async fn wait_for(&mut self, wanted: fn(&Piece) -> bool) -> Result<(), GatewayError> {
        if self.seen().any(wanted) {
            return Ok(());
        }
        while let Some(piece) = poll_fn(|cx| self.poll_run(cx)).await {
            if let Piece::Failed(error) = piece {
                return Err(error);
            }
            let is_here = wanted(&piece);
            if is_here || self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(piece);
            }
            if is_here {
                break;
            }
        }
        Ok(())
    }

    /// What [`RunStream::head`] has seen and nobody has read yet.
    pub fn seen(&self) -> impl Iterator<Item = &Piece> {
        self.waiting.iter()
    }

    /// The next piece of the run itself, past those that wait.
    fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        if let Poll::Ready(Some(piece)) = self.receive(cx) {
            return Poll::Ready(Some(piece));
        }
        if let Some(run) = &mut self.run
            && let Poll::Ready(result) = run.as_mut().poll(cx)
        {
            self.run = None;
            self.end = Some(match result {
                Ok(completion) => Piece::Done(Box::new(completion)),
                Err(error) => Piece::Failed(error),
            });
        }
        // The run may just have sent something, before or while it ended.
        if let Poll::Ready(Some(piece)) = self.receive(cx) {
            return Poll::Ready(Some(piece));
        }
        if self.run.is_some() {
            return Poll::Pending;
        }
        Poll::Ready(self.end.take())
    }

    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.progress.poll_recv(cx).map(|progress| {
            progress.map(|progress| match progress {
                Progress::Run(event) => Piece::Progress(event),
                Progress::Final(event) => Piece::Answer(event),
            })
        })
    }
}

impl Stream for RunStream {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        match self.waiting.pop_front() {
            Some(piece) => Poll::Ready(Some(piece)),
            None => self.poll_run(cx),
        }
    }
}

/// Whether a reader has to be shown something from here on.
fn begins(piece: &Piece) -> bool {
    match piece {
        Piece::Answer(event) => event.is_content(),
        Piece::Done(_) | Piece::Failed(_) => true,
        Piece::Progress(_) => false,
    }
}
