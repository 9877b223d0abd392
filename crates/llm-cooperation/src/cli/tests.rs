//! The command line itself, and its texts in both languages.

use clap::CommandFactory as _;
use llm_console::catalogue::check;
use llm_console::lang::Lang;
use llm_console::localise::{missing_translations, unused_translations};

use super::*;

#[test]
fn the_command_line_is_sound_and_translated() {
    PROGRAM.command::<Cli>(Lang::En).debug_assert();
    let command = Cli::command().name("llm-cooperation");
    let missing = missing_translations(&command, Lang::Zh);
    assert_eq!(missing, Vec::<String>::new());
    let unused: Vec<String> = unused_translations(&command, Lang::Zh)
        .into_iter()
        // The shared flags are added later.
        .filter(|key| key.starts_with("cli.llm-cooperation"))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_text_is_in_the_catalogue_and_every_entry_is_used() {
    let used = check::used_keys(concat!(env!("CARGO_MANIFEST_DIR"), "/src"), "cooperation.");
    // Keys of the configuration look like keys of the catalogue.
    let used = used
        .into_iter()
        .filter(|key| !is_configuration(key))
        .collect();
    check::assert_complete(&used, "cooperation.");
}

fn is_configuration(key: &str) -> bool {
    use llm_core::config::key::KeyPath;
    KeyPath::parse(key).is_ok_and(|path| llm_core::config::schema::at(&path).is_some())
}
