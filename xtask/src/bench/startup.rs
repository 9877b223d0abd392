//! What happens before an answer: deciding where a request goes, and starting the command line.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use llm_core::config::environment::Environment;
use llm_core::config::load::{LoadOptions, load};
use llm_core::gateway::Gateway;
use llm_core::gateway::inbound::Inbound;
use llm_core::gateway::runtime::Runtime;
use llm_core::types::chat::ChatRequest;
use llm_core::types::plan::Ask;

use super::upstream::Upstream;
use super::{Figure, binary};

const DECISIONS: usize = 20_000;
const STARTS: usize = 25;

/// Time to decide where a request of about a kilobyte goes, each one new to the decision cache.
pub(crate) fn routing() -> Result<Vec<Figure>> {
    let options = LoadOptions {
        demo: true,
        ..LoadOptions::default()
    };
    let loaded =
        load(Environment::empty("/"), &options).map_err(|error| anyhow::anyhow!("{error}"))?;
    let runtime = Runtime::standard(Duration::from_secs(1));
    let gateway =
        Gateway::assemble(&loaded, &runtime).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut figures = Vec::new();
    for (language, names) in [
        (
            "English",
            [
                "routing decision, 1 KB of English, p50",
                "routing decision, 1 KB of English, p99",
            ],
        ),
        (
            "Chinese",
            [
                "routing decision, 1 KB of Chinese, p50",
                "routing decision, 1 KB of Chinese, p99",
            ],
        ),
    ] {
        let mut times = Histogram::<u64>::new(3)?;
        for number in 0..DECISIONS {
            let inbound =
                Inbound::in_process(Ask::auto(ChatRequest::question(prompt(language, number))));
            let started = Instant::now();
            let plan = gateway.explain(inbound);
            let took = started.elapsed();
            plan.map_err(|error| anyhow::anyhow!("{error}"))?;
            if number >= DECISIONS / 10 {
                times.record(u64::try_from(took.as_nanos())?)?;
            }
        }
        for (name, quantile) in names.into_iter().zip([0.5, 0.99]) {
            figures.push(Figure {
                name,
                unit: "µs",
                ours: times.value_at_quantile(quantile) as f64 / 1000.0,
                floor: None,
                target: if quantile > 0.9 { "≤ 50" } else { "" },
            });
        }
    }
    Ok(figures)
}

fn prompt(language: &str, number: usize) -> String {
    let (sentence, bytes) = match language {
        "Chinese" => (
            "请比较这两种方案的优缺点，并说明在预算有限的情况下应该如何选择。",
            1024,
        ),
        _ => (
            "Please compare the two designs and explain which one you would choose and why. ",
            1024,
        ),
    };
    let mut text = format!("{number}: ");
    while text.len() < bytes {
        text.push_str(sentence);
    }
    text
}

/// Time from starting `llm-cooperation query` until the provider sees its first byte.
pub(crate) async fn cli(upstream: &Upstream) -> Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let config = home.path().join("config.toml");
    write_config(&config, upstream)?;
    let mut times = Histogram::<u64>::new(3)?;
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut child = Command::new(binary("llm-cooperation"))
            .env_clear()
            .env("HOME", home.path())
            .args(["query", "-q", "hello", "--model", "bench", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start llm-cooperation")?;
        let asked = upstream.first_byte_after(started);
        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await;
        times.record(u64::try_from((asked?? - started).as_micros())?)?;
        child.wait()?;
    }
    let figure = |name, quantile, target| Figure {
        name,
        unit: "ms",
        ours: times.value_at_quantile(quantile) as f64 / 1000.0,
        floor: None,
        target,
    };
    Ok(vec![
        figure(
            "command line: start to first byte sent, median",
            0.5,
            "≤ 30",
        ),
        figure("command line: start to first byte sent, slowest", 1.0, ""),
    ])
}

/// A configuration with one model at the fixed provider.
pub(crate) fn write_config(path: &Path, upstream: &Upstream) -> Result<()> {
    let mut text = String::from("schema_version = 1\n");
    let _ = write!(
        text,
        "[providers.fixed]\nkind = \"openai-compatible\"\nbase_url = \"http://{}/v1\"\napi_key = \"sk-bench\"\n\
         [models.bench]\nprovider = \"fixed\"\nprice = {{ input = 1, output = 2 }}\n",
        upstream.address
    );
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
