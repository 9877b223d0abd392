//! Reading a form with files in it, without holding the files.
//!
//! Its first [`KEPT`] bytes are kept, so that another provider can be sent them when the first
//! fails; a form that is no larger is kept as a whole. What lies beyond is read from the client's
//! socket when the provider's socket takes it, and can be had once only. A client that names the
//! model after its files makes us keep more: where it goes has to be known before it is sent. The
//! same limits hold as for every body: the declared length, the bytes as they arrive, the pace, the
//! room for all bodies.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart};
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt as _};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::work::read::check_name;
use llm_core::types::code::Code;
use llm_core::types::upload::{Form, FormPiece, UploadBroken};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::app::App;
use crate::body::{Held, Limits, broken_off, declared_length, too_slow};
use crate::error::ApiError;

/// Bytes kept of a form whose model is known.
const KEPT: usize = 1024 * 1024;

/// Most bytes of a field of text.
const MAX_TEXT: usize = 256 * 1024;

/// Most parts of a form.
const MAX_PARTS: usize = 128;

/// Pieces on their way from the reader to the sender.
const WAITING: usize = 4;

/// What is wrong with a form that is being read; told in place of what it led to.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Option<ApiError>>>);

impl Faults {
    /// The first thing that was wrong.
    pub fn take(&self) -> Option<ApiError> {
        self.0.lock().take()
    }

    fn note(&self, error: ApiError) {
        self.0.lock().get_or_insert(error);
    }
}

/// A form on its way in.
pub struct Incoming<'a> {
    /// The head of its request.
    pub headers: &'a HeaderMap,
    /// Its bytes.
    pub body: Body,
    /// Limits of the body.
    pub limits: Limits,
}

/// Reads the beginning of a form.
pub async fn read(
    incoming: Incoming<'_>,
    app: &Arc<App>,
    held: &mut Held,
) -> Result<(Form, Faults), ApiError> {
    let Incoming {
        headers,
        body,
        limits,
    } = incoming;
    if declared_length(headers).is_some_and(|length| length > limits.bytes as u64) {
        return Err(limits.exceeded());
    }
    let faults = Faults::default();
    let multipart = parts(headers, watched(body, limits, app, &faults)).await?;
    let mut source = Pump::new(multipart, faults.clone());
    let mut kept = Vec::new();
    let mut bytes = 0;
    let mut has_model = false;
    while bytes <= KEPT || !has_model {
        match source.next().await {
            None => {
                let form = Form::whole(kept);
                check_file(&form)?;
                return Ok((form, faults));
            }
            Some(Ok(piece)) => {
                let size = size(&piece);
                held.take(app.room(), size)?;
                bytes += size;
                has_model |= is_model(&piece);
                kept.push(piece);
            }
            Some(Err(UploadBroken)) => {
                return Err(faults.take().unwrap_or_else(broken_off));
            }
        }
    }
    Ok((Form::partial(kept, source.boxed()), faults))
}

fn is_model(piece: &FormPiece) -> bool {
    matches!(piece, FormPiece::Text { name, .. } if name == "model")
}

fn size(piece: &FormPiece) -> usize {
    match piece {
        FormPiece::Text { name, value } => name.len() + value.len(),
        FormPiece::File { .. } => 0,
        FormPiece::Data(bytes) => bytes.len(),
    }
}

fn check_file(form: &Form) -> Result<(), ApiError> {
    let is_file = |piece: &FormPiece| matches!(piece, FormPiece::File { .. });
    if form.kept().iter().any(is_file) {
        return Ok(());
    }
    let message = "the form has no file in it";
    Err(GatewayError::new(Code::MissingField, message)
        .with_param("file")
        .into())
}

/// The parts of a body that is a form.
async fn parts(headers: &HeaderMap, body: Body) -> Result<Multipart, ApiError> {
    let unsupported = |message| {
        let error = GatewayError::new(Code::UnsupportedMediaType, message);
        let hint = "send `content-type: multipart/form-data` with its boundary";
        ApiError::from(error.with_hint(hint)).closing()
    };
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(unsupported("a compressed body is not read"));
    }
    let mut request = Request::new(body);
    if let Some(media) = headers.get(CONTENT_TYPE) {
        request.headers_mut().insert(CONTENT_TYPE, media.clone());
    }
    // Its own limit is another than ours, which is watched as the bytes arrive.
    DefaultBodyLimit::disable().apply(&mut request);
    Multipart::from_request(request, &())
        .await
        .map_err(|_| unsupported("the body must be a form with files"))
}

/// The body as it arrives, ended by the first thing that is wrong with it.
fn watched(body: Body, limits: Limits, app: &Arc<App>, faults: &Faults) -> Body {
    let started = app.clock().now();
    let state = Some((body, Arc::clone(app), faults.clone(), 0_usize));
    Body::from_stream(futures_util::stream::unfold(
        state,
        move |state| async move {
            let (mut body, app, faults, mut arrived) = state?;
            let failed = |error| {
                faults.note(error);
                Some((Err(UploadBroken), None))
            };
            loop {
                let until = limits.until(started, arrived, app.clock().now());
                let Ok(frame) = tokio::time::timeout_at(until, body.frame()).await else {
                    return failed(too_slow());
                };
                let data = match frame {
                    None => return None,
                    Some(Err(_)) => return failed(broken_off()),
                    Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                };
                if data.is_empty() {
                    continue;
                }
                arrived += data.len();
                if arrived > limits.bytes {
                    return failed(limits.exceeded());
                }
                return Some((Ok(data), Some((body, app, faults, arrived))));
            }
        },
    ))
}

/// The pieces of a form: a future that reads them, a few of them that wait, and nothing running
/// while nobody asks.
struct Pump {
    reading: Option<BoxFuture<'static, Result<(), UploadBroken>>>,
    pieces: mpsc::Receiver<FormPiece>,
}

impl Pump {
    fn new(multipart: Multipart, faults: Faults) -> Self {
        let (sender, pieces) = mpsc::channel(WAITING);
        let reading = async move {
            read_parts(multipart, &sender).await.map_err(|error| {
                faults.note(error);
                UploadBroken
            })
        };
        Self {
            reading: Some(Box::pin(reading)),
            pieces,
        }
    }
}

impl Stream for Pump {
    type Item = Result<FormPiece, UploadBroken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(Some(piece)) = self.pieces.poll_recv(cx) {
            return Poll::Ready(Some(Ok(piece)));
        }
        let mut broken = false;
        if let Some(reading) = &mut self.reading
            && let Poll::Ready(result) = reading.as_mut().poll(cx)
        {
            self.reading = None;
            broken = result.is_err();
        }
        match self.pieces.poll_recv(cx) {
            // What is wrong with a form outweighs what was read of it.
            _ if broken => Poll::Ready(Some(Err(UploadBroken))),
            Poll::Ready(Some(piece)) => Poll::Ready(Some(Ok(piece))),
            _ if self.reading.is_none() => Poll::Ready(None),
            _ => Poll::Pending,
        }
    }
}

async fn read_parts(
    mut multipart: Multipart,
    out: &mpsc::Sender<FormPiece>,
) -> Result<(), ApiError> {
    let mut has_model = false;
    for _ in 0..MAX_PARTS {
        let Some(field) = multipart.next_field().await.map_err(|_| unreadable())? else {
            return Ok(());
        };
        let name = field.name().unwrap_or_default().to_owned();
        check_name(&name)?;
        if name == "model" && std::mem::replace(&mut has_model, true) {
            let message = "the field `model` occurs twice in the form";
            let error = GatewayError::new(Code::DuplicateKey, message).with_param("model");
            return Err(ApiError::from(error).closing());
        }
        read_part(field, name, out).await?;
    }
    let message = format!("the form has more than {MAX_PARTS} parts");
    Err(ApiError::new(Code::InvalidValue, message).closing())
}

async fn read_part(
    mut field: Field<'_>,
    name: String,
    out: &mpsc::Sender<FormPiece>,
) -> Result<(), ApiError> {
    if field.file_name().is_some() {
        let file = FormPiece::File {
            name,
            filename: field.file_name().map(str::to_owned),
            mime: field.content_type().map(str::to_owned),
        };
        pass(out, file).await?;
        while let Some(bytes) = field.chunk().await.map_err(|_| unreadable())? {
            pass(out, FormPiece::Data(bytes)).await?;
        }
        return Ok(());
    }
    let mut text: Vec<u8> = Vec::new();
    while let Some(bytes) = field.chunk().await.map_err(|_| unreadable())? {
        if text.len() + bytes.len() > MAX_TEXT {
            let message = format!("`{name}` is longer than {MAX_TEXT} bytes");
            return Err(ApiError::from(GatewayError::invalid(name, message)).closing());
        }
        text.extend_from_slice(&bytes);
    }
    let value = String::from_utf8(text).map_err(|_| {
        let message = format!("`{name}` is not valid UTF-8 text");
        let error = GatewayError::new(Code::InvalidUtf8, message).with_param(&name);
        ApiError::from(error).closing()
    })?;
    pass(out, FormPiece::Text { name, value }).await
}

/// Hands a piece on, as soon as there is room for it.
async fn pass(out: &mpsc::Sender<FormPiece>, piece: FormPiece) -> Result<(), ApiError> {
    out.send(piece).await.map_err(|_| broken_off())
}

fn unreadable() -> ApiError {
    let message = "the form cannot be read: it is not written as its media type says";
    ApiError::new(Code::InvalidValue, message).closing()
}
