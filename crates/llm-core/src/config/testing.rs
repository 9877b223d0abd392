//! A home, a project and an environment in a temporary directory, for the tests of this module.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::ConfigErrors;
use super::load::{LoadOptions, Loaded, load};
use super::paths::{Paths, Target};

/// A place of its own for one test.
pub(super) struct Place {
    temp: tempfile::TempDir,
    pub(super) env: Environment,
}

impl Place {
    pub(super) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let work = temp.path().join("work");
        std::fs::create_dir_all(&work).unwrap();
        let env = Environment::empty(work).with_home(temp.path().join("home"));
        Self { temp, env }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.env = self.env.with(name, value);
        self
    }

    pub(super) fn paths(&self) -> Paths {
        Paths::discover(&self.env)
    }

    pub(super) fn target(&self) -> Target {
        self.paths().target(&super::paths::Scope::User).unwrap()
    }

    /// The current directory.
    pub(super) fn work(&self) -> PathBuf {
        self.temp.path().join("work")
    }

    /// Writes the user's file.
    pub(super) fn user(self, text: &str) -> Self {
        put(&self.target().config, text);
        self
    }

    /// Writes the user's owner-only file.
    pub(super) fn secrets(self, text: &str) -> Self {
        put_private(&self.target().secrets, text);
        self
    }

    /// Writes a file of the current directory.
    pub(super) fn work_file(self, name: &str, text: &str) -> Self {
        put(&self.work().join(name), text);
        self
    }

    pub(super) fn load(&self) -> Result<Loaded, ConfigErrors> {
        self.load_with(&LoadOptions::default())
    }

    pub(super) fn load_with(&self, options: &LoadOptions) -> Result<Loaded, ConfigErrors> {
        load(self.env.clone(), options)
    }
}

/// Writes a file and the directories above it.
pub(super) fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// The same for the owner alone.
pub(super) fn put_private(path: &Path, text: &str) {
    put(path, text);
    set_mode(path, 0o600);
}

#[cfg(unix)]
pub(super) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(super) fn set_mode(_: &Path, _: u32) {}
