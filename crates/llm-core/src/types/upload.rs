//! A form with files in it, on its way from a client to a provider.
//!
//! Files are not held: their bytes pass through as they arrive. What has been read before the
//! request could be routed is kept, so that it can be sent again; once more than that has been
//! taken from the client, it is gone and no other attempt can be made with it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use parking_lot::Mutex;

/// A piece of a form, in the order it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormPiece {
    /// A field of text.
    Text {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A file begins.
    File {
        /// Its field's name.
        name: String,
        /// What it is called.
        filename: Option<String>,
        /// What kind of file it is.
        mime: Option<String>,
    },
    /// More bytes of the file that began last.
    Data(Bytes),
}

/// Why no more of a form can be had. What exactly went wrong is known where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upload broke off")]
pub struct UploadBroken;

/// The pieces that have not been read yet.
pub type FormSource = BoxStream<'static, Result<FormPiece, UploadBroken>>;

/// A form.
pub struct Form {
    kept: Vec<FormPiece>,
    rest: Option<Arc<Rest>>,
}

/// What has not been read from the client.
struct Rest {
    source: Mutex<FormSource>,
    is_touched: AtomicBool,
    is_broken: AtomicBool,
}

impl Form {
    /// A form that is here as a whole.
    pub fn whole(pieces: Vec<FormPiece>) -> Self {
        Self {
            kept: pieces,
            rest: None,
        }
    }

    /// A form of which only the beginning is here.
    pub fn partial(kept: Vec<FormPiece>, source: FormSource) -> Self {
        Self {
            kept,
            rest: Some(Arc::new(Rest {
                source: Mutex::new(source),
                is_touched: AtomicBool::new(false),
                is_broken: AtomicBool::new(false),
            })),
        }
    }

    /// The pieces that are here.
    pub fn kept(&self) -> &[FormPiece] {
        &self.kept
    }

    /// The value of a field of text among the pieces that are here.
    pub fn text(&self, wanted: &str) -> Option<&str> {
        self.kept.iter().find_map(|piece| match piece {
            FormPiece::Text { name, value } if name == wanted => Some(value.as_str()),
            _ => None,
        })
    }

    /// Whether all of it is here.
    pub fn is_whole(&self) -> bool {
        self.rest.is_none()
    }

    /// Whether a part of it has been passed on that cannot be had again.
    pub fn is_spent(&self) -> bool {
        let touched = |rest: &Arc<Rest>| rest.is_touched.load(Ordering::Acquire);
        self.rest.as_ref().is_some_and(touched)
    }

    /// Whether the client broke it off.
    pub fn is_broken(&self) -> bool {
        let broken = |rest: &Arc<Rest>| rest.is_broken.load(Ordering::Acquire);
        self.rest.as_ref().is_some_and(broken)
    }

    /// The pieces that are not here, read from the client as they are asked for.
    pub fn rest(&self) -> FormRest {
        FormRest(self.rest.clone())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Form({} pieces, whole: {})",
            self.kept.len(),
            self.is_whole()
        )
    }
}

/// The part of a form that arrives while it is sent on.
pub struct FormRest(Option<Arc<Rest>>);

impl Stream for FormRest {
    type Item = Result<FormPiece, UploadBroken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rest) = &self.0 else {
            return Poll::Ready(None);
        };
        rest.is_touched.store(true, Ordering::Release);
        let polled = rest.source.lock().as_mut().poll_next(cx);
        match &polled {
            Poll::Ready(Some(Err(UploadBroken))) => {
                rest.is_broken.store(true, Ordering::Release);
                self.0 = None;
            }
            Poll::Ready(None) => self.0 = None,
            _ => {}
        }
        polled
    }
}
