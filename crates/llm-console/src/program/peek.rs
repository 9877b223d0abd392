//! A first look at a command line, for what is needed to say that it is wrong.

use std::ffi::OsString;

use clap::Command;

use crate::globals::Matched;

/// What can be seen without knowing the commands.
pub(super) struct Peeked {
    /// Language, format and colour; nothing else.
    pub(super) matched: Matched,
    /// Whether there is a `-v`.
    pub(super) is_verbose: bool,
}

pub(super) fn peek(args: &[OsString]) -> Peeked {
    let words = words(args);
    Peeked {
        matched: Matched::early(
            value(&words, "--lang"),
            value(&words, "--format"),
            value(&words, "--color"),
            words.contains(&"--json"),
        ),
        is_verbose: words.iter().any(|word| {
            *word == "--verbose"
                || (word.starts_with('-') && !word.starts_with("--") && word.contains('v'))
        }),
    }
}

/// Whether a flag without a value is among the arguments.
pub(super) fn has_flag(args: &[OsString], flag: &str) -> bool {
    words(args).contains(&flag)
}

/// The names of the subcommands that were called. A value that is also the name of a subcommand
/// is taken for one, which is good enough for saying where help is to be found.
pub(super) fn subcommand_path<'a>(command: &'a Command, args: &[OsString]) -> Vec<&'a str> {
    let mut path = Vec::new();
    let mut level = command;
    for word in words(args) {
        if let Some(inner) = level.find_subcommand(word) {
            path.push(inner.get_name());
            level = inner;
        }
    }
    path
}

/// The arguments up to `--`, without the name of the program and what is not UTF-8.
fn words(args: &[OsString]) -> Vec<&str> {
    args.iter()
        .skip(1)
        .take_while(|arg| *arg != "--")
        .filter_map(|arg| arg.to_str())
        .collect()
}

/// The last value of a flag, written `--flag value` or `--flag=value`.
fn value(words: &[&str], flag: &str) -> Option<String> {
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        match word.strip_prefix(flag) {
            Some("") => found = words.get(at + 1).map(|value| (*value).to_owned()),
            Some(rest) if rest.starts_with('=') => found = Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    found
}
