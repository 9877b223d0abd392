//! `llm-config migrate`: brings the file to the present format, and takes over the files of the
//! earlier programs that lie in the current directory.

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::SCHEMA_VERSION;
use llm_core::config::import;
use llm_setup::configuration::report;

use super::import::take_over;
use crate::outcome;
use crate::session::{EditArgs, Session};

/// How to migrate.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// To this version of the format; there is only 1 so far
    #[arg(long, value_name = "N")]
    to: Option<u32>,
    #[command(flatten)]
    edit: EditArgs,
}

/// Migrates. The former text of a changed file is kept beside it; earlier programs' files are left
/// as they are.
pub(crate) fn run(args: &MigrateArgs, console: &Console) -> Result<(), Halt> {
    if let Some(version) = args.to.filter(|version| *version != SCHEMA_VERSION) {
        let message = Message::new("config.no_version")
            .with("version", version)
            .with("present", SCHEMA_VERSION);
        return Err(Report::usage(message).into());
    }
    let session = Session::open(console, args.edit)?;
    let migrated = session.editor()?.migrate();
    let mut edits = vec![migrated.map_err(|errors| report(&errors))?];
    for path in import::find_earlier(&session.loaded.paths.current_dir) {
        let imported = import::read_file(&path).map_err(|errors| report(&errors))?;
        console
            .ui
            .note(Message::new("config.found_file").with("path", path.display()));
        edits.push(take_over(&session, &imported, (&path, false))?);
    }
    outcome::tell(&session, &outcome::joined(edits), &[])
}
