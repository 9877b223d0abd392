//! Which web pages may call the gateway from a browser: those of `server.cors_origins`, which a
//! reload may change. None by default.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::app::App;
use crate::dispatch::{CLIENT_REQUEST_ID, REQUEST_ID};
use crate::headers;
use crate::idempotency::{IDEMPOTENCY_KEY, REPLAYED};

/// How long a browser may keep the answer to a preflight.
const PREFLIGHT: Duration = Duration::from_mins(10);

/// The layer. Credentials (cookies) are never allowed: there are none.
pub(crate) fn layer(app: &Arc<App>) -> CorsLayer {
    let app = Arc::clone(app);
    let origins = AllowOrigin::predicate(move |origin, _| {
        let server = &app.current().server;
        server
            .cors_origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes())
    });
    let exposed = [REQUEST_ID, CLIENT_REQUEST_ID, REPLAYED]
        .into_iter()
        .chain(headers::EXPOSED);
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("x-goog-api-key"),
            REQUEST_ID,
            CLIENT_REQUEST_ID,
            IDEMPOTENCY_KEY,
        ])
        .expose_headers(exposed.collect::<Vec<_>>())
        .max_age(PREFLIGHT)
}
