//! `LLMCOOP_…` variables and `--set`: values for this run, above all files.
//!
//! A few have short names; `LLMCOOP__SECTION__KEY` reaches every other. Names in the configuration
//! are matched without regard to case and punctuation, since variables have neither:
//! `LLMCOOP__MODELS__DEEPSEEK_CHAT__MAX_TOKENS` is `models.deepseek-chat.max_tokens`.

use indexmap::IndexMap;

use super::dotenv::DotEnv;
use super::environment::Environment;
use super::error::ConfigError;
use super::key::KeyPath;
use super::schema;
use super::source::{Layer, Origin};
use super::tree::Node;
use super::values;

/// Variables with a name of their own, and the key each sets.
pub const NAMED: &[(&str, &str)] = &[
    ("LLMCOOP_HOST", "server.host"),
    ("LLMCOOP_PORT", "server.port"),
    ("LLMCOOP_OPS_LISTEN", "server.ops_listen"),
    ("LLMCOOP_TLS_CERT", "server.tls.cert"),
    ("LLMCOOP_TLS_KEY", "server.tls.key"),
    ("LLMCOOP_CORS_ORIGINS", "server.cors_origins"),
    ("LLMCOOP_AUTH", "auth.mode"),
    ("LLMCOOP_LOG", "logging.level"),
    ("LLMCOOP_LOG_FORMAT", "logging.format"),
];

const PREFIX: &str = "LLMCOOP__";

/// The process's variables and, behind them, those of `.env`.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// The surroundings of the process.
    pub environment: Environment,
    /// The `.env` file of the current directory.
    pub dotenv: DotEnv,
}

impl Variables {
    /// A variable that is not empty, and where it is set. The process wins over `.env`.
    pub fn get(&self, name: &str) -> Option<(&str, Origin)> {
        match self.environment.get(name) {
            Some(value) => Some((value, Origin::named(Layer::BareVariable, name))),
            None => self.dotenv.get(name),
        }
    }
}

/// A value given for this run.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The key.
    pub key: KeyPath,
    /// The value.
    pub value: toml::Value,
    /// What people typed, such as `--port`; names the origin.
    pub flag: String,
}

impl Override {
    /// Reads the `KEY=VALUE` of a `--set`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            ConfigError::invalid(format!("`{text}` is not KEY=VALUE"))
                .with_hint("write it like --set server.port=9000")
        })?;
        let key = KeyPath::parse(key)?;
        let value = values::parse(&key, value.trim())?;
        Ok(Self {
            flag: format!("--set {key}"),
            key,
            value,
        })
    }

    /// Puts it over a tree.
    pub(super) fn apply(&self, tree: &mut Node) {
        let origin = Origin::named(Layer::Flag, &self.flag);
        lay(tree, &self.key, self.value.clone(), &origin);
    }
}

/// Lays all `LLMCOOP_…` variables over a tree. Wrong values are errors: the prefix is ours alone.
pub(super) fn apply(env: &Environment, tree: &mut Node, errors: &mut Vec<ConfigError>) {
    for (name, key) in NAMED {
        if let (Some(text), Ok(path)) = (env.get(name), KeyPath::parse(key)) {
            apply_one(tree, name, &path, text, errors);
        }
    }
    for name in env.names_with_prefix(PREFIX) {
        let parts: Vec<_> = name[PREFIX.len()..].split("__").collect();
        let Some(text) = env.get(name) else { continue };
        if parts.iter().any(|part| part.is_empty()) {
            errors.push(
                ConfigError::invalid("the name of the variable has an empty part")
                    .from_origin(&Origin::named(Layer::Variable, name)),
            );
            continue;
        }
        let path = find_path(tree, &parts);
        apply_one(tree, name, &path, text, errors);
    }
}

fn apply_one(
    tree: &mut Node,
    name: &str,
    path: &KeyPath,
    text: &str,
    errors: &mut Vec<ConfigError>,
) {
    let origin = Origin::named(Layer::Variable, name);
    let (path, value) = match file_variant(path) {
        Some(path) => {
            let reference = toml::Table::from_iter([("file".to_owned(), text.into())]);
            (path, Ok(toml::Value::Table(reference)))
        }
        None => (path.clone(), values::parse(path, text)),
    };
    match value {
        Ok(value) => lay(tree, &path, value, &origin),
        Err(error) => errors.push(error.from_origin(&origin)),
    }
}

/// `…__API_KEY_FILE` names a file with the key.
fn file_variant(path: &KeyPath) -> Option<KeyPath> {
    let plain = path.last()?.strip_suffix("_file")?;
    let key = path.parent().child(plain);
    (schema::at(path).is_none() && key.holds_secret() && schema::at(&key).is_some()).then_some(key)
}

fn lay(tree: &mut Node, path: &KeyPath, value: toml::Value, origin: &Origin) {
    let mut over = Node::empty(origin.clone());
    over.put(path, Node::new(value, origin, path));
    tree.merge(over);
}

/// The key a variable's parts mean: names that are there, else keys that could be, else new names.
fn find_path(tree: &Node, parts: &[&str]) -> KeyPath {
    let mut path = KeyPath::root();
    for part in parts {
        let wanted = normal(part);
        let there = tree
            .get(&path)
            .and_then(Node::entries)
            .map(IndexMap::keys)
            .into_iter()
            .flatten()
            .map(String::as_str);
        let known = schema::at(&path).map(|known| known.keys());
        let name = there
            .chain(known.into_iter().flatten())
            .find(|name| normal(name) == wanted)
            .map_or_else(|| part.to_lowercase(), str::to_owned);
        path = path.child(&name);
    }
    path
}

fn normal(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '-' | '.' | '/' | ':' | ' ' | '@' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Node {
        let origin = Origin::BUILT_IN;
        let value: toml::Table = toml::from_str(
            "[models.\"gpt-4.1\"]\npath = \"x\"\n[providers.p]\napi_key = \"old-0123456789\"\n",
        )
        .unwrap();
        Node::new(value.into(), &origin, &KeyPath::root())
    }

    fn applied(env: &Environment) -> (Node, Vec<ConfigError>) {
        let (mut tree, mut errors) = (tree(), Vec::new());
        apply(env, &mut tree, &mut errors);
        (tree, errors)
    }

    #[test]
    fn variables_reach_every_key_and_keep_their_name_as_origin() {
        let env = Environment::empty("/w")
            .with("LLMCOOP_PORT", "9000")
            .with("LLMCOOP__MODELS__GPT_4_1__MAX_TOKENS", "77")
            .with("LLMCOOP__SERVER__CORS_ORIGINS", "http://a,http://b")
            .with("LLMCOOP__MODELS__NEW__PATH", "123")
            .with("LLMCOOP__PROVIDERS__P__API_KEY_FILE", "/run/secrets/p");
        let (tree, errors) = applied(&env);
        assert_eq!(errors, []);
        let shown = |path: &[&str]| {
            let node = tree.get(&KeyPath::of(path.iter().copied())).unwrap();
            format!("{} from {}", node.shown(), node.origin)
        };
        assert_eq!(
            shown(&["server", "port"]),
            "9000 from environment variable LLMCOOP_PORT"
        );
        assert!(shown(&["models", "gpt-4.1", "max_tokens"]).starts_with("77 "));
        assert!(shown(&["models", "new", "path"]).starts_with("\"123\""));
        assert!(shown(&["server", "cors_origins"]).starts_with("[\"http://a\", \"http://b\"]"));
        assert!(shown(&["providers", "p", "api_key"]).starts_with("{ file = \"/run/secrets/p\" }"));
    }

    #[test]
    fn a_wrong_value_names_variable_and_key() {
        let env = Environment::empty("/w").with("LLMCOOP__SERVER__PORT", "x");
        let (_, errors) = applied(&env);
        assert_eq!(
            errors[0].to_string(),
            "environment variable LLMCOOP__SERVER__PORT: server.port: expected whole number, 0 to 65535, found `x`"
        );
    }

    #[test]
    fn a_set_is_read_as_toml_or_as_a_bare_word() {
        let set = |text| Override::parse(text).unwrap();
        assert_eq!(set("server.port=9").value, toml::Value::Integer(9));
        assert_eq!(set("logging.level = debug").value.as_str(), Some("debug"));
        assert_eq!(set("models.m.path=a=b").value.as_str(), Some("a=b"));
        assert!(Override::parse("server.port").is_err());
    }
}
