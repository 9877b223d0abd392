//! The program itself and the terminal it talks to.

use std::env::{consts, current_exe};

use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_core::config::SCHEMA_VERSION;

use super::finding::{Check, Finding, Level};

/// Variables that other programs take proxies from.
const PROXIES: &[&str] = &[
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Looks at the program and its terminal.
pub(super) fn look(console: &Console) -> Vec<Finding> {
    let mut findings = vec![program(), terminal(console)];
    findings.extend(proxies(console));
    findings
}

fn program() -> Finding {
    let path =
        current_exe().map_or_else(|error| error.to_string(), |path| path.display().to_string());
    let detail = Message::new("cooperation.doctor.program_detail")
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("path", path)
        .with("platform", format!("{}-{}", consts::OS, consts::ARCH))
        .with("schema", SCHEMA_VERSION);
    Finding::new(Check::Program, Level::Ok, detail)
}

fn terminal(console: &Console) -> Finding {
    let ui = &console.ui;
    let unicode = Message::new(if ui.ascii { "common.no" } else { "common.yes" });
    let message = match ui.terminal.stdout.width {
        Some(columns) => {
            Message::new("cooperation.doctor.terminal_detail").with("columns", columns)
        }
        None => Message::new("cooperation.doctor.terminal_none"),
    };
    let message = message
        .with_say("unicode", unicode)
        .with("lang", ui.lang.as_str());
    Finding::new(Check::Terminal, Level::Ok, message)
}

/// A proxy of the environment that is passed over is a surprise worth a warning.
fn proxies(console: &Console) -> Option<Finding> {
    let names = PROXIES
        .iter()
        .filter(|name| console.env.get(name).is_some());
    let names: Vec<&str> = names.copied().collect();
    if names.is_empty() {
        return None;
    }
    let detail = Message::new("cooperation.doctor.proxy_ignored").with("names", names.join(", "));
    let finding = Finding::new(Check::Proxy, Level::Warning, detail);
    Some(finding.hint("llm-config set providers.NAME.proxy http://HOST:PORT"))
}
