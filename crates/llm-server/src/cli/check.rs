//! `llm-server check`: load everything, say what could be called, and end.

use std::time::Duration;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::gateway::Gateway;
use llm_core::gateway::reach::Reached;
use llm_core::gateway::runtime::Runtime;
use llm_core::types::failure::Failure;
use serde_json::json;
use tokio::runtime::Builder;

use super::edge::Edge;
use super::listen::ListenArgs;
use crate::descriptors::Descriptors;
use crate::instruments;
use crate::tls::Tls;
use llm_setup::configuration::{self, Source, finding};

/// How long a provider may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Ask no provider whether it can be reached
    #[arg(long)]
    no_network: bool,
}

/// Loads, assembles and, unless told otherwise, asks every provider for the list of its models.
pub(super) fn run(args: &CheckArgs, listen: &ListenArgs, console: &Console) -> Result<(), Halt> {
    let source = Source::of(&console.settings, listen.overrides())?;
    let loaded = source.load_for(console)?;
    loaded
        .is_configured()
        .map_err(|error| Halt::Failed(finding(&error)))?;
    instruments::install();
    let runtime = Runtime::standard(Duration::from_millis(loaded.config.limits.connect_ms));
    let gateway =
        Gateway::assemble(&loaded, &runtime).map_err(|errors| configuration::report(&errors))?;
    let tls = Tls::of(&loaded).map_err(|error| Halt::Failed(finding(&error)))?;
    let edge = Edge {
        loaded: &loaded,
        tls: tls.as_deref(),
        descriptors: Descriptors::raise(),
        now: runtime.clock.wall(),
    };
    edge.warn(&console.ui);
    let reached = if args.no_network {
        Vec::new()
    } else {
        reach(&gateway)?
    };
    show(console, &edge, &gateway, &reached)?;
    match reached.iter().find_map(failure) {
        None => Ok(()),
        Some((provider, failure)) => {
            let message = Message::new("server.unreachable")
                .with("provider", provider)
                .with("reason", failure);
            Err(Report::new(failure.kind.code().name(), message).into())
        }
    }
}

fn reach(gateway: &Gateway) -> Result<Vec<Reached>, Report> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Report::new("internal_error", error.to_string()))?;
    Ok(runtime.block_on(gateway.reach(LIMIT)))
}

fn failure(reached: &Reached) -> Option<(&str, &Failure)> {
    let failure = reached.models.as_ref()?.as_ref().err()?;
    Some((reached.provider.as_str(), failure))
}

fn show(
    console: &Console,
    edge: &Edge<'_>,
    gateway: &Gateway,
    reached: &[Reached],
) -> Result<(), Halt> {
    let (ui, loaded) = (&console.ui, edge.loaded);
    if ui.format(Format::Table, Format::LISTS)? == Format::Json {
        return ui.print_json(&machine(edge, gateway, reached));
    }
    for file in &loaded.files {
        ui.note(Message::new("server.read_file").with("path", file.path.display()));
    }
    edge.tell(ui);
    let mut table = Table::new(vec![
        Column::text("model"),
        Column::text("provider"),
        Column::text("state"),
        Column::prose("detail"),
    ]);
    for view in gateway.models() {
        let provider = view.deployment.provider.as_str();
        let answer = reached.iter().filter_map(failure);
        let failed = answer
            .filter(|(name, _)| *name == provider)
            .map(|(_, failure)| failure)
            .next();
        let (state, mood, detail) = match (view.unusable, failed) {
            (Some(why), _) => (unusable(why.reason), Mood::Warning, why.detail.clone()),
            (None, Some(failure)) => ("unreachable", Mood::Bad, failure.to_string()),
            (None, None) => ("usable", Mood::Good, String::new()),
        };
        table.push(vec![
            Cell::from(view.deployment.model.to_string()),
            Cell::from(provider.to_owned()),
            Cell::state(state, mood),
            Cell::from(detail),
        ]);
    }
    ui.print_table(&table)
}

/// The state people know, of the reason a deployment gives.
fn unusable(reason: &str) -> &'static str {
    match reason {
        "credential" => "no_key",
        "disabled" => "disabled",
        _ => "no_address",
    }
}

fn machine(edge: &Edge<'_>, gateway: &Gateway, reached: &[Reached]) -> serde_json::Value {
    let loaded = edge.loaded;
    let files = loaded.files.iter();
    let providers = reached.iter().map(|one| {
        let failed = failure(one).map(|(_, failure)| failure);
        json!({
            "provider": one.provider,
            "reached": failed.is_none(),
            "models": one.models.as_ref().and_then(|models| models.as_ref().ok()).map(Vec::len),
            "code": failed.map(|failure| failure.kind.code().name()),
            "message": failed.map(ToString::to_string),
        })
    });
    let models = gateway.models();
    let models = models.iter().map(|view| {
        json!({
            "model": view.deployment.model,
            "provider": view.deployment.provider,
            "usable": view.unusable.is_none(),
            "detail": view.unusable.map(|why| why.detail.clone()),
        })
    });
    json!({
        "files": files.map(|file| file.path.display().to_string()).collect::<Vec<_>>(),
        "profile": loaded.profile,
        "server": edge.machine(),
        "keys": loaded.config.keys.len(),
        "warnings": loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "models": models.collect::<Vec<_>>(),
        "providers": providers.collect::<Vec<_>>(),
    })
}
