//! The registry of protocols: one file and one row each.

pub mod openai;

use super::Adapter;

/// Every protocol, in alphabetical order.
pub const PROTOCOLS: &[Adapter] = &[&openai::OPENAI];

/// The adapter of a protocol.
pub fn find(name: &str) -> Option<Adapter> {
    PROTOCOLS
        .iter()
        .copied()
        .find(|adapter| adapter.name() == name)
}
