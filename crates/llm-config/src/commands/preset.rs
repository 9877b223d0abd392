//! `llm-config preset`: applies a vendor's preset, lists presets, shows one.

use clap::{Args, Subcommand};
use llm_console::catalogue::Message;
use llm_console::lang::Lang;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_console::ui::Ui;
use llm_core::config::edit::{Edit, PresetOptions};
use llm_core::config::presets::{self, Preset};
use llm_core::config::secret_ref::SecretRef;
use llm_core::config::source::Layer;
use llm_setup::configuration::finding;
use serde_json::json;

use crate::keyinput::{self, KeyArgs};
use crate::outcome;
use crate::session::{EditArgs, Session};

const EXAMPLES: &str = "\
Examples:
  llm-config preset --name aigcbest --api-key YOUR_API_KEY
  pass show openai | llm-config preset --name openai --api-key-stdin
  llm-config preset --name ollama
  llm-config preset --name demo";

/// The preset to apply.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub(crate) struct PresetArgs {
    #[command(subcommand)]
    command: Option<PresetCommand>,
    /// Which preset; `llm-config preset list` names them
    #[arg(long, required = true)]
    name: Option<String>,
    /// Call this address instead of the vendor's
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Keep entries that are there and differ, and add what they lack; the default
    #[arg(long, conflicts_with = "replace")]
    merge: bool,
    /// Overwrite entries that are there and differ
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    edit: EditArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PresetCommand {
    /// List the presets there are
    List,
    /// Show what a preset adds
    Show {
        /// Which
        name: String,
    },
}

/// Applies, lists or shows.
pub(crate) fn run(args: &PresetArgs, console: &Console) -> Result<(), Halt> {
    match (&args.command, &args.name) {
        (Some(_), Some(name)) => Err(Report::usage(
            Message::new("common.usage.conflict")
                .with("argument", format!("--name {name}"))
                .with("other", "list, show"),
        )
        .into()),
        (Some(PresetCommand::List), None) => list(&console.ui),
        (Some(PresetCommand::Show { name }), None) => show(name, &console.ui),
        (None, name) => apply(args, name.as_deref().unwrap_or_default(), console),
    }
}

fn apply(args: &PresetArgs, name: &str, console: &Console) -> Result<(), Halt> {
    let preset = presets::require(name).map_err(|error| Halt::Failed(finding(&error)))?;
    let session = Session::open(console, args.edit)?;
    let key = match args.key.read(console, &session.loaded)? {
        Some(key) => Some(key),
        None => found_key(preset, &session)?,
    };
    let options = PresetOptions {
        key,
        base_url: args.base_url.clone(),
        replace: args.replace,
    };
    let edit = put(&session, preset, &options)?;
    tell_facts(preset, &console.ui);
    outcome::tell(&session, &edit, &next())
}

/// Applies a preset after checking the address.
pub(super) fn put(
    session: &Session<'_>,
    preset: &Preset,
    options: &PresetOptions,
) -> Result<Edit, Report> {
    if let Some(address) = &options.base_url {
        super::provider::check_address(session, preset.name, &preset.facts.kind, address)?;
    }
    session.change(|editor| editor.apply_preset(preset, options))
}

/// What to do after a preset.
pub(super) fn next() -> Vec<String> {
    vec![
        "llm-config test".to_owned(),
        "llm-cooperation query -q \"…\"".to_owned(),
    ]
}

/// The key of a preset that none was given for: none where none is needed or one is there already,
/// else it is asked for.
pub(super) fn found_key(preset: &Preset, session: &Session<'_>) -> Result<Option<SecretRef>, Halt> {
    let console = session.console;
    if preset.facts.key_optional {
        return Ok(None);
    }
    let loaded = &session.loaded;
    if let Ok(Some(found)) = loaded.provider_key(preset.name)
        && found.place.origin.layer > Layer::BareVariable
    {
        let message = Message::new("config.key_there")
            .with("place", &found.place)
            .with("hint", found.secret.hint());
        console.ui.note(message);
        return Ok(None);
    }
    let set = preset
        .facts
        .key_env
        .iter()
        .find(|name| loaded.variables.get(name).is_some());
    if let Some(name) = set {
        console
            .ui
            .note(Message::new("config.key_in_variable").with("name", name));
        return keyinput::reference(name, console, loaded).map(Some);
    }
    if let Some(page) = &preset.facts.key_page {
        console
            .ui
            .note(Message::new("config.key_page").with("url", page));
    }
    let question = Message::new("config.ask_key_of").with("provider", &preset.facts.title);
    keyinput::ask(console, question, "--api-key-stdin").map(Some)
}

/// Says what a user should know of the vendor.
pub(super) fn tell_facts(preset: &Preset, ui: &Ui) {
    if let Some(note) = note_of(preset, ui.lang) {
        let message = Message::new("config.preset_note")
            .with("title", title_of(preset, ui.lang))
            .with("note", note);
        ui.note(message);
    }
}

fn title_of(preset: &Preset, lang: Lang) -> &str {
    match &preset.facts.title_zh {
        Some(title) if lang == Lang::Zh => title,
        _ => &preset.facts.title,
    }
}

fn note_of(preset: &Preset, lang: Lang) -> Option<&str> {
    match &preset.facts.note_zh {
        Some(note) if lang == Lang::Zh => Some(note),
        _ => preset.facts.note.as_deref(),
    }
}

/// Every preset.
pub(super) fn list(ui: &Ui) -> Result<(), Halt> {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("description"),
        Column::text("base_url"),
        Column::text("models"),
        Column::text("variable").detail(),
    ]);
    for preset in presets::all() {
        table.push(vec![
            Cell::from(preset.name),
            Cell::from(title_of(preset, ui.lang)),
            Cell::from(preset.facts.base_url.as_str()),
            Cell::List(preset.model_names()),
            Cell::List(preset.facts.key_env.clone()),
        ]);
    }
    ui.print_table(&table)
}

fn show(name: &str, ui: &Ui) -> Result<(), Halt> {
    let preset = presets::require(name).map_err(|error| Halt::Failed(finding(&error)))?;
    let offered = [Format::Text, Format::Json, Format::Jsonl];
    if ui.format(Format::Text, &offered)? == Format::Text {
        return ui.print(preset.text);
    }
    let text: toml::Table = preset.text.parse().unwrap_or_default();
    ui.print_json(&json!({ "name": preset.name, "configuration": text }))
}
