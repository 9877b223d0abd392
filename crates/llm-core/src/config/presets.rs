//! Presets: what is needed to use a vendor, one file and one row each.
//!
//! A file has a `[preset]` table of facts and the piece of configuration that applying it adds.
//! Prices, context sizes and abilities of well-known models are in the catalogue, once.

use std::path::PathBuf;
use std::sync::LazyLock;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::did_you_mean;
use super::source::{Layer, Origin};
use super::tree::{self, Node};
use crate::types::code::Code;

macro_rules! preset_files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../data/presets/", $name, ".toml"))),)*]
    };
}

/// Every preset, in the order lists show them.
const FILES: &[(&str, &str)] = preset_files![
    "aigcbest",
    "openai",
    "anthropic",
    "deepseek",
    "dashscope",
    "gemini",
    "moonshot",
    "zhipu",
    "siliconflow",
    "openrouter",
    "ollama",
    "lmstudio",
    "vllm",
    "demo",
];

/// The preset whose models are simulated.
pub const DEMO: &str = "demo";

/// A preset.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its name; also the name of its provider.
    pub name: &'static str,
    /// Facts about its vendor.
    pub facts: PresetFacts,
    /// The whole file, for `preset show`.
    pub text: &'static str,
}

/// The `[preset]` table of a file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PresetFacts {
    /// How people call the vendor.
    pub title: String,
    /// How people who read Chinese call it, where that is different.
    pub title_zh: Option<String>,
    /// The vendor's name in `kind = "…"`.
    pub kind: String,
    /// The vendor's address.
    pub base_url: String,
    /// Variables its users keep the key in, best first.
    pub key_env: Vec<String>,
    /// Variables its users keep another address in, best first.
    pub base_url_env: Vec<String>,
    /// Whether it answers without a key.
    pub key_optional: bool,
    /// Whether it runs on the user's own machine, where tokens cost nothing.
    pub local: bool,
    /// Where a key is made.
    pub key_page: Option<String>,
    /// What a user should know before using it.
    pub note: Option<String>,
    /// The same in Chinese.
    pub note_zh: Option<String>,
}

/// Every preset.
pub fn all() -> &'static [Preset] {
    &PRESETS
}

/// The preset of a name.
pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The preset of a name, or an error that names those there are.
pub fn require(name: &str) -> Result<&'static Preset, ConfigError> {
    find(name).ok_or_else(|| {
        let names: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        let hint = match did_you_mean(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", names.join(", ")),
        };
        ConfigError::new(Code::UnknownPreset, format!("there is no preset `{name}`"))
            .with_hint(hint)
    })
}

/// The preset that describes a vendor, by the name in `kind = "…"`.
pub fn of_kind(kind: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.facts.kind == kind)
}

impl Preset {
    /// What applying it adds to the configuration, each value with the given origin.
    pub fn fragment(&self, origin: &Origin) -> Node {
        let (read, _) = tree::parse(self.text, Layer::BuiltIn, &PathBuf::new());
        let mut value = read.exposed();
        if let Some(table) = value.as_table_mut() {
            table.remove("preset");
        }
        Node::new(value, origin, &super::key::KeyPath::root())
    }

    /// The names of its models, in order.
    pub fn model_names(&self) -> Vec<String> {
        self.fragment(&Origin::BUILT_IN)
            .entries()
            .and_then(|root| root.get("models")?.entries())
            .map(|models| models.keys().cloned().collect())
            .unwrap_or_default()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    preset: PresetFacts,
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(name, text)| Preset {
            name,
            // That every file has its facts is tested; a release cannot ship one that does not.
            facts: toml::from_str::<Head>(text).unwrap_or_default().preset,
            text,
        })
        .collect()
});

#[cfg(test)]
mod tests;
