//! Who answers: the providers, model servers on this machine, and the gateway work is sent to.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::config::load::Loaded;
use llm_core::config::presets::{self, Preset};
use llm_core::gateway::Gateway;
use llm_core::gateway::reach::Reached;
use llm_core::gateway::runtime::Runtime;

use super::finding::{Check, Finding, Level};
use crate::asking::{address, ask};
use crate::commands::models::offered;
use crate::run::open_remote;

/// How long a server on this machine may take to accept.
const NEARBY: Duration = Duration::from_millis(500);

/// Looks at who answers.
pub(super) fn look(
    loaded: &Loaded,
    is_silent: bool,
    console: &Console,
    findings: &mut Vec<Finding>,
) -> Result<(), Report> {
    findings.extend(proxies(loaded));
    if !is_silent {
        findings.extend(server(console));
    }
    let connect = Duration::from_millis(loaded.config.limits.connect_ms);
    let gateway = match Gateway::assemble(loaded, &Runtime::standard(connect)) {
        Ok(gateway) => gateway,
        Err(errors) => {
            let wrong = errors
                .iter()
                .map(|error| Finding::new(Check::Configuration, Level::Failed, error.to_string()));
            findings.extend(wrong);
            return Ok(());
        }
    };
    if is_silent {
        let detail = Message::new("cooperation.doctor.not_asked");
        findings.push(Finding::new(Check::Provider, Level::Note, detail));
        return Ok(());
    }
    if let Some(refused) = offline(&gateway, console) {
        findings.push(refused);
    } else {
        let answers = offered::ask(&gateway, console)?;
        findings.extend(answers.iter().map(provider));
    }
    let local = presets::all().iter().filter(|preset| preset.facts.local);
    findings.extend(local.filter_map(|preset| local_server(preset, loaded)));
    Ok(())
}

/// The gateway that work is sent to: whether it answers, and whether it is of this version.
fn server(console: &Console) -> Option<Finding> {
    let failed = |report: &Report| Finding::new(Check::Server, Level::Failed, report.english());
    let server = match open_remote(console) {
        Ok(server) => server?,
        Err(report) => return Some(failed(&report)),
    };
    let version = match ask(&server, ["/version"], console) {
        Ok([told]) => told["version"].as_str().unwrap_or_default().to_owned(),
        Err(report) => return Some(failed(&report)),
    };
    let about = |key| {
        Message::new(key)
            .with("url", address(&server))
            .with("version", &version)
            .with("own", env!("CARGO_PKG_VERSION"))
    };
    Some(if version == env!("CARGO_PKG_VERSION") {
        let detail = about("cooperation.doctor.server_same");
        Finding::new(Check::Server, Level::Ok, detail)
    } else {
        let detail = about("cooperation.doctor.server_differs");
        Finding::new(Check::Server, Level::Warning, detail)
    })
}

/// Providers elsewhere are not asked without a network.
fn offline(gateway: &Gateway, console: &Console) -> Option<Finding> {
    if !console.settings.offline {
        return None;
    }
    let elsewhere = offered::elsewhere(gateway)?;
    Some(Finding::new(Check::Provider, Level::Note, elsewhere))
}

fn provider(answer: &Reached) -> Finding {
    let about = |key| Message::new(key).with("provider", &answer.provider);
    match &answer.models {
        None => {
            let detail = about("cooperation.models.no_list");
            Finding::new(Check::Provider, Level::Note, detail)
        }
        Some(Ok(models)) => {
            let detail = about("cooperation.doctor.reached").with("n", models.len());
            Finding::new(Check::Provider, Level::Ok, detail)
        }
        Some(Err(failure)) => {
            let detail = about("cooperation.doctor.unreached").with("reason", failure);
            let code = failure.kind.code();
            Finding::new(Check::Provider, Level::Failed, detail)
                .hint(format!("llm-cooperation help {}", code.doc()))
        }
    }
}

fn proxies(loaded: &Loaded) -> Vec<Finding> {
    let providers = loaded.config.providers.iter();
    providers
        .filter(|(_, provider)| provider.proxy.is_some())
        .map(|(name, _)| {
            let detail = Message::new("cooperation.doctor.proxy_used").with("provider", name);
            Finding::new(Check::Proxy, Level::Ok, detail)
        })
        .collect()
}

/// A model server that runs here and is not used yet.
fn local_server(preset: &Preset, loaded: &Loaded) -> Option<Finding> {
    let address = &preset.facts.base_url;
    let is_known = loaded.config.providers.contains_key(preset.name);
    if is_known || !accepts(address) {
        return None;
    }
    let detail = Message::new("cooperation.doctor.local_found")
        .with("name", &preset.facts.title)
        .with("address", address);
    let finding = Finding::new(Check::LocalServer, Level::Note, detail);
    Some(finding.hint(format!("llm-config preset --name {}", preset.name)))
}

/// Whether something accepts connections at an address on this machine.
fn accepts(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    let mut addresses = authority.to_socket_addrs().into_iter().flatten();
    addresses.any(|address| TcpStream::connect_timeout(&address, NEARBY).is_ok())
}
