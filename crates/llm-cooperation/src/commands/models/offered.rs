//! `models --remote`: which models the providers themselves say they have. Lists only; no model is
//! asked anything.

use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::progress::Progress;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_core::config::resolve::is_loopback;
use llm_core::gateway::Gateway;
use llm_core::gateway::reach::Reached;
use llm_core::provider::demo;
use llm_core::types::failure::Failure;

use super::fits;
use crate::local::{Local, block_on};

/// How long a provider may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Asks all providers and lists what they have.
pub(super) fn run(
    pattern: Option<&str>,
    provider: Option<&str>,
    local: &Local,
    console: &Console,
) -> Result<(), Halt> {
    let mut answers = ask(&local.gateway, console)?;
    if let Some(wanted) = provider {
        answers.retain(|answer| answer.provider.as_str() == wanted);
    }
    let views = local.gateway.models();
    let names = |provider: &str, path: &str| -> Vec<String> {
        let ours = views.iter().map(|view| view.deployment);
        ours.filter(|one| one.provider.as_str() == provider && one.upstream_model == path)
            .map(|one| one.model.to_string())
            .collect()
    };
    let mut table = Table::new(vec![
        Column::text("provider"),
        Column::text("path"),
        Column::text("name"),
    ]);
    for answer in &answers {
        let provider = answer.provider.as_str();
        for path in answer.models.iter().flatten().flatten() {
            if fits(pattern, path) {
                let names = names(provider, path);
                let names = if names.is_empty() {
                    Cell::Empty
                } else {
                    Cell::List(names)
                };
                table.push(vec![Cell::from(provider), Cell::from(path.clone()), names]);
            }
        }
    }
    console.ui.print_table(&table)?;
    told(&answers, console)
}

/// Asks every provider for its list, unless that needs a network that is not to be used.
pub(crate) fn ask(gateway: &Gateway, console: &Console) -> Result<Vec<Reached>, Report> {
    if console.settings.offline
        && let Some(elsewhere) = elsewhere(gateway)
    {
        return Err(Report::usage(elsewhere));
    }
    let limit = console.settings.timeout.unwrap_or(LIMIT);
    let progress = Progress::new(&console.ui);
    let line = progress.task(
        &console
            .ui
            .say(&Message::new("cooperation.asking_providers")),
    );
    let answers = block_on(gateway.reach(limit))?;
    // It has nothing to say that the result does not.
    drop(line);
    progress.close();
    Ok(answers)
}

/// That some provider is not on this machine, if one is not.
pub(crate) fn elsewhere(gateway: &Gateway) -> Option<Message> {
    let views = gateway.models();
    let one = views
        .iter()
        .map(|view| view.deployment)
        .find(|one| !is_here(one.endpoint.base_url.as_str()))?;
    let message = Message::new("cooperation.offline")
        .with("provider", &one.provider)
        .with("address", &one.endpoint.base_url);
    Some(message)
}

/// Whether calls to an address stay on this machine.
pub(crate) fn is_here(address: &str) -> bool {
    address.starts_with(demo::SCHEME) || is_loopback(address)
}

/// Tells which providers gave no list; the first failure is that of the command.
fn told(answers: &[Reached], console: &Console) -> Result<(), Halt> {
    let mut first: Option<Report> = None;
    for answer in answers {
        match &answer.models {
            None => console.ui.note(
                Message::new("cooperation.models.no_list").with("provider", &answer.provider),
            ),
            Some(Ok(_)) => {}
            Some(Err(failure)) => {
                let report = unreachable(answer.provider.as_str(), failure);
                first = Some(match first {
                    None => report,
                    Some(first) => first.cause(format!("{}: {failure}", answer.provider)),
                });
            }
        }
    }
    first.map_or(Ok(()), |report| Err(report.into()))
}

/// The failure of a provider that was asked for its list.
pub(crate) fn unreachable(provider: &str, failure: &Failure) -> Report {
    let report = Report::new(failure.kind.code().name(), failure.to_string())
        .source("provider")
        .with("provider", provider)
        .cause(format!("{provider}: {failure}"));
    match failure.status {
        Some(status) => report.with("status", status),
        None => report,
    }
}
