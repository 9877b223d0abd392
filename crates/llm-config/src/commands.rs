//! The commands: which there are, and what runs them. One file and one row each.

mod alias;
mod completions;
mod diff;
mod earlier;
mod edit;
mod export;
mod help;
mod import;
mod init;
mod keys;
mod list;
mod migrate;
mod model;
mod path;
mod preset;
mod provider;
mod schema;
mod show;
mod test;
mod trust;
mod validate;
mod value;

use clap::Subcommand;
use llm_console::output::{Format, Wanted};
use llm_console::program::Console;
use llm_console::report::Halt;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set everything up: finds keys and local servers, applies a preset, tries it
    Init(init::InitArgs),
    /// Apply a preset: a vendor's address, its models and your key
    Preset(preset::PresetArgs),
    /// Add a model
    AddModel(Box<model::AddArgs>),
    /// Change a model
    UpdateModel(Box<model::UpdateArgs>),
    /// Remove a model
    RemoveModel(model::RemoveArgs),
    /// Switch a model or provider on
    Enable(model::SwitchArgs),
    /// Switch a model or provider off, keeping what is said of it
    Disable(model::SwitchArgs),
    /// Add a provider: an address and how to talk to it
    AddProvider(Box<provider::AddArgs>),
    /// Change a provider
    UpdateProvider(Box<provider::UpdateArgs>),
    /// Remove a provider
    RemoveProvider(provider::RemoveArgs),
    /// List models, providers, routes, tasks, aliases or presets
    List(list::ListArgs),
    /// Show the configuration, or a part of it, and where each value comes from
    Show(show::ShowArgs),
    /// Print one value
    Get(value::GetArgs),
    /// Set one value
    Set(value::SetArgs),
    /// Take one value out of the file, so that the layers below say what it is
    Unset(value::UnsetArgs),
    /// Open the file in an editor; what is wrong is not saved
    Edit(edit::EditorArgs),
    /// Call every model once and say which answer
    Test(test::TestArgs),
    /// Store, list and remove the API keys of providers
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Give models other names
    #[command(subcommand)]
    Alias(alias::AliasCommand),
    /// Write the configuration out, without keys unless asked for
    Export(export::ExportArgs),
    /// Take over the files of the earlier programs, .env files, or another configuration
    Import(import::ImportArgs),
    /// Check the configuration: syntax, names, values, keys
    Validate(validate::ValidateArgs),
    /// Compare two configurations
    Diff(diff::DiffArgs),
    /// Bring files to the present format, and take over files of the earlier programs
    Migrate(migrate::MigrateArgs),
    /// Print the JSON Schema of the configuration file
    Schema,
    /// Print where files are
    Path(path::PathArgs),
    /// Let a project's file choose addresses and keys
    Trust(trust::TrustArgs),
    /// Take that trust away
    Untrust(trust::UntrustArgs),
    /// Print a script that completes the command line in a shell
    Completions(completions::CompletionsArgs),
    /// Explain a command, an error code such as LC4012, exit-codes or environment
    Help(help::HelpArgs),
    #[command(flatten)]
    Earlier(earlier::EarlierCommand),
}

/// A format of a command's own counts like the shared flag, also for failures.
pub(crate) fn adopt_format(command: &Command, console: &mut Console) {
    let is_json = match command {
        Command::Show(args) => args.is_json(),
        Command::Export(args) => args.is_json(),
        Command::Validate(args) => args.is_json(),
        _ => false,
    };
    if is_json {
        console.ui.wanted = Some(Wanted {
            format: Format::Json,
            is_flag: true,
        });
    }
}

/// Runs a command.
pub(crate) fn run(command: Command, console: &Console) -> Result<(), Halt> {
    match command {
        Command::Init(args) => init::run(&args, console),
        Command::Preset(args) => preset::run(&args, console),
        Command::AddModel(args) => model::add(&args, console),
        Command::UpdateModel(args) => model::update(&args, console),
        Command::RemoveModel(args) => model::remove(&args, console),
        Command::Enable(args) => model::switch(&args, true, console),
        Command::Disable(args) => model::switch(&args, false, console),
        Command::AddProvider(args) => provider::add(&args, console),
        Command::UpdateProvider(args) => provider::update(&args, console),
        Command::RemoveProvider(args) => provider::remove(&args, console),
        Command::List(args) => list::run(args, console),
        Command::Show(args) => show::run(&args, console),
        Command::Get(args) => value::get(&args, console),
        Command::Set(args) => value::set(&args, console),
        Command::Unset(args) => value::unset(&args, console),
        Command::Edit(args) => edit::run(args, console),
        Command::Test(args) => test::run(&args, console),
        Command::Keys(command) => keys::run(&command, console),
        Command::Alias(command) => alias::run(&command, console),
        Command::Export(args) => export::run(&args, console),
        Command::Import(args) => import::run(&args, console),
        Command::Validate(args) => validate::run(&args, console),
        Command::Diff(args) => diff::run(&args, console),
        Command::Migrate(args) => migrate::run(&args, console),
        Command::Schema => schema::run(console),
        Command::Path(args) => path::run(args, console),
        Command::Trust(args) => trust::trust(&args, console),
        Command::Untrust(args) => trust::untrust(&args, console),
        Command::Completions(args) => completions::run(args, console),
        Command::Help(args) => help::run(&args, console),
        Command::Earlier(command) => earlier::run(&command, console),
    }
}
