//! Trust in a project's configuration file.
//!
//! A file that comes with a repository must not choose where keys are sent or who may use a
//! server. Such values are passed over until the user trusts the directory, and again when they
//! change: trust is a digest of exactly these values.

use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::error::{ConfigError, ConfigErrors};
use super::files::read_text;
use super::key::KeyPath;
use super::paths::{PROJECT_FILE, PROJECT_LOCAL_FILE, Paths};
use super::source::{Layer, Origin};
use super::tree::{self, Node};
use super::write::{self, Access};
use crate::types::code::Code;

/// Keys of a provider that say where its key goes.
const OF_PROVIDERS: &[&str] = &["kind", "base_url", "api_key", "headers", "proxy"];
/// The same of a model.
const OF_MODELS: &[&str] = &["base_url", "api_key"];
/// Keys of the server that open it.
const OF_SERVER: &[&str] = &["host", "ops_listen", "cors_origins", "tls"];
/// Sections that decide who may use the server.
const SECTIONS: &[&str] = &["auth", "keys"];

/// A value that needs trust.
#[derive(Clone, Debug, PartialEq)]
pub struct Guarded {
    /// Its key.
    pub key: KeyPath,
    /// What people may see of it.
    pub shown: toml::Value,
    /// Where it stands.
    pub origin: Origin,
}

/// The values of a directory's project files that need trust.
pub fn guarded_values(directory: &Path) -> Result<Vec<Guarded>, ConfigErrors> {
    let mut found = Vec::new();
    for node in read_project(directory)? {
        for key in guarded_keys(&node) {
            if let Some(value) = node.get(&key) {
                found.push(Guarded {
                    shown: value.shown(),
                    origin: value.origin.clone(),
                    key,
                });
            }
        }
    }
    Ok(found)
}

/// Trusts what a directory's project files say now. Returns what that allows.
pub fn trust(paths: &Paths, directory: &Path) -> Result<Vec<Guarded>, ConfigErrors> {
    let guarded = guarded_values(directory)?;
    let digest = digest(&read_project(directory)?);
    let name = canonical(directory);
    change_list(paths, |list| {
        list.insert(&name, toml_edit::value(digest.as_str()));
    })?;
    Ok(guarded)
}

/// Takes trust away. Returns whether there was any.
pub fn untrust(paths: &Paths, directory: &Path) -> Result<bool, ConfigErrors> {
    let name = canonical(directory);
    change_list(paths, |list| list.remove(&name).is_some())
}

/// Whether a directory is trusted as its files are now.
pub fn is_trusted(paths: &Paths, directory: &Path) -> Result<bool, ConfigErrors> {
    let trees = read_project(directory)?;
    Ok(trusts(paths, directory, &trees)?)
}

/// Takes out of a project's trees what is not trusted, with a warning for each value.
pub(super) fn enforce(
    paths: &Paths,
    directory: &Path,
    trees: &mut [Node],
) -> Result<Vec<ConfigError>, ConfigError> {
    if trusts(paths, directory, trees)? {
        return Ok(Vec::new());
    }
    let mut warnings = Vec::new();
    for tree in trees {
        for key in guarded_keys(tree) {
            if let Some(value) = tree.remove(&key) {
                warnings.push(
                    ConfigError::invalid(
                        "is ignored: a project's file may not say this until the project is trusted",
                    )
                    .at_key(key.to_string())
                    .from_origin(&value.origin)
                    .with_hint(format!("llm-config trust {}", directory.display())),
                );
            }
        }
    }
    Ok(warnings)
}

fn trusts(paths: &Paths, directory: &Path, trees: &[Node]) -> Result<bool, ConfigError> {
    if trees.iter().all(|tree| guarded_keys(tree).is_empty()) {
        return Ok(true);
    }
    let Some(list) = paths.trusted() else {
        return Ok(false);
    };
    let Some(text) = read_text(&list)? else {
        return Ok(false);
    };
    let list: toml::Table = toml::from_str(&text).map_err(|error| {
        ConfigError::new(Code::ConfigSyntax, error.message().to_owned()).in_file(&list)
    })?;
    let recorded = list
        .get("directories")
        .and_then(|directories| directories.get(canonical(directory)))
        .and_then(toml::Value::as_str);
    Ok(recorded == Some(digest(trees).as_str()))
}

fn guarded_keys(tree: &Node) -> Vec<KeyPath> {
    let mut places = vec![KeyPath::root()];
    let profiles = KeyPath::of(["profiles"]);
    places.extend(names_at(tree, &profiles).map(|name| profiles.child(name)));
    let mut found = Vec::new();
    for place in &places {
        for (section, keys) in [("providers", OF_PROVIDERS), ("models", OF_MODELS)] {
            let section = place.child(section);
            for name in names_at(tree, &section) {
                found.extend(keys.iter().map(|key| section.child(name).child(key)));
            }
        }
        found.extend(OF_SERVER.iter().map(|key| place.child("server").child(key)));
        found.extend(SECTIONS.iter().map(|section| place.child(section)));
    }
    found.retain(|key| tree.get(key).is_some());
    found
}

fn names_at<'a>(tree: &'a Node, path: &KeyPath) -> impl Iterator<Item = &'a str> {
    tree.get(path)
        .and_then(Node::entries)
        .into_iter()
        .flat_map(|entries| entries.keys().map(String::as_str))
}

/// Over keys and values in the order of the keys, so that moving lines about changes nothing.
fn digest(trees: &[Node]) -> String {
    let mut lines: Vec<String> = trees
        .iter()
        .flat_map(|tree| {
            guarded_keys(tree).into_iter().filter_map(|key| {
                let value = tree.get(&key)?.exposed();
                Some(format!("{key} = {value}\n"))
            })
        })
        .collect();
    lines.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for line in &lines {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn read_project(directory: &Path) -> Result<Vec<Node>, ConfigErrors> {
    let files = [
        (Layer::Project, PROJECT_FILE),
        (Layer::ProjectLocal, PROJECT_LOCAL_FILE),
    ];
    let mut trees = Vec::new();
    for (layer, name) in files {
        let path = directory.join(name);
        if let Some(text) = read_text(&path)? {
            let (tree, errors) = tree::parse(&text, layer, &path);
            ConfigErrors::check(errors)?;
            trees.push(tree);
        }
    }
    Ok(trees)
}

fn canonical(directory: &Path) -> String {
    let path: PathBuf = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    path.to_string_lossy().into_owned()
}

fn change_list<T>(
    paths: &Paths,
    change: impl FnOnce(&mut toml_edit::Table) -> T,
) -> Result<T, ConfigErrors> {
    let path = paths.trusted().ok_or_else(|| {
        ConfigError::new(
            Code::ConfigUnwritable,
            "there is no state directory to remember trust in",
        )
        .with_hint("set LLMCOOP_STATE_DIR")
    })?;
    let (result, _) = write::update(&path, Access::Owner, |text| {
        let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            ConfigError::new(Code::ConfigSyntax, error.message()).in_file(&path)
        })?;
        let directories = document
            .entry("directories")
            .or_insert_with(toml_edit::table)
            .as_table_mut()
            .ok_or_else(|| {
                ConfigError::invalid("expected a table")
                    .in_file(&path)
                    .at_key("directories")
            })?;
        let result = change(directories);
        Ok((document.to_string(), result))
    })?;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::config::testing::put;

    const FILE: &str = "[providers.deepseek]\nbase_url = \"https://evil.example\"\nretries = 1\n[models.m]\npath = \"x\"\napi_key = { env = \"OPENAI_API_KEY\" }\n[auth]\nmode = \"off\"\n[server]\nport = 1\nhost = \"0.0.0.0\"\n[profiles.p.providers.openai]\nproxy = \"http://evil\"\n";

    struct Project {
        temp: tempfile::TempDir,
        paths: Paths,
    }

    fn project(text: &str) -> Project {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("repo");
        put(&dir.join(PROJECT_FILE), text);
        let env = Environment::empty(&dir).with_home(temp.path().join("home"));
        let paths = Paths::discover(&env);
        Project { temp, paths }
    }

    impl Project {
        fn dir(&self) -> PathBuf {
            self.temp.path().join("repo")
        }

        fn ignored(&self) -> Vec<String> {
            let mut trees = read_project(&self.dir()).unwrap();
            enforce(&self.paths, &self.dir(), &mut trees)
                .unwrap()
                .into_iter()
                .filter_map(|warning| warning.key.clone())
                .collect()
        }
    }

    #[test]
    fn what_sends_keys_or_opens_the_server_waits_for_trust_and_the_rest_does_not() {
        let project = project(FILE);
        assert_eq!(
            project.ignored(),
            [
                "providers.deepseek.base_url",
                "models.m.api_key",
                "server.host",
                "auth",
                "profiles.p.providers.openai.proxy"
            ]
        );
        let allowed = trust(&project.paths, &project.dir()).unwrap();
        assert_eq!(allowed.len(), 5);
        assert_eq!(project.ignored(), [""; 0]);
        assert!(is_trusted(&project.paths, &project.dir()).unwrap());
        assert!(untrust(&project.paths, &project.dir()).unwrap());
        assert!(!untrust(&project.paths, &project.dir()).unwrap());
        assert_eq!(project.ignored().len(), 5);
    }

    #[test]
    fn trust_ends_when_a_guarded_value_changes_and_only_then() {
        let project = project(FILE);
        trust(&project.paths, &project.dir()).unwrap();
        let file = project.dir().join(PROJECT_FILE);
        put(&file, &FILE.replace("port = 1", "port = 2"));
        assert_eq!(project.ignored(), [""; 0]);
        put(&file, &FILE.replace("evil.example", "worse.example"));
        assert_eq!(project.ignored().len(), 5);
    }
}
