//! Writing a configuration out: as TOML, in the JSON shape of the earlier program, or as `.env`.
//! Keys are left out unless they are asked for. And what is different between two configurations.

use serde_json::{Map, json};

use super::error::ConfigError;
use super::key::KeyPath;
use super::load::Loaded;
use super::secret_ref::SecretRef;
use super::source::Layer;
use super::tree::{Node, Value};
use crate::types::secret::Secret;

/// What goes into an export.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions {
    /// The keys themselves, references followed. The result is a secret.
    pub with_secrets: bool,
    /// Every value, defaults and built-in entries included; otherwise what files, variables and
    /// flags say.
    pub resolved: bool,
}

/// The configuration as TOML that can be loaded again.
pub fn toml(loaded: &Loaded, options: ExportOptions) -> Result<Secret, ConfigError> {
    let tree = if options.resolved {
        loaded.effective()
    } else {
        loaded.tree().clone()
    };
    let mut out = toml::Table::new();
    if let Some(entries) = tree.entries() {
        for (name, node) in entries {
            let path = KeyPath::of([name.as_str()]);
            if let Some(value) = exported(loaded, node, &path, options)? {
                out.insert(name.clone(), value);
            }
        }
    }
    let text = toml::to_string_pretty(&out)
        .map_err(|error| ConfigError::invalid(format!("cannot be written as TOML: {error}")))?;
    Ok(Secret::new(text))
}

fn exported(
    loaded: &Loaded,
    node: &Node,
    path: &KeyPath,
    options: ExportOptions,
) -> Result<Option<toml::Value>, ConfigError> {
    let is_key = path.last() == Some("api_key");
    if is_key && options.with_secrets {
        return Ok(Some(key_at(loaded, path)?.expose().into()));
    }
    Ok(match &node.value {
        Value::Secret(secret) => options
            .with_secrets
            .then(|| toml::Value::String(secret.expose().to_owned())),
        Value::Table(entries) if !is_key => {
            let mut table = toml::Table::new();
            for (name, node) in entries {
                let path = path.child(name);
                if let Some(value) = exported(loaded, node, &path, options)? {
                    table.insert(name.clone(), value);
                }
            }
            let is_empty_section = table.is_empty() && path.segments().len() == 1;
            let is_built_in = node.origin.layer == Layer::BuiltIn && !options.resolved;
            let is_left_out = is_empty_section || is_built_in;
            (!is_left_out).then_some(toml::Value::Table(table))
        }
        _ if node.origin.layer == Layer::BuiltIn && !options.resolved => None,
        _ => Some(node.shown()),
    })
}

fn key_at(loaded: &Loaded, path: &KeyPath) -> Result<Secret, ConfigError> {
    let names = path.names();
    let reference = match names.as_slice() {
        ["providers", name, _] => loaded.config.providers[*name].api_key.as_ref(),
        ["models", name, _] => loaded.config.models[*name].api_key.as_ref(),
        _ => None,
    };
    match reference {
        Some(SecretRef::Here(secret)) => Ok(secret.clone()),
        Some(reference) => Ok(loaded.resolve(reference, path)?.secret),
        None => Ok(Secret::new("")),
    }
}

/// The export shape of the earlier program: `default_openai_config` and `models`.
pub fn earlier_json(loaded: &Loaded, options: ExportOptions) -> Result<Secret, ConfigError> {
    let config = &loaded.config;
    let mut models = Map::new();
    for (name, model) in config.models.iter().filter(|(_, model)| !model.disabled) {
        let Some(deployment) = config.deployments(name)?.into_iter().next() else {
            continue;
        };
        let mut entry = Map::new();
        entry.insert(
            "model_path".to_owned(),
            deployment.upstream_model.clone().into(),
        );
        entry.insert("api_base_url".to_owned(), json!(deployment.base_url));
        entry.insert("supported_tasks".to_owned(), json!(model.tasks));
        entry.insert(
            "max_tokens".to_owned(),
            json!(model.max_tokens.unwrap_or(4096)),
        );
        entry.insert(
            "temperature".to_owned(),
            json!(model.temperature.unwrap_or(0.7)),
        );
        if options.with_secrets
            && let Some(found) = loaded.credential(&deployment)?
        {
            entry.insert("api_key".to_owned(), found.secret.expose().into());
        }
        models.insert(name.clone(), entry.into());
    }
    let mut default = Map::new();
    if let Ok(provider) = config.default_provider() {
        default.insert("base_url".to_owned(), json!(config.address_of(provider)));
        if options.with_secrets
            && let Some(found) = loaded.provider_key(provider)?
        {
            default.insert("api_key".to_owned(), found.secret.expose().into());
        }
    }
    let document = json!({ "default_openai_config": default, "models": models });
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| ConfigError::invalid(format!("cannot be written as JSON: {error}")))?;
    Ok(Secret::new(text + "\n"))
}

/// The names of the earlier program's `.env`, for its default provider.
pub fn dotenv(loaded: &Loaded, options: ExportOptions) -> Result<Secret, ConfigError> {
    let config = &loaded.config;
    let provider = config.default_provider()?;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let quoted = format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        let plain = value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./:@,+=".contains(c));
        text.extend([name, "=", if plain { value } else { &quoted }, "\n"]);
    };
    line("BASE_URL", &config.address_of(provider).unwrap_or_default());
    let key = if options.with_secrets {
        loaded.provider_key(provider)?
    } else {
        None
    };
    line(
        "API_KEY",
        key.as_ref().map_or("", |found| found.secret.expose()),
    );
    if let Some(model) = &config.routing.default_model {
        line("MODEL", model);
    }
    line("LOG_LEVEL", &config.logging.level.to_uppercase());
    line("SERVER_HOST", &config.server.host);
    line("SERVER_PORT", &config.server.port.to_string());
    line("ENABLE_METRICS", &config.server.metrics.to_string());
    line(
        "MAX_CONCURRENT_REQUESTS",
        &config.limits.max_concurrent_requests.to_string(),
    );
    line(
        "REQUEST_TIMEOUT",
        &(config.limits.total_ms as f64 / 1000.0).to_string(),
    );
    Ok(Secret::new(text))
}

/// A value that is not the same in two configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its key.
    pub key: KeyPath,
    /// What people may see of it in the first.
    pub before: Option<toml::Value>,
    /// What people may see of it in the second.
    pub after: Option<toml::Value>,
}

/// What is different between two configurations, defaults included, in the order of the keys.
pub fn differences(before: &Loaded, after: &Loaded) -> Vec<Difference> {
    let leaves = |loaded: &Loaded| {
        let mut found = std::collections::BTreeMap::new();
        loaded
            .effective()
            .each_leaf(&KeyPath::root(), &mut |key, node| {
                found.insert(key.clone(), node.clone());
            });
        found
    };
    let (old, new) = (leaves(before), leaves(after));
    let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter_map(|key| {
            let (a, b) = (old.get(key), new.get(key));
            if a.map(Node::exposed) == b.map(Node::exposed) {
                return None;
            }
            Some(Difference {
                key: key.clone(),
                before: a.map(Node::shown),
                after: b.map(Node::shown),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::LoadOptions;
    use crate::config::testing::{Place, put_private};

    const KEY: &str = "sk-0123456789abcdef";

    fn place() -> Place {
        Place::new()
            .user("default_provider = \"openai\"\n[providers.openai]\ntimeout_ms = 5\n[providers.p]\nkind = \"openai\"\napi_key = { env = \"K\" }\n[models.m]\nprovider = \"openai\"\npath = \"gpt-6.1-sol\"\ntasks = [\"math\"]\nprice = { input = 0.14, output = 0.28 }\n")
            .secrets(&format!("[providers.openai]\napi_key = \"{KEY}\"\n"))
            .with("K", "key-of-the-environment")
    }

    const OPEN: ExportOptions = ExportOptions {
        with_secrets: true,
        resolved: false,
    };

    #[test]
    fn toml_comes_back_as_it_went_out() {
        let place = place();
        let before = place.load().unwrap();
        for options in [
            OPEN,
            ExportOptions {
                resolved: true,
                ..OPEN
            },
        ] {
            let text = toml(&before, options).unwrap();
            let file = place.work().join("export.toml");
            put_private(&file, text.expose());
            let load = LoadOptions {
                config: Some(file),
                ..LoadOptions::default()
            };
            let after = place.load_with(&load).unwrap();
            let changed: Vec<_> = differences(&before, &after)
                .into_iter()
                .map(|difference| difference.key.to_string())
                .collect();
            let followed = ["providers.p.api_key", "providers.p.api_key.env"];
            assert_eq!(changed, followed, "the reference was followed");
        }
    }

    #[test]
    fn without_being_asked_for_no_key_goes_out() {
        let loaded = place().load().unwrap();
        let plain = ExportOptions::default();
        let all = [
            toml(&loaded, plain).unwrap(),
            toml(
                &loaded,
                ExportOptions {
                    resolved: true,
                    ..plain
                },
            )
            .unwrap(),
            earlier_json(&loaded, plain).unwrap(),
            dotenv(&loaded, plain).unwrap(),
        ];
        for text in &all {
            assert!(
                !text.expose().contains("0123") && !text.expose().contains("key-of"),
                "{}",
                text.expose()
            );
        }
        assert!(
            all[0].expose().contains("env = \"K\""),
            "a reference is no secret"
        );
        assert!(
            !all[0].expose().contains("qwen3_8b"),
            "nor is what is built in of interest"
        );
    }

    #[test]
    fn the_earlier_shape_has_its_names() {
        let loaded = place().load().unwrap();
        let text = earlier_json(&loaded, OPEN).unwrap();
        let json: serde_json::Value = serde_json::from_str(text.expose()).unwrap();
        assert_eq!(json["models"]["m"]["model_path"], "gpt-6.1-sol");
        assert_eq!(
            json["models"]["m"]["api_base_url"],
            "https://api.openai.com/v1"
        );
        assert_eq!(json["models"]["m"]["api_key"], KEY);
        assert_eq!(json["models"]["m"]["supported_tasks"][0], "math");
        assert_eq!(json["models"]["m"]["max_tokens"], 4096);
        assert!(json["default_openai_config"].is_object());
    }

    #[test]
    fn dotenv_is_read_back_by_the_reader_of_dotenv() {
        let place = Place::new()
            .user("default_provider = \"default\"\n[providers.default]\nkind = \"openai-compatible\"\nbase_url = \"https://gw.example/v1\"\n[routing]\ndefault_model = \"a b\"\n[models.\"a b\"]\n")
            .secrets("[providers.default]\napi_key = \"k#e y\"\n");
        let text = dotenv(&place.load().unwrap(), OPEN).unwrap();
        let (read, warnings) =
            crate::config::dotenv::DotEnv::parse(text.expose(), "/w/.env".into());
        assert_eq!(warnings, []);
        let value = |name: &str| read.get(name).map(|(value, _)| value.to_owned());
        assert_eq!(value("BASE_URL").as_deref(), Some("https://gw.example/v1"));
        assert_eq!(value("API_KEY").as_deref(), Some("k#e y"));
        assert_eq!(value("MODEL").as_deref(), Some("a b"));
        assert_eq!(value("REQUEST_TIMEOUT").as_deref(), Some("300"));
    }

    #[test]
    fn differences_name_the_key_and_hide_the_secret() {
        let before = place().load().unwrap();
        let after = place()
            .secrets("[providers.openai]\napi_key = \"sk-another-0000\"\n")
            .with("LLMCOOP_PORT", "1")
            .load()
            .unwrap();
        let found = differences(&before, &after);
        let keys: Vec<_> = found
            .iter()
            .map(|difference| difference.key.to_string())
            .collect();
        assert_eq!(keys, ["providers.openai.api_key", "server.port"]);
        assert_eq!(found[0].before.as_ref().unwrap().as_str(), Some("…cdef"));
        assert_eq!(found[1].before, Some(8080.into()));
        assert_eq!(found[1].after, Some(1.into()));
        assert_eq!(differences(&before, &before), []);
    }
}
