//! `add-model`, `update-model`, `remove-model`, `enable`, `disable`.

mod fields;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::text::shell_quote;
use llm_core::config::edit::{Edit, Editor, Entry, Section};
use llm_core::config::error::ConfigErrors;
use llm_core::config::key::KeyPath;
use llm_core::config::model::ModelConfig;
use llm_core::config::presets;
use llm_core::config::resolve::Named;
use llm_core::types::code::Code;
use llm_setup::configuration::{finding, report};

use super::test;
use crate::keyinput::KeyArgs;
use crate::outcome;
use crate::session::{EditArgs, Session};
use fields::Fields;

/// What a model without tasks is for.
const DEFAULT_TASK: &str = "text_generation";

const ADD_EXAMPLES: &str = "\
Examples:
  llm-config add-model --name custom_model --path provider/model-name
  llm-config add-model --name custom_model --path provider/model --tasks reasoning math
  llm-config add-model --name local --path qwen3:8b --base-url http://localhost:11434/v1 --test";

/// A model to add. There are no positional arguments, and there may never be any: `--tasks A B`
/// takes every word up to the next flag.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct AddArgs {
    /// The name that callers use
    #[arg(long)]
    name: String,
    /// The name its provider knows it by, such as Qwen/Qwen3-8B
    #[arg(long, value_name = "ID")]
    path: String,
    /// Most tokens of one answer, and the default
    #[arg(long, value_name = "N", default_value_t = 4096)]
    max_tokens: u32,
    /// Temperature where a request names none, 0 to 2
    #[arg(long, value_name = "X", default_value_t = 0.7)]
    temperature: f64,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    key: KeyArgs,
    /// Overwrite a model of this name that is different
    #[arg(long)]
    replace: bool,
    /// Call it once afterwards
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    edit: EditArgs,
}

/// What to change of a model.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    which: NameArgs,
    /// The name its provider knows it by
    #[arg(long, value_name = "ID")]
    path: Option<String>,
    /// Most tokens of one answer, and the default
    #[arg(long, value_name = "N")]
    max_tokens: Option<u32>,
    /// Temperature where a request names none, 0 to 2
    #[arg(long, value_name = "X")]
    temperature: Option<f64>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    key: KeyArgs,
    /// Take this key out of the entry, such as price; may be repeated
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    unset: Vec<String>,
    #[command(flatten)]
    edit: EditArgs,
}

/// Which entry, as a word or with --name.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct NameArgs {
    /// Which
    #[arg(value_name = "NAME")]
    entry: Option<String>,
    /// The same as NAME
    #[arg(long = "name", value_name = "NAME")]
    entry_flag: Option<String>,
}

impl NameArgs {
    pub(super) fn name(&self) -> &str {
        let name = self.entry.as_deref().or(self.entry_flag.as_deref());
        name.unwrap_or_default()
    }
}

/// A model to remove.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    which: NameArgs,
    /// Also remove what refers to it: aliases, and its name in routes and tasks
    #[arg(long)]
    cascade: bool,
    #[command(flatten)]
    edit: EditArgs,
}

/// What to switch.
#[derive(Debug, Args)]
pub(crate) struct SwitchArgs {
    #[command(flatten)]
    which: NameArgs,
    #[command(flatten)]
    edit: EditArgs,
}

/// Adds a model.
pub(crate) fn add(args: &AddArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let mut config = args.fields.config(&session, None)?;
    config.path = Some(args.path.clone());
    config.max_tokens = Some(args.max_tokens);
    config.temperature = Some(args.temperature);
    if config.tasks.is_empty() {
        config.tasks.push(DEFAULT_TASK.to_owned());
    }
    check_place(&session, &args.name, &config)?;
    let value = toml::Value::try_from(&config)
        .map_err(|error| Report::new("internal_error", error.to_string()))?;
    session.refuse_wrong(&[(KeyPath::of(["models", &args.name]), value)])?;
    config.api_key = args.key.read(console, &session.loaded)?;
    let entry = Entry::Model(Box::new(config));
    let edit = put(&session, &args.name, &entry, args.replace)?;
    outcome::tell(&session, &edit, &next(&session, &args.name))?;
    if args.test && !session.dry_run {
        return test::one(console, &args.name);
    }
    Ok(())
}

/// Adds an entry; where another one has the name, a person is asked whether to replace it.
pub(super) fn put(
    session: &Session<'_>,
    name: &str,
    entry: &Entry,
    replace: bool,
) -> Result<Edit, Halt> {
    let ui = &session.console.ui;
    let add = |replace| move |editor: &Editor<'_>| editor.add(name, entry, replace);
    let errors = match add(replace)(&session.editor()?) {
        Ok(edit) => return Ok(edit),
        Err(errors) => errors,
    };
    let may_replace = can_replace(&errors) && (ui.asking.is_allowed || ui.asking.assumes_yes);
    let question = Message::new("config.ask_replace").with("name", name);
    if may_replace && ui.confirm(question)? {
        return Ok(session.change(add(true))?);
    }
    Err(report(&errors).with("name", name).into())
}

/// Whether the reason is only that an entry of the name is there and differs.
fn can_replace(errors: &ConfigErrors) -> bool {
    errors.iter().all(|error| {
        let offers = error
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("--replace"));
        error.code == Code::ConfigConflict && offers
    })
}

/// Refuses a model that would have no place to be called at.
fn check_place(session: &Session<'_>, name: &str, config: &ModelConfig) -> Result<(), Report> {
    match &config.provider {
        Some(provider) => check_provider(session, provider),
        None if config.base_url.is_some() => Ok(()),
        None if session.loaded.config.providers.len() > 1 => session
            .loaded
            .config
            .default_provider()
            .map(drop)
            .map_err(|error| {
                let names: Vec<&str> = session
                    .loaded
                    .config
                    .providers
                    .keys()
                    .map(String::as_str)
                    .collect();
                let key = KeyPath::of(["models", name]);
                let hint = format!("--provider {}", names.join("|"));
                finding(&error.at_key(key.to_string()).with_hint(hint))
            }),
        None => Ok(()),
    }
}

fn check_provider(session: &Session<'_>, provider: &str) -> Result<(), Report> {
    if session.loaded.config.providers.contains_key(provider) {
        return Ok(());
    }
    let error = session.loaded.no_entry("providers", provider);
    Err(finding(&match presets::find(provider) {
        Some(_) => error.with_hint(format!("llm-config preset --name {provider}")),
        None => error,
    }))
}

fn next(session: &Session<'_>, name: &str) -> Vec<String> {
    let is_set_up = session.after().is_ok_and(|after| {
        let place = after.config.deployments(name).ok();
        let place = place.and_then(|places| places.into_iter().next());
        place.is_some_and(|place| {
            after.key_is_optional(&place) || matches!(after.credential(&place), Ok(Some(_)))
        })
    });
    vec![if is_set_up {
        format!("llm-config test --model {}", shell_quote(name))
    } else {
        "llm-config preset --name aigcbest --api-key-stdin".to_owned()
    }]
}

/// Changes a model.
pub(crate) fn update(args: &UpdateArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let name = args.which.name();
    let Some(before) = session.loaded.config.models.get(name) else {
        return Err(finding(&session.loaded.no_entry("models", name)).into());
    };
    let mut config = args.fields.config(&session, Some(before))?;
    config.path.clone_from(&args.path);
    config.max_tokens = args.max_tokens;
    config.temperature = args.temperature;
    if let Some(provider) = &config.provider {
        check_provider(&session, provider)?;
    }
    let set = table(&config)?;
    let unset = &args.unset;
    if set.is_empty() && unset.is_empty() && !args.key.is_given() {
        return Err(Report::usage(Message::new("config.nothing_to_change")).into());
    }
    change_entry(&session, (Section::Model, name), (set, unset), &args.key)
}

/// Changes and removes keys of an entry, and stores its key.
pub(super) fn change_entry(
    session: &Session<'_>,
    (section, name): (Section, &str),
    (set, unset): (Vec<(String, toml::Value)>, &[String]),
    key: &KeyArgs,
) -> Result<(), Halt> {
    let place = KeyPath::of([section.key(), name]);
    for key in unset {
        if llm_core::config::schema::at(&place.child(key)).is_none() {
            let path = place.child(key).to_string();
            session
                .loaded
                .find_key(&path)
                .map_err(|error| finding(&error))?;
        }
    }
    let trial: Vec<_> = set
        .iter()
        .map(|(key, value)| (place.child(key), value.clone()))
        .collect();
    session.refuse_wrong(&trial)?;
    let secret = key.read(session.console, &session.loaded)?;
    let mut edits = vec![session.change(|editor| editor.update(section, name, &set, unset))?];
    if let Some(secret) = secret {
        edits.push(session.change(|editor| editor.set_credential(&place, &secret))?);
    }
    outcome::tell(session, &outcome::joined(edits), &[])
}

/// The keys of an entry that are set.
pub(super) fn table(config: &impl serde::Serialize) -> Result<Vec<(String, toml::Value)>, Report> {
    let value = toml::Value::try_from(config)
        .map_err(|error| Report::new("internal_error", error.to_string()))?;
    Ok(value
        .as_table()
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .collect())
}

/// Removes a model.
pub(crate) fn remove(args: &RemoveArgs, console: &Console) -> Result<(), Halt> {
    remove_entry(
        Section::Model,
        args.which.name(),
        args.cascade,
        (console, args.edit),
    )
}

/// Removes an entry. A person is asked when other things go with it.
pub(super) fn remove_entry(
    section: Section,
    name: &str,
    cascade: bool,
    (console, edit): (&Console, EditArgs),
) -> Result<(), Halt> {
    let session = Session::open(console, edit)?;
    if cascade && !session.dry_run {
        let references = session.editor()?.references(section, name);
        if !references.is_empty() {
            let question = Message::new("config.ask_cascade")
                .with("name", name)
                .with("keys", references.join(", "));
            if console.ui.asking.is_allowed && !console.ui.confirm(question)? {
                console.ui.note(Message::new("config.left_alone"));
                return Ok(());
            }
        }
    }
    let edit = session.change(|editor| editor.remove(section, name, cascade))?;
    outcome::tell(&session, &edit, &[])
}

/// Switches a model, an alias's model or a provider on or off.
pub(crate) fn switch(args: &SwitchArgs, on: bool, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let name = args.which.name();
    let config = &session.loaded.config;
    let (section, name) = match config.named(name) {
        Some(Named::Model(model)) => (Section::Model, model),
        _ if config.providers.contains_key(name) => (Section::Provider, name),
        _ => return Err(finding(&session.loaded.no_entry("models", name)).into()),
    };
    let edit = session.change(|editor| editor.enable(section, name, on))?;
    outcome::tell(&session, &edit, &[])
}
