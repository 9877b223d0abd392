//! A request whose answer is read as it is written.
//!
//! The run itself is a future inside the stream: reading drives it, a reader that stops reading
//! stops it, and dropping the stream drops the run with everything it started.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::{Stream, StreamExt as _};
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
    /// Progress seen meanwhile is kept and read later.
    pub async fn head(&mut self) -> Result<(), GatewayError> {
        let mut kept = VecDeque::new();
        while let Some(piece) = self.next().await {
            let begins = match &piece {
                Piece::Failed(error) => return Err(error.clone()),
                Piece::Answer(event) => event.is_content(),
                Piece::Done(_) => true,
                Piece::Progress(_) => false,
            };
            if begins || kept.len() < MAX_WAITING {
                kept.push_back(piece);
            }
            if begins {
                break;
            }
        }
        // `next` has emptied what waited before, so the order is kept.
        self.waiting = kept;
        Ok(())
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
        if let Some(piece) = self.waiting.pop_front() {
            return Poll::Ready(Some(piece));
        }
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
}
