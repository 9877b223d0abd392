//! From the HTTP client's errors to [`Failure`]s. Addresses are left out: they can carry keys.

use std::error::Error as _;
use std::time::Duration;

use crate::types::failure::{Failure, FailureKind, Limit};

/// A request that got no reply.
pub(super) fn sending(error: &reqwest::Error, connect: Duration) -> Failure {
    let causes = causes(error);
    if error.is_connect() && error.is_timeout() {
        return Failure::timeout(Limit::Connect, connect);
    }
    if causes.contains("certificate") || causes.contains("tls handshake") {
        let message = format!("the provider's certificate was not accepted: {causes}");
        return Failure::new(FailureKind::Tls, message);
    }
    if error.is_connect() {
        return Failure::new(
            FailureKind::Connect,
            format!("no connection to the provider: {causes}"),
        );
    }
    // The client's words for what it could not read: `invalid HTTP version parsed` and the like.
    if causes.ends_with(" parsed") || causes.contains("head is too large") {
        return Failure::invalid(format!("the reply is not HTTP that can be read: {causes}"));
    }
    if error.is_builder() || error.is_request() && causes.contains("invalid") {
        return Failure::new(
            FailureKind::Rejected,
            format!("the request could not be sent: {causes}"),
        );
    }
    let message = format!("the connection ended before the provider replied: {causes}");
    Failure::new(FailureKind::Unavailable, message)
}

/// A reply that stopped arriving.
pub(super) fn receiving(error: &reqwest::Error) -> Failure {
    Failure::truncated(format!("the reply broke off: {}", causes(error)))
}

/// The innermost two causes, in lower case: the outer layers only say that something failed.
fn causes(error: &reqwest::Error) -> String {
    let mut chain = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        chain.push(cause.to_string().to_lowercase());
        next = cause.source();
    }
    chain.dedup();
    match chain.as_slice() {
        [] => "unknown cause".to_owned(),
        [.., outer, inner] if !outer.contains(inner.as_str()) => format!("{outer}: {inner}"),
        [.., last] => last.clone(),
    }
}
