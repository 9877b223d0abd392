//! `cargo xtask bench`: how fast the release build is, beside a bare reverse proxy in the same run.
//!
//! Prints figures and judges none: machines differ and are noisy, ratios of one run do not. The
//! measuring program is built for release too, because it times routing in process.

mod calls;
mod floor;
mod gateway;
mod process;
mod startup;
mod upstream;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the figures as JSON to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// Parts that run as programs of their own.
#[derive(Subcommand)]
enum Part {
    /// Measure, with the release build in place.
    #[command(hide = true)]
    Measure,
    /// What a governed call costs over the bare proxy, case by case.
    Gateway(gateway::Args),
    /// The same, with the release build in place.
    #[command(hide = true)]
    MeasureGateway(gateway::Args),
    /// The bare reverse proxy that figures are compared with.
    #[command(hide = true)]
    Floor {
        /// Where requests are sent on to, `HOST:PORT`.
        upstream: String,
    },
}

/// One line of the result.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// The value of the gateway.
    pub(crate) ours: f64,
    /// The value of the bare proxy, where it has one.
    pub(crate) floor: Option<f64>,
    /// What the project aims at, in words.
    pub(crate) target: &'static str,
}

pub(crate) fn run(args: Args) -> Result<()> {
    match args.part {
        Some(Part::Floor { upstream }) => floor::run(&upstream),
        Some(Part::Measure) => measure(args.json),
        Some(Part::MeasureGateway(args)) => runtime()?.block_on(gateway::run(&args)),
        Some(Part::Gateway(_)) => {
            build()?;
            // The same words, said to the release build.
            let words = std::env::args_os()
                .skip_while(|word| word != "gateway")
                .skip(1);
            hand_over(
                Command::new(binary("xtask"))
                    .args(["bench", "measure-gateway"])
                    .args(words),
            )
        }
        None => {
            build()?;
            let mut measure = Command::new(binary("xtask"));
            measure.arg("bench");
            if let Some(json) = args.json {
                measure.arg("--json").arg(json);
            }
            hand_over(measure.arg("measure"))
        }
    }
}

/// What measures: one thread for the callers and the provider, so that the programs measured have
/// the other processors for themselves.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    Ok(runtime)
}

fn hand_over(measure: &mut Command) -> Result<()> {
    if !measure.status()?.success() {
        bail!("measuring failed");
    }
    Ok(())
}

/// Builds everything for release, this very program too.
fn build() -> Result<()> {
    let mut build = Command::new(workspace::cargo());
    build
        .current_dir(workspace::root())
        .args(["build", "--release", "--locked"]);
    build.args([
        "-p",
        "llm-server",
        "-p",
        "llm-cooperation",
        "-p",
        "llm-config",
        "-p",
        "xtask",
    ]);
    if !build.status().context("cannot run cargo")?.success() {
        bail!("the release build failed");
    }
    Ok(())
}

fn measure(json: Option<PathBuf>) -> Result<()> {
    let figures = runtime()?.block_on(async {
        let mut figures = startup::routing()?;
        let upstream = upstream::Upstream::start().await?;
        figures.extend(startup::cli(&upstream).await?);
        figures.extend(calls::all(&upstream).await?);
        anyhow::Ok(figures)
    })?;
    print(&figures);
    if let Some(path) = json {
        std::fs::write(&path, format!("{:#}\n", as_json(&figures)))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn print(figures: &[Figure]) {
    println!("{}", machine());
    println!("| figure | unit | gateway | bare proxy | ratio | aim |");
    println!("|---|---|---:|---:|---:|---|");
    for figure in figures {
        let floor = figure
            .floor
            .map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
        let ratio = figure.floor.filter(|floor| *floor > 0.0).map_or_else(
            || "–".to_owned(),
            |floor| format!("{:.2}", figure.ours / floor),
        );
        println!(
            "| {} | {} | {:.1} | {floor} | {ratio} | {} |",
            figure.name, figure.unit, figure.ours, figure.target
        );
    }
}

fn as_json(figures: &[Figure]) -> Value {
    let rows: Vec<Value> = figures
        .iter()
        .map(|figure| {
            json!({
                "name": figure.name,
                "unit": figure.unit,
                "gateway": figure.ours,
                "bare_proxy": figure.floor,
                "aim": figure.target,
            })
        })
        .collect();
    json!({ "machine": machine(), "figures": rows })
}

/// What the figures were measured on.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {model}, {}", std::env::consts::OS)
}

/// A program of the release build, beside this one or in the target folder.
pub(crate) fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().ok();
    let beside = here
        .and_then(|exe| Some(exe.parent()?.join(name)))
        .filter(|path| {
            path.exists() && path.components().any(|part| part.as_os_str() == "release")
        });
    beside.unwrap_or_else(|| workspace::target().join("release").join(name))
}
