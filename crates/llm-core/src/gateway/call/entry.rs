//! Whether an attempt may be sent at all: the breaker and the limiter, a place at the deployment and
//! one at its address, the budget of extra attempts. The same for conversations and other work.

use std::time::Duration;

use super::Caller;
use crate::gateway::deployments::Deployment;
use crate::provider::concurrency::Entered;
use crate::provider::health::{Permit, Refusal};
use crate::provider::upstream::Place;
use crate::telemetry::metrics::Extra;
use crate::types::failure::{Failure, FailureKind};

/// After which a caller who found no place may come back.
const BUSY_FOR: Duration = Duration::from_secs(1);

/// What an attempt holds while it runs; dropping it gives everything back.
pub(in crate::gateway) struct Entry {
    /// The breaker waits for how it went.
    pub(in crate::gateway) permit: Permit,
    pub(in crate::gateway) places: (Entered, Place),
}

impl Caller<'_> {
    /// Lets an attempt in, once there is a place for it; or says why nothing is sent.
    pub(in crate::gateway) async fn enter(
        &self,
        deployment: &Deployment,
    ) -> Result<Entry, Failure> {
        let clock = &self.engine.clock;
        let asked = clock.now();
        let health = &deployment.health;
        if let Some(refusal) = health.refusal(asked) {
            return Err(refused(refusal));
        }
        let key = self.account.key.as_ref();
        let deadline = self.deadline.at();
        let places = match health.gate().enter(key, asked, deadline).await {
            Ok(entered) => deployment.upstream.enter(key).map(|place| (entered, place)),
            Err(_) => None,
        };
        let now = clock.now();
        let Some(places) = places else {
            return Err(if now >= deadline { too_late() } else { busy() });
        };
        let permit = health.admit(now).map_err(refused)?;
        Ok(Entry { permit, places })
    }

    /// Takes an attempt that is extra from the budget of its address, and counts it.
    pub(in crate::gateway) fn may_repeat(&self, deployment: &Deployment, kind: Extra) -> bool {
        let may = deployment.upstream.may_retry(self.engine.clock.now());
        if may {
            deployment.instruments.extra_attempt(kind);
        } else {
            deployment.instruments.out_of_budget();
        }
        may
    }
}

fn refused(refusal: Refusal) -> Failure {
    let (kind, message, wait) = match refusal {
        Refusal::Resting(wait) => (
            FailureKind::CircuitOpen,
            "resting after repeated failures",
            wait,
        ),
        Refusal::Limited(wait) => (
            FailureKind::RateLimited,
            "the provider's rate limit was reached a moment ago; nothing was sent",
            wait,
        ),
    };
    let mut failure = Failure::new(kind, message);
    failure.retry_after = Some(wait);
    failure
}

fn busy() -> Failure {
    let message = "all places for calls to it are taken; nothing was sent";
    let mut failure = Failure::new(FailureKind::Busy, message);
    failure.retry_after = Some(BUSY_FOR);
    failure
}

fn too_late() -> Failure {
    let message = "the deadline of the request passed while it waited for a place";
    Failure::new(FailureKind::Deadline, message)
}

/// Somebody has to look into it, and the failing requests alone would not say so.
pub(in crate::gateway) fn alarm(deployment: &Deployment) {
    tracing::error!(
        provider = %deployment.provider,
        deployment = %deployment.id,
        "the provider rejects the configured key"
    );
}
