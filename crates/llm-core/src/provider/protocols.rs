//! The registry of protocols: one file and one row each.
//!
//! `fields`, `translate` and `reply` are not protocols but what the protocols share.

pub mod anthropic;

pub mod fields;

pub mod gemini;

pub mod ollama;

pub mod openai;

mod reply;

mod translate;

#[cfg(test)]
mod testing;

use super::Adapter;

/// Every protocol, in alphabetical order.
pub const PROTOCOLS: &[Adapter] = &[
    &anthropic::Anthropic,
    &gemini::Gemini,
    &ollama::Ollama,
    &openai::OPENAI,
];

/// The adapter of a protocol.
pub fn find(name: &str) -> Option<Adapter> {
    PROTOCOLS
        .iter()
        .copied()
        .find(|adapter| adapter.name() == name)
}

/// Marks a proof of thoughts with the protocol it belongs to, as the hub has them.
pub(in crate::provider) fn seal(protocol: &str, proof: &str) -> String {
    translate::seal(protocol, proof)
}

/// The proof in a signature of the hub, if it is this protocol's.
pub(in crate::provider) fn unseal<'a>(protocol: &str, signature: &'a str) -> Option<&'a str> {
    translate::unseal(protocol, Some(signature))
}

/// Whether a text is a proof of thoughts as the hub marks them with their protocol.
pub(in crate::provider) fn is_sealed(signature: &str) -> bool {
    signature
        .split_once(':')
        .is_some_and(|(protocol, _)| find(protocol).is_some())
}

#[cfg(test)]
mod tests;
