//! A whole gateway over a scripted provider without sockets, in paused time.

mod cooperation;
mod failover;
mod money;
mod refusals;
mod reliability;
mod streams;
mod work;

use std::sync::Arc;
use std::time::Duration;

use llm_core::config::environment::Environment;
use llm_core::config::load::{LoadOptions, Loaded, load};
use llm_core::gateway::Gateway;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inbound::Inbound;
use llm_core::gateway::respond::Completion;
use llm_core::gateway::runtime::Runtime;
use llm_core::store::{UsageQuery, UsageReport, backends};
use llm_core::types::chat::ChatRequest;
use llm_core::types::clock::SystemClock;
use llm_core::types::plan::Ask;
use llm_testkit::builders::config_toml;
use llm_testkit::transport::ScriptedTransport;

/// A gateway, and the provider behind it.
struct Fixture {
    gateway: Gateway,
    provider: Arc<ScriptedTransport>,
}

impl Fixture {
    /// A gateway for these models at one provider, with `more` configuration.
    fn new(models: &[&str], more: &str) -> Self {
        let loaded = loaded(models, more);
        let provider = Arc::new(ScriptedTransport::new());
        let runtime = Runtime::new(
            Arc::new(SystemClock),
            Arc::clone(&provider) as Arc<_>,
            backends::memory::build(),
        );
        let gateway = Gateway::assemble(&loaded, &runtime).unwrap();
        Self { gateway, provider }
    }

    async fn ask(&self, model: &str, text: &str) -> Result<Completion, GatewayError> {
        self.gateway.chat(question(model, text)).await
    }

    fn usage(&self) -> UsageReport {
        self.gateway.usage(&UsageQuery::default())
    }

    /// The models asked, in the order of the requests.
    fn asked(&self) -> Vec<String> {
        self.provider
            .attempts()
            .iter()
            .map(llm_testkit::attempt::Attempt::model)
            .collect()
    }
}

/// The configuration of these models at one provider, with `more` of it.
#[expect(clippy::disallowed_methods, reason = "tests own their files")]
fn loaded(models: &[&str], more: &str) -> Loaded {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let text = config_toml("http://provider.test/v1", models);
    std::fs::write(&file, format!("{text}\n{more}")).unwrap();
    let options = LoadOptions {
        config: Some(file),
        ..LoadOptions::default()
    };
    load(Environment::empty(home.path()), &options).unwrap()
}

fn question(model: &str, text: &str) -> Inbound {
    Inbound::in_process(Ask::of_model(model, ChatRequest::question(text)))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
