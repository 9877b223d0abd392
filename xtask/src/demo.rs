//! `cargo xtask demo`: a session with simulated models, to see the programs at work.
//!
//! Builds the three programs and runs them in a home of their own: nothing of the user's
//! configuration is read or written. Every command is shown before it runs.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::workspace;

const QUESTION: &str = "What is 17*23?";

/// How long the server may take to become ready, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows the session.
pub(crate) fn run() -> Result<()> {
    build()?;
    let stage = Stage {
        home: tempfile::tempdir()?,
    };
    say("One question, routed; the decision is explained.");
    stage.show(
        "llm-cooperation",
        &["query", "--demo", "--explain", "-q", QUESTION],
    )?;
    say("Three models vote. One of them is wrong.");
    let members = "qwen3_32b,qwen3_8b,demo-contrarian";
    let voting = ["cooperate", "--demo", "--mode", "voting", "-m", members];
    stage.show(
        "llm-cooperation",
        &[&voting[..], &["--show", "all", "-q", QUESTION]].concat(),
    )?;
    say("A server for other programs.");
    let port = free_port()?.to_string();
    let server = stage.serve(&port)?;
    let url = format!("http://127.0.0.1:{port}");
    say("The same question through the server, with a model that is down: it fails, and says why.");
    let pinned = ["query", "--server", &url, "-m", "demo-down", "-q", QUESTION];
    stage.show_failure("llm-cooperation", &pinned)?;
    say("With another model to fall back on, it is answered.");
    let fallback = [&pinned[..], &["--fallback", "qwen3_8b", "-u"]].concat();
    stage.show("llm-cooperation", &fallback)?;
    say("How the server is doing.");
    stage.show("llm-cooperation", &["status", "--server", &url])?;
    say("The server is asked to stop; running requests would be finished first.");
    server.stop()
}

fn build() -> Result<()> {
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .current_dir(workspace::root())
        .args(["build", "--quiet", "--locked"]);
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!("the build failed");
    }
    Ok(())
}

/// Where the programs run.
struct Stage {
    home: TempDir,
}

impl Stage {
    /// Runs a command in plain sight; it has to succeed.
    fn show(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let status = self.announced(program, arguments)?.status()?;
        if !status.success() {
            bail!("{program} ended with {status}");
        }
        Ok(())
    }

    /// Runs a command in plain sight; it has to fail.
    fn show_failure(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let status = self.announced(program, arguments)?.status()?;
        match status.code() {
            Some(0) => bail!("{program} was to fail"),
            code => println!("(exit code {})", code.unwrap_or(-1)),
        }
        Ok(())
    }

    fn announced(&self, program: &str, arguments: &[&str]) -> Result<Command> {
        let quoted = arguments.iter().map(|argument| {
            if argument.contains(' ') {
                format!("\"{argument}\"")
            } else {
                (*argument).to_owned()
            }
        });
        println!("$ {program} {}", quoted.collect::<Vec<_>>().join(" "));
        self.command(program, arguments)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Result<Command> {
        let here = std::env::current_exe().context("this program has no place")?;
        let mut command = Command::new(here.with_file_name(program));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .stdin(Stdio::null())
            .current_dir(self.home.path());
        // What decides about language and looks is the user's.
        for name in ["LANG", "LC_ALL", "LLMCOOP_LANG", "TERM", "NO_COLOR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Ok(command)
    }

    /// Starts the server and waits until it is ready.
    fn serve(&self, port: &str) -> Result<Server> {
        let arguments = ["--demo", "--port", port, "--quiet"];
        let child = self.announced("llm-server", &arguments)?.spawn()?;
        let mut server = Server(child);
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let probe = ["--port", port, "healthcheck", "--ready"];
            let mut probe = self.command("llm-server", &probe)?;
            if probe.stderr(Stdio::null()).status()?.success() {
                return Ok(server);
            }
            if let Some(status) = server.0.try_wait()? {
                bail!("llm-server ended with {status} before it was ready");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("llm-server was not ready within {PATIENCE:?}")
    }
}

/// A running server; killed when dropped.
struct Server(Child);

impl Server {
    /// Asks it to stop, as a service manager does, and waits.
    fn stop(mut self) -> Result<()> {
        let pid = self.0.id().to_string();
        println!("$ kill -TERM {pid}");
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        if !asked.is_ok_and(|status| status.success()) {
            bail!("cannot ask llm-server to stop");
        }
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            match self.0.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("llm-server ended with {status}"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        bail!("llm-server did not end within {PATIENCE:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn say(what: &str) {
    println!("\n# {what}");
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
