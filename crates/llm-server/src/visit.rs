//! A request on its way to its handler: [`Visit`] for anybody's, [`Call`] for one whose caller may
//! make it. Only this module makes a `Call`, and only from a grant of the gateway.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::RequestPartsExt as _;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use llm_console::lang::Lang;
use llm_core::gateway::auth::{Grant, Permission};
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inbound::{Inbound, Origin};
use llm_core::gateway::work::WorkInbound;
use llm_core::gateway::work::read::WorkAsked;
use llm_core::types::code::Code;
use llm_core::types::ids::RequestId;
use llm_core::types::plan::Ask;
use llm_core::types::raw::RawFields;
use llm_core::types::secret::Secret;
use llm_core::types::upload::Form;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

use crate::app::App;
use crate::body::{self, Held};
use crate::error::ApiError;
use crate::form::{self, Faults};
use crate::identity;
use crate::record::Record;

/// A request of anybody.
pub struct Visit {
    /// The server.
    pub app: Arc<App>,
    /// Our id for it.
    pub id: RequestId,
    /// When it arrived.
    pub started: Instant,
    /// What its log line will say.
    pub record: Arc<Record>,
    /// Where it really comes from.
    pub peer: IpAddr,
    /// Its head.
    pub parts: Parts,
}

/// A request of a caller who may make it.
pub struct Call {
    /// The request.
    pub visit: Visit,
    /// What the caller may do.
    pub grant: Grant,
    credential: Option<Secret>,
    origin: Origin,
    /// Bodies cannot be shared between threads and a call can; nobody ever waits for this lock.
    body: Mutex<Option<Body>>,
    /// The room the body takes, kept until the request is over.
    held: Held,
}

impl Visit {
    /// Lets the caller in, or says why not.
    pub fn admit(self, permission: Permission, body: Body) -> Result<Call, ApiError> {
        let headers = &self.parts.headers;
        let credential = identity::credential(headers)?;
        let server = &self.app.current().server;
        identity::check_site(&self.parts, credential.is_some(), &server.cors_origins)?;
        let origin = identity::origin(self.peer, &self.parts);
        let grant = self
            .app
            .gateway()
            .authorize(credential.as_ref(), origin, permission)?;
        if let Some(key) = grant.key() {
            self.record
                .update(|facts| facts.key = Some(key.to_string()));
        }
        Ok(Call {
            visit: self,
            grant,
            credential,
            origin,
            body: Mutex::new(Some(body)),
            held: Held::default(),
        })
    }

    /// Lets in callers on this machine and callers with any key.
    pub fn may_watch(&self) -> Result<(), ApiError> {
        if identity::origin(self.peer, &self.parts).is_local() {
            return Ok(());
        }
        let credential = identity::credential(&self.parts.headers)?;
        let origin = identity::origin(self.peer, &self.parts);
        let permit = |permission| {
            let gateway = self.app.gateway();
            gateway.authorize(credential.as_ref(), origin, permission)
        };
        // A key without the one scope may have the other.
        permit(Permission::Inference)
            .or_else(|_| permit(Permission::Admin))
            .map(drop)
            .map_err(Into::into)
    }

    /// The language of texts for people.
    pub fn lang(&self) -> Lang {
        preferred(&self.parts.headers).unwrap_or_default()
    }

    /// The query string's pairs, decoded, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.parts.uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// The first value of a parameter of the query string; an empty one counts as absent.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query()
            .into_iter()
            .find(|(key, value)| key == name && !value.trim().is_empty())
            .map(|(_, value)| value)
    }

    /// Time since it arrived.
    pub fn elapsed(&self) -> Duration {
        self.app.clock().now() - self.started
    }
}

impl Call {
    /// The body as the top level of a JSON object.
    pub async fn json(&mut self) -> Result<RawFields, ApiError> {
        match self.optional_json().await? {
            Some(fields) => Ok(fields),
            None => Err(ApiError::new(
                Code::InvalidJson,
                "the body is empty; a JSON object is expected",
            )),
        }
    }

    /// The same where there need not be a body.
    pub async fn optional_json(&mut self) -> Result<Option<RawFields>, ApiError> {
        let Some(body) = self.body.get_mut().take() else {
            return Ok(None);
        };
        let mut held = std::mem::take(&mut self.held);
        let bytes = self.read(body, &mut held).await;
        self.held = held;
        match bytes? {
            None => Ok(None),
            Some(bytes) => body::parse(&bytes).map(Some).map_err(Into::into),
        }
    }

    /// The bytes of the body. It can still be read afterwards.
    pub async fn whole_body(&mut self) -> Result<Bytes, ApiError> {
        let Some(body) = self.body.get_mut().take() else {
            return Ok(Bytes::new());
        };
        let mut held = Held::default();
        let bytes = self.read(body, &mut held).await?;
        let bytes = bytes.map(bytes::BytesMut::freeze).unwrap_or_default();
        // Whoever reads it next takes the room it needs.
        drop(held);
        *self.body.get_mut() = Some(Body::from(bytes.clone()));
        Ok(bytes)
    }

    async fn read(&self, body: Body, held: &mut Held) -> Result<Option<bytes::BytesMut>, ApiError> {
        let limits = self.body_limits();
        let reader = body::Reader {
            limits,
            clock: self.visit.app.clock(),
            room: self.visit.app.room(),
        };
        reader.read(&self.visit.parts.headers, body, held).await
    }

    /// Whether the body is a form.
    pub fn is_form(&self) -> bool {
        let kind = self.visit.parts.headers.get(CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"))
    }

    /// The body as a form whose files arrive while they are sent on.
    pub async fn form(&mut self) -> Result<(Form, Faults), ApiError> {
        let body = self.body.get_mut().take().unwrap_or_default();
        let limits = self.body_limits();
        let incoming = form::Incoming {
            headers: &self.visit.parts.headers,
            body,
            limits,
        };
        form::read(incoming, &self.visit.app, &mut self.held).await
    }

    fn body_limits(&self) -> body::Limits {
        let server = &self.visit.app.current().server;
        body::Limits {
            bytes: usize::try_from(server.max_body_bytes).unwrap_or(usize::MAX),
            pause: Duration::from_millis(server.body_timeout_ms),
        }
    }

    /// What follows the fixed part of a path that ends in `{*name}`.
    pub async fn path_rest(&mut self) -> Result<String, ApiError> {
        let extracted = self.visit.parts.extract::<Path<String>>().await;
        extracted
            .map(|Path(rest)| rest)
            .map_err(|_| ApiError::new(Code::NotFound, "the path is not valid UTF-8 text"))
    }

    /// The same for work besides chat.
    pub fn work(&self, asked: WorkAsked) -> WorkInbound {
        WorkInbound {
            id: self.visit.id.clone(),
            work: asked.work,
            model: asked.model,
            preferences: asked.preferences,
            credential: self.credential.clone(),
            origin: self.origin,
            time_limit: None,
            user: asked.user,
        }
    }

    /// The request to the gateway. Consumes the right to make it.
    pub fn inbound(&self, ask: Ask, user: Option<String>) -> Inbound {
        Inbound {
            id: self.visit.id.clone(),
            ask,
            credential: self.credential.clone(),
            origin: self.origin,
            time_limit: None,
            user,
            explains: false,
        }
    }
}

/// The first language of `accept-language` that we speak, by its weight.
fn preferred(headers: &HeaderMap) -> Option<Lang> {
    let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Lang)> = None;
    for item in list.split(',').take(16) {
        let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        let spoken = Lang::from_tag(tag.trim()).filter(|lang| Lang::OFFERED.contains(lang));
        if let Some(lang) = spoken
            && best.is_none_or(|(most, _)| weight > most)
        {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// A JSON reply.
pub fn json<T: Serialize>(value: &T) -> Result<Response, ApiError> {
    let text = serde_json::to_string(value)
        .map_err(|error| GatewayError::internal(format!("a reply cannot be written: {error}")))?;
    Ok(json_text(text))
}

/// A JSON reply that is text already.
pub fn json_text(text: String) -> Response {
    let mut response = text.into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_we_speak() {
        let lang = |list: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(list));
            preferred(&headers)
        };
        assert_eq!(lang("zh-CN,zh;q=0.9,en;q=0.8"), Some(Lang::Zh));
        assert_eq!(lang("fr;q=0.9, en;q=0.3, zh;q=0.5"), Some(Lang::Zh));
        assert_eq!(lang("en-GB"), Some(Lang::En));
        assert_eq!(lang("pseudo, de"), None);
    }
}
