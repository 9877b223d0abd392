//! A request's way from the socket to its reply: the router made from the table, and around every
//! handler the same frame (our id, the door, panics, the end of the server, metrics, the log line).

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};
use futures_util::FutureExt as _;
use http::header::{ALLOW, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue};
use llm_core::gateway::auth::Permission;
use llm_core::types::code::Code;
use llm_core::types::ids::RequestId;
use tower::util::service_fn;

use crate::app::App;
use crate::cors;
use crate::error::{ApiError, Shape};
use crate::idempotency;
use crate::identity;
use crate::instruments::{OTHER, RouteInstruments};
use crate::record::{Line, Record, Recorded};
use crate::routes::{self, Door, Group, Route, Verb};
use crate::visit::Visit;

/// Our id of the request, on every reply.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's own name for it, sent back.
pub const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// Which listener a router is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// The one for clients: every endpoint.
    Main,
    /// The one for probes and metrics alone, which only the operator reaches.
    Ops,
}

/// The router of a listener.
pub fn router(app: &Arc<App>, listener: Listener) -> Router {
    let mut router = Router::new();
    let mut paths: Vec<&'static str> = Vec::new();
    for route in served(listener) {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    for path in paths {
        router = router.route(path, methods(app, listener, path));
    }
    let unknown = Frame::unrouted(app, listener, OTHER, Miss::NoPath);
    router
        .fallback_service(service(unknown))
        .layer(cors::layer(app))
        .layer(map_response(with_an_id))
}

/// Replies that reach no endpoint, such as those to preflights, have an id too.
async fn with_an_id(mut response: Response) -> Response {
    if !response.headers().contains_key(REQUEST_ID) {
        put_id(&mut response, &RequestId::mint());
    }
    response
}

fn put_id(response: &mut Response, id: &RequestId) {
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
}

/// The endpoints of a listener.
fn served(listener: Listener) -> impl Iterator<Item = &'static Route> {
    routes::all().filter(move |route| match listener {
        Listener::Main => true,
        Listener::Ops => route.group == Group::Operations,
    })
}

fn methods(app: &Arc<App>, listener: Listener, path: &'static str) -> MethodRouter {
    let mut methods = MethodRouter::new();
    let mut allowed = Vec::new();
    for route in served(listener).filter(|route| route.path == path) {
        let filter = match route.method {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Delete => MethodFilter::DELETE,
        };
        allowed.push(route.method.as_str());
        methods = methods.on_service(filter, service(Frame::of(app, listener, route)));
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let miss = Miss::NoMethod {
        allowed: allowed.join(", "),
    };
    methods.fallback_service(service(Frame::unrouted(app, listener, path, miss)))
}

fn service(
    frame: Arc<Frame>,
) -> impl tower::Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(move |request: Request| {
        let frame = Arc::clone(&frame);
        async move { Ok(frame.answer(request).await) }
    })
}

/// What is around a handler.
struct Frame {
    app: Arc<App>,
    listener: Listener,
    path: &'static str,
    target: Target,
    instruments: RouteInstruments,
}

enum Target {
    Route(&'static Route),
    Miss(Miss),
}

/// Why a request fits no route.
enum Miss {
    NoPath,
    NoMethod { allowed: String },
}

impl Frame {
    fn of(app: &Arc<App>, listener: Listener, route: &'static Route) -> Arc<Self> {
        Arc::new(Self {
            app: Arc::clone(app),
            listener,
            path: route.path,
            target: Target::Route(route),
            instruments: RouteInstruments::new(route.path, route.method.as_str()),
        })
    }

    fn unrouted(app: &Arc<App>, listener: Listener, path: &'static str, miss: Miss) -> Arc<Self> {
        Arc::new(Self {
            app: Arc::clone(app),
            listener,
            path,
            target: Target::Miss(miss),
            instruments: RouteInstruments::new(path, OTHER),
        })
    }

    async fn answer(&self, request: Request) -> Response {
        let in_flight = self.instruments.begin();
        let started = self.app.clock().now();
        let id = RequestId::mint();
        let record = Arc::new(Record::default());
        let peer = peer(&request);
        let (parts, body) = request.into_parts();
        let client_id = identity::correlation(&parts.headers).cloned();
        let method = known_method(&parts.method);
        let visit = Visit {
            app: Arc::clone(&self.app),
            id: id.clone(),
            started,
            record: Arc::clone(&record),
            peer,
            parts,
        };
        // A panic ends its own request and nothing else; what it said is in the log.
        let work = AssertUnwindSafe(self.work(visit, body)).catch_unwind();
        let result = tokio::select! {
            biased;
            result = work => result.unwrap_or_else(|_| Err(panicked())),
            () = self.app.ending().cut.cancelled() => Err(draining()),
        };
        let shape = match &self.target {
            Target::Route(route) => route.shape,
            Target::Miss(_) => Shape::Standard,
        };
        let mut response = result.unwrap_or_else(|error| {
            record.failed(error.error());
            error.respond(&id, shape)
        });
        self.finish(&mut response, &id, client_id.as_ref());
        let status = response.status().as_u16();
        self.instruments
            .answered(status, self.app.clock().now() - started);
        let line = Line {
            app: Arc::clone(&self.app),
            id,
            client_id: client_id.and_then(|name| Some(name.to_str().ok()?.to_owned())),
            method,
            route: self.path,
            status,
            started,
            record,
            in_flight,
        };
        response.map(|body| Recorded::body(body, line))
    }

    /// Through the door, to the handler.
    async fn work(&self, visit: Visit, body: Body) -> Result<Response, ApiError> {
        let route = match &self.target {
            Target::Route(route) => route,
            Target::Miss(Miss::NoPath) => {
                return Err(ApiError::new(Code::NotFound, "there is no such endpoint"));
            }
            Target::Miss(Miss::NoMethod { .. }) => {
                let message = "the endpoint does not have this method";
                return Err(ApiError::new(Code::MethodNotAllowed, message));
            }
        };
        match route.door {
            Door::Public(handle) => handle(visit).await,
            Door::Watch(handle) => {
                if self.listener == Listener::Main {
                    visit.may_watch()?;
                }
                handle(visit).await
            }
            Door::Needs(permission, handle) => {
                if self.app.is_draining() {
                    return Err(draining());
                }
                let call = visit.admit(permission, body)?;
                if permission == Permission::Inference && route.body.is_some() {
                    // Before a byte of it is read, so that refusing costs next to nothing.
                    let room = call.visit.app.gateway().check_room(&call.grant);
                    room.map_err(|error| ApiError::from(error).closing())?;
                }
                if idempotency::applies(&call, permission) {
                    idempotency::answer(call, handle).await
                } else {
                    handle(call).await
                }
            }
        }
    }

    /// What every reply carries.
    fn finish(&self, response: &mut Response, id: &RequestId, client_id: Option<&HeaderValue>) {
        put_id(response, id);
        let headers = response.headers_mut();
        if let Some(name) = client_id {
            headers.insert(CLIENT_REQUEST_ID, name.clone());
        }
        if let Target::Miss(Miss::NoMethod { allowed }) = &self.target
            && let Ok(allowed) = HeaderValue::from_str(allowed)
        {
            headers.insert(ALLOW, allowed);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
}

/// The address the connection really has. One that nobody knows is not this machine's.
fn peer(request: &Request) -> IpAddr {
    request
        .extensions()
        .get::<ConnectInfo<std::net::SocketAddr>>()
        .map_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), |info| {
            info.0.ip()
        })
}

/// A method for the log: callers can make up others.
fn known_method(method: &http::Method) -> &'static str {
    for known in [
        "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
    ] {
        if method.as_str() == known {
            return known;
        }
    }
    OTHER
}

fn panicked() -> ApiError {
    ApiError::new(
        Code::Internal,
        "the request ended abnormally; its id is in the server's log",
    )
}

fn draining() -> ApiError {
    ApiError::new(Code::Draining, "the gateway is shutting down").closing()
}

#[cfg(test)]
mod tests;
