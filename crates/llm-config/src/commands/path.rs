//! `llm-config path`: where files are, also when what they say cannot be read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_core::config::paths::{PROJECT_FILE, Paths, secrets_beside};

use crate::session::bare;

/// Which place.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PathArgs {
    /// Print this one alone
    what: Option<Place>,
}

/// A place that files are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    /// The configuration file that changes go to
    Config,
    /// The owner-only file with keys
    Secrets,
    /// What the program keeps, such as usage
    State,
    /// What the program can make again
    Cache,
    /// The project's file
    Project,
    /// The file of the whole machine
    System,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Secrets => "secrets",
            Self::State => "state",
            Self::Cache => "cache",
            Self::Project => "project",
            Self::System => "system",
        }
    }

    fn path(self, paths: &Paths, named: Option<&PathBuf>) -> Option<PathBuf> {
        match (self, named) {
            (Self::Config, Some(path)) => Some(paths.current_dir.join(path)),
            (Self::Secrets, Some(path)) => Some(secrets_beside(&paths.current_dir.join(path))),
            (Self::Config, None) => paths.user(),
            (Self::Secrets, None) => paths.secrets(),
            (Self::State, _) => paths.state_dir.clone(),
            (Self::Cache, _) => paths.cache_dir.clone(),
            (Self::Project, _) => {
                let directory = paths.project_dir.as_ref().unwrap_or(&paths.current_dir);
                Some(directory.join(PROJECT_FILE))
            }
            (Self::System, _) => paths.system.clone(),
        }
    }
}

/// Prints one path, or all of them with whether they are there.
pub(crate) fn run(args: PathArgs, console: &Console) -> Result<(), Halt> {
    let paths = bare(console)?.paths;
    let named = console.settings.config.as_ref();
    if let (Some(place), None) = (args.what, console.ui.wanted.filter(|wanted| wanted.is_flag)) {
        let path = place.path(&paths, named).ok_or_else(|| {
            let message = Message::new("config.no_place").with("what", place.name());
            Report::new("config_unreadable", message)
        })?;
        return console.ui.print(&format!("{}\n", path.display()));
    }
    let mut table = Table::new(vec![
        Column::text("kind"),
        Column::text("path"),
        Column::text("exists"),
    ]);
    for place in Place::value_variants() {
        if args.what.is_some_and(|wanted| wanted != *place) {
            continue;
        }
        let path = place.path(&paths, named);
        table.push(vec![
            Cell::from(place.name()),
            path.as_ref()
                .map_or(Cell::Empty, |path| Cell::from(path.display().to_string())),
            Cell::from(path.is_some_and(|path| path.exists())),
        ]);
    }
    console.ui.print_table(&table)
}
