//! Work being done, read while it runs.
//!
//! The run itself is a future inside: reading drives it, a reader that stops reading stops it, and
//! dropping it drops the upstream exchange.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::Stream;
use http::HeaderValue;
use tokio::sync::mpsc;

use super::WorkDone;
use crate::gateway::error::GatewayError;
use crate::gateway::respond::Served;

/// A piece of work being done.
#[derive(Debug)]
pub enum WorkPiece {
    /// A reply begins that is passed on as it arrives.
    Head(Opening),
    /// Bytes of it.
    Bytes(Bytes),
    /// The end: it is done. Nothing follows.
    Done(Box<WorkDone>),
    /// The end: it failed. Nothing follows.
    Failed(GatewayError),
}

/// What is known of a reply when it begins.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its media type.
    pub media: HeaderValue,
    /// Who does it.
    pub served: Served,
}

/// How a reply begins.
#[derive(Debug)]
pub enum Begun {
    /// It is passed on as it arrives.
    Passing(Opening),
    /// It is here.
    Whole(Box<WorkDone>),
}

/// Work being read.
pub struct WorkRun {
    run: Option<BoxFuture<'static, Result<WorkDone, GatewayError>>>,
    pieces: mpsc::Receiver<WorkPiece>,
    end: Option<WorkPiece>,
}

impl WorkRun {
    pub(super) fn new(
        run: BoxFuture<'static, Result<WorkDone, GatewayError>>,
        pieces: mpsc::Receiver<WorkPiece>,
    ) -> Self {
        Self {
            run: Some(run),
            pieces,
            end: None,
        }
    }

    /// Waits until the reply begins, so that a failure before it can still be told by a status.
    pub async fn begin(&mut self) -> Result<Begun, GatewayError> {
        match poll_fn(|cx| self.poll_piece(cx)).await {
            Some(WorkPiece::Head(opening)) => Ok(Begun::Passing(opening)),
            Some(WorkPiece::Done(done)) => Ok(Begun::Whole(done)),
            Some(WorkPiece::Failed(error)) => Err(error),
            Some(WorkPiece::Bytes(_)) | None => {
                Err(GatewayError::internal("a reply began without its head"))
            }
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<WorkPiece>> {
        if let Poll::Ready(Some(piece)) = self.pieces.poll_recv(cx) {
            return Poll::Ready(Some(piece));
        }
        if let Some(run) = &mut self.run
            && let Poll::Ready(result) = run.as_mut().poll(cx)
        {
            self.run = None;
            self.end = Some(match result {
                Ok(done) => WorkPiece::Done(Box::new(done)),
                Err(error) => WorkPiece::Failed(error),
            });
        }
        // The run may just have sent something, before or while it ended.
        if let Poll::Ready(Some(piece)) = self.pieces.poll_recv(cx) {
            return Poll::Ready(Some(piece));
        }
        if self.run.is_some() {
            return Poll::Pending;
        }
        Poll::Ready(self.end.take())
    }
}

impl Stream for WorkRun {
    type Item = WorkPiece;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<WorkPiece>> {
        self.poll_piece(cx)
    }
}
