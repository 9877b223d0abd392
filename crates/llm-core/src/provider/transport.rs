//! The one way out: sends an encoded request and hands back head and body as they arrive.
//!
//! Adds the credential and refuses to send it anywhere but to its own origin. Redirects are not
//! followed and the environment's proxies are not used. What the bytes mean is the adapter's business.

mod failures;
mod local_only;
mod upload;

pub use local_only::LocalOnly;
pub(crate) use local_only::is_local;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use tokio::runtime::{self, Handle};
use tokio::time::Instant;

use super::work::Upload;
use super::{AttemptLimits, AuthScheme, Credential, WireRequest, WireResponse};
use crate::types::clock::{Clock, Deadline};
use crate::types::failure::{Failure, FailureKind, Limit};

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
    /// What follows the request's body while it arrives.
    pub upload: Option<Upload>,
    /// The credential to add, if the provider wants one.
    pub credential: Option<&'a Credential>,
    /// A proxy of the configuration, as a URL.
    pub proxy: Option<&'a str>,
    /// The limits of the attempt.
    pub limits: AttemptLimits,
    /// When the whole request must be over.
    pub deadline: Deadline,
}

/// The transport over HTTP and HTTPS.
///
/// HTTP/1.1 only: the pool opens as many connections as there are calls, whereas one HTTP/2
/// connection a host would queue calls beyond the provider's stream limit without a word.
pub struct HttpTransport {
    clock: Arc<dyn Clock>,
    /// For each runtime one client for direct calls and one for each proxy; the threads of the
    /// program and its configuration bound their number.
    clients: ArcSwap<Vec<Kept>>,
    connect: Duration,
}

/// A client and whom it serves. The connections of a client live on the runtime that opened them,
/// so a runtime that used another's would wait for another thread with every byte.
#[derive(Clone)]
struct Kept {
    runtime: runtime::Id,
    proxy: Option<String>,
    client: reqwest_client::Client,
}

/// The only mention of the client type, so that the ban on it holds everywhere else.
mod reqwest_client {
    #[expect(clippy::disallowed_types, reason = "this module owns the sockets")]
    pub(super) type Client = reqwest::Client;
}

impl HttpTransport {
    /// A transport whose connections must stand within `connect`. Opens nothing yet.
    pub fn new(clock: Arc<dyn Clock>, connect: Duration) -> Self {
        Self {
            clock,
            clients: ArcSwap::default(),
            connect,
        }
    }

    fn client(&self, proxy: Option<&str>) -> Result<reqwest_client::Client, Failure> {
        let runtime = Handle::current().id();
        let serves = |kept: &&Kept| kept.runtime == runtime && kept.proxy.as_deref() == proxy;
        if let Some(kept) = self.clients.load().iter().find(serves) {
            return Ok(kept.client.clone());
        }
        let client = self.build(proxy, false).or_else(|error| {
            // A machine without certificate files cannot build even for plain HTTP; the
            // compiled-in roots serve there.
            tracing::debug!(%error, "no usable certificate store on this machine, using built-in roots");
            self.build(proxy, true)
        });
        let client = client.map_err(|error| {
            Failure::new(
                FailureKind::Connect,
                format!("cannot set up connections: {error}"),
            )
        })?;
        let kept = Kept {
            runtime,
            proxy: proxy.map(str::to_owned),
            client: client.clone(),
        };
        self.clients.rcu(|all| {
            let mut all = Vec::clone(all);
            // Two tasks may have built one at once; the later one replaces the earlier.
            all.retain(|other| other.runtime != kept.runtime || other.proxy != kept.proxy);
            all.push(kept.clone());
            all
        });
        Ok(client)
    }

    fn build(
        &self,
        proxy: Option<&str>,
        built_in_roots: bool,
    ) -> Result<reqwest_client::Client, reqwest::Error> {
        let mut builder = reqwest::ClientBuilder::new()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect)
            .http1_only()
            .pool_max_idle_per_host(64)
            .pool_idle_timeout(Duration::from_mins(1))
            .user_agent(concat!("llm-cooperation/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy)?);
        }
        if built_in_roots {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            let roots: Result<Vec<_>, _> = roots
                .map(|der| reqwest::Certificate::from_der(der))
                .collect();
            builder = builder.tls_certs_only(roots?);
        }
        builder.build()
    }

    async fn exchange(&self, dispatch: Dispatch<'_>) -> Result<WireResponse, Failure> {
        let Dispatch {
            request,
            upload,
            credential,
            proxy,
            limits,
            deadline,
        } = dispatch;
        let request = with_credential(request, credential)?;
        let client = self.client(proxy)?;
        let started = self.clock.now();
        let total = deadline.tighten(started, limits.total);
        let (sent, sending) = upload::body(request.body, upload, &self.clock);
        let head = client
            .request(request.method, request.url)
            .headers(request.headers)
            .body(sent)
            .send();
        let wait = Wait {
            started,
            limit: Limit::FirstByte,
            allowed: limits.first_byte,
            total,
            deadline,
        };
        let response = sending
            .head(wait, head)
            .await?
            .map_err(|error| sending.failure(&error, limits.connect))?;
        Ok(WireResponse {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body(
                response,
                Arc::clone(&self.clock),
                Pace {
                    idle: limits.idle,
                    total,
                    deadline,
                },
            ),
        })
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, dispatch: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>> {
        Box::pin(self.exchange(dispatch))
    }
}

/// Adds the credential the way the provider wants it, and only for the origin it belongs to.
fn with_credential(
    mut request: WireRequest,
    credential: Option<&Credential>,
) -> Result<WireRequest, Failure> {
    let Some(credential) = credential else {
        return Ok(request);
    };
    let (name, text) = match &request.auth {
        AuthScheme::None => return Ok(request),
        AuthScheme::Bearer => (AUTHORIZATION, format!("Bearer {}", credential.key.expose())),
        AuthScheme::Header(name) => (name.clone(), credential.key.expose().to_owned()),
    };
    if request.url.origin() != credential.origin {
        let message = "the key belongs to another address than the one to be called";
        return Err(Failure::new(FailureKind::MissingCredential, message));
    }
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        let message = "the configured key contains characters that cannot be sent in a header";
        Failure::new(FailureKind::Auth, message)
    })?;
    value.set_sensitive(true);
    request.headers.insert(name, value);
    Ok(request)
}

/// The limits while a body arrives.
#[derive(Clone, Copy)]
struct Pace {
    idle: Duration,
    total: Deadline,
    deadline: Deadline,
}

fn body(
    response: reqwest::Response,
    clock: Arc<dyn Clock>,
    pace: Pace,
) -> BoxStream<'static, Result<Bytes, Failure>> {
    let chunks = Some(response.bytes_stream());
    futures_util::stream::unfold((chunks, clock), move |(chunks, clock)| async move {
        let mut chunks = chunks?;
        let wait = Wait {
            started: clock.now(),
            limit: Limit::Idle,
            allowed: pace.idle,
            total: pace.total,
            deadline: pace.deadline,
        };
        match tokio::time::timeout_at(wait.until(), chunks.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), (Some(chunks), clock))),
            Ok(Some(Err(error))) => Some((Err(failures::receiving(&error)), (None, clock))),
            Ok(None) => None,
            Err(_) => Some((Err(wait.failure()), (None, clock))),
        }
    })
    .boxed()
}

/// A wait that several limits bound; tells afterwards which of them ended it.
#[derive(Clone, Copy)]
pub(crate) struct Wait {
    /// When the wait began.
    pub(crate) started: Instant,
    /// The limit that belongs to this wait.
    pub(crate) limit: Limit,
    /// What it allows.
    pub(crate) allowed: Duration,
    /// The end of the attempt.
    pub(crate) total: Deadline,
    /// The end of the request.
    pub(crate) deadline: Deadline,
}

impl Wait {
    /// When the wait is over.
    pub(crate) fn until(&self) -> Instant {
        self.total
            .min(self.deadline)
            .tighten(self.started, self.allowed)
            .at()
    }

    /// The limit that ended it, as a failure.
    pub(crate) fn failure(&self) -> Failure {
        let until = self.until();
        if until == self.deadline.at() {
            Failure::new(FailureKind::Deadline, "the deadline of the request passed")
        } else if until == self.total.at() {
            Failure::new(
                FailureKind::Timeout(Limit::Total),
                "the attempt took longer than its total limit",
            )
        } else {
            Failure::timeout(self.limit, self.allowed)
        }
    }
}
