//! The gateway inside this process: configuration read, models assembled, a runtime to wait on.

use std::future::Future;
use std::io;
use std::time::Duration;

use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::load::Loaded;
use llm_core::gateway::Gateway;
use llm_core::gateway::runtime::Runtime;
use llm_setup::configuration::{self, Source, finding};
use llm_setup::log;
use tokio::runtime::Runtime as Waiter;

/// A configuration at work in this process.
pub(crate) struct Local {
    /// What was read, with where it came from.
    pub(crate) loaded: Loaded,
    /// The gateway made of it.
    pub(crate) gateway: Gateway,
}

impl Local {
    /// Reads the configuration and assembles the gateway; nothing is called.
    pub(crate) fn open(console: &Console) -> Result<Self, Halt> {
        let loaded = Source::of(&console.settings, [])?.load_for(console)?;
        loaded
            .is_configured()
            .map_err(|error| Halt::Failed(finding(&error)))?;
        log::install(console, &loaded.config.logging);
        let connect = Duration::from_millis(loaded.config.limits.connect_ms);
        let runtime = if console.settings.offline {
            Runtime::offline(connect)
        } else {
            Runtime::standard(connect)
        };
        let gateway = Gateway::assemble(&loaded, &runtime)
            .map_err(|errors| configuration::report(&errors))?;
        Ok(Self { loaded, gateway })
    }
}

/// Waits for something that needs the network.
pub(crate) fn block_on<F: Future>(future: F) -> Result<F::Output, Report> {
    runtime().map(|runtime| runtime.block_on(future))
}

/// Something to wait with more than once: connections live on it.
pub(crate) fn runtime() -> Result<Waiter, Report> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error: io::Error| Report::new("internal_error", error.to_string()))
}
