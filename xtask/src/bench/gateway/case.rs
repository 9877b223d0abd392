//! The cases: what is asked, and how a case is measured on every side in turns.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use super::Sides;
use super::load::{Client, Timing};

/// Calls in a row before the next side has its turn.
const TURN: usize = 50;

/// One kind of call.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The model a gateway is asked for. The bare proxy passes it on.
    pub(crate) model: &'static str,
    /// Bytes of the prompt.
    pub(crate) prompt: usize,
    pub(crate) streamed: bool,
    /// What the provider is told to do, in the prompt.
    pub(crate) order: &'static str,
    /// One call for so many of a run, for those that take their time.
    pub(crate) one_in: usize,
}

impl Case {
    pub(crate) const ALL: &[Self] = &[
        Self::of("1 KB in, 1 KB out", "bench", 1_000),
        Self::of("1 KB, model auto", "auto", 1_000),
        Self::of("1 KB, translated", "bench-translated", 1_000),
        Self {
            one_in: 4,
            ..Self::of("100 KB in, 1 KB out", "bench", 100_000)
        },
        Self {
            streamed: true,
            order: "burst",
            one_in: 4,
            ..Self::of("stream of 100 chunks at once", "bench", 1_000)
        },
        Self {
            streamed: true,
            order: "drip",
            one_in: 20,
            ..Self::of("stream of 100 chunks, each alone", "bench", 1_000)
        },
        Self {
            streamed: true,
            order: "burst",
            one_in: 4,
            ..Self::of(
                "stream of 100 chunks at once, translated",
                "bench-translated",
                1_000,
            )
        },
    ];

    const fn of(name: &'static str, model: &'static str, prompt: usize) -> Self {
        Self {
            name,
            model,
            prompt,
            streamed: false,
            order: "whole",
            one_in: 1,
        }
    }

    /// The body of a call; the order for the provider leads the prompt.
    fn body(&self) -> String {
        let sentence = "a question of a certain length that says nothing in particular ";
        let prompt = sentence.repeat(self.prompt / sentence.len() + 1);
        let stream = if self.streamed {
            ",\"stream\":true"
        } else {
            ""
        };
        format!(
            "{{\"model\":\"{}\",\"messages\":[{{\"role\":\"system\",\"content\":\"You answer.\"}},\
             {{\"role\":\"user\",\"content\":\"{}: {}\"}}],\"temperature\":0.5{stream}}}",
            self.model,
            self.order,
            &prompt[..self.prompt]
        )
    }

    pub(crate) async fn measure(&self, sides: &Sides, calls: usize) -> Result<Measured> {
        let client = Client::new();
        let body = self.body();
        let turns = (calls / self.one_in).div_ceil(TURN).max(2);
        let mut direct = Times::new()?;
        let mut through: Vec<Side> = Vec::new();
        for (name, running) in sides.all() {
            through.push(Side {
                name,
                times: Times::new()?,
                cpu: Duration::ZERO,
                calls: 0,
            });
            // Connections, caches and branch predictors are warm before anything counts.
            for _ in 0..TURN {
                client.call(running.port, &body, self.streamed).await?;
            }
        }
        for _ in 0..turns {
            for _ in 0..TURN {
                let path_known = self.model != "bench-translated";
                if path_known {
                    let port = sides.provider.address.port();
                    direct.record(&client.call(port, &body, self.streamed).await?)?;
                }
            }
            for (side, (_, running)) in through.iter_mut().zip(sides.all()) {
                let before = running.cpu()?;
                for _ in 0..TURN {
                    side.times
                        .record(&client.call(running.port, &body, self.streamed).await?)?;
                }
                side.cpu += running.cpu()?.saturating_sub(before);
                side.calls += TURN;
            }
        }
        Ok(Measured {
            name: self.name,
            direct,
            through,
        })
    }
}

/// What was measured in a case.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) direct: Times,
    pub(crate) through: Vec<Side>,
}

/// One program in one case.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) times: Times,
    cpu: Duration,
    calls: usize,
}

impl Side {
    /// Processor time of a call, µs.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls.max(1) as f64
    }
}

/// Times of calls, nanoseconds.
pub(crate) struct Times {
    first: Histogram<u64>,
    whole: Histogram<u64>,
}

impl Times {
    fn new() -> Result<Self> {
        Ok(Self {
            first: Histogram::new(3)?,
            whole: Histogram::new(3)?,
        })
    }

    fn record(&mut self, timing: &Timing) -> Result<()> {
        self.first.record(u64::try_from(timing.first.as_nanos())?)?;
        self.whole.record(u64::try_from(timing.whole.as_nanos())?)?;
        Ok(())
    }

    /// Until the whole answer is there, µs.
    pub(crate) fn whole(&self, quantile: f64) -> f64 {
        self.whole.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// Until the first byte of the body is there, µs.
    pub(crate) fn first(&self, quantile: f64) -> f64 {
        self.first.value_at_quantile(quantile) as f64 / 1000.0
    }
}
