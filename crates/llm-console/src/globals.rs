//! The flags every command of every program takes, as one table.
//!
//! `program` adds them to the program and to each of its subcommands, so that they are valid
//! before and after the subcommand, and what is repeated (`--set`, `-v`) adds up. (clap's own
//! global arguments keep only the deepest occurrence and would lose a `--set` silently.) A
//! subcommand that defines a flag of the same name keeps its own.
//!
//! What the flags mean together with the environment is `resolve`.

mod matched;
mod resolve;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command};

pub use matched::Matched;
pub(crate) use resolve::ui as early_ui;
pub use resolve::{LogFormat, Settings, resolve};

use crate::duration;
use crate::output::Format;
use crate::terminal::When;

/// One shared flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The long name. The argument's id is this with [`ID_PREFIX`].
    pub long: &'static str,
    /// The short name.
    pub short: Option<char>,
    /// What it takes.
    pub takes: Takes,
    /// Environment variables that say the same, in the order they are looked at.
    pub env: &'static [&'static str],
    /// The help in English; other languages have it as `cli.shared.<long>`.
    pub help: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// Nothing, and it counts how often it is given.
    Count,
    /// A value, shown by this name.
    Value(&'static str),
    /// A value, any number of times.
    Values(&'static str),
    /// A list, possibly empty.
    List(&'static str),
    /// A duration.
    Duration(&'static str),
    /// One of these.
    Choice(&'static str, &'static [&'static str]),
}

/// In front of the ids of the shared flags, so that no command's own arguments clash with them.
pub const ID_PREFIX: &str = "shared-";

/// The heading the shared flags are listed under, as `cli.shared._heading` in the catalogue.
pub const HEADING: &str = "Shared options";

const fn flag(long: &'static str, takes: Takes, help: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        takes,
        env: &[],
        help,
    }
}

impl Flag {
    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    const fn env(mut self, env: &'static [&'static str]) -> Self {
        self.env = env;
        self
    }

    /// The id of its argument.
    pub fn id(&self) -> String {
        format!("{ID_PREFIX}{}", self.long)
    }
}

/// Every shared flag, in the order of the help page.
pub const FLAGS: &[Flag] = &[
    flag("config", Takes::Value("FILE"), "Use this configuration file instead of the ones that are found")
        .env(&["LLMCOOP_CONFIG"]),
    flag("no-config", Takes::Nothing, "Use no configuration file, only the defaults and the environment")
        .env(&["LLMCOOP_NO_CONFIG"]),
    flag("profile", Takes::Value("NAME"), "Apply the profile of this name from the configuration")
        .env(&["LLMCOOP_PROFILE"]),
    flag("set", Takes::Values("KEY=VALUE"), "Override one configuration key for this run, with a TOML value; may be repeated"),
    flag("demo", Takes::Nothing, "Use built-in demonstration models, which need no key and no network; their answers are simulated")
        .env(&["LLMCOOP_DEMO"]),
    flag("server", Takes::Value("URL"), "Send the work to this gateway instead of doing it here")
        .env(&["LLMCOOP_SERVER"]),
    flag("server-key-file", Takes::Value("FILE"), "Read the key for that gateway from a file; LLMCOOP_SERVER_KEY holds the key itself")
        .env(&["LLMCOOP_SERVER_KEY_FILE"]),
    flag("local", Takes::Nothing, "Do the work here even when a gateway is configured"),
    flag("timeout", Takes::Duration("DURATION"), "Give up after this long, such as 500ms, 30s or 5m")
        .env(&["LLMCOOP_TIMEOUT"]),
    flag("offline", Takes::Nothing, "Use no network except this machine")
        .env(&["LLMCOOP_OFFLINE"]),
    flag("format", Takes::Choice("FORMAT", Format::NAMES), "Print the result in this format; not every command has every format")
        .env(&["LLMCOOP_FORMAT"]),
    flag("json", Takes::Nothing, "Same as --format json"),
    flag("fields", Takes::List("NAME,NAME"), "Print only these columns or JSON fields; without a value, list their names"),
    flag("csv-bom", Takes::Nothing, "Begin CSV with a byte order mark, for spreadsheets that need one"),
    flag("output", Takes::Value("FILE"), "Write the result to a file, which appears when it is complete; - is standard output")
        .short('o'),
    flag("raw", Takes::Nothing, "Print control characters in answers as they are, even to a terminal"),
    flag("color", Takes::Choice("WHEN", When::NAMES), "Use colour")
        .env(&["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"]),
    flag("progress", Takes::Choice("WHEN", When::NAMES), "Show progress on standard error")
        .env(&["LLMCOOP_PROGRESS"]),
    flag("ascii", Takes::Nothing, "Draw with ASCII characters only")
        .env(&["LLMCOOP_ASCII"]),
    flag("lang", Takes::Choice("LANG", &["en", "zh"]), "Speak this language; otherwise the one of LC_ALL, LC_MESSAGES or LANG")
        .env(&["LLMCOOP_LANG"]),
    flag("quiet", Takes::Nothing, "Print nothing but errors on standard error"),
    flag("verbose", Takes::Count, "Say more on standard error; may be repeated")
        .short('v')
        .env(&["LLMCOOP_LOG"]),
    flag("log-format", Takes::Choice("FORMAT", &["pretty", "json"]), "Write log lines for people or for programs")
        .env(&["LLMCOOP_LOG_FORMAT"]),
    flag("yes", Takes::Nothing, "Answer every question for confirmation with yes")
        .short('y'),
    flag("no-input", Takes::Nothing, "Never ask anything; fail and name the flag to pass instead")
        .env(&["LLMCOOP_NO_INPUT", "CI"]),
];

/// Adds the shared flags to a command and all of its subcommands, except where a command has a
/// flag of the same name.
pub fn add_to(command: Command) -> Command {
    add_except(command, &[])
}

/// The same without the flags of these long names, which mean nothing to the program.
pub(crate) fn add_except(command: Command, left_out: &[&str]) -> Command {
    let wanted = FLAGS.iter().filter(|flag| !left_out.contains(&flag.long));
    let mut command = wanted.fold(command, |command, flag| {
        let is_taken = command.get_arguments().any(|own| {
            own.get_long() == Some(flag.long)
                || flag
                    .short
                    .is_some_and(|short| own.get_short() == Some(short))
        });
        if is_taken {
            command
        } else {
            command.arg(argument(flag))
        }
    });
    for name in subcommand_names(&command) {
        command = command.mut_subcommand(name, |inner| add_except(inner, left_out));
    }
    command
}

pub(crate) fn subcommand_names(command: &Command) -> Vec<String> {
    command
        .get_subcommands()
        .map(|subcommand| subcommand.get_name().to_owned())
        .collect()
}

fn argument(flag: &Flag) -> Arg {
    let argument = Arg::new(flag.id())
        .long(flag.long)
        .help(flag.help)
        .help_heading(HEADING)
        .hide_short_help(true);
    let argument = match flag.short {
        Some(short) => argument.short(short),
        None => argument,
    };
    let one = |name: &'static str, parser: ValueParser| {
        argument.clone().value_name(name).value_parser(parser)
    };
    match flag.takes {
        Takes::Nothing => argument.action(ArgAction::SetTrue),
        Takes::Count => argument.action(ArgAction::Count),
        Takes::Value(name) => one(name, ValueParser::string()),
        Takes::Values(name) => one(name, ValueParser::string()).action(ArgAction::Append),
        Takes::List(name) => one(name, ValueParser::string())
            .num_args(0..=1)
            .default_missing_value(""),
        Takes::Duration(name) => one(name, ValueParser::new(duration::parse)),
        Takes::Choice(name, names) => one(name, PossibleValuesParser::new(names).into()),
    }
}

#[cfg(test)]
mod tests;
