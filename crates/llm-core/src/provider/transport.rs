//! The one way out: sends an encoded request and hands back head and body as they arrive.
//!
//! Adds the credential and refuses to send it anywhere but to its own origin. Redirects are not
//! followed and the environment's proxies are not used. What the bytes mean is the adapter's business.

use futures_util::future::BoxFuture;

use super::{AttemptLimits, Credential, WireRequest, WireResponse};
use crate::types::clock::Deadline;
use crate::types::failure::Failure;

/// Sends requests to providers.
pub trait Transport: Send + Sync {
    /// Sends one request and waits for the head of the reply.
    ///
    /// Honours the connect, first-byte and total limits; the idle limit applies to the body.
    /// Dropping the future or the body closes the exchange.
    fn send<'a>(&'a self, dispatch: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>>;
}

/// A request about to be sent.
pub struct Dispatch<'a> {
    /// What to send.
    pub request: WireRequest,
    /// The credential to add, if the provider wants one.
    pub credential: Option<&'a Credential>,
    /// A proxy of the configuration, as a URL.
    pub proxy: Option<&'a str>,
    /// The limits of the attempt.
    pub limits: AttemptLimits,
    /// When the whole request must be over.
    pub deadline: Deadline,
}
