//! Which texts of a command line are replaced, missing and unused.

use clap::builder::EnumValueParser;
use clap::{Arg, Command, ValueEnum};

use super::*;

#[derive(Clone, ValueEnum)]
enum Kind {
    /// The quick one.
    Fast,
    /// The careful one.
    Slow,
}

/// A program whose translations are partly in the catalogue: `cli.shared` only.
fn command() -> Command {
    globals::add_to(
        Command::new("llm-untranslated")
            .about("Does things")
            .subcommand(
                Command::new("add")
                    .about("Adds {one} thing")
                    .after_help("Examples: …")
                    .arg(Arg::new("name").long("name").help("Its name"))
                    .arg(Arg::new("secret").long("secret").help("Hidden").hide(true))
                    .arg(
                        Arg::new("kind")
                            .long("kind")
                            .help("Which kind")
                            .value_parser(EnumValueParser::<Kind>::new()),
                    ),
            )
            .subcommand(Command::new("old").about("Old spelling").hide(true)),
    )
}

#[test]
fn what_is_not_translated_is_listed_once_each() {
    assert_eq!(
        missing_translations(&command(), Lang::Zh),
        [
            "cli.llm-untranslated._about: Does things",
            "cli.llm-untranslated.add._about: Adds {one} thing",
            "cli.llm-untranslated.add._after_help: Examples: …",
            "cli.llm-untranslated.add.name: Its name",
            "cli.llm-untranslated.add.kind: Which kind",
            "cli.llm-untranslated.add.kind-option-fast: The quick one",
            "cli.llm-untranslated.add.kind-option-slow: The careful one",
        ]
    );
    assert_eq!(
        missing_translations(&command(), Lang::Pseudo).len() - 7,
        shared_texts()
    );
}

/// Texts of the shared flags, which have no English entry in the catalogue: the three commands
/// that are shown or hidden have them each, but hidden ones are not counted.
fn shared_texts() -> usize {
    2 * globals::FLAGS.len() * 2
}

#[test]
fn entries_that_belong_to_nothing_are_listed() {
    let without_shared = Command::new("llm-untranslated");
    let unused = unused_translations(&without_shared, Lang::Zh);
    assert!(unused.contains(&"cli.shared.format".to_owned()));
    assert_eq!(
        unused_translations(&command(), Lang::Zh),
        Vec::<String>::new()
    );
}

#[test]
fn translated_texts_replace_english_ones_and_the_rest_stays() {
    let command = localise(command(), Lang::Zh);
    let format = command
        .get_arguments()
        .find(|arg| arg.get_long() == Some("format"))
        .unwrap();
    assert!(format.get_help().unwrap().to_string().contains("格式"));
    assert_eq!(format.get_value_names().unwrap()[0].as_str(), "格式");
    assert_eq!(format.get_help_heading(), Some("公共选项"));
    assert_eq!(command.get_about().unwrap().to_string(), "Does things");
    command.debug_assert();
}

#[test]
fn every_text_of_a_command_line_can_be_replaced() {
    let command = localise(command(), Lang::Pseudo);
    let add = command.find_subcommand("add").unwrap();
    assert!(
        add.get_about()
            .unwrap()
            .to_string()
            .starts_with("[Ådds {öñë} thíñg")
    );
    assert!(add.get_after_help().unwrap().to_string().ends_with("字]"));
    for arg in add.get_arguments() {
        assert!(arg.get_help().unwrap().to_string().ends_with(']'), "{arg}");
    }
    let kind = add
        .get_arguments()
        .find(|arg| arg.get_id() == "kind")
        .unwrap();
    let long = kind.get_long_help().unwrap().to_string();
    assert!(long.contains("- fast: [Thë"), "{long}");
}

#[test]
fn english_keeps_its_words_and_gains_the_meanings_of_values() {
    let command = localise(command(), Lang::En);
    let add = command.find_subcommand("add").unwrap();
    let kind = add
        .get_arguments()
        .find(|arg| arg.get_id() == "kind")
        .unwrap();
    assert_eq!(
        kind.get_long_help().unwrap().to_string(),
        "Which kind\n- fast: The quick one\n- slow: The careful one"
    );
}
