//! The caps all calls of a run share: calls, tokens, money and time.

use crate::types::cooperation::Caps;

/// What is left of a run's caps.
#[derive(Debug)]
pub struct Budget {
    caps: Caps,
}

impl Budget {
    /// A full budget.
    pub fn new(caps: Caps) -> Self {
        Self { caps }
    }

    /// The caps it started with.
    pub fn caps(&self) -> Caps {
        self.caps
    }
}
