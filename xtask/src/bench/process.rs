//! A program under measurement: started, found ready, weighed and stopped.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::binary;

/// A running program; killed when dropped.
pub(crate) struct Running {
    /// The program, where it was started here.
    child: Option<Child>,
    pid: u32,
    pub(crate) port: u16,
    /// From the start until it answered.
    pub(crate) ready_after: Duration,
}

impl Running {
    /// Starts the gateway with a configuration file and waits until it is ready.
    pub(crate) fn gateway(config: &Path, home: &Path) -> Result<Self> {
        let port = free_port()?;
        let started = Instant::now();
        let child = Command::new(binary("llm-server"))
            .env_clear()
            .env("HOME", home)
            .args(["--port", &port.to_string(), "--config"])
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start llm-server")?;
        let mut running = Self {
            pid: child.id(),
            child: Some(child),
            port,
            ready_after: Duration::ZERO,
        };
        running.wait_until_ready(started)?;
        Ok(running)
    }

    /// Starts the bare proxy.
    pub(crate) fn floor(upstream: &str) -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(binary("xtask"))
            .args(["bench", "floor", upstream])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the bare proxy")?;
        let stdout = child
            .stdout
            .take()
            .context("the bare proxy has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line
            .trim()
            .parse()
            .context("the bare proxy printed no port")?;
        Ok(Self {
            pid: child.id(),
            child: Some(child),
            port,
            ready_after: started.elapsed(),
        })
    }

    /// A program that somebody else started. Without its process id it has no weight.
    pub(crate) fn stranger(port: u16, pid: Option<u32>) -> Self {
        Self {
            child: None,
            pid: pid.unwrap_or(0),
            port,
            ready_after: Duration::ZERO,
        }
    }

    fn wait_until_ready(&mut self, started: Instant) -> Result<()> {
        while started.elapsed() < Duration::from_secs(10) {
            if is_ready(self.port) {
                self.ready_after = started.elapsed();
                return Ok(());
            }
            let ended = self
                .child
                .as_mut()
                .map(Child::try_wait)
                .transpose()?
                .flatten();
            if let Some(status) = ended {
                bail!("llm-server ended with {status} before it was ready");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        bail!("llm-server was not ready within 10 s")
    }

    /// Resident memory, MiB.
    pub(crate) fn resident(&self) -> Result<f64> {
        if self.pid == 0 {
            return Ok(f64::NAN);
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.context("no VmRSS")? / 1024.0)
    }

    /// Processor time its threads have used so far, as the scheduler counts it in nanoseconds.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        if self.pid == 0 {
            return Ok(Duration::ZERO);
        }
        let mut total = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid))? {
            // A thread may end between being listed and being read.
            let text = std::fs::read_to_string(thread?.path().join("schedstat"));
            let first = text
                .ok()
                .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
            total += first.unwrap_or(0);
        }
        Ok(Duration::from_nanos(total))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn is_ready(port: u16) -> bool {
    use std::io::{Read as _, Write as _};
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut reply = [0_u8; 12];
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .is_ok()
        && stream.read_exact(&mut reply).is_ok()
        && reply.ends_with(b"200")
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}
