//! The state of this configuration in this process, without a server.

use llm_console::program::Console;
use llm_console::report::Halt;

use super::snapshot::Snapshot;
use crate::commands::models::row::health;
use crate::local::Local;

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
