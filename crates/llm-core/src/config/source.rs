//! The layers of the configuration, lowest first, and where a value came from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The layers, lowest first: a later one wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What the program ships.
    BuiltIn,
    /// A vendor whose key variable is set, while nothing configures a provider.
    Detected,
    /// The earlier program's bare names in `.env`.
    Dotenv,
    /// The earlier program's bare names in the environment.
    BareVariable,
    /// The preset that `--demo` puts on.
    Demo,
    /// `/etc/llm-cooperation/config.toml`.
    System,
    /// `config.toml` in the user's configuration directory.
    User,
    /// The file named by `--config`, which replaces all discovered files.
    Named,
    /// `secrets.toml` next to the user's or the named file.
    Secrets,
    /// `llm-cooperation.toml`, found upwards from the current directory.
    Project,
    /// `llm-cooperation.local.toml` next to it.
    ProjectLocal,
    /// The selected `[profiles.NAME]`.
    Profile,
    /// `LLMCOOP_…` variables.
    Variable,
    /// `--set` and other flags.
    Flag,
}

impl Layer {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Detected => "detected",
            Self::Dotenv => "dotenv",
            Self::BareVariable => "bare-variable",
            Self::Demo => "demo",
            Self::System => "system",
            Self::User => "user",
            Self::Named => "named",
            Self::Secrets => "secrets",
            Self::Project => "project",
            Self::ProjectLocal => "project-local",
            Self::Profile => "profile",
            Self::Variable => "variable",
            Self::Flag => "flag",
        }
    }

    /// Whether it is a file of a project, which is not trusted by itself.
    pub fn is_project(self) -> bool {
        matches!(self, Self::Project | Self::ProjectLocal)
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its layer.
    pub layer: Layer,
    /// The file, if it is in one.
    pub file: Option<Arc<Path>>,
    /// The line in it, counted from 1.
    pub line: Option<u32>,
    /// The column in characters, counted from 1.
    pub column: Option<u32>,
    /// The variable, flag, preset or profile, where the layer has several.
    pub name: Option<Arc<str>>,
}

impl Origin {
    /// What the program ships.
    pub const BUILT_IN: Self = Self {
        layer: Layer::BuiltIn,
        file: None,
        line: None,
        column: None,
        name: None,
    };

    /// A value that is in no file.
    pub fn named(layer: Layer, name: &str) -> Self {
        Self {
            layer,
            name: Some(Arc::from(name)),
            ..Self::BUILT_IN
        }
    }

    /// A file as a whole.
    pub fn file(layer: Layer, path: &Path) -> Self {
        Self {
            layer,
            file: Some(Arc::from(path)),
            ..Self::BUILT_IN
        }
    }
}

/// `/path/config.toml:12`, `environment variable BASE_URL`, `--set`, `built in`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            if let (Layer::Profile, Some(name)) = (self.layer, &self.name) {
                write!(f, " (profile {name})")?;
            }
            return Ok(());
        }
        let name = self.name.as_deref().unwrap_or_default();
        match self.layer {
            Layer::Flag => f.write_str(name),
            Layer::Demo => f.write_str("--demo"),
            Layer::Detected | Layer::BareVariable | Layer::Variable => {
                write!(f, "environment variable {name}")
            }
            _ => f.write_str("built in"),
        }
    }
}
