//! Vendors as rows of data: whose service it is, which protocol it speaks, where it is.
//!
//! A vendor that speaks a protocol we have is one row here and nothing else. What a vendor does
//! differently from the protocol's text is a [`Quirks`] field that the adapter honours.

use super::AuthScheme;
use crate::types::task::Capabilities;

/// Facts about a vendor.
#[derive(Debug)]
pub struct Vendor {
    /// The name in `kind = "…"`, and of its preset.
    pub name: &'static str,
    /// How people call it.
    pub title: &'static str,
    /// The protocol it speaks; see [`super::protocols`].
    pub protocol: &'static str,
    /// Its public address; empty where every installation has its own.
    pub base_url: &'static str,
    /// Environment variables its users keep the key in, best first.
    pub key_env: &'static [&'static str],
    /// Environment variables its users keep another address in, best first.
    pub base_url_env: &'static [&'static str],
    /// How it wants the key.
    pub auth: AuthScheme,
    /// Whether it answers without a key.
    pub key_optional: bool,
    /// What it does differently from its protocol.
    pub quirks: Quirks,
}

/// Deviations from a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// The field that limits generated tokens.
    pub max_tokens_field: &'static str,
    /// Whether it understands `stream_options.include_usage`.
    pub stream_usage: bool,
    /// Abilities of the protocol it does not offer.
    pub lacks: Capabilities,
}

impl Quirks {
    /// The protocol to the letter.
    pub const NONE: Self = Self {
        max_tokens_field: "max_tokens",
        stream_usage: true,
        lacks: Capabilities::NONE,
    };
}

/// Any service that speaks the `OpenAI` protocol.
pub const COMPATIBLE: &str = "openai-compatible";

/// Every vendor, in alphabetical order.
pub const VENDORS: &[Vendor] = &[Vendor {
    name: COMPATIBLE,
    title: "OpenAI-compatible service",
    protocol: "openai",
    base_url: "",
    key_env: &[],
    base_url_env: &[],
    auth: AuthScheme::Bearer,
    key_optional: true,
    quirks: Quirks::NONE,
}];

/// The vendor of a name.
pub fn find(name: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.name == name)
}
