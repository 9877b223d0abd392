//! How many descriptors the process may have: raised at the start, shared out, and told.
//!
//! Every connection of a client takes one, and so does every call to a provider. Were clients let
//! in until none is left, no call could be made and no probe answered; so they get a share.

use llm_core::telemetry::names;
use metrics::gauge;

/// Kept for files, listeners, probes and the runtimes.
const RESERVE: u64 = 64;

/// Connections let in however few descriptors there are.
const LEAST: usize = 32;

/// The descriptors of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// How many it may have; `None` is no limit, or none that is known.
    pub limit: Option<u64>,
}

impl Descriptors {
    /// Raises the limit as far as the system lets this process, and tells what it is then.
    pub fn raise() -> Self {
        let found = Self {
            limit: system::raise(),
        };
        if let Some(limit) = found.limit {
            gauge!(names::DESCRIPTORS_LIMIT).set(limit as f64);
        }
        found
    }

    /// Connections of clients that can be open at once, of those that are wanted. Half of what
    /// there is remains for calls to providers.
    pub fn connections(self, wanted: usize) -> usize {
        let Some(limit) = self.limit else {
            return wanted;
        };
        let share = usize::try_from(limit.saturating_sub(RESERVE) / 2).unwrap_or(usize::MAX);
        wanted.min(share.max(LEAST))
    }
}

#[cfg(unix)]
mod system {
    use rustix::process::{Resource, getrlimit, setrlimit};

    /// Sets the soft limit to the hard one.
    pub(super) fn raise() -> Option<u64> {
        let before = getrlimit(Resource::Nofile);
        let mut wanted = before.clone();
        wanted.current = before.maximum;
        match setrlimit(Resource::Nofile, wanted) {
            Ok(()) => before.maximum,
            Err(error) => {
                tracing::warn!(%error, "cannot raise the limit of descriptors");
                before.current
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    /// Other systems have no such limit.
    pub(super) fn raise() -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_half_and_calls_the_other() {
        let of = |limit| Descriptors { limit };
        assert_eq!(of(Some(65_536)).connections(16_384), 16_384);
        assert_eq!(of(Some(1024)).connections(16_384), 480);
        assert_eq!(of(Some(1024)).connections(100), 100);
        assert_eq!(of(Some(10)).connections(16_384), 32);
        assert_eq!(of(None).connections(16_384), 16_384);
    }
}
