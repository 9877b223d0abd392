//! Reading a program's command line: the one call `main` begins with.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use clap::{Parser, Subcommand};
//! use llm_console::program::{Console, Program};
//! use llm_console::report::Halt;
//!
//! /// Says hello.
//! #[derive(Parser)]
//! struct Cli {
//!     #[command(subcommand)]
//!     command: Verb,
//! }
//!
//! #[derive(Subcommand)]
//! enum Verb {
//!     /// Greets somebody.
//!     Greet { name: String },
//! }
//!
//! const PROGRAM: Program = Program::new("hello", "1.0.0");
//!
//! fn main() -> ExitCode {
//!     let (cli, console) = match PROGRAM.start::<Cli>() {
//!         Ok(started) => started,
//!         Err(code) => return code,
//!     };
//!     console.ui.finish(run(cli, &console))
//! }
//!
//! fn run(cli: Cli, console: &Console) -> Result<(), Halt> {
//!     let Verb::Greet { name } = cli.command;
//!     console.ui.print(&format!("hello, {name}\n"))
//! }
//! ```
//! The shared flags (`globals`) are added here; the program's own `Cli` does not mention them.

mod peek;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::environment::Environment;
use crate::exit;
use crate::globals::{self, Matched, Settings};
use crate::help;
use crate::lang::Lang;
use crate::localise::localise;
use crate::report::{Page, Report};
use crate::terminal::TtyFacts;
use crate::ui::{Ui, eprint};
use crate::usage;

/// What this crate has to know about a program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    name: &'static str,
    version: &'static str,
    details: &'static str,
    bare_words: Option<BareWords>,
    left_out: &'static [&'static str],
}

/// Given words that are no subcommand, the command that was probably meant.
pub type BareWords = fn(&[String]) -> Option<String>;

/// What a command gets besides its own arguments.
#[derive(Clone, Debug)]
pub struct Console {
    /// What the shared flags decide about the work.
    pub settings: Settings,
    /// How to talk to the user.
    pub ui: Ui,
    /// The environment, for the configuration.
    pub env: Environment,
}

/// Why there is nothing to run.
#[derive(Debug)]
pub enum Stop {
    /// Help or version, for standard output. Exit code 0.
    Answer(String),
    /// A command was called without anything it needs: its help, for standard error. Exit code 2.
    ShortHelp(String),
    /// The command line is wrong.
    Failed(Report, Box<Ui>),
}

impl Stop {
    /// Prints it and gives the exit code.
    pub fn finish(self) -> ExitCode {
        match self {
            Self::Answer(text) => {
                let _reader_may_be_gone = io::stdout().write_all(text.as_bytes());
                ExitCode::from(exit::OK)
            }
            Self::ShortHelp(text) => {
                eprint(&text);
                ExitCode::from(exit::USAGE)
            }
            Self::Failed(report, ui) => ExitCode::from(ui.report(&report)),
        }
    }
}

/// Begins the text that stands for a help page until it is drawn; then the path follows.
const HELP_MARK: &str = "help-page";
/// Before each name of the path; no subcommand has it in its name.
const PATH_MARK: char = '/';

impl Program {
    /// A program by its name and version.
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            details: "",
            bare_words: None,
            left_out: &[],
        }
    }

    /// Lines for `--version -v`: build, features, schema versions.
    #[must_use]
    pub const fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// What to suggest when somebody writes words where a subcommand is expected.
    #[must_use]
    pub const fn bare_words(mut self, bare_words: BareWords) -> Self {
        self.bare_words = Some(bare_words);
        self
    }

    /// Leaves out shared flags that mean nothing to this program, by their long names.
    #[must_use]
    pub const fn without(mut self, flags: &'static [&'static str]) -> Self {
        self.left_out = flags;
        self
    }

    /// Reads the command line of this process.
    ///
    /// # Errors
    /// When there is nothing to run: help and version have been printed, or what is wrong with
    /// the command line; the exit code is left.
    pub fn start<C: Parser>(&self) -> Result<(C, Console), ExitCode> {
        self.read(
            std::env::args_os(),
            Environment::capture(),
            TtyFacts::detect(),
        )
        .map_err(Stop::finish)
    }

    /// Reads a command line, the name of the program first.
    ///
    /// # Errors
    /// When there is nothing to run.
    pub fn read<C: Parser>(
        &self,
        args: impl IntoIterator<Item = OsString>,
        env: Environment,
        facts: TtyFacts,
    ) -> Result<(C, Console), Stop> {
        let args: Vec<OsString> = args.into_iter().collect();
        // The language is needed to say that the command line is wrong.
        let peeked = peek::peek(&args);
        let early = globals::early_ui(self.name, &peeked.matched, &env, facts);
        let command = self.command::<C>(early.lang);
        let parsed = marked(command.clone(), &[])
            .try_get_matches_from(&args)
            .and_then(|mut matches| {
                let matched = Matched::collect(&matches);
                Ok((C::from_arg_matches_mut(&mut matches)?, matched))
            });
        match parsed {
            Err(error) => {
                let line = CommandLine {
                    command: &command,
                    args: &args,
                    is_verbose: peeked.is_verbose,
                };
                Err(self.stop(&error, &line, early))
            }
            Ok((cli, matched)) => match globals::resolve(self.name, &matched, &env, facts) {
                Ok((settings, ui)) => Ok((cli, Console { settings, ui, env })),
                Err(report) => Err(Stop::Failed(report, Box::new(early))),
            },
        }
    }

    /// The whole command line in a language, with the shared flags: for `completions`, the manual
    /// and tests.
    pub fn command<C: CommandFactory>(&self, lang: Lang) -> clap::Command {
        let command = C::command().name(self.name).version(self.version);
        localise(globals::add_except(command, self.left_out), lang)
    }

    /// The long help of the command at `path`, for `help COMMAND`; `None` when there is none.
    pub fn help<C: CommandFactory>(&self, path: &[String], ui: &Ui) -> Option<String> {
        help::page(&self.command::<C>(ui.lang), path, true, stdout_page(ui))
    }

    /// The short help of the command at `path`, for a command that was called without what it
    /// needs.
    pub fn short_help<C: CommandFactory>(&self, path: &[String], ui: &Ui) -> Option<String> {
        help::page(&self.command::<C>(ui.lang), path, false, ui.page())
    }

    fn stop(&self, error: &clap::Error, line: &CommandLine<'_>, ui: Ui) -> Stop {
        match error.kind() {
            ErrorKind::DisplayHelp => {
                let is_long = peek::has_flag(line.args, "--help");
                Stop::Answer(self.help_page(error, line.command, is_long, stdout_page(&ui)))
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Stop::ShortHelp(self.help_page(error, line.command, false, ui.page()))
            }
            ErrorKind::DisplayVersion => Stop::Answer(self.version_page(line.is_verbose)),
            _ => Stop::Failed(self.failure(error, line), Box::new(ui)),
        }
    }

    fn help_page(
        &self,
        error: &clap::Error,
        command: &clap::Command,
        is_long: bool,
        page: Page,
    ) -> String {
        let marked = error.render().to_string();
        let path: Vec<String> = marked
            .trim()
            .trim_start_matches(HELP_MARK)
            .split(PATH_MARK)
            .skip(1)
            .map(str::to_owned)
            .collect();
        help::page(command, &path, is_long, page).unwrap_or_else(|| self.name.to_owned())
    }

    fn version_page(&self, is_verbose: bool) -> String {
        let mut page = format!("{} {}\n", self.name, self.version);
        if is_verbose && !self.details.is_empty() {
            page.push_str(self.details.trim_end());
            page.push('\n');
        }
        page
    }

    fn failure(&self, error: &clap::Error, line: &CommandLine<'_>) -> Report {
        let path = peek::subcommand_path(line.command, line.args);
        let report = usage::report(error, &[vec![self.name], path].concat().join(" "));
        let Some(word) = usage::unknown_subcommand(error) else {
            return report;
        };
        let words: Vec<String> = line
            .args
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .skip_while(|arg| *arg != word)
            .take_while(|arg| !arg.starts_with('-'))
            .collect();
        // A single word that looks like a subcommand is a misspelling, not a question.
        if usage::has_suggestion(error) && words.len() == 1 && !word.contains(' ') {
            return report;
        }
        match self.bare_words.and_then(|bare_words| bare_words(&words)) {
            Some(command) => report.hint(command),
            None => report,
        }
    }
}

/// A command line that is not run.
struct CommandLine<'a> {
    command: &'a clap::Command,
    args: &'a [OsString],
    is_verbose: bool,
}

/// Help on standard output.
fn stdout_page(ui: &Ui) -> Page {
    Page {
        colour: ui.terminal.stdout.colour,
        width: ui.terminal.stdout.width,
        ..ui.page()
    }
}

/// Puts a mark in the place of every help page, so that it is known which one was asked for.
fn marked(command: clap::Command, path: &[String]) -> clap::Command {
    let mut mark = HELP_MARK.to_owned();
    for name in path {
        mark.push(PATH_MARK);
        mark.push_str(name);
    }
    let mut command = command.override_help(mark);
    for name in globals::subcommand_names(&command) {
        let mut path = path.to_vec();
        path.push(name.clone());
        command = command.mut_subcommand(name, |inner| marked(inner, &path));
    }
    command
}

#[cfg(test)]
mod tests;
