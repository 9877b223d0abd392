//! `llm-server healthcheck`: asks the running server whether it lives, for container health checks
//! where there is no other client.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::duration;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};

use super::listen::ListenArgs;
use crate::tls::probe;
use llm_setup::configuration::Source;

/// Most of a reply that is read; the first line is enough.
const MAX_REPLY: usize = 4096;

/// What to ask.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Ask whether it can answer requests, not only whether it lives
    #[arg(long)]
    ready: bool,
    /// Give up after this long
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration::parse)]
    timeout: Duration,
}

/// Asks, and fails unless the answer is yes.
pub(super) fn run(args: &HealthArgs, listen: &ListenArgs, console: &Console) -> Result<(), Halt> {
    let loaded = Source::of(&console.settings, listen.overrides())?.load_for(console)?;
    let server = &loaded.config.server;
    let path = if args.ready { "/readyz" } else { "/livez" };
    // The probes have a listener that answers under load, where there is one.
    let ops = server.ops_listen.as_ref().and_then(|address| {
        let (host, port) = address.rsplit_once(':')?;
        Some((host.to_owned(), port.parse().ok()?))
    });
    // It speaks plain HTTP in every case.
    let is_tls = ops.is_none() && !server.tls.is_empty();
    let (host, port) = ops.unwrap_or((server.host.clone(), server.port));
    let host = reachable(&host);
    let scheme = if is_tls { "https" } else { "http" };
    let url = format!("{scheme}://{host}:{port}{path}");
    let asked = connect(&host, port, args.timeout).and_then(|stream| {
        let authority = stream.peer_addr()?.to_string();
        if is_tls {
            ask(probe::wrap(&host, stream)?, &authority, path)
        } else {
            ask(stream, &authority, path)
        }
    });
    match asked {
        Ok(200) => {
            console
                .ui
                .note(Message::new("server.healthy").with("url", &url));
            Ok(())
        }
        Ok(status) => Err(unhealthy(&url, &format!("HTTP {status}")).into()),
        Err(error) => Err(unhealthy(&url, &error.to_string()).into()),
    }
}

/// A server on every address is asked on this machine's own.
fn reachable(host: &str) -> String {
    match host.trim_start_matches('[').trim_end_matches(']') {
        "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "::1".to_owned(),
        host => host.to_owned(),
    }
}

fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let address = (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
    let stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(stream)
}

/// The status a path is answered with.
fn ask(mut stream: impl Read + Write, authority: &str, path: &str) -> io::Result<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::new();
    let mut buffer = [0; 512];
    while !reply.contains(&b'\n') && reply.len() < MAX_REPLY {
        match stream.read(&mut buffer)? {
            0 => break,
            count => reply.extend_from_slice(&buffer[..count]),
        }
    }
    status(&reply)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the reply is not HTTP"))
}

fn status(reply: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(reply.get(..12)?).ok()?;
    text.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

fn unhealthy(url: &str, reason: &str) -> Report {
    Report::new(
        "server_unreachable",
        Message::new("server.unhealthy")
            .with("url", url)
            .with("reason", reason),
    )
    .hint(Message::new("server.unhealthy_hint"))
}
