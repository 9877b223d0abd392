//! A gateway in this process, in front of the local model and of a scripted provider.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use llm_core::config::environment::Environment;
use llm_core::config::load::{self, LoadOptions};
use llm_core::gateway::runtime::Runtime;
use llm_server::app::{App, Options, Sources};
use llm_server::{instruments, serve};
use llm_testkit::env::TestEnvironment;
use llm_testkit::real_model::{self, MODEL};
use llm_testkit::upstream::ScriptedUpstream;
use tokio::sync::oneshot;

/// The model of the scripted provider.
pub(crate) const SCRIPTED: &str = "scripted";

/// A running gateway. Ends when dropped.
pub(crate) struct Gateway {
    pub(crate) origin: String,
    pub(crate) upstream: ScriptedUpstream,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _environment: TestEnvironment,
}

impl Gateway {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let environment = TestEnvironment::new();
        let upstream = ScriptedUpstream::start_now();
        let mut toml = "schema_version = 1\n\n[server]\nkeep_responses = 10\n".to_owned();
        for (provider, url, model) in [
            ("local", real_model::base_url(), MODEL),
            ("script", upstream.base_url(), SCRIPTED),
        ] {
            let part = format!(
                "\n[providers.{provider}]\nkind = \"openai-compatible\"\nbase_url = \"{url}\"\n\
                 api_key = \"unused\"\n\n[models.\"{model}\"]\nprovider = \"{provider}\"\n"
            );
            toml.push_str(&part);
        }
        let config = environment.write_config(&toml);
        let home = environment.home();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("the port just bound");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let loader = move || {
                let options = LoadOptions {
                    config: Some(config.clone()),
                    ..LoadOptions::default()
                };
                load::load(Environment::empty(&home).with_home(&home), &options)
            };
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let loaded = loader().expect("a configuration");
                let sources = Sources {
                    loader: Box::new(loader),
                    with_prompts: false,
                    metrics: instruments::install(),
                    runtime: Runtime::standard(Duration::from_secs(3)),
                    options: Options::default(),
                };
                let app = App::start(sources, &loaded).expect("a gateway");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    _ = serve::serve(listener, Arc::clone(&app)) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            origin: format!("http://{address}"),
            upstream,
            stop: Some(stop),
            thread: Some(thread),
            _environment: environment,
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}
