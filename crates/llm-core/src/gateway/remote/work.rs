//! What another gateway answers with bytes that are no JSON: sound, and plain text.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::{Remote, RemoteError, failed, is_of_type};
use crate::provider::protocols::openai::Encoded;
use crate::types::upload::Form;

/// What is sent to it.
#[derive(Clone, Copy, Debug)]
pub enum RemoteBody<'a> {
    /// JSON.
    Json(&'a Value),
    /// A form that is here as a whole, and the model it asks for.
    Form(&'a Form, &'a str),
}

/// A reply as it arrives, or its JSON.
pub enum RemoteReply {
    /// JSON.
    Json(Value),
    /// Anything else.
    Bytes(BoxStream<'static, Result<Bytes, RemoteError>>),
}

impl Remote {
    /// The reply to a JSON body or a form.
    pub async fn work(
        &self,
        path: &str,
        body: RemoteBody<'_>,
        within: Duration,
    ) -> Result<RemoteReply, RemoteError> {
        let request = match body {
            RemoteBody::Json(body) => {
                self.request(Method::POST, path, Bytes::from(body.to_string()))
            }
            RemoteBody::Form(form, model) => {
                let encoded = Encoded::of(form, model);
                let mut request = self.request(Method::POST, path, Bytes::from(encoded.head));
                request.headers.insert(CONTENT_TYPE, encoded.content_type);
                request
            }
        };
        let reply = self.send(request, within).await?;
        let is_good = (200..300).contains(&reply.status);
        if !is_good || is_of_type(&reply, "application/json") {
            return self.read(reply).await.map(RemoteReply::Json);
        }
        let base = self.base.clone();
        let bytes = reply
            .body
            .map(move |chunk| chunk.map_err(|failure| failed(&base, &failure)));
        Ok(RemoteReply::Bytes(bytes.boxed()))
    }
}
