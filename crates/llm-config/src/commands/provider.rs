//! `add-provider`, `update-provider`, `remove-provider`: the addresses that models are called at.

use std::time::Duration;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::duration;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::edit::{Entry, Section};
use llm_core::config::key::KeyPath;
use llm_core::config::provider::ProviderConfig;
use llm_core::provider::vendors;
use llm_setup::configuration::finding;

use super::model::{NameArgs, change_entry, put, remove_entry, table};
use crate::keyinput::KeyArgs;
use crate::outcome;
use crate::session::{EditArgs, Session};

/// What both can say of a provider.
#[derive(Debug, Args)]
struct Fields {
    /// Its address; paths such as /chat/completions are appended
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The vendor whose manners it has, or openai-compatible
    #[arg(long, value_name = "VENDOR")]
    kind: Option<String>,
    /// Call it through this proxy, such as <http://HOST:PORT>
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Send this header with every call; may be repeated; never a key
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Give one attempt this long, such as 30s
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,
    /// Further attempts after a failure
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Leave its models out of everything for now
    #[arg(long)]
    disabled: bool,
}

impl Fields {
    fn config(&self) -> ProviderConfig {
        let timeout = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        ProviderConfig {
            kind: self.kind.clone(),
            base_url: self.base_url.clone(),
            proxy: self.proxy.clone(),
            headers: self.header.iter().cloned().collect(),
            timeout_ms: self.timeout.map(timeout),
            retries: self.retries,
            disabled: self.disabled,
            ..ProviderConfig::default()
        }
    }
}

/// A provider to add.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What to call it
    #[arg(long)]
    name: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    key: KeyArgs,
    /// Overwrite a provider of this name that is different
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    edit: EditArgs,
}

/// What to change of a provider.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    which: NameArgs,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    key: KeyArgs,
    /// Take this key out of the entry, such as proxy; may be repeated
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    unset: Vec<String>,
    #[command(flatten)]
    edit: EditArgs,
}

/// A provider to remove.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    which: NameArgs,
    /// Also remove what refers to it: its models, and what refers to those
    #[arg(long)]
    cascade: bool,
    #[command(flatten)]
    edit: EditArgs,
}

fn header(text: &str) -> Result<(String, String), Message> {
    match text.split_once('=').or_else(|| text.split_once(':')) {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(Message::new("config.bad_header")),
    }
}

/// Adds a provider.
pub(crate) fn add(args: &AddArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let entry = args.fields.config();
    add_entry(&session, &args.name, entry, (&args.key, args.replace))
}

/// Adds a provider of these facts.
pub(super) fn add_entry(
    session: &Session<'_>,
    name: &str,
    mut config: ProviderConfig,
    (key, replace): (&KeyArgs, bool),
) -> Result<(), Halt> {
    let is_vendor = vendors::find(name).is_some();
    if config.kind.is_none() && !is_vendor {
        if config.base_url.is_none() {
            let message = Message::new("common.usage.missing").with("arguments", "--base-url");
            return Err(Report::usage(message).into());
        }
        config.kind = Some(vendors::COMPATIBLE.to_owned());
    }
    let value = toml::Value::try_from(&config)
        .map_err(|error| Report::new("internal_error", error.to_string()))?;
    session.refuse_wrong(&[(KeyPath::of(["providers", name]), value)])?;
    config.api_key = key.read(session.console, &session.loaded)?;
    let edit = put(session, name, &Entry::Provider(config), replace)?;
    let next = format!("llm-config add-model --name MODEL --path ID --provider {name}");
    outcome::tell(session, &edit, &[next])
}

/// Changes a provider.
pub(crate) fn update(args: &UpdateArgs, console: &Console) -> Result<(), Halt> {
    let session = Session::open(console, args.edit)?;
    let name = args.which.name();
    if !session.loaded.config.providers.contains_key(name) {
        return Err(finding(&session.loaded.no_entry("providers", name)).into());
    }
    let mut set = table(&args.fields.config())?;
    if set.is_empty() && args.unset.is_empty() && !args.key.is_given() {
        return Err(Report::usage(Message::new("config.nothing_to_change")).into());
    }
    for (key, value) in &mut set {
        // The headers that are named change and the others stay.
        if let (true, Some(named)) = (key == "headers", value.as_table_mut()) {
            for (name, value) in &session.loaded.config.providers[name].headers {
                named.entry(name).or_insert_with(|| value.as_str().into());
            }
        }
    }
    change_entry(
        &session,
        (Section::Provider, name),
        (set, &args.unset),
        &args.key,
    )
}

/// Removes a provider.
pub(crate) fn remove(args: &RemoveArgs, console: &Console) -> Result<(), Halt> {
    remove_entry(
        Section::Provider,
        args.which.name(),
        args.cascade,
        (console, args.edit),
    )
}

/// Refuses an address that could not be called.
pub(super) fn check_address(
    session: &Session<'_>,
    name: &str,
    kind: &str,
    address: &str,
) -> Result<(), Report> {
    let config = ProviderConfig {
        kind: Some(kind.to_owned()),
        base_url: Some(address.to_owned()),
        ..ProviderConfig::default()
    };
    let value = toml::Value::try_from(&config)
        .map_err(|error| Report::new("internal_error", error.to_string()))?;
    session.refuse_wrong(&[(KeyPath::of(["providers", name]), value)])
}
