//! One run of a binary: its arguments, its input, and what it left behind.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use rustix::process::Signal;
use serde_json::Value;

use super::TestEnvironment;
use super::server::ServerProcess;
use crate::process::{Process, Stdin, Text};

/// A run of a binary, to be completed.
pub struct Run<'a> {
    environment: &'a TestEnvironment,
    command: Command,
    stdin: Stdin,
}

impl<'a> Run<'a> {
    pub(super) fn new(environment: &'a TestEnvironment, mut command: Command) -> Self {
        command
            .env_clear()
            .envs(&environment.variables)
            .current_dir(environment.work());
        Self {
            environment,
            command,
            stdin: Stdin::Null,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable for this run.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the standard input, which is the null device otherwise.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Pipes a text into it.
    #[must_use]
    pub fn input(self, text: &str) -> Self {
        self.stdin(Stdin::Text(text.to_owned()))
    }

    /// Runs it until it ends.
    ///
    /// # Panics
    /// If it cannot be started, does not end, or prints what is not UTF-8.
    pub fn run(self) -> Finished {
        let (status, text) = Process::start(self.command, self.stdin).wait();
        Finished::new(self.environment, status, text)
    }

    /// Starts it and lets it run.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(self) -> Started<'a> {
        Started {
            environment: self.environment,
            process: Process::start(self.command, self.stdin),
        }
    }

    /// Starts it as a server and waits until it says where it listens.
    ///
    /// # Panics
    /// If it ends or does not say so.
    pub fn serve(self) -> ServerProcess<'a> {
        let process = Process::start(self.command, self.stdin);
        ServerProcess::new(self.environment, process)
    }
}

/// A run under way. Killed when dropped.
pub struct Started<'a> {
    environment: &'a TestEnvironment,
    process: Process,
}

impl Started<'_> {
    /// Waits until standard output holds this text.
    ///
    /// # Panics
    /// If it ends without printing it.
    pub fn wait_for_stdout(&self, text: &str) {
        let found = self.process.wait_for(|printed| {
            String::from_utf8_lossy(&printed.stdout)
                .contains(text)
                .then_some(())
        });
        assert!(found.is_some(), "never printed {text:?}");
    }

    /// Sends INT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.process.signal(Signal::INT);
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// If it does not end.
    pub fn wait(self) -> Finished {
        let (status, text) = self.process.wait();
        Finished::new(self.environment, status, text)
    }
}

/// A run that has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    filtered: String,
}

impl Finished {
    pub(super) fn new(environment: &TestEnvironment, status: ExitStatus, text: Text) -> Self {
        let utf8 = |name: &str, bytes| {
            String::from_utf8(bytes).unwrap_or_else(|error| panic!("{name} is not UTF-8: {error}"))
        };
        let mut run = Self {
            code: status.code(),
            signal: status.signal(),
            stdout: utf8("standard output", text.stdout),
            stderr: utf8("standard error", text.stderr),
            filtered: String::new(),
        };
        run.filtered = environment.filtered(&run.to_string());
        run
    }

    /// Fails, showing everything, unless it ended with this exit code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "the exit code is another:\n{self}");
        self
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// If it is anything else or more.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not JSON: {error}\n{self}"))
    }

    /// Exit code and both outputs, with everything taken out that differs from run to run.
    pub fn snapshot(&self) -> &str {
        &self.filtered
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => writeln!(f, "exit code: {code}")?,
            (None, signal) => writeln!(f, "ended by signal: {signal:?}")?,
        }
        write!(
            f,
            "--- stdout ---\n{}--- stderr ---\n{}",
            self.stdout, self.stderr
        )
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
