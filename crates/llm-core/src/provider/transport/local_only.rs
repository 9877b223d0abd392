//! A way out that ends at this machine: what `--offline` allows.

use futures_util::future::BoxFuture;
use url::{Host, Url};

use super::{Dispatch, Transport};
use crate::provider::{SharedTransport, WireResponse};
use crate::types::failure::{Failure, FailureKind};

/// Hands on calls to this machine and refuses all others.
pub struct LocalOnly {
    beneath: SharedTransport,
}

impl LocalOnly {
    /// Calls that are allowed go through `beneath`.
    pub fn over(beneath: SharedTransport) -> Self {
        Self { beneath }
    }
}

impl Transport for LocalOnly {
    fn send<'a>(&'a self, dispatch: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>> {
        if dispatch.proxy.is_none() && is_local(&dispatch.request.url) {
            return self.beneath.send(dispatch);
        }
        let host = dispatch.request.url.host_str().unwrap_or_default();
        let message = format!("`{host}` is not on this machine, and no network may be used");
        let failure = Failure::new(FailureKind::Connect, message);
        Box::pin(async move { Err(failure) })
    }
}

/// Whether an address is on this machine by its very name, without asking anybody.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_others() {
        let local = |url: &str| is_local(&Url::parse(url).unwrap());
        for here in [
            "http://localhost:1",
            "http://127.9.9.9/v1",
            "http://[::1]:1",
        ] {
            assert!(local(here), "{here}");
        }
        for there in [
            "https://api.example.com",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            assert!(!local(there), "{there}");
        }
    }
}
