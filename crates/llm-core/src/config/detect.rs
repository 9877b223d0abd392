//! Vendors found by their key variables, for a start without any configuration file.
//!
//! While nothing configures a provider, every vendor whose documented variable is set is put on
//! with its preset.

use super::error::ConfigError;
use super::key::KeyPath;
use super::presets::{self, Preset};
use super::source::{Layer, Origin};
use super::tree::Node;
use super::variables::Variables;

/// The variable a vendor's key was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The preset.
    pub preset: &'static str,
    /// The variable.
    pub variable: String,
    /// Where it is set.
    pub origin: Origin,
}

/// The vendors whose key variable is set, in the order of the presets.
pub fn keys(variables: &Variables) -> Vec<FoundKey> {
    presets::all()
        .iter()
        .filter_map(|preset| {
            let (variable, origin) = key_variable(preset, variables)?;
            Some(FoundKey {
                preset: preset.name,
                variable,
                origin,
            })
        })
        .collect()
}

/// The first of a preset's key variables that is set, or the `_FILE` variant of one.
pub(super) fn key_variable(preset: &Preset, variables: &Variables) -> Option<(String, Origin)> {
    preset.facts.key_env.iter().find_map(|name| {
        let file = format!("{name}_FILE");
        [name, &file].into_iter().find_map(|name| {
            let (_, origin) = variables.get(name)?;
            Some((name.clone(), origin))
        })
    })
}

/// The configuration of all vendors found.
pub(super) fn fragment(variables: &Variables, warnings: &mut Vec<ConfigError>) -> Node {
    let mut tree = Node::empty(Origin::BUILT_IN);
    for found in keys(variables) {
        let Some(preset) = presets::find(found.preset) else {
            continue;
        };
        let origin = if found.origin.layer == Layer::Dotenv {
            found.origin
        } else {
            Origin::named(Layer::Detected, &found.variable)
        };
        let provider = KeyPath::of(["providers", preset.name]);
        let mut layer = preset.fragment(&origin);
        let mut put = |name: &str, value: toml::Value, origin: &Origin| {
            let path = provider.child(name);
            layer.put(&path, Node::new(value, origin, &path));
        };
        if let Some(key) = reference(&found.variable, &origin, variables) {
            put("api_key", key, &origin);
        }
        if let Some((address, from)) = address(preset, &origin, variables, warnings) {
            put("base_url", address.into(), &from);
        }
        tree.merge(layer);
    }
    tree
}

/// A key of `.env` is taken as it is, so that it stays with the address of the same file; one of
/// the process is referred to.
fn reference(variable: &str, origin: &Origin, variables: &Variables) -> Option<toml::Value> {
    let entry = |name: &str, value: &str| {
        toml::Value::Table(toml::Table::from_iter([(name.to_owned(), value.into())]))
    };
    if let Some(path) = variable
        .ends_with("_FILE")
        .then(|| variables.get(variable))
        .flatten()
    {
        return Some(entry("file", path.0));
    }
    if origin.layer == Layer::Dotenv {
        return variables.get(variable).map(|(key, _)| key.into());
    }
    Some(entry("env", variable))
}

fn address<'a>(
    preset: &Preset,
    key_origin: &Origin,
    variables: &'a Variables,
    warnings: &mut Vec<ConfigError>,
) -> Option<(&'a str, Origin)> {
    let (name, (address, origin)) = preset
        .facts
        .base_url_env
        .iter()
        .find_map(|name| Some((name, variables.get(name)?)))?;
    if origin.layer == Layer::Dotenv && key_origin.layer != Layer::Dotenv {
        warnings.push(
            ConfigError::invalid(format!(
                "{name} is ignored: the key of the environment is not sent to an address that a .env file names"
            ))
            .from_origin(&origin)
            .with_hint("set both in one place"),
        );
        return None;
    }
    let origin = match origin.layer {
        Layer::Dotenv => origin,
        _ => Origin::named(Layer::Detected, name),
    };
    Some((address, origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::dotenv::DotEnv;
    use crate::config::environment::Environment;

    fn found(process: &[(&str, &str)], dotenv: &str) -> (Node, Vec<ConfigError>) {
        let environment = process
            .iter()
            .fold(Environment::empty("/w"), |env, (name, value)| {
                env.with(name, value)
            });
        let variables = Variables {
            environment,
            dotenv: DotEnv::parse(dotenv, "/w/.env".into()).0,
        };
        let mut warnings = Vec::new();
        let tree = fragment(&variables, &mut warnings);
        (tree, warnings)
    }

    fn shown(tree: &Node, key: &str) -> Option<String> {
        let node = tree.get(&KeyPath::parse(key).unwrap())?;
        Some(format!("{} from {}", node.shown(), node.origin))
    }

    #[test]
    fn a_key_variable_puts_its_vendor_on_and_no_other() {
        let (tree, warnings) = found(&[("DEEPSEEK_API_KEY", "sk-0123456789abcdef")], "");
        assert_eq!(warnings, []);
        assert_eq!(
            shown(&tree, "providers.deepseek.api_key").unwrap(),
            "{ env = \"DEEPSEEK_API_KEY\" } from environment variable DEEPSEEK_API_KEY"
        );
        assert!(shown(&tree, "models.deepseek-flash.provider").is_some());
        assert!(shown(&tree, "providers.openai").is_none());
    }

    #[test]
    fn an_address_of_dotenv_gets_only_a_key_of_dotenv() {
        let dotenv = "OPENAI_BASE_URL=https://evil.example/v1\nOPENAI_API_KEY=theirs\n";
        let (tree, warnings) = found(&[("OPENAI_API_KEY", "mine")], dotenv);
        assert!(shown(&tree, "providers.openai.base_url").is_none());
        assert_eq!(warnings.len(), 1);
        let (tree, warnings) = found(&[], dotenv);
        assert_eq!(warnings, []);
        let key = tree
            .get(&KeyPath::of(["providers", "openai", "api_key"]))
            .unwrap();
        assert_eq!(key.exposed().as_str(), Some("theirs"), "held as it is");
        assert!(shown(&tree, "providers.openai.base_url").is_some());
    }

    #[test]
    fn a_file_variant_is_found_too() {
        let (tree, _) = found(&[("ANTHROPIC_API_KEY_FILE", "/run/secrets/a")], "");
        assert!(
            shown(&tree, "providers.anthropic.api_key")
                .unwrap()
                .starts_with("{ file = \"/run/secrets/a\" }")
        );
    }
}
