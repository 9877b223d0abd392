//! `llm-config import`: takes over the files of the earlier programs, `.env` files and other
//! configurations. What has no counterpart is told, never dropped in silence.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::edit::Edit;
use llm_core::config::import::{self, Format, Imported};
use llm_core::config::key::KeyPath;
use llm_setup::configuration::report;

use crate::outcome;
use crate::session::{EditArgs, Session};

/// What to take over.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct ImportArgs {
    /// The file
    #[arg(group = "which")]
    file: Option<PathBuf>,
    /// The earlier program's way to name it
    #[arg(long, hide = true, group = "which")]
    input: Option<PathBuf>,
    /// Take it for this; otherwise its content tells
    #[arg(long, value_name = "FORM")]
    from: Option<From>,
    /// Keep entries that are there and differ; the default
    #[arg(long, conflicts_with = "replace")]
    merge: bool,
    /// Overwrite entries that are there and differ
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    edit: EditArgs,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum From {
    /// `api_configs.json`, or an export of the earlier program
    LlmCooperation,
    /// Lines of NAME=value
    OpenaiEnv,
    /// A configuration file of this program
    Toml,
}

impl From {
    fn fits(self, format: Format) -> bool {
        match self {
            Self::LlmCooperation => matches!(format, Format::ApiConfigs | Format::Export),
            Self::OpenaiEnv => format == Format::Dotenv,
            Self::Toml => format == Format::Toml,
        }
    }
}

/// Takes it over.
pub(crate) fn run(args: &ImportArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let file = args.file.as_ref().or(args.input.as_ref());
    let path = session
        .loaded
        .paths
        .current_dir
        .join(file.cloned().unwrap_or_default());
    let imported = import::read_file(&path).map_err(|errors| report(&errors))?;
    if args.from.is_some_and(|form| !form.fits(imported.format)) {
        let message = Message::new("config.other_form")
            .with("path", path.display())
            .with("form", name_of(imported.format));
        return Err(Report::usage(message).into());
    }
    let edit = take_over(&session, &imported, (&path, args.replace))?;
    outcome::tell(&session, &edit, &["llm-config validate".to_owned()])
}

/// Takes over what was read, and warns of what has no counterpart and of keys left behind.
pub(super) fn take_over(
    session: &Session<'_>,
    imported: &Imported,
    (path, replace): (&Path, bool),
) -> Result<Edit, Halt> {
    let ui = &session.console.ui;
    for skipped in &imported.unmapped {
        ui.warn(skipped.to_string());
    }
    let edit = session.change(|editor| editor.import(imported, replace))?;
    if holds_keys(imported) && !session.dry_run {
        ui.warn(Message::new("config.keys_left").with("path", path.display()));
    }
    Ok(edit)
}

fn holds_keys(imported: &Imported) -> bool {
    let mut found = false;
    imported.tree.each_leaf(&KeyPath::root(), &mut |key, _| {
        found |= key.holds_secret();
    });
    found
}

fn name_of(format: Format) -> &'static str {
    match format {
        Format::ApiConfigs | Format::Export => "llm-cooperation",
        Format::Dotenv => "openai-env",
        Format::Toml => "toml",
    }
}
