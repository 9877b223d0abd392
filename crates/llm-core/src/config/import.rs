//! Reading what the earlier programs wrote: `api_configs.json`, its export shape, and `.env` files;
//! and our own TOML.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::detect;
use super::dotenv::DotEnv;
use super::environment::Environment;
use super::error::{ConfigError, ConfigErrors};
use super::key::KeyPath;
use super::legacy;
use super::source::{Layer, Origin};
use super::tree::{self, Node};
use super::variables::Variables;
use crate::types::code::Code;

/// Files of the earlier program that may lie in its directory.
const EARLIER_FILES: &[&str] = &[
    "api_configs.json",
    "API_Key_DeepSeek.env",
    "llm_cooperation.env",
];

/// The form a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `api_configs.json`: `global` and `models`.
    ApiConfigs,
    /// The earlier export: `default_openai_config` and `models`.
    Export,
    /// `NAME=value` lines.
    Dotenv,
    /// A configuration file of ours.
    Toml,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The form it was in.
    pub format: Format,
    /// What it says, as configuration; keys in it are secrets.
    pub tree: Node,
    /// What has no counterpart here.
    pub unmapped: Vec<ConfigError>,
}

/// The earlier program's files in a directory.
pub fn find_earlier(directory: &Path) -> Vec<PathBuf> {
    EARLIER_FILES
        .iter()
        .map(|name| directory.join(name))
        .filter(|path| path.is_file())
        .collect()
}

/// Reads a file; its content tells the form.
pub fn read_file(path: &Path) -> Result<Imported, ConfigErrors> {
    let text = super::files::read_required(path)?;
    read(&text, path)
}

/// Reads a text; its content tells the form.
pub fn read(text: &str, path: &Path) -> Result<Imported, ConfigErrors> {
    let body = text.trim_start_matches('\u{feff}').trim_start();
    if body.starts_with('{') {
        return json(body, path);
    }
    let first = body
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    let name = first.strip_prefix("export ").unwrap_or(first);
    let is_dotenv = path.extension().is_some_and(|ext| ext == "env")
        || path.file_name().is_some_and(|name| name == ".env")
        || name.starts_with(|c: char| c.is_ascii_uppercase());
    if is_dotenv {
        return Ok(dotenv(text, path));
    }
    let (tree, errors) = tree::parse(text, Layer::User, path);
    ConfigErrors::check(errors)?;
    Ok(Imported {
        format: Format::Toml,
        tree,
        unmapped: Vec::new(),
    })
}

fn dotenv(text: &str, path: &Path) -> Imported {
    let (dotenv, mut unmapped) = DotEnv::parse(text, path.to_owned());
    let known: Vec<_> = legacy::NAMES.iter().map(|(name, _)| *name).collect();
    let variables = Variables {
        environment: Environment::default(),
        dotenv,
    };
    let vendors = detect::keys(&variables);
    for name in variables.dotenv.names() {
        let is_vendors = vendors.iter().any(|found| found.variable == name)
            || super::presets::all()
                .iter()
                .any(|preset| preset.facts.base_url_env.iter().any(|known| known == name));
        if let (false, false, Some((_, origin))) = (
            known.contains(&name),
            is_vendors,
            variables.dotenv.get(name),
        ) {
            unmapped.push(
                ConfigError::invalid(format!("{name} has no counterpart here"))
                    .from_origin(&origin),
            );
        }
    }
    let mut tree = detect::fragment(&variables, &mut unmapped);
    tree.merge(legacy::read(&variables, true, &|_| false, &mut unmapped));
    Imported {
        format: Format::Dotenv,
        tree,
        unmapped,
    }
}

fn json(text: &str, path: &Path) -> Result<Imported, ConfigErrors> {
    let document: Map<String, Json> = serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        let column = u32::try_from(error.column()).unwrap_or(u32::MAX);
        ConfigError::new(Code::ConfigSyntax, "is not valid JSON")
            .in_file(path)
            .at_line(line, column)
    })?;
    let (format, default) = match (
        document.get("global"),
        document.get("default_openai_config"),
    ) {
        (_, Some(default)) => (Format::Export, Some(default)),
        (default, None) if default.is_some() || document.contains_key("models") => {
            (Format::ApiConfigs, default)
        }
        _ => {
            return Err(ConfigError::invalid(
                "has neither `models` nor `global` nor `default_openai_config`",
            )
            .in_file(path)
            .into());
        }
    };
    let mut reader = JsonReader {
        origin: Origin::file(Layer::User, path),
        tree: Node::empty(Origin::file(Layer::User, path)),
        unmapped: Vec::new(),
        default: (None, None),
    };
    reader.default_provider(default);
    for (name, model) in document
        .get("models")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
    {
        reader.model(name, model);
    }
    for key in document.keys() {
        if !["global", "default_openai_config", "models"].contains(&key.as_str()) {
            reader.skip(&KeyPath::of([key.as_str()]));
        }
    }
    Ok(Imported {
        format,
        tree: reader.tree,
        unmapped: reader.unmapped,
    })
}

struct JsonReader {
    origin: Origin,
    tree: Node,
    unmapped: Vec<ConfigError>,
    /// Address and key of the default provider.
    default: (Option<String>, Option<String>),
}

impl JsonReader {
    fn put(&mut self, path: &KeyPath, value: toml::Value) {
        self.tree.put(path, Node::new(value, &self.origin, path));
    }

    fn skip(&mut self, key: &KeyPath) {
        self.unmapped.push(
            ConfigError::invalid("has no counterpart here")
                .at_key(key.to_string())
                .from_origin(&self.origin),
        );
    }

    fn default_provider(&mut self, default: Option<&Json>) {
        let text = |name: &str| Some(default?.get(name)?.as_str()?.trim().to_owned());
        self.default = (
            text("base_url").filter(|url| !url.is_empty()),
            text("api_key").filter(|key| !key.is_empty()),
        );
        let (address, key) = self.default.clone();
        if address.is_none() && key.is_none() {
            return;
        }
        let place = KeyPath::of(["providers", legacy::PROVIDER]);
        let kind = legacy::kind_of_address(address.as_deref());
        self.put(&place.child("kind"), kind.into());
        if let Some(address) = address {
            self.put(&place.child("base_url"), address.into());
        }
        if let Some(key) = key {
            self.put(&place.child("api_key"), key.into());
        }
        self.put(&KeyPath::of(["default_provider"]), legacy::PROVIDER.into());
    }

    fn model(&mut self, name: &str, model: &Json) {
        let place = KeyPath::of(["models", name]);
        let Some(fields) = model.as_object() else {
            self.skip(&place);
            return;
        };
        let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
        // The earlier program copied its default address and key into every model.
        let address = text("api_base_url").or_else(|| text("base_url"));
        let is_own = address.is_some() && address != self.default.0;
        if !is_own && self.default.0.is_some() {
            self.put(&place.child("provider"), legacy::PROVIDER.into());
        }
        for (field, value) in fields {
            let key = match field.as_str() {
                "model_path" | "path" => "path",
                "api_base_url" | "base_url" if is_own => "base_url",
                "api_key" if is_own || text("api_key") != self.default.1 => "api_key",
                "supported_tasks" | "tasks" => "tasks",
                "max_model_len" => "context",
                same @ ("max_tokens" | "temperature" | "top_p") => same,
                // Said elsewhere, or said by being there.
                "api_base_url" | "base_url" | "api_key" | "name" | "deployment_type" => continue,
                _ => {
                    self.skip(&place.child(field));
                    continue;
                }
            };
            match toml::Value::try_from(value) {
                Ok(value) if value.as_str() != Some("") => self.put(&place.child(key), value),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
