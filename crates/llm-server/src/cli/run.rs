//! Serving: from the command line to the end of the last request.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::ui::Ui;
use llm_core::config::load::Loaded;
use llm_core::config::server::AuthMode;
use llm_core::gateway::runtime::Runtime;
use tokio::runtime::Builder;

use super::edge::Edge;
use super::listen::ListenArgs;
use crate::accept::Drained;
use crate::app::{App, Options, Sources};
use crate::descriptors::{self, Descriptors};
use crate::instruments;
use crate::serve::{OpsServer, serve_on, serve_ops};
use crate::workers::Workers;
use llm_setup::configuration::{self, Source, finding};
use llm_setup::log;

/// Serves until it is asked to stop.
pub(super) fn run(listen: &ListenArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    let source = Source::of(&console.settings, listen.overrides())?;
    let loaded = source.load_for(console)?;
    loaded
        .is_configured()
        .map_err(|error| Halt::Failed(finding(&error)))?;
    log::install(console, &loaded.config.logging);
    let app = start(&source, &loaded)?;
    let main = bind(&loaded.config.server.host, loaded.config.server.port)?;
    let ops = ops_server(&loaded, &app)?;
    let workers = Workers::start(workers(listen, console)?).map_err(|error| cannot(&error))?;
    // This thread accepts, attends to signals and reloads; the workers serve.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| cannot(&error))?;
    let ended = runtime.block_on(async {
        // Whoever reads that the server listens may send signals from then on.
        let mut signals = signals::Signals::listen().map_err(|error| cannot(&error))?;
        announce(ui, &loaded, &main, ops.as_ref());
        let edge = Edge {
            loaded: &loaded,
            tls: app.tls().map(AsRef::as_ref),
            descriptors: app.options().descriptors,
            now: app.clock().wall(),
        };
        edge.warn(ui);
        let listener = main
            .set_nonblocking(true)
            .and_then(|()| tokio::net::TcpListener::from_std(main))
            .map_err(|error| cannot(&error))?;
        tokio::select! {
            drained = serve_on(listener, Arc::clone(&app), &workers) => Ok::<_, Report>(Ended::Drained(drained)),
            signal = signals.attend(&app, ui) => Ok(Ended::Insisted(signal)),
        }
    });
    // What still runs after the drain has been told to end; it is not waited for any longer.
    runtime.shutdown_timeout(Duration::from_millis(100));
    drop(workers);
    drop(ops);
    match ended? {
        Ended::Drained(Drained::Whole) => {
            ui.note(Message::new("server.drained"));
            Ok(())
        }
        Ended::Drained(Drained::Cut) => {
            ui.warn(Message::new("server.cut"));
            Ok(())
        }
        Ended::Insisted(code) => Err(Halt::Exit(code)),
    }
}

/// How the server ended.
enum Ended {
    Drained(Drained),
    /// A second signal; with the exit code that says so.
    Insisted(u8),
}

fn start(source: &Source, loaded: &Loaded) -> Result<Arc<App>, Report> {
    let metrics = instruments::install();
    let connect = Duration::from_millis(loaded.config.limits.connect_ms);
    let reader = source.clone();
    let sources = Sources {
        loader: Box::new(move || reader.load()),
        with_prompts: source.reads_files(),
        runtime: Runtime::standard(connect),
        metrics,
        options: Options {
            descriptors: Descriptors::raise(),
            ..Options::default()
        },
    };
    App::start(sources, loaded).map_err(|errors| configuration::report(&errors))
}

pub(super) fn bind(host: &str, port: u16) -> Result<TcpListener, Report> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    TcpListener::bind((host, port))
        .and_then(descriptors::deepen)
        .map_err(|error| unable_to_listen(&format!("{host}:{port}"), &error))
}

fn ops_server(loaded: &Loaded, app: &Arc<App>) -> Result<Option<(OpsServer, SocketAddr)>, Report> {
    let Some(address) = &loaded.config.server.ops_listen else {
        return Ok(None);
    };
    let listener = address
        .to_socket_addrs()
        .and_then(|addresses| TcpListener::bind(addresses.collect::<Vec<_>>().as_slice()))
        .map_err(|error| unable_to_listen(address, &error))?;
    let address = listener.local_addr().map_err(|error| cannot(&error))?;
    let server = serve_ops(listener, Arc::clone(app)).map_err(|error| cannot(&error))?;
    Ok(Some((server, address)))
}

/// How many threads serve: one a processor, unless something else is asked for.
fn workers(listen: &ListenArgs, console: &Console) -> Result<NonZeroUsize, Report> {
    if let Some(count) = listen.workers {
        return Ok(NonZeroUsize::new(count.into()).unwrap_or(NonZeroUsize::MIN));
    }
    let Some(text) = console.env.get("LLMCOOP_WORKERS") else {
        return Ok(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    };
    let count = text.trim().parse::<u16>().ok();
    count
        .and_then(|count| NonZeroUsize::new(count.into()))
        .ok_or_else(|| {
            Report::usage(
                Message::new("common.usage.bad_variable")
                    .with("name", "LLMCOOP_WORKERS")
                    .with("value", text)
                    .with("valid", "1, 2, 4, …"),
            )
        })
}

/// Says where it listens, and who may call.
fn announce(ui: &Ui, loaded: &Loaded, main: &TcpListener, ops: Option<&(OpsServer, SocketAddr)>) {
    let address = main
        .local_addr()
        .map_or_else(|_| "?".to_owned(), |address| address.to_string());
    let scheme = if loaded.config.server.tls.is_empty() {
        "http"
    } else {
        "https"
    };
    let origin = format!("{scheme}://{address}");
    ui.note(Message::new("server.listening").with("url", &origin));
    ui.note(Message::new("server.base").with("url", format!("{origin}/v1")));
    ui.note(Message::new("server.docs").with("url", format!("{origin}/docs")));
    if let Some((_, address)) = ops {
        ui.note(Message::new("server.ops").with("url", format!("http://{address}/metrics")));
    }
    if is_simulated(loaded) {
        ui.warn(Message::new("server.simulated"));
    }
    let is_local = main
        .local_addr()
        .is_ok_and(|address| address.ip().is_loopback());
    let keys = loaded.config.keys.len();
    match (loaded.config.auth.mode, keys, is_local) {
        (AuthMode::Off, _, true) => ui.note(Message::new("server.auth_off")),
        (AuthMode::Off, _, false) => ui.warn(Message::new("server.auth_off_anywhere")),
        (AuthMode::Required, 0, _) => ui.warn(Message::new("server.auth_nobody")),
        (AuthMode::Auto, 0, true) => ui.note(Message::new("server.auth_local")),
        (AuthMode::Auto, 0, false) => ui.warn(Message::new("server.auth_local_anywhere")),
        (_, count, _) => ui.note(Message::new("server.auth_keys").with("n", count)),
    }
}

/// Whether every model is simulated.
fn is_simulated(loaded: &Loaded) -> bool {
    let config = &loaded.config;
    let mut kinds = config
        .models
        .keys()
        .filter_map(|name| config.deployments(name).ok())
        .flatten()
        .map(|place| place.kind)
        .peekable();
    kinds.peek().is_some() && kinds.all(|kind| kind == llm_core::provider::demo::SCHEME)
}

fn unable_to_listen(address: &str, error: &io::Error) -> Report {
    Report::new(
        "config_invalid",
        Message::new("server.cannot_listen")
            .with("address", address)
            .with("reason", error),
    )
    .hint("llm-server --port 0")
}

pub(super) fn cannot(error: &io::Error) -> Report {
    Report::new("internal_error", format!("the server cannot run: {error}"))
}

/// Listens for signals that ask for an end; what is returned waits for the first.
#[cfg(unix)]
pub(super) fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut signals = signals::Signals::listen()?;
    Ok(async move { signals.end().await })
}

/// Listens for Ctrl-C; what is returned waits for it.
#[cfg(not(unix))]
pub(super) fn stopped() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(unix)]
mod signals {
    //! What the signals of a service manager mean.

    use std::io;
    use std::sync::Arc;

    use llm_console::catalogue::Message;
    use llm_console::exit;
    use llm_console::ui::Ui;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use crate::app::App;

    pub(super) struct Signals {
        terminate: Signal,
        interrupt: Signal,
        hang_up: Signal,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        /// Waits for one that asks for an end.
        pub(super) async fn end(&mut self) {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        }

        /// Attends to signals until the second that asks for an end; its exit code.
        pub(super) async fn attend(&mut self, app: &Arc<App>, ui: &Ui) -> u8 {
            loop {
                let code = tokio::select! {
                    _ = self.terminate.recv() => exit::TERMINATED,
                    _ = self.interrupt.recv() => exit::INTERRUPTED,
                    _ = self.hang_up.recv() => {
                        super::reload(app, ui).await;
                        continue;
                    }
                };
                if app.is_draining() {
                    app.ending().cut.cancel();
                    return code;
                }
                ui.note(Message::new("server.draining"));
                app.ending().stop.cancel();
            }
        }
    }
}

#[cfg(not(unix))]
mod signals {
    //! Ctrl-C, where there is nothing else.

    use std::io;
    use std::sync::Arc;

    use llm_console::catalogue::Message;
    use llm_console::exit;
    use llm_console::ui::Ui;

    use crate::app::App;

    pub(super) struct Signals;

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn attend(&mut self, app: &Arc<App>, ui: &Ui) -> u8 {
            loop {
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
                if app.is_draining() {
                    app.ending().cut.cancel();
                    return exit::INTERRUPTED;
                }
                ui.note(Message::new("server.draining"));
                app.ending().stop.cancel();
            }
        }
    }
}

/// Reads configuration and templates again; what is wrong leaves the old ones at work.
#[cfg_attr(not(unix), expect(dead_code, reason = "no signal asks for it"))]
async fn reload(app: &Arc<App>, ui: &Ui) {
    let result = match app.reload().await {
        Ok(current) => app
            .reload_prompts()
            .await
            .map(|_| current.gateway.models().len()),
        Err(errors) => Err(errors),
    };
    match result {
        Ok(models) => {
            tracing::info!(models, "configuration reloaded");
            ui.note(Message::new("server.reloaded").with("n", models));
        }
        Err(errors) => {
            tracing::error!(code = errors.code().name(), error = %errors, "reload failed");
            ui.warn(Message::new("server.reload_failed").with("reason", &errors));
        }
    }
}
