//! The official client libraries, so that tests can be the users they imitate.
//!
//! `cargo xtask sdk` installs them; tests only use what is there. A test script is run by
//! [`python`] or [`node`], which put the library in its path; in Node it uses `require`, because
//! imports are looked up beside the script only.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cache;

const REQUIREMENTS: &str = include_str!("../assets/sdk-python.txt");
const PYTHON_VERSION: &str = "3.54.0";
const ANTHROPIC_VERSION: &str = "2.14.0";
/// The newest that runs on Node 20.
const NODE_VERSION: &str = "6.49.0";

/// A command that runs a Python script that may `import openai` and `import anthropic`.
///
/// # Panics
/// If the library has not been installed.
pub fn python() -> Command {
    python_in(&installed("Python", cache::find(&python_entry())))
}

/// A command that runs a Node script that may `require("openai")`.
///
/// # Panics
/// If the library has not been installed.
pub fn node() -> Command {
    node_in(&installed("Node", cache::find(&node_entry())))
}

/// Installs the libraries where they are missing; the versions that answer.
pub fn fetch() -> Result<Vec<String>> {
    let python = cache::ensure(&python_entry(), fetch_python)?;
    let node = cache::ensure(&node_entry(), fetch_node)?;
    let print_python = "import openai; print('openai for Python', openai.__version__)";
    let print_anthropic = "import anthropic; print('anthropic for Python', anthropic.__version__)";
    let print_node = "console.log('openai for Node', require('openai/version').VERSION)";
    let answers = [
        cache::run(python_in(&python).args(["-c", print_python]))?,
        cache::run(python_in(&python).args(["-c", print_anthropic]))?,
        cache::run(node_in(&node).args(["-e", print_node]))?,
    ];
    Ok(answers.map(|line| line.trim().to_owned()).into())
}

fn installed(language: &str, entry: Result<Option<PathBuf>>) -> PathBuf {
    match entry {
        Ok(Some(entry)) => entry,
        Ok(None) => {
            panic!("the client library for {language} is not here; `cargo xtask sdk` installs it")
        }
        Err(error) => panic!("the client library for {language} cannot be used: {error:#}"),
    }
}

fn python_in(entry: &Path) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", entry);
    command
}

fn node_in(entry: &Path) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", entry.join("node_modules"));
    command
}

/// Into a directory rather than a virtual environment, which Debian has no module for by default.
fn fetch_python(directory: &Path) -> Result<()> {
    let requirements = directory.join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENTS)?;
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary",
        ":all:",
        "--no-deps",
    ])
    .arg("--target")
    .arg(directory)
    .arg("--requirement")
    .arg(requirements);
    cache::run(&mut pip).map(drop)
}

fn fetch_node(directory: &Path) -> Result<()> {
    std::fs::write(directory.join("package.json"), r#"{"private":true}"#)?;
    let mut npm = Command::new("npm");
    npm.current_dir(directory)
        .args([
            "install",
            "--ignore-scripts",
            "--omit=optional",
            "--no-audit",
            "--no-fund",
        ])
        .args(["--save-exact", "--loglevel=error"])
        .arg(format!("openai@{NODE_VERSION}"));
    cache::run(&mut npm).map(drop)
}

fn python_entry() -> String {
    format!("clients-python-{PYTHON_VERSION}-{ANTHROPIC_VERSION}")
}

fn node_entry() -> String {
    format!("openai-node-{NODE_VERSION}")
}
