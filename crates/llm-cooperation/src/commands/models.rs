//! `models`: what there is to ask, from the configuration here, from a server, or from providers.

mod detail;
pub(crate) mod offered;
mod remote;
pub(crate) mod row;

use clap::Args;
use clap::builder::PossibleValuesParser;
use llm_console::catalogue::Message;
use llm_console::output::nearest;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::gateway::auth::Permission;
use llm_core::gateway::inbound::Origin;
use llm_core::types::task::Capabilities;

use crate::local::Local;
use crate::run::open_remote;
use row::{ModelRow, Order};

/// Which models, and how.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    /// Only names that contain this; with * and ? it has to fit the whole name
    pattern: Option<String>,
    /// Only models of this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only models that are for this task
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Only models that can do all of these, with commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = abilities())]
    capability: Vec<String>,
    /// Only models that calls are let through to
    #[arg(long)]
    healthy: bool,
    /// Also disabled models, and every other name a request may send as its model
    #[arg(long)]
    all: bool,
    /// Ask each provider which models it has; this costs nothing
    #[arg(long, conflicts_with_all = ["task", "capability", "healthy", "all", "sort", "show"])]
    remote: bool,
    /// Order the list; otherwise it is in the order of the configuration
    #[arg(long, value_name = "ORDER")]
    sort: Option<Order>,
    /// Show everything that is known of one model
    #[arg(long, value_name = "NAME", conflicts_with_all = ["pattern", "provider", "task", "capability", "healthy", "all", "sort"])]
    show: Option<String>,
}

fn abilities() -> PossibleValuesParser {
    let names = Capabilities::all().iter().map(|(_, name)| *name);
    PossibleValuesParser::new(names)
}

/// Lists models.
pub(crate) fn run(args: &ModelsArgs, console: &Console) -> Result<(), Halt> {
    let mut rows = match open_remote(console)? {
        Some(_) if args.remote => {
            let message = Message::new("cooperation.models.remote_is_local");
            return Err(Report::usage(message)
                .hint("llm-cooperation models --remote --local")
                .into());
        }
        Some(server) => {
            let rows = remote::rows(&server, console)?;
            if let Some(name) = &args.show {
                return detail::show_row(name, &rows, console);
            }
            rows
        }
        None => {
            let local = Local::open(console)?;
            if args.remote {
                let pattern = args.pattern.as_deref();
                return offered::run(pattern, args.provider.as_deref(), &local, console);
            }
            if let Some(name) = &args.show {
                return detail::show(name, &local, console);
            }
            rows(&local)?
        }
    };
    rows.retain(|row| args.wants(row));
    if let Some(order) = args.sort {
        row::sort(&mut rows, order);
    }
    if rows.is_empty() {
        console.ui.note(Message::new("cooperation.models.none"));
    }
    let ui = &console.ui;
    ui.print_table(&row::table(&rows, ui.terminal.stdout.width))
}

/// Every model, and then every other name a request may send.
fn rows(local: &Local) -> Result<Vec<ModelRow>, Report> {
    let gateway = &local.gateway;
    let grant = gateway
        .authorize(None, Origin::InProcess, Permission::Inference)
        .map_err(|error| llm_setup::failure::report(&error, None))?;
    let views = gateway.models();
    let models = views
        .iter()
        .map(|view| ModelRow::of_view(view, &local.loaded));
    let others = gateway
        .other_names(&grant)
        .into_iter()
        .filter(|(name, _)| {
            views
                .iter()
                .all(|view| view.deployment.model.as_str() != name)
        })
        // Another name for a model is told apart from the model itself.
        .map(|(name, kind)| ModelRow::of_name(name, if kind == "model" { "alias" } else { kind }));
    Ok(models.chain(others).collect())
}

impl ModelsArgs {
    fn wants(&self, row: &ModelRow) -> bool {
        let is_listed = self.all || (row.kind == "model" && row.health != "disabled");
        let has = |words: &[String], wanted: &String| {
            words.iter().any(|word| word.eq_ignore_ascii_case(wanted))
        };
        is_listed
            && fits(self.pattern.as_deref(), &row.name)
            && (self.provider.as_ref()).is_none_or(|wanted| has(row.provider.as_slice(), wanted))
            && (self.task.as_ref()).is_none_or(|task| has(&row.tasks, task))
            && self
                .capability
                .iter()
                .all(|ability| has(&row.capabilities, ability))
            && (!self.healthy || (row.kind == "model" && row.is_available()))
    }
}

/// Whether a name fits a pattern: contains it, or as a whole where it has `*` or `?`.
pub(crate) fn fits(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else {
        return true;
    };
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    if !pattern.contains(['*', '?']) {
        return name.contains(&pattern);
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches(&pattern, &name)
}

/// Goes back only to the last `*`, so the time is at most the product of both lengths.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[read] => {
                at += 1;
                read += 1;
            }
            _ => match &mut star {
                Some((star_at, taken)) => {
                    *taken += 1;
                    at = *star_at + 1;
                    read = *taken;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// The failure that there is no model of a name, with the nearest name there is.
pub(crate) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Report {
    let report = Report::new("model_not_found", "").with("model", name);
    match nearest(name, known) {
        Some(near) => report
            .hint(Message::new("cooperation.models.near").with("name", near))
            .hint("llm-cooperation models"),
        None => report.hint("llm-cooperation models"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_part_or_with_wildcards_the_whole() {
        for (pattern, name, fit) in [
            ("wen", "Qwen3_8b", true),
            ("qwen3*", "qwen3_8b", true),
            ("*8b", "qwen3_8b", true),
            ("q*3*b", "qwen3_32b", true),
            ("q*4*b", "qwen3_32b", false),
            ("qwen3_?b", "qwen3_8b", true),
            ("qwen3_?b", "qwen3_32b", false),
            ("模型*", "模型一", true),
            ("*", "", true),
        ] {
            assert_eq!(fits(Some(pattern), name), fit, "{pattern} {name}");
        }
        assert!(fits(None, "anything"));
    }
}
