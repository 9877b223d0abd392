//! What all requests of a server share: the gateway of the present configuration, which a reload
//! replaces as a whole, and what outlives it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use llm_core::config::error::ConfigErrors;
use llm_core::config::load::Loaded;
use llm_core::config::prompts::{self, PromptLibrary};
use llm_core::config::server::ServerConfig;
use llm_core::gateway::Gateway;
use llm_core::gateway::runtime::Runtime;
use llm_core::gateway::stats::Totals;
use llm_core::services::SERVICES;
use llm_core::telemetry::names;
use llm_core::types::clock::Clock;
use metrics::counter;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;

use crate::accept::Ending;
use crate::idempotency::Answers;
use crate::kept::{Memory, ResponseStore};
use crate::watch::{Looks, looks};

/// Reads the configuration again, whenever it is asked to.
pub type Loader = Box<dyn Fn() -> Result<Loaded, ConfigErrors> + Send + Sync>;

/// Bytes one permit of [`App::room`] stands for.
pub const ROOM_UNIT: usize = 1024;

/// What a server is made from.
pub struct Sources {
    /// Reads the configuration.
    pub loader: Loader,
    /// Whether the user's prompt templates are read too.
    pub with_prompts: bool,
    /// What outlives a configuration.
    pub runtime: Runtime,
    /// Where metrics are collected.
    pub metrics: PrometheusHandle,
    /// What is no matter of configuration.
    pub options: Options,
}

/// How streams behave.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long the head of a streamed reply waits for the answer to begin, so that a failure can
    /// still be told by a status.
    pub stream_grace: Duration,
    /// How often a silent stream says that it is alive.
    pub keep_alive: Duration,
    /// How often the files of the configuration are looked at.
    pub look_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stream_grace: Duration::from_secs(5),
            keep_alive: Duration::from_secs(10),
            look_every: Duration::from_secs(2),
        }
    }
}

/// The shared state of a server.
pub struct App {
    sources: Sources,
    current: ArcSwap<Current>,
    prompts: ArcSwap<PromptLibrary>,
    services: Totals,
    reloading: tokio::sync::Mutex<()>,
    ending: Ending,
    room: Arc<Semaphore>,
    answers: Answers,
    responses: Box<dyn ResponseStore>,
    started_at: Timestamp,
}

/// A configuration at work.
pub struct Current {
    /// Its gateway.
    pub gateway: Gateway,
    /// The section of the server. What belongs to the socket is read once, at the start.
    pub server: ServerConfig,
    /// The routing strategy for requests that name none.
    pub strategy: String,
    /// The files it was read from, as they looked then.
    pub files: Looks,
}

impl App {
    /// Starts with a configuration that has been read, or says everything that is wrong.
    pub fn start(sources: Sources, loaded: &Loaded) -> Result<Arc<Self>, ConfigErrors> {
        let started_at = sources.runtime.clock.wall();
        let library = templates(loaded, sources.with_prompts, started_at)?;
        let current = Current::of(loaded, &sources.runtime)?;
        let server = &loaded.config.server;
        let bytes = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let room = (bytes(server.max_held_body_bytes) / ROOM_UNIT).clamp(1, Semaphore::MAX_PERMITS);
        let lasts = Duration::from_secs(server.idempotency_ttl_s);
        let answers = Answers::new(bytes(server.idempotency_bytes), lasts);
        Ok(Arc::new(Self {
            current: ArcSwap::from_pointee(current),
            prompts: ArcSwap::from_pointee(library),
            services: Totals::new(SERVICES.iter().map(|service| service.name)),
            reloading: tokio::sync::Mutex::new(()),
            ending: Ending::default(),
            room: Arc::new(Semaphore::new(room)),
            answers,
            responses: Box::new(Memory::default()),
            started_at,
            sources,
        }))
    }

    /// The present configuration. A request takes it once and keeps it to its end.
    pub fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    /// The present gateway.
    pub fn gateway(&self) -> Gateway {
        self.current.load().gateway.clone()
    }

    /// The prompt templates.
    pub fn prompts(&self) -> Arc<PromptLibrary> {
        self.prompts.load_full()
    }

    /// Totals of the ready services.
    pub fn services(&self) -> &Totals {
        &self.services
    }

    /// How streams behave.
    pub fn options(&self) -> Options {
        self.sources.options
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.sources.runtime.clock
    }

    /// Where metrics are collected.
    pub fn metrics(&self) -> &PrometheusHandle {
        &self.sources.metrics
    }

    /// When the server started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The moments of its end.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// Whether it takes no new work.
    pub fn is_draining(&self) -> bool {
        self.ending.stop.is_cancelled()
    }

    /// Room for request bodies, one permit for each [`ROOM_UNIT`] bytes.
    pub fn room(&self) -> &Arc<Semaphore> {
        &self.room
    }

    /// The answers that are kept for requests that are repeated.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Where answers are kept.
    pub fn responses(&self) -> &dyn ResponseStore {
        &*self.responses
    }

    /// Reads the configuration again and swaps it in as a whole. One that is wrong, or with which
    /// nothing could be called, changes nothing.
    pub async fn reload(self: &Arc<Self>) -> Result<Arc<Current>, ConfigErrors> {
        let _one_at_a_time = self.reloading.lock().await;
        let result = self.off_the_reactor(Self::read_configuration).await;
        count_reload(result.is_ok());
        let current = Arc::new(result?);
        self.current.store(Arc::clone(&current));
        Ok(current)
    }

    /// Reads the prompt templates again. A wrong one leaves all of them as they were.
    pub async fn reload_prompts(self: &Arc<Self>) -> Result<Arc<PromptLibrary>, ConfigErrors> {
        let _one_at_a_time = self.reloading.lock().await;
        let library = Arc::new(self.off_the_reactor(Self::read_prompts).await?);
        self.prompts.store(Arc::clone(&library));
        Ok(library)
    }

    fn read_configuration(&self) -> Result<Current, ConfigErrors> {
        let loaded = (self.sources.loader)()?;
        loaded.is_configured()?;
        Current::of(&loaded, &self.sources.runtime)
    }

    fn read_prompts(&self) -> Result<PromptLibrary, ConfigErrors> {
        let loaded = (self.sources.loader)()?;
        templates(&loaded, self.sources.with_prompts, self.clock().wall())
    }

    /// Reads files where waiting for them holds up nobody.
    async fn off_the_reactor<T: Send + 'static>(
        self: &Arc<Self>,
        read: fn(&Self) -> Result<T, ConfigErrors>,
    ) -> Result<T, ConfigErrors> {
        let app = Arc::clone(self);
        tokio::task::spawn_blocking(move || read(&app))
            .await
            .unwrap_or_else(|error| {
                let message = format!("reading the configuration ended abnormally: {error}");
                Err(llm_core::config::error::ConfigError::invalid(message).into())
            })
    }
}

impl Current {
    fn of(loaded: &Loaded, runtime: &Runtime) -> Result<Self, ConfigErrors> {
        Ok(Self {
            gateway: Gateway::assemble(loaded, runtime)?,
            server: loaded.config.server.clone(),
            strategy: loaded.config.routing.strategy.clone(),
            files: looks(loaded.sources()),
        })
    }
}

fn templates(
    loaded: &Loaded,
    with_files: bool,
    now: Timestamp,
) -> Result<PromptLibrary, ConfigErrors> {
    let directory = prompts::directory(loaded).filter(|_| with_files);
    PromptLibrary::read(directory.as_deref().map(Path::new), now)
}

fn count_reload(succeeded: bool) {
    let result = if succeeded { "ok" } else { "failed" };
    counter!(names::RELOADS, "result" => result).increment(1);
}
