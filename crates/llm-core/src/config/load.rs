//! Loading the configuration: all layers, typed, with the origin of every value.

use std::path::PathBuf;

use super::Config;
use super::decode::{self, Decoded};
use super::environment::Environment;
use super::error::{ConfigError, ConfigErrors};
use super::key::{KeyPath, Segment, did_you_mean};
use super::layers::{self, ReadFile};
use super::paths::Paths;
use super::schema;
use super::source::Origin;
use super::tree::Node;
use super::variables::{Override, Variables};

/// What decides which layers there are. Variables stand in for flags that are not given:
/// `LLMCOOP_CONFIG`, `LLMCOOP_NO_CONFIG`, `LLMCOOP_PROFILE`.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Use this file instead of all discovered ones.
    pub config: Option<PathBuf>,
    /// What is built in and the environment only.
    pub no_config: bool,
    /// Lay `[profiles.NAME]` over the files.
    pub profile: Option<String>,
    /// Values of `--set` and other flags; later ones win.
    pub set: Vec<Override>,
    /// The simulated models instead of all files and vendors.
    pub demo: bool,
    /// Unknown keys are errors.
    pub strict: bool,
}

/// A loaded configuration.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// All layers merged.
    pub config: Config,
    /// What is odd but does not stop anything.
    pub warnings: Vec<ConfigError>,
    /// What was passed over on purpose, for `doctor`: bare names that a file outranks.
    pub notes: Vec<ConfigError>,
    /// The files that were read, lowest layer first.
    pub files: Vec<ReadFile>,
    /// Where files are.
    pub paths: Paths,
    /// The selected profile.
    pub profile: Option<String>,
    /// The profiles there are.
    pub profiles: Vec<String>,
    /// The variables of the process and of `.env`.
    pub variables: Variables,
    tree: Node,
}

/// A value as people may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its key.
    pub key: KeyPath,
    /// The value; a secret is its hint.
    pub value: toml::Value,
    /// Where it came from.
    pub origin: Origin,
}

/// Loads the configuration. Every error of every file is in one report.
pub fn load(environment: Environment, options: &LoadOptions) -> Result<Loaded, ConfigErrors> {
    let paths = Paths::discover(&environment);
    let gathered = layers::gather(environment, &paths, options)?;
    let Decoded {
        config,
        errors,
        unknown,
    } = decode::decode(&gathered.tree, &KeyPath::root());
    let mut all_errors = gathered.errors;
    let mut warnings = gathered.warnings;
    all_errors.extend(errors);
    all_errors.extend(version_error(&gathered.tree, &config));
    let mut tree = gathered.tree;
    let mut odd = Vec::new();
    for (path, finding) in unknown {
        // What nobody reads is not shown either; it may be a key under a misspelt name.
        tree.remove(&path);
        odd.push(finding);
    }
    odd.extend(wrong_in_profiles(&gathered.profiles));
    if options.strict {
        all_errors.extend(odd);
    } else {
        warnings.extend(odd);
    }
    ConfigErrors::check(all_errors)?;
    Ok(Loaded {
        config,
        warnings,
        notes: gathered.notes,
        files: gathered.files,
        paths,
        profile: gathered.profile,
        profiles: layers::profile_names(&gathered.profiles),
        variables: gathered.variables,
        tree,
    })
}

fn version_error(tree: &Node, config: &Config) -> Option<ConfigError> {
    if config.schema_version <= super::SCHEMA_VERSION {
        return None;
    }
    let key = KeyPath::of(["schema_version"]);
    let error = ConfigError::invalid(format!(
        "this file is of version {}, this program reads version {}",
        config.schema_version,
        super::SCHEMA_VERSION
    ))
    .at_key(key.to_string())
    .from_origin(&tree.nearest(&key).origin)
    .with_hint("use a newer program");
    Some(error)
}

/// Profiles that are not selected are checked too, so that a slip is found before the day it matters.
fn wrong_in_profiles(profiles: &[Node]) -> Vec<ConfigError> {
    let mut findings = Vec::new();
    for set in profiles {
        for (name, profile) in set.entries().into_iter().flatten() {
            let prefix = KeyPath::of(["profiles", name]);
            let decoded = decode::decode(profile, &prefix);
            findings.extend(decoded.errors);
            findings.extend(decoded.unknown.into_iter().map(|(_, finding)| finding));
        }
    }
    findings
}

impl Loaded {
    /// Where a value came from; `None` when nothing but its default says what it is.
    pub fn origin(&self, key: &KeyPath) -> Option<&Origin> {
        self.tree.get(key).map(|node| &node.origin)
    }

    /// The value at a key as people may see it, tables included.
    pub fn value(&self, key: &KeyPath) -> Option<toml::Value> {
        self.effective().get(key).map(Node::shown)
    }

    /// What layers set below a key, as people may see it; with defaults when `effective`.
    pub fn shown(&self, below: &KeyPath, effective: bool) -> Option<toml::Value> {
        if effective {
            return self.value(below);
        }
        self.tree.get(below).map(Node::shown)
    }

    /// The key that a text names. Names with dots in them need no quotes when they are there:
    /// `models.gpt-4.1.context` is found.
    pub fn find_key(&self, text: &str) -> Result<KeyPath, ConfigError> {
        let typed = KeyPath::parse(text)?;
        if schema::at(&typed).is_none() || self.tree.get(&typed).is_none() {
            let parts = typed.names();
            if let Some(found) = lenient(&self.effective(), &KeyPath::root(), &parts) {
                return Ok(found);
            }
        }
        if schema::at(&typed).is_some() {
            return Ok(typed);
        }
        let error = ConfigError::invalid("there is no such key").at_key(typed.to_string());
        Err(match schema::suggestion(&typed) {
            Some(near) => {
                error.with_hint(format!("did you mean `{}`?", typed.parent().child(&near)))
            }
            None => error.with_hint("`llm-config show --effective` lists the keys"),
        })
    }

    /// Every value below a key that some layer sets, in order.
    pub fn set_values(&self, below: &KeyPath) -> Vec<Shown> {
        shown_below(&self.tree, below)
    }

    /// Every value below a key, defaults included.
    pub fn effective_values(&self, below: &KeyPath) -> Vec<Shown> {
        shown_below(&self.effective(), below)
    }

    /// The tree of what layers set; only for parts of this module.
    pub(super) fn tree(&self) -> &Node {
        &self.tree
    }

    /// What is set, with the defaults of the typed configuration below it.
    pub(super) fn effective(&self) -> Node {
        let defaults =
            toml::Value::try_from(&self.config).unwrap_or_else(|_| toml::Table::new().into());
        let mut tree = Node::new(defaults, &Origin::BUILT_IN, &KeyPath::root());
        tree.merge(self.tree.clone());
        tree
    }

    /// A finding about a value, with the place the value came from.
    pub fn finding(&self, key: &KeyPath, message: impl Into<String>) -> ConfigError {
        ConfigError::invalid(message)
            .at_key(key.to_string())
            .from_origin(&self.tree.nearest(key).origin)
    }

    /// An error that there is no entry of a name in a section, with the nearest name there is.
    pub fn no_entry(&self, section: &str, name: &str) -> ConfigError {
        let names = self
            .tree
            .get(&KeyPath::of([section]))
            .and_then(Node::entries)
            .map(|entries| entries.keys().map(String::as_str).collect::<Vec<_>>())
            .unwrap_or_default();
        let what = match section {
            "aliases" => "alias",
            section => section.trim_end_matches('s'),
        };
        let error = ConfigError::invalid(format!("there is no {what} `{name}`"));
        match did_you_mean(name, names.iter().copied()) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None if names.is_empty() || names.len() > 20 => error,
            None => error.with_hint(format!("one of {}", names.join(", "))),
        }
    }
}

fn shown_below(tree: &Node, below: &KeyPath) -> Vec<Shown> {
    let mut values = Vec::new();
    if let Some(node) = tree.get(below) {
        node.each_leaf(below, &mut |key, node| {
            values.push(Shown {
                key: key.clone(),
                value: node.shown(),
                origin: node.origin.clone(),
            });
        });
    }
    values
}

/// Joins parts that a dot in a name has torn apart, preferring the longest name there is.
fn lenient(node: &Node, at: &KeyPath, parts: &[&str]) -> Option<KeyPath> {
    if parts.is_empty() {
        return Some(at.clone());
    }
    let entries = node.entries()?;
    (1..=parts.len()).rev().find_map(|count| {
        let name = parts[..count].join(".");
        let rest = &parts[count..];
        let path = at.child(&name);
        match entries.get(&name) {
            Some(node) => lenient(node, &path, rest).or_else(|| {
                // The value itself may be unset as long as its key exists.
                let full = rest
                    .iter()
                    .fold(path.clone(), |path, part| path.child(part));
                let all_names = full
                    .segments()
                    .iter()
                    .all(|segment| matches!(segment, Segment::Key(_)));
                (all_names && schema::at(&full).is_some()).then_some(full)
            }),
            None => None,
        }
    })
}

#[cfg(test)]
mod tests;
