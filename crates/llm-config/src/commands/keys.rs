//! `llm-config keys`: the API keys of providers. The keys of this gateway's own callers are
//! `llm-server keys`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::config::key::KeyPath;
use llm_core::config::load::Loaded;
use llm_core::config::presets;
use llm_core::config::secret_ref::SecretRef;
use llm_core::config::secrets::is_placeholder;
use llm_setup::configuration::finding;

use crate::keyinput::{self, KeyArgs};
use crate::outcome;
use crate::probe::{self, Asked};
use crate::session::{self, EditArgs, Session};

/// How long a provider may take to say whether it takes a new key.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Store the key of a provider, or where it is
    Set(SetArgs),
    /// List which providers have a key, and from where
    List,
    /// Remove the key of a provider
    Rm {
        #[command(flatten)]
        which: ProviderArgs,
        #[command(flatten)]
        edit: EditArgs,
    },
    /// Replace a key by a new one, after asking the provider whether it takes it
    Rotate {
        #[command(flatten)]
        set: SetArgs,
        /// Do not ask the provider
        #[arg(long)]
        no_test: bool,
    },
    /// Say where a provider's key is looked for, and which place wins
    Which {
        #[command(flatten)]
        which: ProviderArgs,
    },
}

/// Which provider, as a word or with --provider.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ProviderArgs {
    /// Which provider
    #[arg(value_name = "PROVIDER")]
    owner: Option<String>,
    /// The same as PROVIDER
    #[arg(long = "provider", value_name = "PROVIDER")]
    owner_flag: Option<String>,
}

/// A key to store.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    which: ProviderArgs,
    /// Take the key from here
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["api_key", "api_key_stdin"])]
    from: Option<From>,
    /// Keep the key in the owner-only file, or only say where it is
    #[arg(long, value_name = "HOW")]
    store: Option<Store>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    edit: EditArgs,
}

/// Where a key is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    /// Standard input
    Stdin,
    /// The file of --api-key-file
    File,
    /// The variable of --api-key-env, or the one the vendor documents
    Env,
    /// A question
    Prompt,
}

/// How a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// In the owner-only file
    File,
    /// Not at all: the configuration says which variable or file has it
    Ref,
}

impl ProviderArgs {
    fn name(&self) -> &str {
        let name = self.owner.as_deref().or(self.owner_flag.as_deref());
        name.unwrap_or_default()
    }
}

/// Runs one of the commands.
pub(crate) fn run(command: &KeysCommand, console: &Console) -> Result<(), Halt> {
    match command {
        KeysCommand::List => list(&session::load(console)?, console),
        KeysCommand::Which { which } => which_one(which.name(), console),
        KeysCommand::Set(args) => {
            let session = Session::open(console, args.edit)?;
            let secret = key(args, &session)?;
            store(&session, args.which.name(), &secret)
        }
        KeysCommand::Rotate { set, no_test } => rotate(set, *no_test, console),
        KeysCommand::Rm { which, edit } => {
            let session = Session::open(console, *edit)?;
            let name = known(which.name(), &session.loaded)?;
            let place = KeyPath::of(["providers", name]);
            let edit = session.change(|editor| editor.remove_credential(&place))?;
            outcome::tell(&session, &edit, &[])?;
            if let Some(used) = used_elsewhere(&session, name) {
                console.ui.warn(used);
            }
            Ok(())
        }
    }
}

/// A key that is still found after it was removed here.
fn used_elsewhere(session: &Session<'_>, provider: &str) -> Option<Message> {
    let after = session.after().ok()?;
    let found = after.provider_key(provider).ok()??;
    (!session.dry_run).then(|| Message::new("config.key_still").with("place", &found.place))
}

fn known<'a>(name: &'a str, loaded: &Loaded) -> Result<&'a str, Report> {
    if loaded.config.providers.contains_key(name) {
        return Ok(name);
    }
    let error = loaded.no_entry("providers", name);
    Err(finding(&match presets::find(name) {
        Some(_) => error.with_hint(format!("llm-config preset --name {name}")),
        None => error,
    }))
}

/// The key that the flags mean; without any, it is asked for, or read from a pipe.
fn key(args: &SetArgs, session: &Session<'_>) -> Result<SecretRef, Halt> {
    let console = session.console;
    let loaded = &session.loaded;
    let provider = known(args.which.name(), loaded)?;
    let needs =
        |flag: &str| Report::usage(Message::new("common.usage.missing").with("arguments", flag));
    let given = match args.from {
        Some(From::Stdin) => Some(keyinput::checked(keyinput::from_stdin(console)?, console)),
        Some(From::Prompt) => None,
        Some(From::File) if args.key.api_key_file.is_none() => {
            return Err(needs("--api-key-file").into());
        }
        None | Some(From::File) => args.key.read(console, loaded)?,
        Some(From::Env) => Some(match &args.key.api_key_env {
            Some(name) => keyinput::reference(name, console, loaded)?,
            None => {
                let preset = presets::of_kind(&loaded.config.kind_of(provider));
                let names = preset.map_or(&[][..], |preset| &preset.facts.key_env);
                let is_set = |name: &&String| loaded.variables.get(name).is_some();
                let name = names.iter().find(is_set).or(names.first());
                let name = name.ok_or_else(|| needs("--api-key-env"))?;
                keyinput::reference(name, console, loaded)?
            }
        }),
    };
    let secret = match given {
        Some(secret) => secret,
        None => {
            let question = Message::new("config.ask_key_of").with("provider", provider);
            keyinput::ask(console, question, "--api-key-stdin")?
        }
    };
    kept(secret, args, session)
}

/// The key in the form it is to be kept in.
fn kept(secret: SecretRef, args: &SetArgs, session: &Session<'_>) -> Result<SecretRef, Halt> {
    match (args.store, &secret, &args.key.api_key_file) {
        (None, _, _)
        | (Some(Store::File), SecretRef::Here(_) | SecretRef::File(_), _)
        | (Some(Store::Ref), SecretRef::Env(_), _) => Ok(secret),
        (Some(Store::Ref), _, Some(path)) => {
            let path = session.loaded.paths.current_dir.join(path);
            Ok(SecretRef::File(path))
        }
        (Some(Store::File), SecretRef::Env(name), _) => match session.loaded.variables.get(name) {
            Some((value, _)) => Ok(SecretRef::Here(llm_core::types::secret::Secret::new(value))),
            None => Err(Report::new(
                "missing_credential",
                Message::new("config.variable_unset").with("name", name),
            )
            .into()),
        },
        (Some(Store::Ref), _, None) => Err(Report::usage(
            Message::new("common.usage.missing").with("arguments", "--api-key-env, --api-key-file"),
        )
        .into()),
    }
}

fn store(session: &Session<'_>, provider: &str, secret: &SecretRef) -> Result<(), Halt> {
    let place = KeyPath::of(["providers", provider]);
    let edit = session.change(|editor| editor.set_credential(&place, secret))?;
    outcome::tell(session, &edit, &["llm-config test --no-cost".to_owned()])?;
    if session.dry_run {
        return Ok(());
    }
    let after = session.after()?;
    // A layer above the files may have a key of its own.
    if let (SecretRef::Here(new), Ok(Some(found))) = (secret, after.provider_key(provider))
        && found.secret != *new
    {
        let message = Message::new("config.key_hidden").with("place", &found.place);
        session.console.ui.warn(message);
    }
    Ok(())
}

fn rotate(args: &SetArgs, no_test: bool, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let provider = known(args.which.name(), &session.loaded)?;
    if session
        .loaded
        .provider_key(provider)
        .ok()
        .flatten()
        .is_none()
    {
        return Err(finding(&session.loaded.missing_key(provider)).into());
    }
    let secret = key(args, &session)?;
    if !no_test && !session.dry_run {
        let trial = session.alone(provider, Some(&secret))?;
        let limit = console.settings.timeout.unwrap_or(LIMIT);
        match probe::provider(&trial, provider, limit)? {
            Asked::Answered => console.ui.note(Message::new("config.key_taken")),
            Asked::Not => console.ui.warn(Message::new("config.key_untried")),
            Asked::Refused(code, message) => {
                let text = Message::new("config.key_refused")
                    .with("provider", provider)
                    .with("reason", message);
                return Err(Report::new(code.name(), text)
                    .with("provider", provider)
                    .hint("--no-test")
                    .into());
            }
        }
    }
    store(&session, provider, &secret)
}

fn list(loaded: &Loaded, console: &Console) -> Result<(), Halt> {
    let mut table = Table::new(vec![
        Column::text("provider"),
        Column::text("state"),
        Column::text("key"),
        Column::text("credential"),
    ]);
    for (name, config) in &loaded.config.providers {
        let (state, mood, hint, place) = match loaded.provider_key(name) {
            Ok(Some(found)) if is_placeholder(&found.secret) => (
                "placeholder",
                Mood::Warning,
                found.secret.hint(),
                found.place.to_string(),
            ),
            Ok(Some(found)) => (
                "ok",
                Mood::Good,
                found.secret.hint(),
                found.place.to_string(),
            ),
            Ok(None) if config.disabled => {
                ("disabled", Mood::Neutral, String::new(), String::new())
            }
            Ok(None) => {
                let kind = loaded.config.kind_of(name);
                let is_optional = kind == llm_core::provider::vendors::COMPATIBLE
                    || presets::of_kind(&kind).is_some_and(|preset| preset.facts.key_optional);
                if is_optional {
                    ("not_needed", Mood::Neutral, String::new(), String::new())
                } else {
                    ("no_key", Mood::Bad, String::new(), String::new())
                }
            }
            Err(error) => ("no_key", Mood::Bad, String::new(), error.message.clone()),
        };
        table.push(vec![
            Cell::from(name.as_str()),
            Cell::state(state, mood),
            Cell::from(hint),
            Cell::from(place),
        ]);
    }
    console.ui.print_table(&table)
}

fn which_one(name: &str, console: &Console) -> Result<(), Halt> {
    let loaded = session::load(console)?;
    let name = known(name, &loaded)?;
    let candidates = loaded.key_candidates(name);
    let mut table = Table::new(vec![
        Column::text("used"),
        Column::text("key"),
        Column::text("credential"),
        Column::prose("detail"),
    ]);
    for candidate in &candidates {
        let (hint, detail) = match &candidate.outcome {
            Ok(hint) => (hint.clone(), String::new()),
            Err(error) => (String::new(), error.message.clone()),
        };
        table.push(vec![
            Cell::from(candidate.is_used),
            Cell::from(hint),
            Cell::from(candidate.place.to_string()),
            Cell::from(detail),
        ]);
    }
    console.ui.print_table(&table)?;
    if candidates.is_empty() {
        let message = Message::new("config.no_key_anywhere").with("provider", name);
        console.ui.note(message);
        console.ui.note(
            Message::new("config.next")
                .with("command", format!("llm-config keys set --provider {name}")),
        );
    }
    Ok(())
}
