//! `cargo xtask ci`: everything a change must pass, in order, with the time each step took.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::{codegen, features, models, scenarios, sdk, tidy, workspace};

/// One step.
struct Step {
    name: &'static str,
    run: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: || cargo("fmt --all --check"),
    },
    Step {
        name: "clippy",
        run: || {
            cargo(
                "clippy --workspace --all-targets --features llm-e2e/real --locked -- -D warnings",
            )
        },
    },
    Step {
        name: "tidy",
        run: tidy::run,
    },
    Step {
        name: "features",
        run: features::run,
    },
    Step {
        name: "codegen",
        run: || codegen::run(true),
    },
    Step {
        name: "build",
        run: || cargo("test --workspace --all-targets --locked --no-run"),
    },
    Step {
        name: "tests",
        run: || cargo("test --workspace --all-targets --locked"),
    },
    Step {
        name: "examples",
        run: examples,
    },
    Step {
        name: "scenarios",
        run: scenarios::run,
    },
    Step {
        name: "doctests",
        run: || cargo("test --workspace --doc --locked"),
    },
    Step {
        // The lints on links between pages of documentation run here only.
        name: "docs",
        run: || cargo("doc --workspace --no-deps --locked"),
    },
    Step {
        name: "fetch",
        run: fetch,
    },
    Step {
        name: "real",
        run: || cargo("test --workspace --features llm-e2e/real --test real --locked"),
    },
];

/// Runs the steps; stops at the first that fails.
pub(crate) fn run() -> Result<()> {
    let before = strict().then(changes).flatten();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let started = Instant::now();
    for step in STEPS {
        eprintln!("\n=== {} ===", step.name);
        let begun = Instant::now();
        let result = (step.run)();
        times.push((step.name, begun.elapsed()));
        if let Err(error) = result {
            eprintln!("\n{}", summary(&times));
            bail!("ci: FAILED at {}: {error:#}", step.name);
        }
    }
    if before != strict().then(changes).flatten() {
        bail!("ci: FAILED: a step changed files of the clone; `git status` lists them");
    }
    eprintln!("\n{}", summary(&times));
    println!("ci: passed in {}", seconds(started.elapsed()));
    Ok(())
}

/// The commands and calls that the documents of the two earlier systems show, on the built programs.
fn examples() -> Result<()> {
    let mut script = Command::new("bash");
    script
        .current_dir(workspace::root())
        .arg("docs/examples/seed-commands.sh")
        .arg(workspace::target().join("debug"));
    let status = script.status().context("cannot run bash")?;
    if !status.success() {
        bail!("`docs/examples/seed-commands.sh` ended with {status}");
    }
    Ok(())
}

/// What the real-model suite needs.
fn fetch() -> Result<()> {
    let why = "the suite with the real model cannot run, and it is part of what must pass";
    models::fetch().context(why)?;
    sdk::run().context(why)
}

/// Whether this is a run that decides, rather than one at somebody's desk.
fn strict() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// What git says has changed; `None` where there is no git.
fn changes() -> Option<Vec<u8>> {
    let mut git = Command::new("git");
    git.current_dir(workspace::root())
        .args(["status", "--porcelain"]);
    Some(git.output().ok()?.stdout)
}

fn cargo(arguments: &str) -> Result<()> {
    let mut command = Command::new(workspace::cargo());
    command
        .current_dir(workspace::root())
        .args(arguments.split(' '))
        // A snapshot that differs is a failure, never a new file.
        .env("INSTA_UPDATE", "no");
    let status = command.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("`cargo {arguments}` ended with {status}");
    }
    Ok(())
}

fn summary(times: &[(&str, Duration)]) -> String {
    let lines = times
        .iter()
        .map(|(name, time)| format!("  {name:<10} {:>8}", seconds(*time)));
    lines.collect::<Vec<_>>().join("\n")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
