//! The surroundings of the process, captured once at the edge and passed in as a value.
//!
//! Nothing else in the program reads the environment, so tests never touch the real one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use crate::types::code::Code;
use crate::types::secret::Secret;

/// Variables, current directory and home directory.
///
/// Values are kept as secrets, since some are.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, Secret>,
    /// The directory relative paths are meant from.
    pub current_dir: PathBuf,
    /// The user's home, where there is one.
    pub home: Option<PathBuf>,
    /// The directory of files that belong to the whole machine.
    pub system_dir: Option<PathBuf>,
}

impl Environment {
    /// Reads the real environment. Variables that are not UTF-8 are left out.
    pub fn capture() -> Result<Self, ConfigError> {
        let current_dir = std::env::current_dir().map_err(|error| {
            ConfigError::new(
                Code::ConfigUnreadable,
                format!("the current directory cannot be found: {error}"),
            )
        })?;
        let mut captured = Self::empty(current_dir);
        captured.home = dirs::home_dir();
        captured.system_dir = cfg!(unix).then(|| PathBuf::from("/etc/llm-cooperation"));
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                captured.set(&name, value);
            }
        }
        Ok(captured)
    }

    /// No variables, no home, no system files.
    pub fn empty(current_dir: impl Into<PathBuf>) -> Self {
        Self {
            current_dir: current_dir.into(),
            ..Self::default()
        }
    }

    /// Adds a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value.to_owned());
        self
    }

    /// Sets the home directory.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// The value of a variable. An empty one counts as unset, as shells and containers mean it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(Self::key(name).as_ref())
            .map(|value| value.expose().trim())
            .filter(|value| !value.is_empty())
    }

    /// The names that start with a prefix, in alphabetical order.
    pub fn names_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.variables
            .range(prefix.to_owned()..)
            .map(|(name, _)| name.as_str())
            .take_while(move |name| name.starts_with(prefix))
            .filter(|name| self.get(name).is_some())
    }

    /// A path that a person wrote: `~/` is the home directory, anything relative is meant from `base`.
    pub fn expand(&self, path: &Path, base: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => base.join(path),
        }
    }

    fn set(&mut self, name: &str, value: String) {
        self.variables
            .insert(Self::key(name).into_owned(), Secret::new(value));
    }

    /// Windows does not tell upper from lower case in names of variables.
    fn key(name: &str) -> std::borrow::Cow<'_, str> {
        if cfg!(windows) {
            name.to_uppercase().into()
        } else {
            name.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_unset_and_no_value_is_shown() {
        let env = Environment::empty("/w")
            .with("A", "")
            .with("B", "sk-0123456789abcdef");
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), Some("sk-0123456789abcdef"));
        assert!(!format!("{env:?}").contains("0123"));
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let env = Environment::empty("/w").with_home("/h/u");
        let expand = |path: &str| env.expand(Path::new(path), Path::new("/base"));
        assert_eq!(expand("~/k"), Path::new("/h/u/k"));
        assert_eq!(expand("k"), Path::new("/base/k"));
        assert_eq!(expand("/k"), Path::new("/k"));
    }
}
