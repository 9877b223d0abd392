//! Vendors as rows of data: whose service it is, which protocol it speaks, where it is.
//!
//! A vendor that speaks a protocol we have is one row in `vendors/table.rs` and nothing else. What a vendor
//! does differently from the protocol's text is a [`Quirks`] field that the adapter honours.

mod table;

use super::AuthScheme;
use crate::types::task::Capabilities;

pub use table::VENDORS;

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
    /// Environment variables its users keep another address in, best first. Only names whose
    /// values are base URLs in our sense belong here.
    pub base_url_env: &'static [&'static str],
    /// How it wants the key.
    pub auth: AuthScheme,
    /// Whether it answers without a key.
    pub key_optional: bool,
    /// What it does differently from its protocol.
    pub quirks: Quirks,
}

/// Deviations from a protocol. All but `lacks` concern the `OpenAI` protocol only.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// The field that limits generated tokens.
    pub max_tokens_field: &'static str,
    /// The field that asks for repeatable output.
    pub seed_field: &'static str,
    /// Whether it understands `stream_options.include_usage`. One that does not either reports
    /// usage in every stream or never.
    pub stream_usage: bool,
    /// Abilities of the protocol it does not offer.
    pub lacks: Capabilities,
    /// Whether it knows the role `developer`; others are sent `system`, which means the same.
    pub developer_role: bool,
    /// How it is told how much to think.
    pub reasoning: ReasoningControl,
    /// The message field in which it wants earlier reasoning back; others are not sent any.
    pub reasoning_back: Option<&'static str>,
    /// Whether a tool call can be demanded; one that cannot decides for itself.
    pub forces_tools: bool,
    /// Where and how it does the work besides chat.
    pub work: WorkManner,
}

impl Quirks {
    /// The protocol as most services speak it.
    pub const NONE: Self = Self {
        max_tokens_field: "max_tokens",
        seed_field: "seed",
        stream_usage: true,
        lacks: Capabilities::NONE,
        developer_role: false,
        reasoning: ReasoningControl::Effort,
        reasoning_back: None,
        forces_tools: true,
        work: WorkManner::OpenAi,
    };
}

/// How a vendor is told how much to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasoningControl {
    /// `"reasoning_effort": "low"`, as `OpenAI` has it.
    Effort,
    /// `"reasoning": {"effort": "low"}`.
    Nested,
    /// `"enable_thinking": true` or `false`; the effort `none` is `false`.
    EnableThinking,
    /// `"thinking": {"type": "enabled"}` or `"disabled"`; the effort `none` is `"disabled"`.
    ThinkingType,
}

/// Where and how the work besides chat is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkManner {
    /// As `OpenAI` does it, and rankings as Jina does.
    OpenAi,
    /// As Alibaba Cloud's Model Studio does it.
    DashScope,
}

/// Any service that speaks the `OpenAI` protocol.
pub const COMPATIBLE: &str = "openai-compatible";

/// The vendor of a name.
pub fn find(name: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use url::Url;

    use super::*;
    use crate::provider::protocols;

    #[test]
    fn names_are_unique_and_sorted_and_found() {
        assert!(VENDORS.is_sorted_by(|a, b| a.name < b.name));
        for vendor in VENDORS {
            assert_eq!(find(vendor.name).unwrap().title, vendor.title);
            assert!(!vendor.title.is_empty(), "{}", vendor.name);
        }
        assert!(find("nobody").is_none());
        assert!(find(COMPATIBLE).is_some());
    }

    #[test]
    fn addresses_parse_and_have_paths_appended() {
        for vendor in VENDORS.iter().filter(|vendor| !vendor.base_url.is_empty()) {
            let url = Url::parse(vendor.base_url).unwrap();
            assert!(!vendor.base_url.ends_with('/'), "{}", vendor.name);
            assert!(url.host_str().is_some(), "{}", vendor.name);
            assert!(url.query().is_none() && url.fragment().is_none());
            let local = url.host_str() == Some("localhost") || url.scheme() == "demo";
            assert_eq!(url.scheme() == "https", !local, "{}", vendor.name);
            // A key that leaves the machine is needed; a server at home may go without.
            assert_eq!(vendor.key_optional, local, "{}", vendor.name);
        }
    }

    #[test]
    fn variables_look_like_variables_and_belong_to_one_vendor() {
        let mut keys = HashSet::new();
        for vendor in VENDORS {
            for name in vendor.key_env.iter().chain(vendor.base_url_env) {
                let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(plain), "{name}");
                assert!(keys.insert((vendor.name, *name)), "{name} twice");
            }
            for name in vendor.key_env {
                assert!(name.ends_with("_KEY") || name.ends_with("_TOKEN"), "{name}");
            }
        }
    }

    #[test]
    fn every_row_speaks_a_known_protocol() {
        for vendor in VENDORS {
            let known = protocols::find(vendor.protocol).is_some();
            assert!(known, "{} speaks {}", vendor.name, vendor.protocol);
        }
    }
}
