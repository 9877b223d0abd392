//! Spellings of the earlier programs, hidden from help. Each says how it is written today.

use clap::Subcommand;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_core::config::edit::Entry;
use llm_core::config::model::ModelConfig;
use llm_core::config::provider::ProviderConfig;

use super::{model, preset, provider};
use crate::keyinput::KeyArgs;
use crate::session::{EditArgs, Session};

/// The provider of the earlier program's one address and key.
const GLOBAL: &str = "default";

#[derive(Debug, Subcommand)]
pub(crate) enum EarlierCommand {
    /// llm-config preset list
    #[command(hide = true)]
    Presets,
    /// llm-config add-provider --name default
    #[command(hide = true)]
    Global {
        /// The address
        #[arg(long)]
        base_url: String,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        edit: EditArgs,
    },
    /// llm-config add-provider, then llm-config add-model
    #[command(hide = true)]
    AddEndpoint {
        /// What to call it
        #[arg(long)]
        name: String,
        /// The address
        #[arg(long)]
        base_url: String,
        #[command(flatten)]
        key: KeyArgs,
        /// Its models, with commas
        #[arg(long, value_delimiter = ',')]
        models: Vec<String>,
        #[command(flatten)]
        edit: EditArgs,
    },
}

/// Runs it as the command it is today.
pub(crate) fn run(command: &EarlierCommand, console: &Console) -> Result<(), Halt> {
    match command {
        EarlierCommand::Presets => {
            say(console, "llm-config preset list");
            preset::list(&console.ui)
        }
        EarlierCommand::Global {
            base_url,
            key,
            edit,
        } => {
            let command = format!(
                "llm-config add-provider --name {GLOBAL} --base-url {base_url} --api-key-stdin"
            );
            say(console, &command);
            let session = Session::open(console, *edit)?;
            // The earlier command overwrote what was there.
            provider::add_entry(&session, GLOBAL, at(base_url), (key, true))
        }
        EarlierCommand::AddEndpoint {
            name,
            base_url,
            key,
            models,
            edit,
        } => {
            let command = format!(
                "llm-config add-provider --name {name} --base-url {base_url} --api-key-stdin"
            );
            say(console, &command);
            let session = Session::open(console, *edit)?;
            provider::add_entry(&session, name, at(base_url), (key, false))?;
            for path in models
                .iter()
                .map(|path| path.trim())
                .filter(|path| !path.is_empty())
            {
                say(
                    console,
                    &format!("llm-config add-model --name {path} --path {path} --provider {name}"),
                );
                let session = Session::open(console, *edit)?;
                let config = ModelConfig {
                    provider: Some(name.clone()),
                    path: Some(path.to_owned()),
                    ..ModelConfig::default()
                };
                let edit = model::put(&session, path, &Entry::Model(Box::new(config)), false)?;
                crate::outcome::tell(&session, &edit, &[])?;
            }
            Ok(())
        }
    }
}

fn at(base_url: &str) -> ProviderConfig {
    ProviderConfig {
        base_url: Some(base_url.to_owned()),
        ..ProviderConfig::default()
    }
}

fn say(console: &Console, command: &str) {
    console
        .ui
        .note(Message::new("config.spelling").with("command", command));
}
