//! What the system allows: how many descriptors the process may have, raised at the start, shared
//! out and told; and how many connections may wait to be accepted.
//!
//! Every connection of a client takes one, and so does every call to a provider. Were clients let
//! in until none is left, no call could be made and no probe answered; so they get a share.

use std::io;
use std::net::TcpListener;

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
            tracing::info!(limit, "descriptors");
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

/// Lets more connections wait to be accepted than the standard library asks for, so that none of a
/// crowd that comes at once has to try again a second later.
pub(crate) fn deepen(listener: TcpListener) -> io::Result<TcpListener> {
    system::deepen(&listener)?;
    Ok(listener)
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::net::TcpListener;

    use rustix::process::{Resource, getrlimit, setrlimit};

    /// Connections that may wait; the system may allow fewer.
    const BACKLOG: i32 = 4096;

    pub(super) fn deepen(listener: &TcpListener) -> io::Result<()> {
        Ok(rustix::net::listen(listener, BACKLOG)?)
    }

    /// Sets the soft limit to the hard one.
    pub(super) fn raise() -> Option<u64> {
        let before = getrlimit(Resource::Nofile);
        let mut wanted = before;
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
    use std::io;
    use std::net::TcpListener;

    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(super) fn deepen(_: &TcpListener) -> io::Result<()> {
        Ok(())
    }

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
