//! How the layers meet: which files are read, in which order, and what each may say.
//!
//! Lowest to highest: built in · vendors found by their key variables · bare names of `.env` and
//! the environment · system file · user file · secrets file · project file · local project file ·
//! the selected profile · `LLMCOOP_…` variables · `--set` and flags. Tables merge, everything else
//! replaces. The built-in models and what is found in the environment step back when something
//! else configures a provider.

use std::path::{Path, PathBuf};

use super::detect;
use super::dotenv::DotEnv;
use super::environment::Environment;
use super::error::{ConfigError, ConfigErrors};
use super::files::{read_required, read_text, readable_by};
use super::key::{KeyPath, did_you_mean};
use super::legacy;
use super::load::LoadOptions;
use super::paths::{DOTENV_FILE, Paths, SECRETS_FILE, secrets_beside};
use super::presets;
use super::source::{Layer, Origin};
use super::tree::{self, Node};
use super::trust;
use super::variables::{self, Variables};
use crate::types::code::Code;

/// The configuration the program ships.
const BUILT_IN: &str = include_str!("../../data/builtin.toml");

/// The provider of the built-in models where nothing else is said.
pub(super) const BUILT_IN_PROVIDER: &str = "aigcbest";

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFile {
    /// Its layer.
    pub layer: Layer,
    /// Its path.
    pub path: PathBuf,
}

/// All layers as one tree.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) tree: Node,
    /// The profiles there are, whether selected or not.
    pub(super) profiles: Vec<Node>,
    pub(super) files: Vec<ReadFile>,
    pub(super) warnings: Vec<ConfigError>,
    /// What was passed over on purpose.
    pub(super) notes: Vec<ConfigError>,
    /// Errors that do not keep the rest from being read.
    pub(super) errors: Vec<ConfigError>,
    pub(super) variables: Variables,
    pub(super) profile: Option<String>,
}

/// Reads all layers. Fails at once only when a file cannot be read at all.
pub(super) fn gather(
    environment: Environment,
    paths: &Paths,
    options: &LoadOptions,
) -> Result<Gathered, ConfigErrors> {
    let mut gathering = Gathering {
        errors: Vec::new(),
        warnings: Vec::new(),
        notes: Vec::new(),
        files: Vec::new(),
    };
    let named = options.config.clone().or_else(|| {
        let path = environment.get("LLMCOOP_CONFIG")?;
        Some(environment.expand(Path::new(path), &environment.current_dir))
    });
    let no_config = options.no_config || (options.config.is_none() && flag_is_set(&environment));
    let mut files = match &named {
        _ if no_config || options.demo => Vec::new(),
        Some(path) => gathering.named(path)?,
        None => gathering.discovered(paths)?,
    };
    let dotenv = if no_config {
        DotEnv::default()
    } else {
        gathering.dotenv(&environment)?
    };
    let profiles: Vec<Node> = files.iter_mut().filter_map(take_profiles).collect();
    let mut above = Node::empty(Origin::BUILT_IN);
    for file in files {
        above.merge(file);
    }
    let profile = options
        .profile
        .clone()
        .or_else(|| environment.get("LLMCOOP_PROFILE").map(str::to_owned));
    if let Some(name) = &profile {
        gathering.lay_profile(&mut above, &profiles, name);
    }
    variables::apply(&environment, &mut above, &mut gathering.errors);
    for over in &options.set {
        over.apply(&mut above);
    }
    let variables = Variables {
        environment,
        dotenv,
    };
    let tree = gathering.with_the_ground(above, &variables, options);
    Ok(Gathered {
        tree,
        profiles,
        files: gathering.files,
        warnings: gathering.warnings,
        notes: gathering.notes,
        errors: gathering.errors,
        variables,
        profile,
    })
}

fn flag_is_set(environment: &Environment) -> bool {
    environment
        .get("LLMCOOP_NO_CONFIG")
        .is_some_and(|value| !matches!(value, "0" | "false" | "no" | "off"))
}

struct Gathering {
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigError>,
    notes: Vec<ConfigError>,
    files: Vec<ReadFile>,
}

impl Gathering {
    fn named(&mut self, path: &Path) -> Result<Vec<Node>, ConfigErrors> {
        let text = read_required(path)?;
        let mut trees = vec![self.file(&text, Layer::Named, path)];
        trees.extend(self.secrets(&secrets_beside(path))?);
        Ok(trees)
    }

    fn discovered(&mut self, paths: &Paths) -> Result<Vec<Node>, ConfigErrors> {
        let mut trees = Vec::new();
        if let Some(path) = &paths.system {
            trees.extend(self.optional(Layer::System, path)?);
            // The machine's own keys are for the service that runs as their owner.
            let secrets = path.with_file_name(SECRETS_FILE);
            if std::fs::File::open(&secrets).is_ok() {
                trees.extend(self.secrets(&secrets)?);
            }
        }
        if let Some(path) = paths.user() {
            trees.extend(self.optional(Layer::User, &path)?);
        }
        if let Some(path) = paths.secrets() {
            trees.extend(self.secrets(&path)?);
        }
        if let Some(directory) = &paths.project_dir {
            trees.extend(self.project(paths, directory)?);
        }
        Ok(trees)
    }

    fn project(&mut self, paths: &Paths, directory: &Path) -> Result<Vec<Node>, ConfigErrors> {
        let mut trees = Vec::new();
        for (layer, path) in [
            (Layer::Project, paths.project()),
            (Layer::ProjectLocal, paths.project_local()),
        ] {
            if let Some(path) = path {
                trees.extend(self.optional(layer, &path)?);
            }
        }
        let warnings = trust::enforce(paths, directory, &mut trees)?;
        self.warnings.extend(warnings);
        Ok(trees)
    }

    fn optional(&mut self, layer: Layer, path: &Path) -> Result<Option<Node>, ConfigErrors> {
        let text = read_text(path)?;
        Ok(text.map(|text| self.file(&text, layer, path)))
    }

    /// The owner-only file is refused when it is not the owner's alone.
    fn secrets(&mut self, path: &Path) -> Result<Option<Node>, ConfigErrors> {
        let Some(text) = read_text(path)? else {
            return Ok(None);
        };
        if readable_by(path, 0o077) {
            return Err(
                ConfigError::invalid("holds keys and can be read by other users")
                    .in_file(path)
                    .with_hint(format!("chmod 600 {}", path.display()))
                    .into(),
            );
        }
        Ok(Some(self.file(&text, Layer::Secrets, path)))
    }

    fn dotenv(&mut self, environment: &Environment) -> Result<DotEnv, ConfigErrors> {
        let path = environment.current_dir.join(DOTENV_FILE);
        let (dotenv, warnings) = DotEnv::read(&path)?;
        self.warnings.extend(warnings);
        for name in dotenv.names().filter(|name| name.starts_with("LLMCOOP_")) {
            if let Some((_, origin)) = dotenv.get(name) {
                self.warnings.push(
                    ConfigError::invalid(format!(
                        "{name} is ignored: LLMCOOP_ variables are read from the environment only"
                    ))
                    .from_origin(&origin),
                );
            }
        }
        if dotenv.names().next().is_some() {
            self.files.push(ReadFile {
                layer: Layer::Dotenv,
                path,
            });
        }
        Ok(dotenv)
    }

    fn file(&mut self, text: &str, layer: Layer, path: &Path) -> Node {
        let (tree, errors) = tree::parse(text, layer, path);
        self.errors.extend(errors);
        self.files.push(ReadFile {
            layer,
            path: path.to_owned(),
        });
        tree
    }

    fn lay_profile(&mut self, above: &mut Node, profiles: &[Node], name: &str) {
        let mut found = false;
        for set in profiles {
            if let Some(profile) = set.entries().and_then(|entries| entries.get(name)) {
                found = true;
                let mut profile = profile.clone();
                mark_profile(&mut profile, name);
                above.merge(profile);
            }
        }
        if !found {
            let names = profile_names(profiles);
            let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "add a [profiles.NAME] table".to_owned(),
                None => format!("one of {}", names.join(", ")),
            };
            self.errors.push(
                ConfigError::new(Code::ConfigInvalid, format!("there is no profile `{name}`"))
                    .with_hint(hint),
            );
        }
    }

    /// Puts what is built in and what the environment offers below everything else.
    fn with_the_ground(
        &mut self,
        above: Node,
        variables: &Variables,
        options: &LoadOptions,
    ) -> Node {
        let mut tree = built_in();
        if options.demo {
            tree.entries_mut().map(|root| root.shift_remove("models"));
            if let Some(preset) = presets::find(presets::DEMO) {
                tree.merge(preset.fragment(&Origin::named(Layer::Demo, presets::DEMO)));
            }
            tree.merge(legacy::read(
                variables,
                false,
                &|_| true,
                &mut self.warnings,
            ));
            tree.merge(above);
            return tree;
        }
        let is_configured = configures_a_provider(&above);
        if is_configured {
            self.note_what_is_passed_over(variables);
        } else {
            tree.merge(detect::fragment(variables, &mut self.warnings));
        }
        let known = tree.clone();
        let bare = legacy::read(
            variables,
            !is_configured,
            &|name| has_name(&known, name) || has_name(&above, name),
            &mut self.warnings,
        );
        tree.merge(bare);
        tree.merge(above);
        settle_built_in_models(&mut tree, variables);
        self.part_keys_from_addresses_of_dotenv(&mut tree);
        tree
    }

    /// Whoever sets these expects them to count; `doctor` can say why they do not.
    fn note_what_is_passed_over(&mut self, variables: &Variables) {
        for name in ["BASE_URL", "API_KEY"] {
            if let Some((_, origin)) = variables.get(name) {
                self.notes.push(
                    ConfigError::invalid(format!(
                        "{name} is passed over: a file or a variable of ours configures a provider"
                    ))
                    .from_origin(&origin),
                );
            }
        }
    }

    /// An address that only `.env` names gets no key from anywhere else.
    fn part_keys_from_addresses_of_dotenv(&mut self, tree: &mut Node) {
        let providers = KeyPath::of(["providers"]);
        let names: Vec<String> = names_at(tree, &providers);
        for name in names {
            let provider = providers.child(&name);
            let address = provider.child("base_url");
            let from_dotenv =
                |key: &KeyPath| tree.get(key).map(|node| node.origin.layer == Layer::Dotenv);
            if from_dotenv(&address) == Some(true)
                && from_dotenv(&provider.child("api_key")) == Some(false)
                && let Some(removed) = tree.remove(&address)
            {
                self.warnings.push(
                    ConfigError::invalid(
                        "is ignored: a key from elsewhere is not sent to an address that a .env file names",
                    )
                    .at_key(address.to_string())
                    .from_origin(&removed.origin),
                );
            }
        }
    }
}

fn built_in() -> Node {
    let (tree, _) = tree::parse(BUILT_IN, Layer::BuiltIn, Path::new(""));
    Node::new(tree.exposed(), &Origin::BUILT_IN, &KeyPath::root())
}

fn take_profiles(file: &mut Node) -> Option<Node> {
    file.entries_mut()?.shift_remove("profiles")
}

/// The names of all profiles.
pub(super) fn profile_names(profiles: &[Node]) -> Vec<String> {
    let mut names: Vec<String> = profiles
        .iter()
        .filter_map(Node::entries)
        .flat_map(|entries| entries.keys().cloned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn mark_profile(node: &mut Node, name: &str) {
    node.origin.layer = Layer::Profile;
    node.origin.name = Some(name.into());
    match &mut node.value {
        tree::Value::Table(entries) => {
            for entry in entries.values_mut() {
                mark_profile(entry, name);
            }
        }
        tree::Value::Array(items) => items.iter_mut().for_each(|item| mark_profile(item, name)),
        _ => {}
    }
}

/// Whether a tree says where to call: a provider with an address, a kind or a vendor's name and a
/// key, or a model with a provider or an address of its own. A table that only tunes something
/// built in does not count.
fn configures_a_provider(tree: &Node) -> bool {
    let any = |section: &str, says: &dyn Fn(&str, &KeyPath) -> bool| {
        let section = KeyPath::of([section]);
        names_at(tree, &section)
            .iter()
            .any(|name| says(name, &section.child(name)))
    };
    let has = |path: &KeyPath, key: &str| tree.get(&path.child(key)).is_some();
    any("providers", &|name, path| {
        has(path, "kind")
            || has(path, "base_url")
            || (has(path, "api_key") && presets::find(name).is_some())
    }) || any("models", &|_, path| {
        has(path, "provider") || has(path, "base_url") || has(path, "deployments")
    })
}

fn has_name(tree: &Node, name: &str) -> bool {
    name == "auto"
        || ["models", "aliases", "routes"]
            .iter()
            .any(|section| tree.get(&KeyPath::of([section, name])).is_some())
}

fn names_at(tree: &Node, path: &KeyPath) -> Vec<String> {
    tree.get(path)
        .and_then(Node::entries)
        .map(|entries| entries.keys().cloned().collect())
        .unwrap_or_default()
}

/// Gives the built-in models their provider, or takes them away when they could not be called and
/// something else can. What is left of them comes after the user's own.
fn settle_built_in_models(tree: &mut Node, variables: &Variables) {
    let provider = if tree
        .get(&KeyPath::of(["providers", legacy::PROVIDER]))
        .is_some()
    {
        legacy::PROVIDER
    } else {
        BUILT_IN_PROVIDER
    };
    let has_key = provider == legacy::PROVIDER
        || tree
            .get(&KeyPath::of(["providers", provider, "api_key"]))
            .is_some()
        || presets::find(provider)
            .is_some_and(|preset| detect::key_variable(preset, variables).is_some());
    let keep = has_key || !configures_a_provider(tree);
    let Some(models) = tree
        .entries_mut()
        .and_then(|root| root.get_mut("models")?.entries_mut())
    else {
        return;
    };
    let (built_in, mut own): (Vec<_>, Vec<_>) = std::mem::take(models)
        .into_iter()
        .partition(|(_, node)| node.origin.layer == Layer::BuiltIn);
    if keep {
        own.extend(built_in);
    }
    let provider_node = |node: &Node| {
        let path = KeyPath::of(["provider"]);
        Node::new(provider.into(), &node.origin, &path)
    };
    let mut uses_it = false;
    for (_, node) in &mut own {
        // A model that is built in and changed above still has its built-in path.
        let is_ours = |key: &str| {
            let entries = node.entries()?;
            Some(entries.get(key)?.origin.layer == Layer::BuiltIn)
        };
        let has_place = ["provider", "base_url", "deployments"]
            .iter()
            .any(|key| is_ours(key).is_some());
        if is_ours("path") == Some(true) && !has_place {
            let value = provider_node(node);
            node.entries_mut()
                .map(|entries| entries.insert("provider".to_owned(), value));
            uses_it = true;
        }
    }
    *models = own.into_iter().collect();
    let path = KeyPath::of(["providers", provider]);
    if uses_it && tree.get(&path).is_none() {
        tree.put(&path, Node::empty(Origin::BUILT_IN));
        prefer_the_users_provider(tree);
    }
}

/// The provider of the built-in models does not make the only one of the user's one of several.
fn prefer_the_users_provider(tree: &mut Node) {
    let key = KeyPath::of(["default_provider"]);
    let providers = tree
        .get(&KeyPath::of(["providers"]))
        .and_then(Node::entries);
    let mut own = providers
        .into_iter()
        .flatten()
        .filter(|(_, node)| node.origin.layer != Layer::BuiltIn);
    if let (Some((name, node)), None, None) = (own.next(), own.next(), tree.get(&key)) {
        let value = Node::new(name.as_str().into(), &node.origin.clone(), &key);
        tree.put(&key, value);
    }
}
