//! Where files are: configuration, secrets, state, cache, and the project's own file.
//!
//! XDG directories on Linux and on macOS, `%APPDATA%` and `%LOCALAPPDATA%` on Windows. The first
//! of these that is set wins: `LLMCOOP_CONFIG_DIR`, systemd's `CONFIGURATION_DIRECTORY`,
//! `XDG_CONFIG_HOME`, the home directory; likewise `LLMCOOP_STATE_DIR`, `STATE_DIRECTORY`, … and
//! `LLMCOOP_CACHE_DIR`, `CACHE_DIRECTORY`, ….

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::ConfigError;
use crate::types::code::Code;

/// The directory of our own below the platform's directories.
const APPLICATION: &str = "llm-cooperation";

/// The main file.
pub const CONFIG_FILE: &str = "config.toml";
/// The owner-only file with keys.
pub const SECRETS_FILE: &str = "secrets.toml";
/// A project's file.
pub const PROJECT_FILE: &str = "llm-cooperation.toml";
/// A project's file that is not meant for its repository.
pub const PROJECT_LOCAL_FILE: &str = "llm-cooperation.local.toml";
/// The earlier program's file.
pub const DOTENV_FILE: &str = ".env";

/// Which file a change goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The user's file.
    #[default]
    User,
    /// The file of the whole machine.
    System,
    /// The project's file.
    Project,
    /// The project's file that stays out of its repository.
    ProjectLocal,
    /// A file named by `--config`.
    File(PathBuf),
}

/// The files of one place: the configuration and the secrets that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The configuration file; it need not exist yet.
    pub config: PathBuf,
    /// The owner-only file for keys; never inside a project.
    pub secrets: PathBuf,
}

/// Where files are. Nothing here is created by asking for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The user's configuration directory; `None` without a home directory.
    pub config_dir: Option<PathBuf>,
    /// Where the program keeps what it must not lose.
    pub state_dir: Option<PathBuf>,
    /// Where the program keeps what it can make again.
    pub cache_dir: Option<PathBuf>,
    /// The file of the whole machine.
    pub system: Option<PathBuf>,
    /// The directory with the nearest project file.
    pub project_dir: Option<PathBuf>,
    /// The current directory.
    pub current_dir: PathBuf,
}

impl Paths {
    /// Finds all places. Looks for project files, reads none.
    pub fn discover(env: &Environment) -> Self {
        let (config, state, cache) = if cfg!(windows) {
            (
                ("APPDATA", "AppData/Roaming"),
                ("LOCALAPPDATA", "AppData/Local"),
                ("LOCALAPPDATA", "AppData/Local"),
            )
        } else {
            (
                ("XDG_CONFIG_HOME", ".config"),
                ("XDG_STATE_HOME", ".local/state"),
                ("XDG_CACHE_HOME", ".cache"),
            )
        };
        let own = |variable, systemd, platform: (&str, &str)| {
            directory(env, variable, systemd, platform.0, platform.1)
        };
        Self {
            config_dir: own("LLMCOOP_CONFIG_DIR", "CONFIGURATION_DIRECTORY", config),
            state_dir: own("LLMCOOP_STATE_DIR", "STATE_DIRECTORY", state),
            cache_dir: own("LLMCOOP_CACHE_DIR", "CACHE_DIRECTORY", cache).map(|dir| {
                if cfg!(windows) {
                    dir.join("cache")
                } else {
                    dir
                }
            }),
            system: env.system_dir.as_ref().map(|dir| dir.join(CONFIG_FILE)),
            project_dir: find_project(&env.current_dir),
            current_dir: env.current_dir.clone(),
        }
    }

    /// The user's file.
    pub fn user(&self) -> Option<PathBuf> {
        self.config_dir.as_ref().map(|dir| dir.join(CONFIG_FILE))
    }

    /// The user's owner-only file.
    pub fn secrets(&self) -> Option<PathBuf> {
        self.config_dir.as_ref().map(|dir| dir.join(SECRETS_FILE))
    }

    /// The list of trusted project directories.
    pub fn trusted(&self) -> Option<PathBuf> {
        self.state_dir.as_ref().map(|dir| dir.join("trusted.toml"))
    }

    /// The nearest project file, if there is one.
    pub fn project(&self) -> Option<PathBuf> {
        existing(self.project_dir.as_ref()?.join(PROJECT_FILE))
    }

    /// The local file next to it, if there is one.
    pub fn project_local(&self) -> Option<PathBuf> {
        existing(self.project_dir.as_ref()?.join(PROJECT_LOCAL_FILE))
    }

    /// The files a change of this scope goes to.
    pub fn target(&self, scope: &Scope) -> Result<Target, ConfigError> {
        let nowhere = || {
            ConfigError::new(
                Code::ConfigUnwritable,
                "there is no home directory to keep a configuration in",
            )
            .with_hint("set LLMCOOP_CONFIG_DIR, or name a file with --config")
        };
        let project = || {
            self.project_dir
                .clone()
                .unwrap_or_else(|| self.current_dir.clone())
        };
        let config = match scope {
            Scope::File(path) => {
                return Ok(Target {
                    config: path.clone(),
                    secrets: secrets_beside(path),
                });
            }
            Scope::System => {
                let config = self.system.clone().ok_or_else(|| {
                    ConfigError::new(
                        Code::ConfigUnwritable,
                        "this platform has no configuration file for the whole machine",
                    )
                })?;
                let secrets = config.with_file_name(SECRETS_FILE);
                return Ok(Target { config, secrets });
            }
            Scope::User => self.user().ok_or_else(nowhere)?,
            Scope::Project => project().join(PROJECT_FILE),
            Scope::ProjectLocal => project().join(PROJECT_LOCAL_FILE),
        };
        Ok(Target {
            config,
            secrets: self.secrets().ok_or_else(nowhere)?,
        })
    }
}

/// The secrets of a file named by `--config`: `prod.toml` has `prod.secrets.toml`, and a
/// `config.toml` has the usual `secrets.toml`.
pub fn secrets_beside(config: &Path) -> PathBuf {
    if config.file_name().is_some_and(|name| name == CONFIG_FILE) {
        return config.with_file_name(SECRETS_FILE);
    }
    config.with_extension("secrets.toml")
}

fn directory(
    env: &Environment,
    variable: &str,
    systemd: &str,
    platform: &str,
    below_home: &str,
) -> Option<PathBuf> {
    if let Some(own) = env.get(variable) {
        return Some(env.expand(Path::new(own), &env.current_dir));
    }
    // systemd sets these for one unit alone; a list means several directories, the first is ours.
    if let Some(list) = env.get(systemd).filter(|_| !cfg!(windows)) {
        return list.split(':').next().map(PathBuf::from);
    }
    let base = env
        .get(platform)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(env.home.as_ref()?.join(below_home)))?;
    Some(base.join(APPLICATION))
}

/// Walks upwards to the root of the repository, or of the file system, and stops at the first
/// directory with a project file.
fn find_project(current: &Path) -> Option<PathBuf> {
    for dir in current.ancestors() {
        if dir.join(PROJECT_FILE).is_file() || dir.join(PROJECT_LOCAL_FILE).is_file() {
            return Some(dir.to_owned());
        }
        if dir.join(".git").exists() {
            return None;
        }
    }
    None
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn own_variables_win_over_the_platforms_and_relative_xdg_is_ignored() {
        let env = Environment::empty("/w").with_home("/h/u");
        let dir = |env: &Environment| Paths::discover(env).config_dir;
        assert_eq!(dir(&env), Some("/h/u/.config/llm-cooperation".into()));
        let env = env.with("XDG_CONFIG_HOME", "relative");
        assert_eq!(dir(&env), Some("/h/u/.config/llm-cooperation".into()));
        let env = env.with("XDG_CONFIG_HOME", "/xdg");
        assert_eq!(dir(&env), Some("/xdg/llm-cooperation".into()));
        let env = env.with("CONFIGURATION_DIRECTORY", "/etc/unit:/etc/other");
        assert_eq!(dir(&env), Some("/etc/unit".into()));
        let env = env.with("LLMCOOP_CONFIG_DIR", "~/mine");
        assert_eq!(dir(&env), Some("/h/u/mine".into()));
    }

    #[test]
    fn without_a_home_the_message_names_the_variable() {
        let paths = Paths::discover(&Environment::empty("/w"));
        let error = paths.target(&Scope::User).unwrap_err();
        assert!(error.to_string().contains("LLMCOOP_CONFIG_DIR"), "{error}");
    }

    #[test]
    fn the_nearest_project_file_is_found_up_to_the_root_of_the_repository() {
        let temp = tempfile::tempdir().unwrap();
        let repository = temp.path().join("repo");
        let deep = repository.join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::File::create(temp.path().join(PROJECT_FILE)).unwrap();
        let found = || Paths::discover(&Environment::empty(&deep)).project_dir;
        assert_eq!(found().as_deref(), Some(temp.path()));
        std::fs::create_dir(repository.join(".git")).unwrap();
        assert_eq!(found(), None, "not beyond the repository");
        std::fs::File::create(repository.join(PROJECT_LOCAL_FILE)).unwrap();
        assert_eq!(found(), Some(repository));
    }

    #[test]
    fn a_named_file_has_its_own_secrets() {
        assert_eq!(
            secrets_beside(Path::new("/x/prod.toml")),
            Path::new("/x/prod.secrets.toml")
        );
        assert_eq!(
            secrets_beside(Path::new("/x/config.toml")),
            Path::new("/x/secrets.toml")
        );
    }
}
