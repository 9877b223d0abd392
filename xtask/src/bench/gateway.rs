//! `cargo xtask bench gateway`: what a governed call costs over the bare proxy, case by case.
//!
//! The gateway runs with everything on that a shared gateway has on: a key is checked, limits and
//! the books are kept, metrics counted, a log line written. The bare proxy parses the body and
//! forwards. Both meet the same provider in the same run, in turns, so that all meet the same
//! weather. What is judged is the reader's business: nothing here passes or fails.

mod case;
mod load;
mod provider;
mod table;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::process::Running;
use case::{Case, Measured};
use provider::Provider;

/// What to measure, and how long.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the figures as JSON to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure only cases whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Calls of each case to each side.
    #[arg(long, value_name = "N", default_value_t = 4_000)]
    calls: usize,
    /// Another gateway to measure beside ours, listening on this port of this machine; it must
    /// serve the models `bench` and `bench-translated` with the key `bench-key`.
    #[arg(long, value_name = "PORT")]
    peer: Option<u16>,
    /// The process id of that gateway, for its processor time and memory.
    #[arg(long, value_name = "PID", requires = "peer")]
    peer_pid: Option<u32>,
    /// Listen for providers' calls on this port instead of a free one, so that a peer can be set up for it.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    provider_port: u16,
}

/// The programs a case is measured on.
pub(crate) struct Sides {
    pub(crate) provider: Provider,
    pub(crate) floor: Running,
    pub(crate) gateway: Running,
    pub(crate) peer: Option<Running>,
}

impl Sides {
    /// Every program that stands between, with its name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &Running)> {
        let peer = self.peer.as_ref().map(|peer| ("peer", peer));
        [("floor", &self.floor), ("gateway", &self.gateway)]
            .into_iter()
            .chain(peer)
    }
}

/// The key callers of the gateway show.
const KEY: &str = "bench-key";

pub(crate) async fn run(args: &Args) -> Result<()> {
    let home = tempfile::tempdir()?;
    let config = home.path().join("config.toml");
    let provider = Provider::start(args.provider_port).await?;
    write_config(&config, &provider)?;
    let sides = Sides {
        floor: Running::floor(&provider.address.to_string())?,
        gateway: Running::gateway(&config, home.path())?,
        peer: args.peer.map(|port| Running::stranger(port, args.peer_pid)),
        provider,
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut measured: Vec<Measured> = Vec::new();
    let idle = memory(&sides)?;
    for case in Case::ALL {
        let wanted = args.only.as_deref();
        if wanted.is_none_or(|wanted| case.name.contains(wanted)) {
            eprintln!("{}", case.name);
            measured.push(case.measure(&sides, args.calls).await?);
        }
    }
    let mut memories = vec![("idle", idle)];
    let mut throughput = Vec::new();
    if args.only.is_none() {
        eprintln!("256 at once");
        memories.push(("256 at once", load::memory_under(&sides, 256).await?));
        for (name, running) in sides.all() {
            eprintln!("throughput of {name}");
            throughput.push((name, load::throughput(running.port, 64).await?));
        }
        eprintln!("a minute of rest");
        tokio::time::sleep(Duration::from_mins(1)).await;
        memories.push(("a minute later", memory(&sides)?));
    }
    let report = table::Report {
        cases: &measured,
        memories: &memories,
        throughput: &throughput,
    };
    println!("{}", super::machine());
    println!("{report}");
    if let Some(path) = &args.json {
        std::fs::write(path, format!("{:#}\n", report.as_json(&super::machine())))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Resident memory of every program, MiB.
pub(crate) fn memory(sides: &Sides) -> Result<Vec<(&'static str, f64)>> {
    sides
        .all()
        .map(|(name, running)| Ok((name, running.resident()?)))
        .collect()
}

fn write_config(path: &Path, provider: &Provider) -> Result<()> {
    let mut text = String::from("schema_version = 1\n");
    let address = provider.address;
    let digest =
        llm_core::gateway::auth::digest(&llm_core::types::secret::Secret::new(KEY.to_owned()));
    let _ = write!(
        text,
        "[auth]\nmode = \"required\"\n\
         [keys.bench]\ndigest = \"{digest}\"\nscopes = [\"inference\"]\n\
         [providers.fixed]\nkind = \"openai-compatible\"\nbase_url = \"http://{address}/v1\"\napi_key = \"sk-bench\"\n\
         [providers.other]\nkind = \"anthropic\"\nbase_url = \"http://{address}/v1\"\napi_key = \"sk-bench\"\n\
         [models.bench]\nprovider = \"fixed\"\ntasks = [\"general\"]\nprice = {{ input = 1, output = 2 }}\n\
         [models.bench-other]\nprovider = \"fixed\"\nprice = {{ input = 2, output = 4 }}\n\
         [models.bench-translated]\nprovider = \"other\"\nenabled = true\nprice = {{ input = 1, output = 2 }}\n\
         [routing]\nstrategy = \"cost\"\n",
        digest = digest.to_hex(),
    );
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
