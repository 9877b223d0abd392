//! The accept loop: connections, their limits, and the drain.
//!
//! Owned rather than borrowed from the framework because header timeouts, connection caps, a write
//! stall limit and a drain that ends are not to be had otherwise. What a request means is the
//! router's business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::workers::Workers;

/// Largest head of a request.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Streams one HTTP/2 connection may have.
const MAX_H2_STREAMS: u32 = 100;

/// Pause after a failed accept, such as one for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take.
const H2_PING: Duration = Duration::from_secs(20);

/// Time that running replies get to say that they are cut.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Connections open at once.
    pub connections: usize,
    /// Time a client has to send the head of a request.
    pub header_timeout: Duration,
    /// Time a client may read nothing of a reply that waits for it.
    pub write_stall: Duration,
    /// Time running requests get once the server is asked to stop.
    pub grace: Duration,
}

/// The two moments of an end.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// Nothing new is taken; what runs goes on.
    pub stop: CancellationToken,
    /// What still runs ends now and says so.
    pub cut: CancellationToken,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every connection ended by itself.
    Whole,
    /// Some were cut when the grace was over.
    Cut,
}

/// Serves connections until `ending.stop`, then lets the running ones finish; at the end of the
/// grace, cancels `ending.cut` itself.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    ending: Ending,
    workers: &Workers,
) -> Drained {
    let places = Arc::new(Semaphore::new(limits.connections.max(1)));
    let connections = TaskTracker::new();
    let kill = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = ending.stop.cancelled() => break,
            accepted = next(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let connection = Connection {
            peer,
            place,
            router: router.clone(),
            limits,
        };
        let (stop, kill) = (ending.stop.clone(), kill.clone());
        workers.serve(stream, &connections, |stream| {
            connection.run(stream, stop, kill)
        });
    }
    // New connections are refused by the closed socket rather than left waiting.
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.grace, connections.wait())
        .await
        .is_ok()
    {
        return Drained::Whole;
    }
    ending.cut.cancel();
    if tokio::time::timeout(LAST_WORDS, connections.wait())
        .await
        .is_err()
    {
        kill.cancel();
        connections.wait().await;
    }
    Drained::Cut
}

/// The next connection, once there is a place for it. `None` after a failed accept.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Without this a small streamed piece waits for the client's delayed acknowledgement.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot switch off Nagle's algorithm");
            }
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "accepting a connection failed");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

struct Connection {
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    router: Router,
    limits: ConnectionLimits,
}

impl Connection {
    async fn run(self, stream: TcpStream, stop: CancellationToken, kill: CancellationToken) {
        let Self {
            peer,
            place,
            router,
            limits,
        } = self;
        // Until the first request is there, hyper may still be finding out which HTTP is spoken,
        // which no timeout of its own covers.
        let begun = CancellationToken::new();
        let seen = begun.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            seen.cancel();
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request.map(Body::new))
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_stall));
        let builder = builder(&limits);
        let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
        tokio::pin!(connection);
        let too_late = tokio::time::sleep(limits.header_timeout);
        tokio::pin!(too_late);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                biased;
                () = kill.cancelled() => break,
                () = stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        tracing::debug!(%error, %peer, "connection ended early");
                    }
                    break;
                }
                () = too_late.as_mut(), if !begun.is_cancelled() => break,
            }
        }
        drop(place);
    }
}

fn builder(limits: &ConnectionLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(H2_PING)
        .keep_alive_timeout(H2_PING)
        .max_concurrent_streams(MAX_H2_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX));
    builder
}
