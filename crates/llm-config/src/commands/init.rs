//! `llm-config init`: from nothing to a working configuration. It says what it found and what it
//! would use before it asks, and tries the result.

mod found;

use std::time::Duration;

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::edit::PresetOptions;
use llm_core::config::presets::{self, DEMO, Preset};
use llm_core::config::secret_ref::SecretRef;
use llm_core::provider::demo;
use llm_setup::configuration::finding;

use super::preset::{found_key, next, put, tell_facts};
use crate::keyinput::{self, KeyArgs};
use crate::outcome;
use crate::probe::{self, Asked};
use crate::session::{EditArgs, Session};
use found::Found;

/// How long the provider may take at the end.
const LIMIT: Duration = Duration::from_secs(20);

/// How to set up.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Use this preset and do not ask for one
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Call this address instead of the vendor's
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Take the key from here
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["api_key", "api_key_stdin"])]
    key_from: Option<KeyFrom>,
    #[command(flatten)]
    key: KeyArgs,
    /// Do not ask the provider whether it answers
    #[arg(long)]
    no_test: bool,
    #[command(flatten)]
    edit: EditArgs,
}

/// Where a key is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeyFrom {
    /// The variable the vendor documents
    Env,
    /// Standard input
    Stdin,
    /// The file of --api-key-file
    File,
    /// A question
    Prompt,
}

/// Finds, asks, applies, tries.
pub(crate) fn run(args: &InitArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let found = Found::look(&session);
    found.tell(&console.ui);
    let preset = choose(args, &found, &session)?;
    let key = key(args, preset, &session)?;
    let options = PresetOptions {
        key,
        base_url: args.base_url.clone(),
        replace: false,
    };
    let edit = put(&session, preset, &options)?;
    tell_facts(preset, &console.ui);
    outcome::tell(&session, &edit, &next())?;
    if !args.no_test && !session.dry_run && !console.settings.offline {
        attempt(preset, &session)?;
    }
    Ok(())
}

/// The preset: named, or the demonstration, or what was found, or what the user says.
fn choose(args: &InitArgs, found: &Found, session: &Session<'_>) -> Result<&'static Preset, Halt> {
    let ui = &session.console.ui;
    let name = match &args.preset {
        Some(name) => name.clone(),
        None if session.console.settings.demo => DEMO.to_owned(),
        None => {
            let best = found.best().unwrap_or(DEMO);
            if ui.asking.assumes_yes {
                best.to_owned()
            } else {
                let question = Message::new("config.ask_preset").with("names", names());
                ui.ask(question, Some(best), "--preset NAME | --demo")?
            }
        }
    };
    presets::require(&name).map_err(|error| Halt::Failed(finding(&error)))
}

fn names() -> String {
    let names: Vec<&str> = presets::all().iter().map(|preset| preset.name).collect();
    names.join(", ")
}

fn key(args: &InitArgs, preset: &Preset, session: &Session<'_>) -> Result<Option<SecretRef>, Halt> {
    let console = session.console;
    let loaded = &session.loaded;
    let missing =
        |flag: &str| Report::usage(Message::new("common.usage.missing").with("arguments", flag));
    match args.key_from {
        None if args.key.is_given() => args.key.read(console, loaded),
        None => found_key(preset, session),
        Some(KeyFrom::File) if args.key.api_key_file.is_none() => {
            Err(missing("--api-key-file").into())
        }
        Some(KeyFrom::File) => args.key.read(console, loaded),
        Some(KeyFrom::Stdin) => {
            let key = keyinput::from_stdin(console)?;
            Ok(Some(keyinput::checked(key, console)))
        }
        Some(KeyFrom::Prompt) => {
            let question = Message::new("config.ask_key_of").with("provider", &preset.facts.title);
            keyinput::ask(console, question, "--api-key-stdin").map(Some)
        }
        Some(KeyFrom::Env) => {
            let names = &preset.facts.key_env;
            let is_set = |name: &&String| loaded.variables.get(name).is_some();
            let given = args.key.api_key_env.as_ref();
            let name = given.or(names.iter().find(is_set)).or(names.first());
            let name = name.ok_or_else(|| missing("--api-key-env"))?;
            keyinput::reference(name, console, loaded).map(Some)
        }
    }
}

/// Asks the provider for its list of models. That it does not answer is told and no failure: the
/// configuration is written, and the network may come later.
fn attempt(preset: &Preset, session: &Session<'_>) -> Result<(), Halt> {
    let ui = &session.console.ui;
    if preset.facts.kind == demo::SCHEME {
        ui.note(Message::new("config.demo_ready"));
        return Ok(());
    }
    let trial = session.alone(preset.name, None)?;
    let limit = session.console.settings.timeout.unwrap_or(LIMIT);
    match probe::provider(&trial, preset.name, limit)? {
        Asked::Answered => ui.note(Message::new("config.works").with("provider", preset.name)),
        Asked::Not => {}
        Asked::Refused(_, reason) => ui.warn(
            Message::new("config.works_not")
                .with("provider", preset.name)
                .with("reason", reason),
        ),
    }
    Ok(())
}
