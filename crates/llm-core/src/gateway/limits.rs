//! Whether there is room for a request: [`Authenticated`] becomes [`Admitted`], which holds its
//! place until it is dropped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::auth::{Authenticated, Grant};
use super::error::GatewayError;
use super::inbound::Inbound;
use crate::provider::upstream::is_fair;
use crate::types::clock::Deadline;
use crate::types::code::Code;
use crate::types::ids::KeyId;
use crate::types::message::{ContentPart, Role};
use crate::types::plan::Ask;

/// Room for requests.
#[derive(Debug)]
pub struct Limits {
    places: Arc<Semaphore>,
    shares: Option<Arc<Shares>>,
    request: Duration,
    max_prompt_bytes: usize,
}

/// A request that may run. Dropping it frees its place.
#[derive(Debug)]
pub struct Admitted {
    authenticated: Authenticated,
    deadline: Deadline,
    started: Instant,
    _place: Place,
}

/// A place among all requests, and one of the caller's share of them.
#[derive(Debug)]
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// Places held by each key.
#[derive(Debug, Default)]
struct Shares(Mutex<HashMap<KeyId, usize>>);

/// One of the places a key holds.
#[derive(Debug)]
struct Share {
    shares: Arc<Shares>,
    key: KeyId,
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
    /// `max_prompt_bytes` of text; `shared` fairly when several keys use them.
    pub fn new(places: usize, request: Duration, max_prompt_bytes: usize, shared: bool) -> Self {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self {
            places,
            shares: shared.then(Arc::default),
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
        let inbound = authenticated.inbound();
        let (place, deadline) = self.enter(authenticated.grant(), inbound.time_limit, now)?;
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
        grant: &Grant,
        time_limit: Option<Duration>,
        now: Instant,
    ) -> Result<(Place, Deadline), GatewayError> {
        let share = self.share(grant)?;
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| no_place())?;
        let limit = time_limit.unwrap_or(self.request).min(self.request);
        let place = Place {
            _place: place,
            _share: share,
        };
        Ok((place, Deadline::after(now, limit)))
    }

    /// Most bytes of text one request may hold.
    pub(super) fn max_prompt_bytes(&self) -> usize {
        self.max_prompt_bytes
    }

    /// Whether a request of this caller would be let in now. Costs nothing and takes nothing, so it
    /// can be asked before the request is read.
    pub fn check_room(&self, grant: &Grant) -> Result<(), GatewayError> {
        if self.places.available_permits() == 0 {
            return Err(no_place());
        }
        self.share(grant).map(drop)
    }

    /// A place of the caller's share, where places are shared.
    fn share(&self, grant: &Grant) -> Result<Option<Share>, GatewayError> {
        let (Some(shares), Some(key)) = (&self.shares, grant.key()) else {
            return Ok(None);
        };
        let free = self.places.available_permits();
        let mut held = shares.0.lock();
        let own = held.get(key).copied().unwrap_or(0);
        if !is_fair(own, free) {
            return Err(overloaded(
                "the key holds its share of all concurrent requests",
            ));
        }
        held.insert(key.clone(), own + 1);
        Ok(Some(Share {
            shares: Arc::clone(shares),
            key: key.clone(),
        }))
    }

    /// Places free now.
    pub fn free_places(&self) -> usize {
        self.places.available_permits()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.0.lock();
        if let Some(count) = held.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                held.remove(&self.key);
            }
        }
    }
}

fn no_place() -> GatewayError {
    overloaded("all places for concurrent requests are taken")
}

/// Shed, with a wait that differs, so that those sent away do not come back together.
pub fn overloaded(message: &str) -> GatewayError {
    let wait = Duration::from_millis(rand::random_range(1_000..5_000));
    GatewayError::new(Code::Overloaded, message).with_retry_after(Some(wait))
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
