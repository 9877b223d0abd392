//! From a reference to the secret, late and with its origin.
//!
//! The order for one place: the model's own key, its provider's key, the key variable of the
//! provider's vendor. What is configured wins over what happens to be in the environment; a
//! higher layer, such as a variable `LLMCOOP__PROVIDERS__NAME__API_KEY`, wins as for any other key.
//! A provider's key goes to the provider's own address only.

use std::path::{Path, PathBuf};

use super::detect;
use super::error::ConfigError;
use super::files::{read_text, readable_by};
use super::key::{KeyPath, quoted};
use super::load::Loaded;
use super::presets;
use super::resolve::{COMPATIBLE, Deployment, is_loopback};
use super::secret_ref::SecretRef;
use super::source::{Layer, Origin};
use crate::types::code::Code;
use crate::types::secret::Secret;

/// Where orchestrators mount secrets: readable by all inside a container that is itself the boundary.
pub(super) const MOUNTED: &[&str] = &["/run/secrets/", "/var/run/secrets/"];

/// A secret and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The secret.
    pub secret: Secret,
    /// Where it was found.
    pub place: Place,
}

/// Where a key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What says so: a line of a file, a variable, a flag.
    pub origin: Origin,
    /// The variable it refers to, if any.
    pub variable: Option<String>,
    /// The file it refers to, if any.
    pub file: Option<PathBuf>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.variable, &self.file) {
            (Some(name), _) => write!(f, "environment variable {name}")?,
            (None, Some(path)) => write!(f, "file {}", path.display())?,
            (None, None) => return write!(f, "{}", self.origin),
        }
        let is_ambient = self.origin.layer == Layer::BareVariable;
        if is_ambient {
            return Ok(());
        }
        write!(f, " (named in {})", self.origin)
    }
}

/// One place a key was looked for, for `keys which`.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The place.
    pub place: Place,
    /// The end of the key, or why there is none here.
    pub outcome: Result<String, ConfigError>,
    /// Whether this is the key that is used.
    pub is_used: bool,
}

impl Loaded {
    /// The key a call to this place carries; `None` where none is configured.
    ///
    /// Fails when a key is configured and cannot be had: an unset variable, a missing file, a file
    /// that other users can read.
    pub fn credential(&self, deployment: &Deployment) -> Result<Option<Found>, ConfigError> {
        let model = deployment.model.as_str();
        if let Some(config) = self.config.models.get(model)
            && let Some(reference) = &config.api_key
        {
            let key = KeyPath::of(["models", model, "api_key"]);
            return self.resolve(reference, &key).map(Some);
        }
        let provider = deployment.provider.as_str();
        if deployment.has_own_address && !self.is_at_its_provider(deployment) {
            return Ok(None);
        }
        self.provider_key(provider)
    }

    /// The key of a provider; `None` where none is configured.
    pub fn provider_key(&self, provider: &str) -> Result<Option<Found>, ConfigError> {
        if let Some(config) = self.config.providers.get(provider)
            && let Some(reference) = &config.api_key
        {
            let key = KeyPath::of(["providers", provider, "api_key"]);
            return self.resolve(reference, &key).map(Some);
        }
        match self.ambient_variable(provider) {
            Some(name) => self.variable(&name, None).map(Some),
            None => Ok(None),
        }
    }

    /// Whether calls to this place may go without a key.
    pub fn key_is_optional(&self, deployment: &Deployment) -> bool {
        if deployment.kind == COMPATIBLE {
            return true;
        }
        let vendor = presets::of_kind(&deployment.kind);
        vendor.is_some_and(|preset| preset.facts.key_optional)
            || deployment.base_url.as_deref().is_some_and(is_loopback)
    }

    /// Every place a provider's key was looked for, best first.
    pub fn key_candidates(&self, provider: &str) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let config = self.config.providers.get(provider);
        if let Some(reference) = config.and_then(|config| config.api_key.as_ref()) {
            let key = KeyPath::of(["providers", provider, "api_key"]);
            let origin = self.tree().nearest(&key).origin.clone();
            candidates.push(Candidate {
                place: self.place(reference, &origin),
                outcome: hint(self.resolve(reference, &key)),
                is_used: true,
            });
        }
        let names = presets::of_kind(&self.config.kind_of(provider))
            .map(|preset| preset.facts.key_env.as_slice())
            .unwrap_or_default();
        for name in names {
            if self.variables.get(name).is_some() {
                candidates.push(Candidate {
                    is_used: candidates.is_empty() && self.ambient_variable(provider).is_some(),
                    place: self.variable_place(name, None),
                    outcome: hint(self.variable(name, None)),
                });
            }
        }
        candidates
    }

    /// Whether at least one model can be called. The error says what is missing and what to do.
    pub fn is_configured(&self) -> Result<(), ConfigError> {
        let mut nearest: Option<ConfigError> = None;
        for (name, model) in &self.config.models {
            if model.disabled {
                continue;
            }
            let Ok(deployments) = self.config.deployments(name) else {
                continue;
            };
            for deployment in deployments {
                match self.usable(&deployment) {
                    Ok(()) => return Ok(()),
                    Err(Some(error)) => nearest = nearest.or(Some(error)),
                    Err(None) => {}
                }
            }
        }
        Err(nearest.unwrap_or_else(|| {
            ConfigError::new(Code::NotConfigured, "no provider is configured").with_hint(
                "`llm-config preset --name aigcbest --api-key KEY`, set BASE_URL and API_KEY, or try it with --demo",
            )
        }))
    }

    /// Whether a place can be called; if not, an error worth telling, where somebody configured it.
    fn usable(&self, deployment: &Deployment) -> Result<(), Option<ConfigError>> {
        let provider = deployment.provider.as_str();
        let config = self.config.providers.get(provider);
        // A vendor without a preset may still have an address that the provider layer knows.
        let is_nowhere = deployment.base_url.is_none() && deployment.kind == COMPATIBLE;
        if config.is_some_and(|config| config.disabled) || is_nowhere {
            return Err(None);
        }
        match self.credential(deployment) {
            Ok(Some(_)) => Ok(()),
            Ok(None) if self.key_is_optional(deployment) => Ok(()),
            Ok(None) => {
                let key = KeyPath::of(["providers", provider]);
                let by_whom = self.tree().get(&key).map(|node| node.origin.layer);
                Err((by_whom > Some(Layer::BuiltIn)).then(|| self.missing_key(provider)))
            }
            Err(error) => Err(Some(error)),
        }
    }

    /// The error that a provider has no key.
    pub fn missing_key(&self, provider: &str) -> ConfigError {
        let preset = presets::of_kind(&self.config.kind_of(provider));
        let variable = preset.and_then(|preset| preset.facts.key_env.first());
        let also = variable.map_or_else(String::new, |name| format!(", or set {name}"));
        ConfigError::new(
            Code::MissingCredential,
            format!("provider `{provider}` has no API key"),
        )
        .at_key(format!("providers.{}.api_key", quoted(provider)))
        .with_hint(format!("`llm-config keys set --provider {provider}`{also}"))
    }

    /// A vendor's key variable that is set, where it may be used.
    fn ambient_variable(&self, provider: &str) -> Option<String> {
        let preset = presets::of_kind(&self.config.kind_of(provider))?;
        let (name, origin) = detect::key_variable(preset, &self.variables)?;
        let address = KeyPath::of(["providers", provider, "base_url"]);
        let from_dotenv = |origin: &Origin| origin.layer == Layer::Dotenv;
        let foreign = self.origin(&address).is_some_and(from_dotenv) && !from_dotenv(&origin);
        (!foreign).then_some(name)
    }

    /// Whether the model's own address is at its provider's scheme, host and port.
    fn is_at_its_provider(&self, deployment: &Deployment) -> bool {
        let origin = |address: Option<String>| Some(url::Url::parse(&address?).ok()?.origin());
        let own = origin(deployment.base_url.clone());
        own.is_some() && own == origin(self.config.address_of(deployment.provider.as_str()))
    }

    pub(super) fn resolve(
        &self,
        reference: &SecretRef,
        key: &KeyPath,
    ) -> Result<Found, ConfigError> {
        let origin = self.tree().nearest(key).origin.clone();
        let at = |error: ConfigError| {
            let has_place = error.file.is_some();
            let error = error.at_key(key.to_string());
            if has_place {
                error
            } else {
                error.from_origin(&origin)
            }
        };
        match reference {
            SecretRef::Here(secret) if secret.expose().trim().is_empty() => {
                Err(at(missing("the key is empty")))
            }
            SecretRef::Here(secret) => Ok(Found {
                secret: secret.clone(),
                place: self.place(reference, &origin),
            }),
            SecretRef::Env(name) => self.variable(name, Some(&origin)).map_err(at),
            SecretRef::File(path) => self.file(path, &origin).map_err(at),
        }
    }

    /// A variable, or the file that its `_FILE` variant names.
    fn variable(&self, name: &str, named_in: Option<&Origin>) -> Result<Found, ConfigError> {
        let plain = name.strip_suffix("_FILE").filter(|plain| {
            self.variables.get(plain).is_none() && self.variables.get(name).is_some()
        });
        if plain.is_none()
            && let Some((value, _)) = self.variables.get(name)
        {
            return Ok(Found {
                secret: Secret::new(value),
                place: self.variable_place(name, named_in),
            });
        }
        let file = plain.map_or_else(|| format!("{name}_FILE"), |_| name.to_owned());
        if let Some((path, origin)) = self.variables.get(&file) {
            return self.file(Path::new(path), &origin);
        }
        Err(
            missing(format!("the environment variable {name} is not set")).with_hint(format!(
                "set {name}, or store a key with `llm-config keys set`"
            )),
        )
    }

    fn file(&self, path: &Path, origin: &Origin) -> Result<Found, ConfigError> {
        let path = self.absolute(path, origin);
        let is_mounted = MOUNTED.iter().any(|mount| path.starts_with(mount));
        if !is_mounted && readable_by(&path, 0o007) {
            return Err(
                ConfigError::invalid("holds a key and can be read by other users")
                    .in_file(&path)
                    .with_hint(format!("chmod 600 {}", path.display())),
            );
        }
        let text =
            read_text(&path)?.ok_or_else(|| missing("there is no such file").in_file(&path))?;
        let key = text
            .trim_start_matches('\u{feff}')
            .lines()
            .next()
            .unwrap_or_default();
        if key.trim().is_empty() {
            return Err(missing("the first line, which holds the key, is empty").in_file(&path));
        }
        Ok(Found {
            secret: Secret::new(key.trim()),
            place: Place {
                origin: origin.clone(),
                variable: None,
                file: Some(path),
            },
        })
    }

    /// A path in a file is meant from that file, any other from the current directory.
    fn absolute(&self, path: &Path, origin: &Origin) -> PathBuf {
        let environment = &self.variables.environment;
        let base = origin
            .file
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(&environment.current_dir);
        environment.expand(path, base)
    }

    fn place(&self, reference: &SecretRef, origin: &Origin) -> Place {
        match reference {
            SecretRef::Env(name) => self.variable_place(name, Some(origin)),
            SecretRef::File(path) => Place {
                origin: origin.clone(),
                variable: None,
                file: Some(self.absolute(path, origin)),
            },
            SecretRef::Here(_) => Place {
                origin: origin.clone(),
                variable: None,
                file: None,
            },
        }
    }

    fn variable_place(&self, name: &str, named_in: Option<&Origin>) -> Place {
        let set_in = self.variables.get(name).map(|(_, origin)| origin);
        let is_in_dotenv = set_in
            .as_ref()
            .is_some_and(|origin| origin.layer == Layer::Dotenv);
        let origin = match (named_in, set_in) {
            (Some(origin), _) => origin.clone(),
            (None, Some(origin)) => origin,
            (None, None) => Origin::named(Layer::BareVariable, name),
        };
        Place {
            origin,
            variable: (named_in.is_some() || !is_in_dotenv).then(|| name.to_owned()),
            file: None,
        }
    }
}

fn missing(message: impl Into<String>) -> ConfigError {
    ConfigError::new(Code::MissingCredential, message)
}

fn hint(found: Result<Found, ConfigError>) -> Result<String, ConfigError> {
    found.map(|found| found.secret.hint())
}

/// What examples have where a key belongs, in lower case and without punctuation.
const PLACEHOLDERS: &[&str] = &[
    "yourapikey",
    "yourkey",
    "yoursecret",
    "apikeyhere",
    "keyhere",
    "changeme",
    "placeholder",
    "xxxx",
    "replaceme",
    "insertkey",
];

/// Whether a key looks like one from an example, which no provider will accept.
pub fn is_placeholder(secret: &Secret) -> bool {
    let text: String = secret
        .expose()
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let is_bracketed = secret.expose().starts_with('<') || secret.expose().starts_with("${");
    is_bracketed
        || PLACEHOLDERS.iter().any(|word| text.contains(word))
        || ["sk", "skxxx", "test", "key", "apikey", "none"].contains(&text.as_str())
}

#[cfg(test)]
mod tests;
