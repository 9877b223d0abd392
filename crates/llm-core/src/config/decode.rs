//! From the merged tree to the typed configuration, with every wrong value and unknown key found.

use serde::Deserialize as _;

use super::Config;
use super::error::ConfigError;
use super::key::{KeyPath, Segment};
use super::schema;
use super::tree::{Node, Value};

/// Most wrong values reported at once.
const MOST_ERRORS: usize = 50;

/// What came of a tree.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The configuration, with defaults in place of what was wrong.
    pub(super) config: Config,
    /// Values of the wrong type or form.
    pub(super) errors: Vec<ConfigError>,
    /// Keys nobody reads, each with its finding.
    pub(super) unknown: Vec<(KeyPath, ConfigError)>,
}

/// Reads a tree. `prefix` is put before keys in messages, for trees that are part of another.
pub(super) fn decode(tree: &Node, prefix: &KeyPath) -> Decoded {
    let mut tree = tree.clone();
    let mut errors = Vec::new();
    let mut taken_out: Vec<KeyPath> = Vec::new();
    // One value is wrong at a time: it is reported, taken out, and the rest is read again.
    loop {
        let mut ignored = Vec::new();
        match read(&tree, &mut ignored) {
            Ok(config) => {
                let unknown = ignored
                    .into_iter()
                    .map(|path| {
                        let finding = unknown_key(&tree, &path, prefix);
                        (path, finding)
                    })
                    .collect();
                return Decoded {
                    config,
                    errors,
                    unknown,
                };
            }
            Err((path, message)) => {
                // What is missing only because it was taken out is no error of its own.
                if !taken_out.iter().any(|earlier| earlier.starts_with(&path)) {
                    errors.push(wrong_value(&tree, &path, &message, prefix));
                }
                let place = without_positions(&path);
                let removed = tree.remove(&place).is_some();
                taken_out.push(place);
                if !removed || errors.len() >= MOST_ERRORS {
                    return Decoded {
                        config: Config::default(),
                        errors,
                        unknown: Vec::new(),
                    };
                }
            }
        }
    }
}

fn read(tree: &Node, ignored: &mut Vec<KeyPath>) -> Result<Config, (KeyPath, String)> {
    let mut note = |path: serde_ignored::Path<'_>| ignored.push(ignored_path(&path));
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_ignored::Deserializer::new(tree.exposed(), &mut note);
    let deserializer = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    Config::deserialize(deserializer)
        .map_err(|error| (failed_path(&track.path()), error.message().to_owned()))
}

fn failed_path(path: &serde_path_to_error::Path) -> KeyPath {
    let mut keys = KeyPath::root();
    for segment in path {
        keys = match segment {
            serde_path_to_error::Segment::Map { key } => keys.child(key),
            serde_path_to_error::Segment::Seq { index } => keys.item(*index),
            _ => keys,
        };
    }
    keys
}

fn ignored_path(path: &serde_ignored::Path<'_>) -> KeyPath {
    use serde_ignored::Path;
    match path {
        Path::Root => KeyPath::root(),
        Path::Seq { parent, index } => ignored_path(parent).item(*index),
        Path::Map { parent, key } => ignored_path(parent).child(key),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => ignored_path(parent),
    }
}

/// The key that holds the value, so that positions in a list stay what they are in the file.
fn without_positions(path: &KeyPath) -> KeyPath {
    let names = path.segments().iter().map_while(|segment| match segment {
        Segment::Key(name) => Some(name.as_str()),
        Segment::Index(_) => None,
    });
    KeyPath::of(names)
}

fn joined(prefix: &KeyPath, path: &KeyPath) -> String {
    if prefix.segments().is_empty() {
        return path.to_string();
    }
    format!("{prefix}.{path}")
}

fn wrong_value(tree: &Node, path: &KeyPath, message: &str, prefix: &KeyPath) -> ConfigError {
    let node = tree.nearest(path);
    let what = if path.holds_secret() {
        // The reader's message would quote the value.
        format!("expected {}", schema::Kind::Secret.describe())
    } else if ["invalid type", "invalid value", "unknown variant"]
        .iter()
        .any(|start| message.starts_with(start))
    {
        let expected = schema::at(path).map_or_else(String::new, |known| known.kind().describe());
        format!("expected {expected}, found {}", found(node))
    } else if let Some(field) = message.strip_prefix("missing field ") {
        format!("{field} is missing")
    } else {
        message.trim().to_owned()
    };
    ConfigError::invalid(what)
        .at_key(joined(prefix, path))
        .from_origin(&node.origin)
}

fn unknown_key(tree: &Node, path: &KeyPath, prefix: &KeyPath) -> ConfigError {
    let error = ConfigError::invalid("unknown key; nothing reads it")
        .at_key(joined(prefix, path))
        .from_origin(&tree.nearest(path).origin);
    match schema::suggestion(path) {
        Some(name) => error.with_hint(format!("did you mean `{name}`?")),
        None => error,
    }
}

/// A value in a few words.
fn found(node: &Node) -> String {
    match &node.value {
        Value::Table(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Secret(_) => "a text".to_owned(),
        Value::Scalar(value) => {
            let text = value.to_string();
            if text.chars().count() > 40 {
                return format!("{}…", text.chars().take(40).collect::<String>());
            }
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::source::Layer;
    use crate::config::tree::parse;

    fn decoded(text: &str) -> Decoded {
        let (tree, errors) = parse(text, Layer::User, Path::new("/c.toml"));
        assert_eq!(errors, []);
        decode(&tree, &KeyPath::root())
    }

    fn messages<'a>(errors: impl IntoIterator<Item = &'a ConfigError>) -> Vec<String> {
        errors.into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_wrong_values_are_in_one_report_with_line_key_and_what_was_expected() {
        let decoded = decoded(
            "[server]\nport = 70000\nhost = 5\n[models.m]\ntemperature = \"hot\"\nprice = { input = 2000, output = 1 }\n[models.n]\nprice = { input = 1 }\ntasks = [\"a\", 3]\n[auth]\nmode = \"of\"\n",
        );
        let messages = messages(&decoded.errors);
        for expected in [
            "/c.toml:2:8: server.port: expected whole number, 0 to 65535, found 70000",
            "/c.toml:3:8: server.host: expected text, found 5",
            "/c.toml:5:15: models.m.temperature: expected number, found \"hot\"",
            "/c.toml:6:19: models.m.price.input: 2000 is above 1000 per million tokens; is it per token?",
            "/c.toml:8:1: models.n.price: `output` is missing",
            "/c.toml:9:15: models.n.tasks[1]: expected text, found 3",
            "/c.toml:11:8: auth.mode: expected `auto`, `required`, `off`, found \"of\"",
        ] {
            assert!(
                messages.iter().any(|m| m == expected),
                "{expected}\n{messages:#?}"
            );
        }
        assert_eq!(messages.len(), 7);
    }

    #[test]
    fn unknown_keys_are_found_everywhere_and_answered() {
        let decoded = decoded(
            "colour = 1\n[servr]\nport = 1\n[models.m]\nmodel_path = \"x\"\n[[models.m.deployments]]\nwieght = 2\n[models.m.price]\ninput = 1\noutput = 1\ncurency = \"CNY\"\n",
        );
        assert_eq!(decoded.errors, []);
        let messages = messages(decoded.unknown.iter().map(|(_, finding)| finding));
        for expected in [
            "/c.toml:1:10: colour: unknown key; nothing reads it",
            "/c.toml:2:2: servr: unknown key; nothing reads it\n  try: did you mean `server`?",
            "/c.toml:5:14: models.m.model_path: unknown key; nothing reads it\n  try: did you mean `path`?",
            "/c.toml:7:10: models.m.deployments[0].wieght: unknown key; nothing reads it\n  try: did you mean `weight`?",
            "/c.toml:11:11: models.m.price.curency: unknown key; nothing reads it\n  try: did you mean `currency`?",
        ] {
            assert!(
                messages.iter().any(|m| m == expected),
                "{expected}\n{messages:#?}"
            );
        }
    }

    #[test]
    fn a_wrong_key_reference_is_refused_without_showing_what_stood_there() {
        let decoded = decoded(
            "[providers.p]\napi_key = { evn = \"sk-0123456789abcdef\" }\n[providers.q]\napi_key = 123456789012\n",
        );
        let text = messages(&decoded.errors).join("\n");
        assert_eq!(decoded.errors.len(), 2, "{text}");
        assert!(!text.contains("0123") && !text.contains("1234"), "{text}");
        assert!(text.contains("providers.q.api_key"), "{text}");
    }
}
