//! The state of this configuration in this process, without a server.

use std::time::Duration;

use llm_console::program::Console;
use llm_console::report::Halt;
use llm_core::gateway::remote::Remote;

use super::snapshot::Snapshot;
use crate::asking::address;
use crate::commands::models::row::health;
use crate::local::{Local, block_on};

/// How long a server on this machine may take to say what it is.
const NEARBY: Duration = Duration::from_millis(500);

/// Assembles the configuration and looks at it. A process that has just begun has called nothing:
/// there is no traffic to tell of.
pub(super) fn look(console: &Console) -> Result<Snapshot, Halt> {
    let local = Local::open(console)?;
    let views = local.gateway.models();
    let mut snapshot = Snapshot {
        server: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        health: local.gateway.health().as_str().to_owned(),
        models: 0,
        available: 0,
        states: Vec::new(),
        traffic: None,
        nearby: nearby(&local, console),
        endpoints: Vec::new(),
        files: Some(
            (local.loaded.files.iter())
                .map(|file| file.path.display().to_string())
                .collect(),
        ),
        profile: local.loaded.profile.clone(),
    };
    for view in &views {
        let state = health(view.state());
        snapshot.count(state);
        if state != "disabled" {
            snapshot.models += 1;
            snapshot.available += u64::from(view.is_available());
        }
        let address = view.deployment.endpoint.base_url.to_string();
        if !snapshot.endpoints.contains(&address) {
            snapshot.endpoints.push(address);
        }
    }
    Ok(snapshot)
}

/// The server that answers where this configuration would start one. It is asked for its version
/// only, without a key, and on this machine only.
fn nearby(local: &Local, console: &Console) -> Option<String> {
    if console.settings.demo {
        return None;
    }
    let server = &local.loaded.config.server;
    let host = match server.host.as_str() {
        "0.0.0.0" | "localhost" => "127.0.0.1",
        "::" | "[::]" | "[::1]" => "::1",
        host => host,
    };
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let remote = Remote::new(&format!("http://{host}:{}", server.port), None, NEARBY).ok()?;
    if !remote.is_local() {
        return None;
    }
    let told = block_on(remote.get("/version", NEARBY)).ok()?.ok()?;
    told["version"].is_string().then(|| address(&remote))
}
