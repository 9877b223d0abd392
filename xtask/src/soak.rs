//! `cargo xtask soak`: mixed load on the release build for a chosen time, and what grows with it.
//!
//! Streams, whole answers, callers that leave, a provider that fails, a reload every minute, and
//! five hundred streams that are silent most of the time; all on loopback. Memory, descriptors,
//! threads and tasks are sampled, and a line is fitted through what comes after the warm-up. A
//! slope is for the reader to judge; a call that ends otherwise than it must fails the run.

mod load;
mod sample;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::bench::gateway::provider::Provider;
use crate::bench::gateway::{KEY, write_config};
use crate::bench::process::Running;
use crate::bench::{self, binary};
use load::Load;
use sample::{Report, Sample};

/// Between two samples.
const EVERY: Duration = Duration::from_secs(5);
/// Between two reloads.
const RELOAD: Duration = Duration::from_mins(1);
/// How long nothing is asked at the end, before the last look.
const REST: Duration = Duration::from_secs(15);

/// For how long, and where the samples go.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Minutes of load.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
    /// Write every sample and the slopes as JSON to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The release build is in place.
    #[arg(long, hide = true)]
    built: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.built {
        return bench::runtime()?.block_on(soak(args));
    }
    bench::build()?;
    let mut command = Command::new(binary("xtask"));
    command.args(["soak", "--built", "--minutes", &args.minutes.to_string()]);
    if let Some(path) = &args.json {
        command.arg("--json").arg(path);
    }
    bench::hand_over(&mut command)
}

async fn soak(args: &Args) -> Result<()> {
    let home = tempfile::tempdir()?;
    let config = home.path().join("config.toml");
    let provider = Provider::start(0).await?;
    write_config(&config, &provider)?;
    add_failing(&config, &provider)?;
    let gateway = Running::gateway(&config, home.path())?;
    let before = Sample::take(&gateway, Duration::ZERO).await?;
    let load = Arc::new(Load::new(gateway.port));
    let mut callers = load::start(&load);
    let started = Instant::now();
    let total = Duration::from_secs(args.minutes * 60);
    let mut samples = Vec::new();
    let mut reloads = 0;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.tick().await;
    while started.elapsed() < total {
        ticks.tick().await;
        let sample = Sample::take(&gateway, started.elapsed()).await?;
        eprintln!("{sample}");
        samples.push(sample);
        if started.elapsed() >= RELOAD * (reloads + 1) {
            gateway.ask_to_reload()?;
            reloads += 1;
        }
    }
    callers.shutdown().await;
    load.hang_up();
    tokio::time::sleep(REST).await;
    let after = Sample::take(&gateway, started.elapsed()).await?;
    let report = Report {
        before,
        samples,
        after,
        reloads,
        outcomes: load.outcomes(),
    };
    println!("{}", bench::machine());
    println!("{report}");
    if let Some(path) = &args.json {
        let text = format!("{:#}\n", report.as_json(&bench::machine()));
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    match load.surprise() {
        None => Ok(()),
        Some(first) => bail!("calls ended otherwise than they must; the first: {first}"),
    }
}

/// A provider that is asked for nothing but failures, so that its health is nobody else's.
fn add_failing(config: &std::path::Path, provider: &Provider) -> Result<()> {
    let mut text = std::fs::read_to_string(config)?;
    let _ = write!(
        text,
        "[providers.failing]\nkind = \"openai-compatible\"\nbase_url = \"http://{}/v1\"\napi_key = \"sk-bench\"\n\
         [models.failing]\nprovider = \"failing\"\nprice = {{ input = 9, output = 9 }}\n",
        provider.address
    );
    std::fs::write(config, text)?;
    Ok(())
}

/// What the server's own metrics say of one of its gauges.
async fn gauge(port: u16, name: &str) -> Result<f64> {
    let text = load::metrics(port, KEY).await?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.with_context(|| format!("no metric {name}"))
}
