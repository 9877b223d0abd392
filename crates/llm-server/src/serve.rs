//! Running a server on listeners that are already bound, until it is told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use llm_core::telemetry::names;
use metrics::gauge;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::accept::{self, ConnectionLimits, Drained, Ending, Surface};
use crate::app::App;
use crate::dispatch::{Listener, router};
use crate::watch::watch;
use crate::workers::Workers;

/// How long a client may read nothing of a reply that waits for it.
const WRITE_STALL: Duration = Duration::from_secs(60);

/// Connections to the ops listener open at once; few, so that they fit in what is kept for it.
const OPS_CONNECTIONS: usize = 16;

/// How often the collected metrics are put in order, so that they do not grow while nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves a listener on this runtime until `app.ending().stop`, then drains.
pub async fn serve(listener: TcpListener, app: Arc<App>) -> Drained {
    serve_on(listener, app, &Workers::here()).await
}

/// The same, with the connections on threads of their own.
pub async fn serve_on(listener: TcpListener, app: Arc<App>, workers: &Workers) -> Drained {
    let limits = limits(&app);
    let surface = Surface {
        router: router(&app, Listener::Main),
        tls: app.tls().cloned(),
    };
    tokio::select! {
        drained = accept::serve(listener, surface, limits, app.ending().clone(), workers) => drained,
        never = upkeep(&app, workers) => match never {},
        never = watch(&app) => match never {},
        never = watch_certificate(&app) => match never {},
    }
}

/// Serves the probes and metrics on a thread of their own, so that they answer while the others
/// are busy; from the first moment to the last, drain included. Stops when the result is dropped.
pub fn serve_ops(listener: std::net::TcpListener, app: Arc<App>) -> io::Result<OpsServer> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ending = Ending::default();
    let stop = ending.stop.clone();
    let thread = std::thread::Builder::new()
        .name("ops".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let limits = ConnectionLimits {
                    connections: OPS_CONNECTIONS,
                    grace: Duration::from_secs(1),
                    ..limits(&app)
                };
                let router = router(&app, Listener::Ops);
                match TcpListener::from_std(listener) {
                    Ok(listener) => {
                        accept::serve(listener, router, limits, ending, &Workers::here()).await;
                    }
                    Err(error) => tracing::error!(%error, "the ops listener cannot be used"),
                }
            });
        })?;
    Ok(OpsServer {
        stop,
        thread: Some(thread),
    })
}

/// A running ops listener.
pub struct OpsServer {
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for OpsServer {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the ops listener ended abnormally");
        }
    }
}

fn limits(app: &App) -> ConnectionLimits {
    let server = &app.current().server;
    ConnectionLimits {
        connections: app
            .options()
            .descriptors
            .connections(server.max_connections as usize),
        header_timeout: Duration::from_millis(server.header_timeout_ms),
        write_stall: WRITE_STALL,
        grace: Duration::from_millis(server.shutdown_grace_ms),
    }
}

async fn upkeep(app: &App, workers: &Workers) -> std::convert::Infallible {
    let mut ticks = tokio::time::interval(UPKEEP);
    let tasks = gauge!(names::TASKS);
    loop {
        ticks.tick().await;
        tasks.set(workers.tasks() as f64);
        app.metrics().run_upkeep();
    }
}

/// Reads the certificate again now and then, so that whoever renews it need not tell.
async fn watch_certificate(app: &App) -> std::convert::Infallible {
    let Some(tls) = app.tls() else {
        return std::future::pending().await;
    };
    let mut ticks = tokio::time::interval(app.options().look_every);
    loop {
        ticks.tick().await;
        let tls = Arc::clone(tls);
        if let Err(error) = tokio::task::spawn_blocking(move || tls.refresh()).await {
            tracing::error!(%error, "reading the certificate ended abnormally");
        }
    }
}
