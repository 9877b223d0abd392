//! The help page of a command, in the language of the reader and the width of the terminal.
//!
//! clap's own pages have English headings and break lines at spaces only, so a Chinese page would
//! run out of the terminal. This draws the same page from the same [`Command`].

use clap::{Arg, ArgAction, Command};

use crate::catalogue::tr;
use crate::globals::{FLAGS, ID_PREFIX};
use crate::lang::Lang;
use crate::report::Page;
use crate::text::{pad, width, wrap, wrap_at_spaces};

/// Columns of a page that goes to no terminal, and the most a wide terminal is used for.
const COLUMNS: usize = 100;

/// Columns of the left side at most, where there is room for two sides.
const LEFT: usize = 34;

/// Columns the right side needs at least; otherwise the help goes below.
const RIGHT: usize = 30;

/// Indent of help that goes below.
const BELOW: usize = 8;

/// The help of the command at `path` below `root`, or `None` when there is no such command.
///
/// The short page (`-h`) leaves out the shared options; the long one (`--help`) has everything.
pub fn page(root: &Command, path: &[String], is_long: bool, page: Page) -> Option<String> {
    let mut root = root.clone();
    root.build();
    let mut command = &mut root;
    for name in path {
        command = command.find_subcommand_mut(name)?;
    }
    let usage = usage(command, page.lang);
    let drawing = Drawing {
        command,
        is_long,
        page,
        columns: page.width.unwrap_or(COLUMNS).min(COLUMNS),
    };
    Some(drawing.draw(&usage))
}

/// How to call a command, such as `llm-config add-model [OPTIONS] --name <NAME>`.
fn usage(command: &mut Command, lang: Lang) -> String {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let option = tr(lang, "common.help.option_placeholder", &[]);
    let subcommand = tr(lang, "common.help.command_placeholder", &[]);
    usage
        .replace("[OPTIONS]", &format!("[{option}]"))
        .replace("[COMMAND]", &format!("[{subcommand}]"))
        .replace("<COMMAND>", &format!("<{subcommand}>"))
        .replace("\n       ", "\n  ")
}

struct Drawing<'a> {
    command: &'a Command,
    is_long: bool,
    page: Page,
    columns: usize,
}

/// A line of two sides: what to type, and what it does.
struct Entry {
    left: String,
    right: String,
}

impl Drawing<'_> {
    fn draw(&self, usage: &str) -> String {
        let mut sections = Vec::new();
        let about = if self.is_long {
            self.command.get_long_about().or(self.command.get_about())
        } else {
            self.command.get_about()
        };
        if let Some(about) = about {
            sections.push(self.wrapped(&about.to_string(), ""));
        }
        let title = self.tr("common.help.usage");
        let line = wrap_at_spaces(&format!("{title} {usage}"), self.columns, "  ");
        sections.push(line.replacen(&title, &self.heading(&title), 1));
        for (title, entries) in self.sections() {
            let heading = self.heading(&title);
            sections.push(format!("{heading}\n{}", self.entries(&entries)));
        }
        let after = if self.is_long {
            self.command
                .get_after_long_help()
                .or(self.command.get_after_help())
        } else {
            self.command.get_after_help()
        };
        if let Some(after) = after {
            sections.push(after.to_string().trim_end().to_owned());
        }
        if !self.is_long {
            let command = self.command.get_bin_name().unwrap_or(self.page.program);
            let more = tr(
                self.page.lang,
                "common.help.see_more",
                &[("command", &format!("{command} --help"))],
            );
            sections.push(self.wrapped(&more, ""));
        }
        sections.join("\n\n") + "\n"
    }

    /// Commands, positional arguments, options, then the other headings in order of appearance.
    fn sections(&self) -> Vec<(String, Vec<Entry>)> {
        let mut sections: Vec<(String, Vec<Entry>)> = Vec::new();
        let commands: Vec<Entry> = self
            .command
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
            .filter(|command| !(command.get_name() == "help" && is_generated(command)))
            .map(|command| Entry {
                left: command.get_name().to_owned(),
                right: command
                    .get_about()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            })
            .collect();
        let arguments = self.tr("common.help.arguments");
        let options = self.tr("common.help.options");
        sections.push((self.tr("common.help.commands"), commands));
        sections.push((arguments.clone(), Vec::new()));
        sections.push((options.clone(), Vec::new()));
        for arg in self.command.get_arguments().filter(|arg| self.shows(arg)) {
            let title = match arg.get_help_heading() {
                Some(heading) => heading.to_owned() + &self.tr("common.help.heading_end"),
                None if arg.is_positional() => arguments.clone(),
                None => options.clone(),
            };
            let entry = self.argument(arg);
            match sections.iter_mut().find(|(name, _)| *name == title) {
                Some((_, entries)) => entries.push(entry),
                None => sections.push((title, vec![entry])),
            }
        }
        sections.retain(|(_, entries)| !entries.is_empty());
        sections
    }

    fn shows(&self, arg: &Arg) -> bool {
        let is_hidden_here = if self.is_long {
            arg.is_hide_long_help_set()
        } else {
            arg.is_hide_short_help_set()
        };
        !arg.is_hide_set() && !is_hidden_here
    }

    fn argument(&self, arg: &Arg) -> Entry {
        let left = match (arg.get_short(), arg.get_long()) {
            (Some(short), Some(_)) => format!("-{short}, {arg}"),
            (None, Some(_)) => format!("    {arg}"),
            _ => arg.to_string(),
        };
        let mut right = match arg.get_action() {
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong => {
                self.tr("common.help.help")
            }
            ArgAction::Version => self.tr("common.help.version"),
            _ => {
                let help = if self.is_long {
                    arg.get_long_help().or(arg.get_help())
                } else {
                    arg.get_help()
                };
                help.map(ToString::to_string).unwrap_or_default()
            }
        };
        self.add_notes(arg, &mut right);
        Entry { left, right }
    }

    /// `[default: x]`, `[possible values: a, b]`, `[env: X]`.
    fn add_notes(&self, arg: &Arg, text: &mut String) {
        let lang = self.page.lang;
        let mut note = |key: &str, values: &[String]| {
            if !values.is_empty() {
                let separator = tr(lang, "common.list_separator", &[]);
                let values = values.join(&separator);
                text.push_str(if text.is_empty() { "" } else { " " });
                text.push_str(&tr(lang, key, &[("values", &values)]));
            }
        };
        let takes_values = arg.get_action().takes_values();
        let values = if takes_values && !arg.is_hide_possible_values_set() {
            arg.get_possible_values()
        } else {
            Vec::new()
        };
        let names: Vec<String> = values
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        // Values that mean something are listed with their meanings in the long help.
        if !(self.is_long && values.iter().any(|value| value.get_help().is_some())) {
            note("common.help.values", &names);
        }
        if takes_values && !arg.is_hide_default_value_set() {
            let defaults: Vec<String> = arg
                .get_default_values()
                .iter()
                .map(|value| value.to_string_lossy().into_owned())
                .collect();
            note("common.help.default", &defaults);
        }
        note("common.help.env", &env(arg));
        let aliases: Vec<String> = arg
            .get_visible_aliases()
            .unwrap_or_default()
            .iter()
            .map(|alias| format!("--{alias}"))
            .collect();
        note("common.help.aliases", &aliases);
    }

    /// Two sides where there is room for both, else one below the other.
    fn entries(&self, entries: &[Entry]) -> String {
        let widest = entries
            .iter()
            .map(|entry| width(&entry.left))
            .filter(|width| *width <= LEFT)
            .max()
            .unwrap_or(0);
        let column = 2 + widest + 2;
        let has_room = column + RIGHT <= self.columns;
        let lines: Vec<String> = entries
            .iter()
            .map(|entry| {
                let left = format!("  {}", entry.left);
                if entry.right.is_empty() {
                    return left;
                }
                if has_room && width(&left) + 2 <= column {
                    let indent = " ".repeat(column);
                    let right = self.wrapped(&format!("{}{}", indent, entry.right), &indent);
                    return pad(&left, column) + right.trim_start();
                }
                let indent = " ".repeat(if has_room { column } else { BELOW });
                let right = self.wrapped(&format!("{indent}{}", entry.right), &indent);
                format!("{left}\n{right}")
            })
            .collect();
        lines.join("\n")
    }

    fn wrapped(&self, text: &str, indent: &str) -> String {
        wrap(text, self.columns, indent)
    }

    fn heading(&self, text: &str) -> String {
        self.page
            .painted(clap::builder::styling::Style::new().bold(), text)
    }

    fn tr(&self, key: &str) -> String {
        tr(self.page.lang, key, &[])
    }
}

/// The variables that say the same as a flag.
fn env(arg: &Arg) -> Vec<String> {
    if arg.is_hide_env_set() {
        return Vec::new();
    }
    let shared = FLAGS
        .iter()
        .filter(|flag| arg.get_id().as_str().strip_prefix(ID_PREFIX) == Some(flag.long))
        .flat_map(|flag| flag.env.iter().map(|name| (*name).to_owned()));
    let own = arg
        .get_env()
        .map(|name| name.to_string_lossy().into_owned());
    shared.chain(own).collect()
}

/// clap's own `help` subcommand, as opposed to one a program defines.
fn is_generated(command: &Command) -> bool {
    command
        .get_about()
        .is_some_and(|about| about.to_string().starts_with("Print this message or"))
}

#[cfg(test)]
mod tests;
