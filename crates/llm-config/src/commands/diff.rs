//! `llm-config diff`: what is different between two configurations, defaults included.

use std::path::PathBuf;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::exit;
use llm_console::globals::Settings;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_core::config::export::differences;
use llm_core::config::load::Loaded;
use llm_setup::configuration::{Source, report};

/// Which two.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The first file
    first: PathBuf,
    /// The second file; otherwise the configuration in use
    second: Option<PathBuf>,
    /// End with exit code 10 when there is a difference
    #[arg(long)]
    exit_code: bool,
}

/// Compares them.
pub(crate) fn run(args: &DiffArgs, console: &Console) -> Result<(), Halt> {
    let before = load(Some(&args.first), console)?;
    let after = load(args.second.as_ref(), console)?;
    let mut table = Table::new(vec![
        Column::text("key"),
        Column::text("before"),
        Column::text("after"),
    ]);
    let shown = |value: Option<toml::Value>| match value {
        None => Cell::Empty,
        Some(toml::Value::String(text)) => Cell::from(text),
        Some(value) => Cell::from(value.to_string()),
    };
    for difference in differences(&before, &after) {
        table.push(vec![
            Cell::from(difference.key.to_string()),
            shown(difference.before),
            shown(difference.after),
        ]);
    }
    let count = table.len();
    console.ui.print_table(&table)?;
    if count == 0 {
        console.ui.note(Message::new("config.same"));
        return Ok(());
    }
    console
        .ui
        .note(Message::new("config.differences").with("n", count));
    if args.exit_code {
        return Err(Halt::Exit(exit::CHECK));
    }
    Ok(())
}

fn load(file: Option<&PathBuf>, console: &Console) -> Result<Loaded, Report> {
    let settings = match file {
        None => console.settings.clone(),
        Some(path) => Settings {
            config: Some(path.clone()),
            no_config: false,
            demo: false,
            ..console.settings.clone()
        },
    };
    Source::of(&settings, [])?
        .load()
        .map_err(|errors| report(&errors))
}
