//! `llm-config alias`: other names for models.

use clap::Subcommand;
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_core::config::edit::{Entry, Section};

use super::list;
use super::model::{put, remove_entry};
use crate::outcome;
use crate::session::{self, EditArgs, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum AliasCommand {
    /// Make another name for a model or route
    Set {
        /// The other name
        name: String,
        /// What it stands for
        model: String,
        /// Overwrite an alias of this name
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        edit: EditArgs,
    },
    /// List the other names there are
    List,
    /// Remove one
    Rm {
        /// Which
        name: String,
        /// Also remove what refers to it
        #[arg(long)]
        cascade: bool,
        #[command(flatten)]
        edit: EditArgs,
    },
}

/// Runs one of the commands.
pub(crate) fn run(command: &AliasCommand, console: &Console) -> Result<(), Halt> {
    match command {
        AliasCommand::List => {
            let loaded = session::load(console)?;
            console.ui.print_table(&list::aliases(&loaded, false))
        }
        AliasCommand::Set {
            name,
            model,
            replace,
            edit,
        } => {
            let session = Session::open(console, *edit)?;
            let edit = put(&session, name, &Entry::Alias(model.clone()), *replace)?;
            outcome::tell(&session, &edit, &[])
        }
        AliasCommand::Rm {
            name,
            cascade,
            edit,
        } => remove_entry(Section::Alias, name, *cascade, (console, *edit)),
    }
}
