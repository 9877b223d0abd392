//! `llm-config export`: the configuration as one document. Keys are in it only when asked for and
//! confirmed; a file with keys is the owner's alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::output::Format as Shared;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::export::{self, ExportOptions};
use llm_core::types::secret::Secret;
use llm_setup::configuration::finding;
use tempfile::NamedTempFile;

use crate::session;

/// What to write, and where.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file to write; otherwise standard output
    file: Option<PathBuf>,
    /// Write it in this form
    #[arg(long, value_name = "FORM")]
    format: Option<Form>,
    /// Write the keys too, references followed; the result is a secret
    #[arg(long)]
    with_secrets: bool,
    /// Write every value, defaults and built-in entries included
    #[arg(long)]
    resolved: bool,
}

/// The forms there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A configuration file of this program
    Toml,
    /// The export of the earlier program
    Json,
    /// The names of the earlier program's .env file
    Env,
}

impl ExportArgs {
    /// Whether failures are told in JSON too.
    pub(super) fn is_json(&self) -> bool {
        self.format == Some(Form::Json)
    }
}

/// Writes it.
pub(crate) fn run(args: &ExportArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    let offered = [Shared::Text, Shared::Json];
    let form = match args.format {
        Some(form) => form,
        None if ui.format(Shared::Text, &offered)? == Shared::Json => Form::Json,
        None => Form::Toml,
    };
    if args.file.is_some() && ui.output.is_some() {
        let message = Message::new("common.usage.conflict")
            .with("argument", "FILE")
            .with("other", "--output");
        return Err(Report::usage(message).into());
    }
    let loaded = session::load(console)?;
    if args.with_secrets && !ui.confirm(Message::new("config.ask_secrets"))? {
        ui.note(Message::new("config.left_alone"));
        return Ok(());
    }
    let options = ExportOptions {
        with_secrets: args.with_secrets,
        resolved: args.resolved,
    };
    let text = match form {
        Form::Toml => export::toml(&loaded, options),
        Form::Json => export::earlier_json(&loaded, options),
        Form::Env => export::dotenv(&loaded, options),
    };
    let text = text.map_err(|error| Halt::Failed(finding(&error)))?;
    let file = args.file.as_ref().filter(|path| path.as_os_str() != "-");
    match file.or(ui.output.as_ref()) {
        None => ui.print(text.expose())?,
        Some(path) => {
            let path = loaded.paths.current_dir.join(path);
            if args.with_secrets {
                write_private(&path, &text)?;
            } else {
                let mut to_file = ui.clone();
                to_file.output = Some(path.clone());
                to_file.print(text.expose())?;
            }
            ui.note(Message::new("config.wrote").with("path", path.display()));
        }
    }
    if args.with_secrets {
        ui.warn(Message::new("config.has_secrets"));
    }
    Ok(())
}

/// Replaces a file by one that only its owner can read.
fn write_private(path: &Path, text: &Secret) -> Result<(), Report> {
    let unwritable = |error: std::io::Error| {
        let message = Message::new("common.output.unwritable")
            .with("path", path.display())
            .with("reason", error);
        Report::new("output_unwritable", message)
    };
    let directory = path.parent().unwrap_or(Path::new("."));
    // A temporary file is the owner's alone, and stays so in its place.
    let mut file = NamedTempFile::new_in(directory).map_err(unwritable)?;
    file.write_all(text.expose().as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(unwritable)?;
    file.persist(path)
        .map(drop)
        .map_err(|failed| unwritable(failed.error))
}
