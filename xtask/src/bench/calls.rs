//! What a served call costs over a bare proxy: time added, processor time, memory.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::Figure;
use super::process::Running;
use super::startup::write_config;
use super::upstream::Upstream;

const STARTS: usize = 11;
const CALLS: usize = 6_000;
/// Calls in a row before the next target has its turn, so that all meet the same weather.
const TURN: usize = 100;

type Load = Client<HttpConnector, Full<Bytes>>;

/// Everything about the running server.
pub(crate) async fn all(upstream: &Upstream) -> Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let config = home.path().join("config.toml");
    write_config(&config, upstream)?;

    let mut starts = Histogram::<u64>::new(3)?;
    for _ in 0..STARTS {
        let running = Running::gateway(&config, home.path())?;
        starts.record(u64::try_from(running.ready_after.as_micros())?)?;
    }
    let gateway = Running::gateway(&config, home.path())?;
    let floor = Running::floor(&upstream.address.to_string())?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (idle, floor_idle) = (gateway.resident()?, floor.resident()?);

    let sides = Sides {
        upstream,
        floor: &floor,
        gateway: &gateway,
    };
    let cost = sides.compare().await?;
    let ready = starts.value_at_quantile(0.5) as f64 / 1000.0;
    let floor_ready = floor.ready_after.as_secs_f64() * 1000.0;
    let mut figures = vec![
        figure(
            "server: start to ready, median",
            "ms",
            [ready, floor_ready],
            "≤ 100",
        ),
        figure(
            "server: memory when idle",
            "MiB",
            [idle, floor_idle],
            "≤ 20",
        ),
    ];
    figures.extend(cost);
    let after = [gateway.resident()?, floor.resident()?];
    figures.push(figure("server: memory after the calls", "MiB", after, ""));
    Ok(figures)
}

fn figure(
    name: &'static str,
    unit: &'static str,
    [ours, floor]: [f64; 2],
    target: &'static str,
) -> Figure {
    Figure {
        name,
        unit,
        ours,
        floor: Some(floor),
        target,
    }
}

/// What is compared.
struct Sides<'a> {
    upstream: &'a Upstream,
    floor: &'a Running,
    gateway: &'a Running,
}

impl Sides<'_> {
    /// The same calls directly, through the bare proxy and through the gateway, in turns.
    async fn compare(&self) -> Result<Vec<Figure>> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let load: Load = Client::builder(TokioExecutor::new()).build(connector);
        let ports = [
            self.upstream.address.port(),
            self.floor.port,
            self.gateway.port,
        ];
        let mut times = [
            Histogram::<u64>::new(3)?,
            Histogram::new(3)?,
            Histogram::new(3)?,
        ];
        let before = [self.gateway.cpu()?, self.floor.cpu()?];
        for _ in 0..CALLS / TURN {
            for (port, times) in ports.iter().zip(&mut times) {
                for _ in 0..TURN {
                    times.record(call(&load, *port).await?)?;
                }
            }
        }
        let after = [self.gateway.cpu()?, self.floor.cpu()?];
        let [direct, through_floor, through_gateway] = times;
        let added = |quantile| {
            let base = direct.value_at_quantile(quantile);
            let more = |times: &Histogram<u64>| {
                times.value_at_quantile(quantile).saturating_sub(base) as f64 / 1000.0
            };
            [more(&through_gateway), more(&through_floor)]
        };
        let cpu = [0, 1].map(|side: usize| {
            after[side].saturating_sub(before[side]).as_secs_f64() * 1e6 / CALLS as f64
        });
        Ok(vec![
            figure("1 KB call: time added, p50", "µs", added(0.5), ""),
            figure("1 KB call: time added, p99", "µs", added(0.99), ""),
            figure("1 KB call: processor time", "µs", cpu, ""),
        ])
    }
}

/// One call; nanoseconds until the whole answer is there.
async fn call(load: &Load, port: u16) -> Result<u64> {
    let prompt = "a question of a certain length that says nothing in particular ".repeat(16);
    let body = format!(
        "{{\"model\":\"bench\",\"messages\":[{{\"role\":\"user\",\"content\":\"{prompt}\"}}]}}"
    );
    let request = Request::post(format!("http://127.0.0.1:{port}/v1/chat/completions"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))?;
    let started = Instant::now();
    let response = load.request(request).await?;
    let status = response.status();
    let answer = response.into_body().collect().await?.to_bytes();
    if !status.is_success() || !answer.windows(9).any(|part| part == b"dull day.") {
        bail!("port {port} answered {status} without the completion");
    }
    Ok(u64::try_from(started.elapsed().as_nanos())?)
}
