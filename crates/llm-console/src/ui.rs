//! How this run talks to its user: language, streams, formats, what it may ask.
//!
//! A [`Ui`] is made once from the shared flags, the environment and the facts about the terminal
//! (`globals`), and handed by reference to everything that prints or asks.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::catalogue::{Message, Say};
use crate::exit;
use crate::lang::Lang;
use crate::output::{Fields, Format, Wanted};
use crate::report::{Halt, Page, Report};
use crate::sink::Sink;
use crate::terminal::{Terminal, When};

/// How to talk to the user of this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    /// The program, as it is called in commands.
    pub program: &'static str,
    /// The language for people.
    pub lang: Lang,
    /// The standard streams.
    pub terminal: Terminal,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
    /// How much to say on standard error.
    pub verbosity: Verbosity,
    /// When to show progress.
    pub progress: When,
    /// What may be asked.
    pub asking: Asking,
    /// The format that was asked for.
    pub wanted: Option<Wanted>,
    /// The columns that were asked for.
    pub fields: Fields,
    /// Whether CSV begins with a byte order mark.
    pub csv_bom: bool,
    /// Whether text of others reaches a terminal with its control characters.
    pub raw: bool,
    /// The file for the result; `None` is standard output.
    pub output: Option<PathBuf>,
}

/// How much to say on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Errors, warnings and notes.
    Normal,
    /// `-v`: what is going on.
    Info,
    /// `-vv`.
    Debug,
    /// `-vvv`.
    Trace,
}

/// Whether questions may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// A person can answer, and nothing forbids asking.
    pub is_allowed: bool,
    /// `--yes`: what could be confirmed is confirmed.
    pub assumes_yes: bool,
}

impl Ui {
    /// Opens the output of the result: standard output, or the file of `--output`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sink(&self) -> Result<Sink, Report> {
        match &self.output {
            Some(path) => Sink::file(path),
            None => Ok(Sink::stdout(self.neutralises())),
        }
    }

    /// Whether a person sees the result as it is printed.
    pub fn writes_to_terminal(&self) -> bool {
        self.output.is_none() && self.terminal.stdout.is_terminal
    }

    /// Whether the result's control characters are made harmless.
    pub(crate) fn neutralises(&self) -> bool {
        self.writes_to_terminal() && !self.raw
    }

    /// Whether a failure is also printed as JSON.
    fn wants_json(&self) -> bool {
        self.wanted
            .is_some_and(|wanted| wanted.format == Format::Json)
    }

    /// Tells a failure: to people on standard error and, with `--json`, to programs on standard
    /// output. Returns the exit code.
    pub fn report(&self, report: &Report) -> u8 {
        eprint(&report.render(self.page()));
        if self.wants_json() {
            let _reader_may_be_gone = writeln!(io::stdout(), "{:#}", report.to_json());
        }
        report.exit()
    }

    /// Warns, unless `--quiet`.
    pub fn warn(&self, warning: impl Into<Say>) {
        if self.verbosity > Verbosity::Quiet {
            eprint(&self.page().warning(&warning.into().to(self.lang)));
        }
    }

    /// Says something that is neither result nor warning, such as "saved to FILE", unless
    /// `--quiet`.
    pub fn note(&self, note: impl Into<Say>) {
        if self.verbosity > Verbosity::Quiet {
            eprint(&(crate::sanitise::text(&note.into().to(self.lang)) + "\n"));
        }
    }

    /// Shows a piece of what a model says beside its answer, dimmed where that is possible and
    /// without a line break of its own.
    pub fn whisper(&self, piece: &str) {
        let harmless = crate::sanitise::text(piece);
        if self.terminal.stderr.colour {
            eprint(&format!("\u{1b}[2m{harmless}\u{1b}[0m"));
        } else {
            eprint(&harmless);
        }
    }

    /// A text of the catalogue in the language of the user.
    pub fn say(&self, message: &Message) -> String {
        message.to(self.lang)
    }

    /// Ends the program: tells what went wrong, if anything, and gives the exit code.
    pub fn finish(&self, result: Result<(), Halt>) -> ExitCode {
        ExitCode::from(match result {
            Ok(()) | Err(Halt::Closed) => exit::OK,
            Err(Halt::Failed(report)) => self.report(&report),
            Err(Halt::Exit(code)) => code,
        })
    }

    /// How messages on standard error are written.
    pub(crate) fn page(&self) -> Page {
        Page {
            program: self.program,
            lang: self.lang,
            colour: self.terminal.stderr.colour,
            width: self.terminal.stderr.width,
        }
    }
}

/// Writes to standard error. There is nobody to tell when that fails.
pub(crate) fn eprint(text: &str) {
    let _nobody_to_tell = io::stderr().write_all(text.as_bytes());
}
