//! Who a request says it is from: the key it shows, where it really comes from, and whether a web
//! page made it.

use std::net::{IpAddr, Ipv4Addr};

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inbound::Origin;
use llm_core::types::code::Code;
use llm_core::types::secret::Secret;

/// Where a key is shown besides `authorization`, as the clients of two other vendors do. Never in
/// the address: addresses are logged on the way.
static API_KEYS: [HeaderName; 2] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Headers with which proxies pass a request on.
const FORWARDING: [HeaderName; 4] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Where a caller names a request of its own, the more telling header first.
const CORRELATION: [HeaderName; 2] = [
    HeaderName::from_static("x-client-request-id"),
    HeaderName::from_static("x-request-id"),
];

/// Longest name of a request that is echoed.
const MAX_CORRELATION: usize = 128;

/// Somewhere that is not this machine.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The key a request shows. Two different ones are refused: it would not be clear who asks.
pub fn credential(headers: &HeaderMap) -> Result<Option<Secret>, GatewayError> {
    let bearer = headers.get_all(AUTHORIZATION).iter().map(bearer);
    let plain = API_KEYS
        .iter()
        .flat_map(|name| headers.get_all(name))
        .map(HeaderValue::as_bytes);
    let mut shown: Option<Secret> = None;
    for key in bearer.chain(plain) {
        let key = Secret::new(String::from_utf8_lossy(key.trim_ascii()));
        if key.expose().is_empty() {
            continue;
        }
        if shown.as_ref().is_some_and(|other| *other != key) {
            let message = "the request shows two different keys";
            return Err(GatewayError::new(Code::AmbiguousCredentials, message)
                .with_hint("send one of `authorization`, `x-api-key` and `x-goog-api-key`"));
        }
        shown = Some(key);
    }
    Ok(shown)
}

/// The key behind `Bearer`; what is of another scheme stays whole and fits no key.
fn bearer(value: &HeaderValue) -> &[u8] {
    let bytes = value.as_bytes().trim_ascii();
    match bytes.split_at_checked(7) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case(b"bearer ") => key,
        _ if bytes.eq_ignore_ascii_case(b"bearer") => b"",
        _ => bytes,
    }
}

/// Where a request comes from. A loopback connection counts as this machine only when no proxy
/// passed the request on, and when it was addressed to this machine by address or as `localhost`: a
/// web page can make any other name point here.
pub fn origin(peer: IpAddr, parts: &Parts) -> Origin {
    let is_forwarded = FORWARDING
        .iter()
        .any(|name| parts.headers.contains_key(name));
    let is_addressed_here = authority(parts).is_none_or(is_local_name);
    Origin::Network(if is_forwarded || !is_addressed_here {
        ELSEWHERE
    } else {
        peer
    })
}

/// Refuses what a page of another site sends without a key: browsers send simple requests to
/// anywhere, and a loopback caller needs no key.
pub fn check_site(parts: &Parts, shows_key: bool, allowed: &[String]) -> Result<(), GatewayError> {
    let Some(site) = parts.headers.get(ORIGIN) else {
        return Ok(());
    };
    let site = site.to_str().unwrap_or_default();
    let same = site
        .split_once("://")
        .is_some_and(|(_, rest)| Some(rest) == authority(parts));
    if shows_key || same || allowed.iter().any(|one| one == site) {
        return Ok(());
    }
    let message = "pages of this web origin may not call the gateway";
    Err(GatewayError::new(Code::PermissionDenied, message)
        .with_hint("add the origin to `server.cors_origins`"))
}

/// The name a caller gives its request, if it is short and printable.
pub fn correlation(headers: &HeaderMap) -> Option<&HeaderValue> {
    CORRELATION
        .iter()
        .find_map(|name| headers.get(name))
        .filter(|value| {
            let bytes = value.as_bytes();
            (1..=MAX_CORRELATION).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
        })
}

fn authority(parts: &Parts) -> Option<&str> {
    parts
        .uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| parts.headers.get(HOST)?.to_str().ok())
}

fn is_local_name(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host),
    };
    let host = host.to_ascii_lowercase();
    host.parse::<IpAddr>().is_ok() || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&'static str, &str)]) -> Parts {
        let mut request = http::Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn key(headers: &[(&'static str, &str)]) -> Result<Option<String>, Code> {
        credential(&parts(headers).headers)
            .map(|key| key.map(|key| key.expose().to_owned()))
            .map_err(|error| error.code)
    }

    #[test]
    fn a_key_is_read_from_either_header_and_two_must_agree() {
        assert_eq!(key(&[]), Ok(None));
        assert_eq!(
            key(&[("authorization", "Bearer  a ")]),
            Ok(Some("a".into()))
        );
        assert_eq!(key(&[("authorization", "bearer")]), Ok(None));
        assert_eq!(key(&[("x-api-key", "a")]), Ok(Some("a".into())));
        assert_eq!(
            key(&[("authorization", "Bearer a"), ("x-api-key", "a")]),
            Ok(Some("a".into()))
        );
        assert_eq!(key(&[("x-goog-api-key", "a")]), Ok(Some("a".into())));
        assert_eq!(
            key(&[("x-goog-api-key", "a"), ("x-api-key", "b")]),
            Err(Code::AmbiguousCredentials)
        );
        assert_eq!(
            key(&[("authorization", "Bearer a"), ("x-api-key", "b")]),
            Err(Code::AmbiguousCredentials)
        );
        assert_eq!(
            key(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]),
            Err(Code::AmbiguousCredentials)
        );
        assert_eq!(
            key(&[("authorization", "Basic YTpi")]),
            Ok(Some("Basic YTpi".into()))
        );
    }

    #[test]
    fn only_what_was_addressed_to_this_machine_comes_from_it() {
        let local = |headers: &[(&'static str, &str)]| {
            origin(IpAddr::V4(Ipv4Addr::LOCALHOST), &parts(headers)).is_local()
        };
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "[::1]:8080",
            "app.localhost:1",
        ] {
            assert!(local(&[("host", host)]), "{host}");
        }
        assert!(!local(&[("host", "rebound.example:8080")]));
        assert!(!local(&[
            ("host", "localhost"),
            ("x-forwarded-for", "192.0.2.1")
        ]));
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert!(!origin(elsewhere, &parts(&[("host", "localhost")])).is_local());
    }

    #[test]
    fn a_page_of_another_site_needs_a_key_or_leave() {
        let check = |headers: &[(&'static str, &str)], shows_key| {
            let allowed = ["https://app.example".to_owned()];
            check_site(&parts(headers), shows_key, &allowed).is_ok()
        };
        let host = ("host", "127.0.0.1:8080");
        assert!(check(&[host], false));
        assert!(check(&[host, ("origin", "http://127.0.0.1:8080")], false));
        assert!(check(&[host, ("origin", "https://app.example")], false));
        assert!(check(&[host, ("origin", "https://evil.example")], true));
        for site in ["https://evil.example", "null", "http://127.0.0.1:9"] {
            assert!(!check(&[host, ("origin", site)], false), "{site}");
        }
    }

    #[test]
    fn the_name_of_a_request_is_short_and_printable_or_not_echoed() {
        let name = |value: &str| {
            let parts = parts(&[("x-request-id", value)]);
            correlation(&parts.headers).is_some()
        };
        assert!(name("job-7/step=2"));
        assert!(!name("") && !name("a b") && !name(&"x".repeat(129)));
    }
}
