//! `status --watch`: the state of a server again and again: redrawn on a terminal, one JSON object
//! a line elsewhere. A server that does not answer for a while is part of what is watched.

use std::time::Duration;

use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::gateway::remote::Remote;
use serde_json::json;

use super::remote;
use super::snapshot::Snapshot;
use crate::asking::address;
use crate::local::block_on;

/// Moves to the corner of the screen and clears what is below it.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Watches; ends after `count` looks, where there is a count, with what the last one saw.
pub(super) fn run(
    server: &Remote,
    every: Duration,
    count: Option<u64>,
    console: &Console,
) -> Result<Snapshot, Halt> {
    let mut looks = 0;
    loop {
        let seen = remote::look(server, console);
        show(server, &seen, console)?;
        looks += 1;
        if count.is_some_and(|count| looks >= count) {
            return Ok(seen?);
        }
        block_on(async { tokio::time::sleep(every).await })?;
    }
}

fn show(server: &Remote, seen: &Result<Snapshot, Report>, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    if ui.terminal.can_redraw && ui.writes_to_terminal() {
        let page = match seen {
            Ok(snapshot) => snapshot.people(ui),
            Err(report) => report.line(ui.lang) + "\n",
        };
        return ui.print(&format!("{CLEAR}{page}"));
    }
    let line = match seen {
        Ok(snapshot) => snapshot.machine(),
        Err(report) => {
            let mut told = report.to_json();
            told["source"] = json!("server");
            told["server"] = json!(address(server));
            told
        }
    };
    ui.print(&format!("{line}\n"))
}
