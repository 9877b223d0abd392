//! What people copy out of the pages has to work: every command line is one the programs take, every
//! piece of configuration loads without a warning, every piece of JSON is JSON.
//!
//! Tests only. They read the fenced blocks and the code in the prose of all hand-written pages.

use std::path::PathBuf;

use clap::error::ErrorKind;
use llm_console::lang::Lang;
use llm_core::config::environment::Environment;
use llm_core::config::load::{LoadOptions, load};

use crate::workspace::{self, Tree};

/// A piece of code and where it stands.
struct Piece {
    place: String,
    /// The language of its block; `None` for code in the prose.
    language: Option<String>,
    code: String,
}

fn pieces() -> Vec<Piece> {
    let tree = Tree::load(&workspace::root()).unwrap();
    let pages = tree.ending(".md").filter(|(path, _)| {
        let is_page = path.starts_with("docs/") || !path.contains('/');
        is_page && !path.starts_with("docs/reference/")
    });
    pages.flat_map(|(path, text)| of_page(path, text)).collect()
}

fn of_page(path: &str, text: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut block: Option<Piece> = None;
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index + 1);
        match (line.strip_prefix("```"), &mut block) {
            (Some(language), None) => {
                block = Some(Piece {
                    place,
                    language: Some(language.to_owned()),
                    code: String::new(),
                });
            }
            (Some(_), Some(_)) => all.extend(block.take()),
            (None, Some(block)) => block.code.extend([line, "\n"]),
            (None, None) => all.extend(line.split('`').skip(1).step_by(2).map(|code| Piece {
                place: place.clone(),
                language: None,
                code: code.to_owned(),
            })),
        }
    }
    all
}

/// The commands of a piece that are ours, as words; lines that end in `\` are continued.
fn commands(code: &str) -> Vec<Vec<String>> {
    let code = code
        .replace("\\\n", " ")
        // What the reader fills in, and what a shell does.
        .replace("\"…\"", "text")
        .replace("$port", "8080");
    let lines = code
        .lines()
        .map(|line| line.trim_start().trim_start_matches("$ "));
    lines
        .flat_map(|line| line.split("| ").flat_map(|part| part.split("; do ")))
        .filter(|line| is_ours(line.split(' ').next().unwrap_or_default()))
        .filter_map(words)
        .collect()
}

fn is_ours(program: &str) -> bool {
    ["llm-cooperation", "llm-config", "llm-server"].contains(&program)
}

/// The words of a command as a shell reads them, up to where its output goes or a comment begins.
/// What a program prints about itself is no command, and neither is a list of programs.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for char in line.chars() {
        match (quote, char) {
            (None, '"' | '\'') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (Some(open), char) if open == char => quote = None,
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | '<' | '&' | '#' | ';') => break,
            (_, char) => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    let speaks = ["listens", "正在监听"];
    let is_output = words
        .get(1)
        .is_some_and(|word| speaks.contains(&word.as_str()) || is_ours(word));
    (words.len() > 1 && !is_output).then_some(words)
}

fn parse(words: &[String]) -> Result<(), clap::Error> {
    let command = match words[0].as_str() {
        "llm-cooperation" => {
            llm_cooperation::cli::PROGRAM.command::<llm_cooperation::cli::Cli>(Lang::En)
        }
        "llm-config" => llm_config::cli::PROGRAM.command::<llm_config::cli::Cli>(Lang::En),
        _ => llm_server::cli::PROGRAM.command::<llm_server::cli::Cli>(Lang::En),
    };
    // It stands for what the reader adds.
    let words = words.iter().filter(|word| *word != "…");
    command.try_get_matches_from(words).map(drop)
}

#[test]
fn every_command_is_one_the_programs_take() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for piece in pieces() {
        for words in commands(&piece.code) {
            seen += 1;
            let Err(error) = parse(&words) else { continue };
            let is_named_only = piece.language.is_none();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {}
                // Code in the prose names a command or a flag; it need not be complete.
                ErrorKind::MissingRequiredArgument
                | ErrorKind::MissingSubcommand
                | ErrorKind::InvalidValue
                | ErrorKind::ValueValidation
                | ErrorKind::WrongNumberOfValues
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                    if is_named_only => {}
                kind => wrong.push(format!("{}: {kind:?}: {}", piece.place, words.join(" "))),
            }
        }
    }
    assert!(seen > 60, "{seen}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_piece_of_configuration_loads() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for piece in pieces() {
        // A preset is no configuration, and a line about one key is a part of a table.
        let is_whole = piece.code.lines().any(|line| line.starts_with('['));
        let is_toml = piece.language.as_deref() == Some("toml");
        if !is_toml || !is_whole || piece.code.contains("[preset]") {
            continue;
        }
        seen += 1;
        let path: PathBuf = folder.path().join(format!("{seen}.toml"));
        std::fs::write(&path, &piece.code).unwrap();
        let options = LoadOptions {
            config: Some(path),
            ..LoadOptions::default()
        };
        match load(Environment::empty(folder.path()), &options) {
            Err(errors) => wrong.push(format!("{}: {errors:?}", piece.place)),
            Ok(loaded) if !loaded.warnings.is_empty() => {
                wrong.push(format!("{}: {:?}", piece.place, loaded.warnings));
            }
            Ok(_) => {}
        }
    }
    assert!(seen > 8, "{seen}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_piece_of_json_is_json() {
    for piece in pieces() {
        if piece.language.as_deref() == Some("json") {
            let parsed = serde_json::from_str::<serde_json::Value>(&piece.code);
            assert!(parsed.is_ok(), "{}: {parsed:?}", piece.place);
        }
    }
}

#[test]
fn a_wrong_command_is_found() {
    for (line, is_right) in [
        ("$ llm-config list | head", true),
        ("llm-config test --model small  # one call", true),
        ("llm-config test --modle small", false),
        ("llm-cooperation aks -q \"hi there\"", false),
        ("llm-server \\\n  --port many", false),
    ] {
        let commands = commands(&format!("{line}\n"));
        assert_eq!(commands.len(), 1, "{line}");
        assert_eq!(parse(&commands[0]).is_ok(), is_right, "{line}");
    }
}
