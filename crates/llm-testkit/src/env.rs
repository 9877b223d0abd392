//! A place of its own for the binaries: temporary directories, a clean environment, nothing inherited.
//!
//! A test names the binary with `env!("CARGO_BIN_EXE_name")`, which cargo sets only for tests in the
//! binary's own package. Runs and servers are in `env/`; what they print is compared through
//! [`TestEnvironment::filtered`], which takes out paths, ports and times.

mod command;
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use tempfile::TempDir;

pub use crate::process::Stdin;
pub use command::{Finished, Run, Started};
pub use server::ServerProcess;
pub(crate) use server::listening_at;

/// Temporary directories and the variables a binary starts with.
pub struct TestEnvironment {
    root: TempDir,
    variables: BTreeMap<String, String>,
    filters: Vec<(Regex, String)>,
}

/// What is different on every run, and what to read instead.
const FILTERS: &[(&str, &str)] = &[
    (r"req_[0-9a-f]{32}", "[REQUEST]"),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[UUID]",
    ),
    (
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
        "[WHEN]",
    ),
    (r"(127\.0\.0\.1|localhost|\[::1\]):\d+", "$1:[PORT]"),
    (r"\b\d+(\.\d+)? ?(ns|µs|us|ms|s)\b", "[TIME]"),
];

impl TestEnvironment {
    /// Empty directories; English, no colour, UTC.
    #[expect(clippy::new_without_default, reason = "it creates directories")]
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("llmcoop-test-").tempdir();
        let root = root.expect("a temporary directory");
        let mut environment = Self {
            root,
            variables: BTreeMap::new(),
            filters: Vec::new(),
        };
        let home = environment.home();
        for (name, directory) in [
            ("HOME", home.clone()),
            ("XDG_CONFIG_HOME", home.join(".config")),
            ("XDG_STATE_HOME", home.join(".local/state")),
            ("XDG_CACHE_HOME", home.join(".cache")),
            ("XDG_DATA_HOME", home.join(".local/share")),
            ("TMPDIR", environment.root.path().join("tmp")),
        ] {
            fs::create_dir_all(&directory).expect("a directory of the test environment");
            environment.set(name, &directory.to_string_lossy());
        }
        fs::create_dir_all(environment.work()).expect("a working directory");
        for (name, value) in [("LANG", "C.UTF-8"), ("TERM", "dumb"), ("TZ", "UTC")] {
            environment.set(name, value);
        }
        // Programs are found as usual; coverage data still goes where the caller wants it.
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Ok(value) = std::env::var(name) {
                environment.set(name, &value);
            }
        }
        for (pattern, with) in FILTERS {
            environment.filter(pattern, with);
        }
        environment
    }

    /// The home directory.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The directory the binaries run in.
    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The directory of the user's configuration files.
    pub fn config_dir(&self) -> PathBuf {
        self.home().join(".config/llm-cooperation")
    }

    /// Sets a variable for every later run.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable from every later run.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.variables.remove(name);
        self
    }

    /// Replaces what matches `pattern` in [`TestEnvironment::filtered`], after the built-in filters.
    pub fn filter(&mut self, pattern: &str, with: &str) -> &mut Self {
        let pattern = Regex::new(pattern).expect("a valid filter");
        self.filters.push((pattern, with.to_owned()));
        self
    }

    /// Writes a file below the working directory, or anywhere if the path is absolute.
    pub fn write(&self, path: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.work().join(path);
        let parent = path.parent().expect("a file in a directory");
        fs::create_dir_all(parent).expect("the directory of the file");
        fs::write(&path, text).expect("a written file");
        path
    }

    /// Writes the user's configuration file.
    pub fn write_config(&self, toml: &str) -> PathBuf {
        self.write(self.config_dir().join("config.toml"), toml)
    }

    /// Reads a file below the working directory, or anywhere if the path is absolute.
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.work().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A run of a binary, to be completed.
    pub fn command(&self, program: &str) -> Run<'_> {
        self.adopt(Command::new(program))
    }

    /// A run of a command made elsewhere, with this environment in place of its own.
    pub fn adopt(&self, command: Command) -> Run<'_> {
        Run::new(self, command)
    }

    /// Runs a binary without standard input until it ends.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Finished {
        self.command(program).args(arguments).run()
    }

    /// Starts a server and waits until it says where it listens.
    pub fn serve(&self, program: &str, arguments: &[&str]) -> ServerProcess<'_> {
        self.command(program).args(arguments).serve()
    }

    /// The text with everything taken out that differs from run to run.
    pub fn filtered(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, name) in [
            (self.work(), "[WORK]"),
            (self.home(), "[HOME]"),
            (self.root.path().to_owned(), "[ROOT]"),
        ] {
            text = text.replace(&*path.to_string_lossy(), name);
        }
        for (pattern, with) in &self.filters {
            text = pattern.replace_all(&text, with).into_owned();
        }
        text
    }
}

#[cfg(test)]
mod tests;
