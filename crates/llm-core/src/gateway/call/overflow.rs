//! A conversation that was too long for a model goes to a larger one or nowhere: sent again to one
//! of the same size it would fail the same way.

use crate::gateway::deployments::Deployment;

/// What is known of a model that a conversation did not fit.
pub(super) struct Overflow {
    /// Its context window, where it is known.
    context: Option<u64>,
}

impl Overflow {
    /// It did not fit this one.
    pub(super) fn at(deployment: &Deployment) -> Self {
        Self {
            context: deployment.facts.context,
        }
    }

    /// Nor did it fit the other.
    pub(super) fn and(self, other: Option<Self>) -> Self {
        let context = self.context.max(other.and_then(|other| other.context));
        Self { context }
    }

    /// Whether a deployment is known to be larger. A window that is known beats one that is not:
    /// routing has held the conversation against it already.
    pub(super) fn fits(&self, deployment: &Deployment) -> bool {
        deployment.facts.context > self.context
    }
}
