//! The registry of protocols: one file and one row each.

use super::Adapter;

/// Every protocol.
pub const PROTOCOLS: &[Adapter] = &[];

/// The adapter of a protocol.
pub fn find(name: &str) -> Option<Adapter> {
    PROTOCOLS
        .iter()
        .copied()
        .find(|adapter| adapter.name() == name)
}
