//! `test`: one small real call for each model, and what came of it.

mod outcome;
mod probe;
mod reach;

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream;
use llm_console::catalogue::Message;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::progress::Progress;
use llm_console::report::{Halt, Report};
use llm_core::config::resolve::Named;
use llm_core::gateway::inspect::ModelView;

use super::models::offered::is_here;
use super::models::unknown;
use crate::local::{Local, block_on};
use outcome::Outcome;
use probe::Kind;

/// How long a call may take where nothing else is said.
const LIMIT: Duration = Duration::from_secs(60);

/// Which models, and with what.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Models to call; all that are not disabled when none is named
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    /// A model to call; may be repeated
    #[arg(short, long = "model", value_name = "MODEL", value_delimiter = ',')]
    model: Vec<String>,
    /// Call all models that are not disabled
    #[arg(long, conflicts_with_all = ["models", "model"])]
    all: bool,
    /// What to try, with commas; abilities are tried only where a model claims them
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        default_value = "chat",
        value_enum
    )]
    kind: Vec<Kind>,
    /// What to ask instead of the built-in question
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// Calls at the same time at most
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZeroUsize,
    /// Only ask each provider for the list of its models, which costs nothing
    #[arg(long, conflicts_with_all = ["kind", "prompt"])]
    no_cost: bool,
}

/// Calls the models and tells what came of it.
pub(crate) fn run(args: &TestArgs, console: &Console) -> Result<(), Halt> {
    if console.settings.server.is_some() && !console.settings.demo {
        let message = Message::new("cooperation.test.is_local");
        return Err(Report::usage(message)
            .hint("llm-cooperation test --local")
            .into());
    }
    // A format that cannot be printed is found before anything is paid for.
    console.ui.list_format()?;
    let local = Local::open(console)?;
    let views = chosen(args, &local)?;
    let outcomes = if args.no_cost {
        reach::outcomes(&views, &local.gateway, console)?
    } else {
        called(args, &views, &local, console)?
    };
    let several = args.kind.len() > 1;
    let ui = &console.ui;
    let columns = ui.terminal.stdout.width;
    ui.print_table(&outcome::table(&outcomes, several, lang(console)?, columns))?;
    verdict(&outcomes, console)
}

/// The language of texts in the result: that of people only where people read it.
fn lang(console: &Console) -> Result<llm_console::lang::Lang, Report> {
    Ok(match console.ui.list_format()? {
        Format::Table | Format::Text => console.ui.lang,
        _ => llm_console::lang::Lang::En,
    })
}

/// The models that are meant, each once.
fn chosen<'a>(args: &TestArgs, local: &'a Local) -> Result<Vec<ModelView<'a>>, Report> {
    let all = local.gateway.models();
    let named: Vec<&String> = args.models.iter().chain(&args.model).collect();
    if named.is_empty() {
        let is_on = |view: &ModelView<'_>| {
            // What is tried is conversation.
            view.unusable.is_none_or(|why| why.reason != "disabled")
                && view.deployment.facts.capabilities.holds_conversations()
        };
        return Ok(all.into_iter().filter(is_on).collect());
    }
    let mut chosen: Vec<ModelView<'a>> = Vec::new();
    for name in named {
        let model = match local.loaded.config.named(name) {
            Some(Named::Model(model)) => model,
            _ => name,
        };
        let is_meant = |view: &ModelView<'_>| view.deployment.model.as_str() == model;
        if chosen.iter().any(is_meant) {
            continue;
        }
        match all.iter().find(|view| is_meant(view)) {
            Some(view) => chosen.push(view.clone()),
            None => {
                let known = all.iter().map(|view| view.deployment.model.as_str());
                return Err(unknown(name, known));
            }
        }
    }
    Ok(chosen)
}

/// Makes the calls, several at a time, and gives what came of them in the order of the models.
fn called(
    args: &TestArgs,
    views: &[ModelView<'_>],
    local: &Local,
    console: &Console,
) -> Result<Vec<Outcome>, Report> {
    let limit = console.settings.timeout.unwrap_or(LIMIT);
    let progress = Progress::new(&console.ui);
    let count = views.len() * args.kind.len();
    let line = progress.task(
        &console
            .ui
            .say(&Message::new("cooperation.test.calling").with("n", count)),
    );
    let calls = views
        .iter()
        .flat_map(|view| args.kind.iter().map(move |kind| (view, *kind)));
    let calls = calls.map(|(view, kind)| async move {
        let deployment = view.deployment;
        if !deployment.facts.capabilities.has(kind.needs()) {
            return Outcome::skipped(view, kind.as_str(), "cooperation.test.not_claimed");
        }
        if console.settings.offline && !is_here(deployment.endpoint.base_url.as_str()) {
            return Outcome::skipped(view, kind.as_str(), "cooperation.test.offline");
        }
        let model = deployment.model.as_str();
        let prompt = args.prompt.as_deref();
        let result = probe::call(&local.gateway, model, kind, prompt, limit).await;
        Outcome::of_call(view, kind.as_str(), result)
    });
    let all = stream::iter(calls).buffered(args.concurrency.get());
    let outcomes = block_on(all.collect::<Vec<_>>())?;
    // It has nothing to say that the result does not.
    drop(line);
    progress.close();
    Ok(outcomes)
}

/// The end: what failed is told to people, and the exit code follows from it.
fn verdict(outcomes: &[Outcome], console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    for failed in outcomes.iter().filter(|outcome| outcome.failure.is_some()) {
        if let Some(text) = failed.told(ui.lang) {
            ui.note(text);
        }
    }
    let tried = outcomes.iter().filter(|outcome| !outcome.is_skipped());
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some());
    let (tried, failed) = (tried.count(), failed.count());
    ui.note(
        Message::new("cooperation.test.summary")
            .with("good", tried - failed)
            .with("all", tried),
    );
    outcome::exit(outcomes).map_or(Ok(()), |exit| Err(Halt::Exit(exit)))
}
