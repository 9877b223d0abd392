//! Whether there is room for a request: [`Authenticated`] becomes [`Admitted`], which holds its
//! place until it is dropped.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::auth::{Authenticated, Grant};
use super::error::GatewayError;
use super::inbound::Inbound;
use crate::types::clock::Deadline;
use crate::types::code::Code;
use crate::types::message::{ContentPart, Role};
use crate::types::plan::Ask;

/// Room for requests.
#[derive(Debug)]
pub struct Limits {
    places: Arc<Semaphore>,
    request: Duration,
    max_prompt_bytes: usize,
}

/// A request that may run. Dropping it frees its place.
#[derive(Debug)]
pub struct Admitted {
    authenticated: Authenticated,
    deadline: Deadline,
    started: Instant,
    _place: OwnedSemaphorePermit,
}

impl Admitted {
    /// The request.
    pub fn inbound(&self) -> &Inbound {
        self.authenticated.inbound()
    }

    /// What is asked.
    pub fn ask(&self) -> &Ask {
        &self.inbound().ask
    }

    /// What the caller may do.
    pub fn grant(&self) -> &Grant {
        self.authenticated.grant()
    }

    /// When it must be over.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// When it was admitted.
    pub fn started(&self) -> Instant {
        self.started
    }
}

impl Limits {
    /// Room for `places` requests, `request` long each, with prompts of at most
    /// `max_prompt_bytes` of text.
    pub fn new(places: usize, request: Duration, max_prompt_bytes: usize) -> Self {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self {
            places,
            request,
            max_prompt_bytes,
        }
    }

    /// Lets a request in, or refuses it at once: nothing queues here.
    pub fn admit(
        &self,
        authenticated: Authenticated,
        now: Instant,
    ) -> Result<Admitted, GatewayError> {
        check_conversation(&authenticated.inbound().ask, self.max_prompt_bytes)?;
        let (place, deadline) = self.enter(authenticated.inbound().time_limit, now)?;
        Ok(Admitted {
            authenticated,
            deadline,
            started: now,
            _place: place,
        })
    }

    /// A place and the end of the time there is, or a refusal at once.
    pub(super) fn enter(
        &self,
        time_limit: Option<Duration>,
        now: Instant,
    ) -> Result<(OwnedSemaphorePermit, Deadline), GatewayError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            GatewayError::new(
                Code::Overloaded,
                "all places for concurrent requests are taken",
            )
            .with_retry_after(Some(Duration::from_secs(1)))
        })?;
        let limit = time_limit.unwrap_or(self.request).min(self.request);
        Ok((place, Deadline::after(now, limit)))
    }

    /// Most bytes of text one request may hold.
    pub(super) fn max_prompt_bytes(&self) -> usize {
        self.max_prompt_bytes
    }

    /// Places free now.
    pub fn free_places(&self) -> usize {
        self.places.available_permits()
    }
}

/// A conversation must have something to answer and must not be larger than allowed.
fn check_conversation(ask: &Ask, max_bytes: usize) -> Result<(), GatewayError> {
    let messages = &ask.chat.messages;
    let asks = messages.iter().any(|message| {
        !message.role.is_instruction()
            && (message.role != Role::User
                || message.content.iter().any(|part| match part {
                    ContentPart::Text(text) => !text.trim().is_empty(),
                    _ => true,
                }))
    });
    if !asks {
        let message = "there is no question: the query or the messages are empty";
        return Err(GatewayError::new(Code::EmptyQuery, message).with_param("messages"));
    }
    let bytes: usize = messages
        .iter()
        .flat_map(|message| &message.content)
        .map(|part| match part {
            ContentPart::Text(text) | ContentPart::Refusal(text) => text.len(),
            _ => 0,
        })
        .sum();
    if bytes > max_bytes {
        let message = format!(
            "the conversation has {bytes} bytes of text, more than the {max_bytes} allowed"
        );
        return Err(GatewayError::new(Code::RequestTooLarge, message)
            .with_param("messages")
            .with_hint("raise `limits.max_prompt_bytes`, or send less"));
    }
    Ok(())
}
