//! What providers in trouble, callers that leave and too much traffic do to requests, one test for
//! each row of the fault matrix; the id is in the name.

mod breaker;
mod callers;
mod panics;
mod places;
mod providers;
mod streams;

use llm_core::gateway::error::GatewayError;
use llm_core::gateway::respond::Completion;
use llm_core::types::plan::HealthState;

use super::{Fixture, question, seconds};

/// Models in the order of the file.
const IN_ORDER: &str = "[routing]\nstrategy = \"priority\"\n";

/// A model of two places, and a second provider.
fn two_places(more: &str) -> Fixture {
    let places = "
[providers.other]
kind = \"openai-compatible\"
base_url = \"http://other.test/v1\"
api_key = \"sk-other-0123456789\"

[models.twin]
provider = \"scripted\"
[[models.twin.deployments]]
path = \"first\"
priority = 1
[[models.twin.deployments]]
provider = \"other\"
path = \"second\"
priority = 2
";
    Fixture::new(&[], &format!("{places}\n{more}"))
}

impl Fixture {
    /// Requests that are made at the same moment.
    async fn ask_at_once(
        &self,
        model: &str,
        count: usize,
    ) -> Vec<Result<Completion, GatewayError>> {
        let asks = (0..count).map(|_| self.ask(model, "hello"));
        futures_util::future::join_all(asks).await
    }

    /// The health of the first model.
    fn state(&self) -> HealthState {
        self.gateway.models()[0].health.state
    }

    /// How often a model was asked.
    fn asked_for(&self, model: &str) -> usize {
        self.asked().iter().filter(|asked| *asked == model).count()
    }
}
