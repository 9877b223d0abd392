//! The texts of a command line in the language of the reader.
//!
//! English is in the code: the doc comments of the derive. Other languages are in the catalogue:
//!
//! | text | key |
//! |---|---|
//! | about, long about, after-help of a command | `cli.<program>.<subcommand path>._about`, `._long_about`, `._after_help` |
//! | help and long help of an argument | `cli.<program>.<subcommand path>.<id>`, `.<id>-long` |
//! | its value name, optional | `.<id>-value` |
//! | the help of one possible value | `.<id>-option-<value>` |
//! | a heading | `cli.<program>._heading-<heading in lowercase with hyphens>` |
//!
//! An argument without an entry of its own takes `cli.<program>._args.<id>`, so that what several
//! subcommands share is written once. The shared flags are under `cli.shared`.
//!
//! [`missing_translations`] and [`unused_translations`] are for the programs' tests.

use std::collections::BTreeSet;

use clap::builder::PossibleValue;
use clap::{Arg, Command};

use crate::catalogue::{find, has, keys, pseudo};
use crate::globals::{self, ID_PREFIX, subcommand_names};
use crate::lang::Lang;

/// Replaces every text of a command line that the catalogue has in `lang`, and adds the meanings
/// of possible values to the long help of their argument.
pub fn localise(command: Command, lang: Lang) -> Command {
    let program = command.get_name().to_owned();
    Translator { lang, program }.command(command, &[])
}

/// What people would read in English although `lang` is another language, one line each.
/// Hidden commands and arguments are left out, and so are value names.
pub fn missing_translations(command: &Command, lang: Lang) -> Vec<String> {
    texts(command)
        .into_iter()
        .filter(|text| text.is_shown && !text.keys.iter().any(|key| has(lang, key)))
        .map(|text| format!("{}: {}", text.keys[0], text.english))
        .collect()
}

/// Entries of the catalogue for this program, or for the shared flags, that belong to nothing in
/// its command line.
pub fn unused_translations(command: &Command, lang: Lang) -> Vec<String> {
    let used: BTreeSet<String> = texts(command)
        .into_iter()
        .filter_map(|text| text.keys.into_iter().find(|key| has(lang, key)))
        .collect();
    [
        "cli.shared.".to_owned(),
        format!("cli.{}.", command.get_name()),
    ]
    .iter()
    .flat_map(|prefix| keys(lang, prefix))
    .filter(|key| !used.contains(*key))
    .map(str::to_owned)
    .collect()
}

struct Translator {
    lang: Lang,
    program: String,
}

impl Translator {
    fn command(&self, command: Command, path: &[String]) -> Command {
        let prefix = prefix(&self.program, path);
        let own = |name: &str| vec![format!("{prefix}._{name}")];
        let about = self.text(&own("about"), command.get_about());
        let long_about = self.text(&own("long_about"), command.get_long_about());
        let after_help = self.text(&own("after_help"), command.get_after_help());
        let mut command = command.mut_args(|arg| self.argument(arg, &prefix));
        if let Some(about) = about {
            command = command.about(about);
        }
        if let Some(long_about) = long_about {
            command = command.long_about(long_about);
        }
        if let Some(after_help) = after_help {
            command = command.after_help(after_help);
        }
        for name in subcommand_names(&command) {
            let mut path = path.to_vec();
            path.push(name.clone());
            command = command.mut_subcommand(name, |inner| self.command(inner, &path));
        }
        command
    }

    fn argument(&self, arg: Arg, prefix: &str) -> Arg {
        let key = |suffix: &str| argument_keys(&self.program, prefix, &arg, suffix);
        let help = self.text(&key(""), arg.get_help());
        let long_help = self.text(&key("-long"), arg.get_long_help());
        let value_name = key("-value").iter().find_map(|key| {
            has(self.lang, key)
                .then(|| find(self.lang, key, &[]))
                .flatten()
        });
        let heading = arg
            .get_help_heading()
            .and_then(|heading| self.text(&[heading_key(&self.program, heading)], Some(heading)));
        let values = self.values(&arg, prefix);
        let mut arg = arg;
        if let Some(help) = help {
            arg = arg.help(help);
        }
        if let Some(long_help) = long_help {
            arg = arg.long_help(long_help);
        }
        if let Some(name) = value_name {
            arg = arg.value_name(name);
        }
        if let Some(heading) = heading {
            arg = arg.help_heading(heading);
        }
        match values {
            Some(values) => arg.long_help(values),
            None => arg,
        }
    }

    /// The long help with the meanings of the possible values, where they have any: the values
    /// themselves cannot be given another help once they are inside a parser.
    fn values(&self, arg: &Arg, prefix: &str) -> Option<String> {
        if !arg.get_action().takes_values() {
            return None;
        }
        let values: Vec<PossibleValue> = arg.get_possible_values();
        if !values.iter().any(|value| value.get_help().is_some()) {
            return None;
        }
        let long = self.text(
            &argument_keys(&self.program, prefix, arg, "-long"),
            arg.get_long_help(),
        );
        let short = self.text(
            &argument_keys(&self.program, prefix, arg, ""),
            arg.get_help(),
        );
        let mut text = long.or(short).unwrap_or_default();
        for value in values.iter().filter(|value| !value.is_hide_set()) {
            let keys = argument_keys(
                &self.program,
                prefix,
                arg,
                &format!("-option-{}", value.get_name()),
            );
            let help = self.text(&keys, value.get_help()).unwrap_or_default();
            text.push_str("\n- ");
            text.push_str(value.get_name());
            text.push_str(": ");
            text.push_str(&help);
        }
        Some(text)
    }

    /// The translation of an English text: `None` where there is no English text either, and the
    /// English text where it has not been translated.
    fn text(&self, keys: &[String], english: Option<impl ToString>) -> Option<String> {
        let english = english?.to_string();
        Some(match self.lang {
            Lang::Pseudo => pseudo(&english.replace('{', "{{").replace('}', "}}"))
                .replace("{{", "{")
                .replace("}}", "}"),
            lang => keys
                .iter()
                .find(|key| has(lang, key))
                .and_then(|key| find(lang, key, &[]))
                .unwrap_or(english),
        })
    }
}

/// A text of a command line: where its translation is looked for, first match first.
struct Text {
    keys: Vec<String>,
    english: String,
    is_shown: bool,
}

fn texts(command: &Command) -> Vec<Text> {
    let mut texts = Vec::new();
    collect(command, command.get_name(), &[], true, &mut texts);
    texts
}

fn collect(
    command: &Command,
    program: &str,
    path: &[String],
    is_shown: bool,
    texts: &mut Vec<Text>,
) {
    let prefix = prefix(program, path);
    let mut add = |keys: Vec<String>, english: Option<String>, is_shown: bool| {
        // Where there is no English text, an entry is still of use (a value name) or is found to
        // be unused.
        texts.extend(english.map(|english| Text {
            keys,
            english,
            is_shown,
        }));
    };
    let own = |name: &str| vec![format!("{prefix}._{name}")];
    add(
        own("about"),
        command.get_about().map(ToString::to_string),
        is_shown,
    );
    add(
        own("long_about"),
        command.get_long_about().map(ToString::to_string),
        is_shown,
    );
    add(
        own("after_help"),
        command.get_after_help().map(ToString::to_string),
        is_shown,
    );
    for arg in command.get_arguments() {
        let is_shown = is_shown && !arg.is_hide_set();
        let key = |suffix: &str| argument_keys(program, &prefix, arg, suffix);
        add(key(""), arg.get_help().map(ToString::to_string), is_shown);
        add(
            key("-long"),
            arg.get_long_help().map(ToString::to_string),
            is_shown,
        );
        add(key("-value"), Some(String::new()), false);
        if let Some(heading) = arg.get_help_heading() {
            add(
                vec![heading_key(program, heading)],
                Some(heading.to_owned()),
                is_shown,
            );
        }
        if arg.get_action().takes_values() {
            for value in arg.get_possible_values() {
                let keys = key(&format!("-option-{}", value.get_name()));
                let help = value.get_help().map(ToString::to_string);
                add(keys, help, is_shown && !value.is_hide_set());
            }
        }
    }
    for inner in command.get_subcommands() {
        let mut path = path.to_vec();
        path.push(inner.get_name().to_owned());
        let is_shown = is_shown && !inner.is_hide_set();
        collect(inner, program, &path, is_shown, texts);
    }
}

fn prefix(program: &str, path: &[String]) -> String {
    let mut prefix = format!("cli.{program}");
    for name in path {
        prefix.push('.');
        prefix.push_str(name);
    }
    prefix
}

fn argument_keys(program: &str, prefix: &str, arg: &Arg, suffix: &str) -> Vec<String> {
    let id = arg.get_id().as_str();
    match id.strip_prefix(ID_PREFIX) {
        Some(shared) => vec![format!("cli.shared.{shared}{suffix}")],
        None => vec![
            format!("{prefix}.{id}{suffix}"),
            format!("cli.{program}._args.{id}{suffix}"),
        ],
    }
}

fn heading_key(program: &str, heading: &str) -> String {
    if heading == globals::HEADING {
        return "cli.shared._heading".to_owned();
    }
    let slug = heading.to_lowercase().replace(' ', "-");
    format!("cli.{program}._heading-{slug}")
}

#[cfg(test)]
mod tests;
