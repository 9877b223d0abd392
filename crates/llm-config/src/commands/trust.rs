//! `llm-config trust`, `untrust`: whether a project's file may choose addresses and keys.

use std::path::PathBuf;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::load::Loaded;
use llm_core::config::paths::{PROJECT_FILE, PROJECT_LOCAL_FILE};
use llm_core::config::trust::{self, Guarded};
use llm_setup::configuration::report;
use serde_json::json;

use crate::outcome;
use crate::session;

/// Which directory to trust.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The directory of the project's file; otherwise that of the nearest one
    directory: Option<PathBuf>,
}

/// Which directory not to trust any more.
#[derive(Debug, Args)]
pub(crate) struct UntrustArgs {
    /// The directory of the project's file; otherwise that of the nearest one
    directory: Option<PathBuf>,
}

/// Shows what would be allowed, asks, and allows it.
pub(crate) fn trust(args: &TrustArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    let loaded = session::bare(console)?;
    let directory = directory(args.directory.as_ref(), &loaded)?;
    let has_file = [PROJECT_FILE, PROJECT_LOCAL_FILE]
        .iter()
        .any(|name| directory.join(name).is_file());
    if !has_file {
        let message = Message::new("config.no_project_file").with("directory", directory.display());
        return Err(Report::new("config_unreadable", message).into());
    }
    let guarded = trust::guarded_values(&directory).map_err(|errors| report(&errors))?;
    if guarded.is_empty() {
        ui.note(Message::new("config.nothing_to_trust").with("directory", directory.display()));
        return Ok(());
    }
    for value in &guarded {
        ui.note(line(value));
    }
    let question = Message::new("config.ask_trust").with("directory", directory.display());
    if !ui.confirm(question)? {
        ui.note(Message::new("config.left_alone"));
        return Ok(());
    }
    let allowed = trust::trust(&loaded.paths, &directory).map_err(|errors| report(&errors))?;
    outcome::say(
        console,
        &Message::new("config.trusted").with("directory", directory.display()),
        &json!({
            "directory": directory.display().to_string(),
            "trusted": true,
            "keys": allowed.iter().map(|value| value.key.to_string()).collect::<Vec<_>>(),
        }),
    )
}

fn line(value: &Guarded) -> String {
    format!("{}: {} = {}", value.origin, value.key, value.shown)
}

/// Takes trust away.
pub(crate) fn untrust(args: &UntrustArgs, console: &Console) -> Result<(), Halt> {
    let loaded = session::bare(console)?;
    let directory = directory(args.directory.as_ref(), &loaded)?;
    let was_trusted =
        trust::untrust(&loaded.paths, &directory).map_err(|errors| report(&errors))?;
    let key = if was_trusted {
        "config.untrusted_now"
    } else {
        "config.was_not_trusted"
    };
    outcome::say(
        console,
        &Message::new(key).with("directory", directory.display()),
        &json!({
            "directory": directory.display().to_string(),
            "trusted": false,
            "was_trusted": was_trusted,
        }),
    )
}

fn directory(given: Option<&PathBuf>, loaded: &Loaded) -> Result<PathBuf, Report> {
    let paths = &loaded.paths;
    match (given, &paths.project_dir) {
        (Some(given), _) => Ok(paths.current_dir.join(given)),
        (None, Some(found)) => Ok(found.clone()),
        (None, None) => {
            let message = Message::new("config.no_project_file")
                .with("directory", paths.current_dir.display());
            Err(Report::new("config_unreadable", message))
        }
    }
}
