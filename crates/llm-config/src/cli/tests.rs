//! The command line itself, and its texts in both languages.

use clap::CommandFactory as _;
use llm_console::catalogue::check;
use llm_console::lang::Lang;
use llm_console::localise::{missing_translations, unused_translations};
use llm_core::config::key::KeyPath;
use llm_core::config::schema;

use super::*;

#[test]
fn the_command_line_is_sound_and_translated() {
    PROGRAM.command::<Cli>(Lang::En).debug_assert();
    let command = Cli::command().name("llm-config");
    let missing = missing_translations(&command, Lang::Zh);
    assert_eq!(missing, Vec::<String>::new());
    let unused: Vec<String> = unused_translations(&command, Lang::Zh)
        .into_iter()
        // Flags this program leaves out are other programs' business.
        .filter(|key| key.starts_with("cli.llm-config"))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_text_is_in_the_catalogue_and_every_entry_is_used() {
    let used = check::used_keys(concat!(env!("CARGO_MANIFEST_DIR"), "/src"), "config.");
    // Names of files and keys of the configuration look like keys of the catalogue.
    let is_text = |key: &String| {
        key != "config.toml" && !KeyPath::parse(key).is_ok_and(|path| schema::at(&path).is_some())
    };
    let used = used.into_iter().filter(is_text).collect();
    check::assert_complete(&used, "config.");
}

#[test]
fn add_model_takes_no_positional_argument() {
    // `--tasks A B` would swallow it, or it a task.
    let command = Cli::command();
    let add = command.find_subcommand("add-model").unwrap();
    assert_eq!(add.get_positionals().count(), 0);
}
