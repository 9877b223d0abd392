//! Reading a request's body: its media type, its size, its pace, and the top level of its JSON.
//!
//! Everything is bounded before it is held: the declared length before the first byte, the bytes as
//! they arrive, the time between two pieces, and the bytes of all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::BytesMut;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use llm_core::gateway::asked::fields::refused;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::limits::overloaded;
use llm_core::types::clock::Clock;
use llm_core::types::code::Code;
use llm_core::types::raw::RawFields;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::app::ROOM_UNIT;
use crate::error::ApiError;

/// The slowest pace, in bytes a second, that a body may keep on average after the first pause.
const SLOWEST: u64 = 1024;

/// Limits of one body.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes.
    pub bytes: usize,
    /// Longest time between two pieces.
    pub pause: Duration,
}

/// The room a body takes. Gives it back when dropped.
#[derive(Default)]
pub struct Held(Vec<OwnedSemaphorePermit>);

/// Reads bodies.
pub struct Reader<'a> {
    /// Limits of this body.
    pub limits: Limits,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Room for all bodies.
    pub room: &'a Arc<Semaphore>,
}

impl Reader<'_> {
    /// The bytes of a JSON body; `None` when there is none.
    pub async fn read(
        &self,
        headers: &HeaderMap,
        mut body: Body,
        held: &mut Held,
    ) -> Result<Option<BytesMut>, ApiError> {
        let declared = declared_length(headers);
        if declared.is_some_and(|length| length > self.limits.bytes as u64) {
            return Err(self.too_large());
        }
        if body.is_end_stream() {
            return Ok(None);
        }
        check_media_type(headers)?;
        let expected = declared.map_or(0, |length| usize::try_from(length).unwrap_or(0));
        let mut bytes = BytesMut::with_capacity(expected.min(64 * 1024));
        let started = self.clock.now();
        loop {
            let now = self.clock.now();
            let until = self.limits.until(started, bytes.len(), now);
            let frame = tokio::time::timeout_at(until, body.frame())
                .await
                .map_err(|_| too_slow())?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|_| broken_off())?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > self.limits.bytes {
                return Err(self.too_large());
            }
            held.take(self.room, data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    fn too_large(&self) -> ApiError {
        self.limits.exceeded()
    }
}

impl Limits {
    /// The refusal of a larger body.
    pub fn exceeded(&self) -> ApiError {
        let message = format!("the body is larger than the {} bytes allowed", self.bytes);
        ApiError::from(
            GatewayError::new(Code::RequestTooLarge, message)
                .with_hint("raise `server.max_body_bytes`, or send less"),
        )
        .closing()
    }

    /// Until when the next piece must be here: no pause is longer than allowed, and the pace on
    /// average not slower than [`SLOWEST`].
    pub fn until(&self, started: Instant, arrived: usize, now: Instant) -> Instant {
        let earned = Duration::from_secs(arrived as u64 / SLOWEST);
        (started + self.pause + earned).min(now + self.pause)
    }
}

impl Held {
    /// Takes room for so many bytes, or refuses at once.
    pub fn take(&mut self, room: &Arc<Semaphore>, bytes: usize) -> Result<(), ApiError> {
        let units = u32::try_from(bytes.div_ceil(ROOM_UNIT)).unwrap_or(u32::MAX);
        let permit = Arc::clone(room)
            .try_acquire_many_owned(units)
            .map_err(|_| {
                let message = "the bodies of the requests under way take all the room there is";
                ApiError::from(overloaded(message)).closing()
            })?;
        match self.0.first_mut() {
            Some(first) => first.merge(permit),
            None => self.0.push(permit),
        }
        Ok(())
    }
}

/// The top level of a JSON object.
pub fn parse(bytes: &[u8]) -> Result<RawFields, GatewayError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let message = format!(
            "the body is not valid UTF-8 text: the byte at offset {} is wrong",
            error.valid_up_to()
        );
        GatewayError::new(Code::InvalidUtf8, message)
    })?;
    RawFields::parse_text(text).map_err(|error| refused(error, "the body"))
}

/// The length a body says it has.
pub fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// JSON in UTF-8, as it is.
fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase())
    };
    let encoding = text(CONTENT_ENCODING).filter(|encoding| encoding != "identity");
    if encoding.is_some() {
        let error = GatewayError::new(Code::UnsupportedMediaType, "a compressed body is not read");
        return Err(ApiError::from(error.with_hint("send the body as it is")).closing());
    }
    let media = text(CONTENT_TYPE).unwrap_or_default();
    let mut parts = media.split(';').map(str::trim);
    let is_json = parts.next() == Some("application/json");
    let is_utf8 = parts
        .filter_map(|parameter| parameter.strip_prefix("charset="))
        .all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"));
    if is_json && is_utf8 {
        return Ok(());
    }
    let error = GatewayError::new(Code::UnsupportedMediaType, "the body must be JSON in UTF-8");
    Err(ApiError::from(error.with_hint("send `content-type: application/json`")).closing())
}

/// The refusal of a body that pauses.
pub fn too_slow() -> ApiError {
    ApiError::new(
        Code::RequestTimeout,
        "the body did not arrive within the time allowed",
    )
    .closing()
}

/// The refusal of a body that ends early.
pub fn broken_off() -> ApiError {
    ApiError::new(Code::InvalidJson, "the body broke off before its end").closing()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn media_type(content_type: Option<&'static str>, encoding: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, encoding)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        check_media_type(&headers).is_ok()
    }

    #[test]
    fn json_in_utf8_is_read_and_nothing_else() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert!(media_type(Some(good), None), "{good}");
            assert!(media_type(Some(good), Some("identity")), "{good}");
            assert!(!media_type(Some(good), Some("gzip")), "{good}");
        }
        for bad in [
            "text/plain",
            "application/json; charset=utf-16",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            assert!(!media_type(Some(bad), None), "{bad}");
        }
        assert!(!media_type(None, None));
    }

    #[test]
    fn broken_json_is_told_by_its_kind() {
        let code = |body: &[u8]| parse(body).unwrap_err().code;
        assert_eq!(code(b"{"), Code::InvalidJson);
        assert_eq!(code(b"[]"), Code::InvalidJson);
        assert_eq!(code(b"{\"a\":\"\xff\"}"), Code::InvalidUtf8);
        assert_eq!(code(br#"{"a":1,"a":2}"#), Code::DuplicateKey);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(code(deep.as_bytes()), Code::JsonTooDeep);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_given_up_although_it_never_pauses() {
        let clock = llm_core::types::clock::SystemClock;
        let reader = Reader {
            limits: Limits {
                bytes: 10_000,
                pause: Duration::from_secs(10),
            },
            clock: &clock,
            room: &Arc::new(Semaphore::new(100)),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let started = clock.now();
        let drops = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        });
        let result = reader
            .read(&headers, Body::from_stream(drops), &mut Held::default())
            .await;
        assert_eq!(result.unwrap_err().error().code, Code::RequestTimeout);
        assert_eq!((clock.now() - started).as_secs(), 10);
    }

    #[tokio::test]
    async fn bodies_share_the_room_and_give_it_back() {
        let clock = llm_core::types::clock::SystemClock;
        let room = Arc::new(Semaphore::new(2));
        let reader = Reader {
            limits: Limits {
                bytes: 10_000,
                pause: Duration::from_secs(10),
            },
            clock: &clock,
            room: &room,
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let (mut one, mut other) = (Held::default(), Held::default());
        let body = || Body::from("x".repeat(2 * ROOM_UNIT));
        assert!(reader.read(&headers, body(), &mut one).await.is_ok());
        let refused = reader.read(&headers, body(), &mut other).await.unwrap_err();
        assert_eq!(refused.error().code, Code::Overloaded);
        drop(one);
        assert!(reader.read(&headers, body(), &mut other).await.is_ok());
    }
}
