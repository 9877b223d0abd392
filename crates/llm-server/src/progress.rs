//! What the progress of a run tells about who answers, for headers and chunks that are sent before
//! it is over.

use llm_core::types::run_event::RunEvent;
use serde_json::Value;

use crate::headers::Served;

/// What has been seen of a run.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    served: Served,
    first: Option<String>,
}

impl Seen {
    /// Notes an event.
    pub fn note(&mut self, event: &RunEvent) {
        match event {
            RunEvent::RouteDecided { route } => {
                let text = |name| route.get(name).and_then(Value::as_str).map(str::to_owned);
                self.served.strategy = text("strategy");
                self.served.mode = text("mode");
                if let Some(mode) = self.served.mode.as_deref().filter(|mode| *mode != "single") {
                    self.served.model = Some(format!("cooperate/{mode}"));
                }
            }
            RunEvent::ModelStarted {
                model, provider, ..
            } => {
                *self.served.attempts.get_or_insert(0) += 1;
                if self.cooperates() {
                    return;
                }
                self.served.fell_back =
                    Some(*self.first.get_or_insert_with(|| model.clone()) != *model);
                self.served.model = Some(model.clone());
                self.served.provider = Some(provider.clone());
            }
            _ => {}
        }
    }

    /// The public name of whoever answers.
    pub fn model(&self) -> Option<String> {
        self.served.model.clone()
    }

    /// What is known.
    pub fn served(&self) -> &Served {
        &self.served
    }

    fn cooperates(&self) -> bool {
        self.served
            .mode
            .as_deref()
            .is_some_and(|mode| mode != "single")
    }
}
