//! A server under test: started on a port of its own choice, stopped like a service manager does.

use regex::Regex;
use rustix::process::Signal;

use super::TestEnvironment;
use super::command::Finished;
use crate::process::{Process, Text};

/// A running server. Killed when dropped.
pub struct ServerProcess<'a> {
    environment: &'a TestEnvironment,
    process: Process,
    origin: String,
}

impl<'a> ServerProcess<'a> {
    pub(super) fn new(environment: &'a TestEnvironment, process: Process) -> Self {
        let found = process.wait_for(listening_at);
        let origin = found.unwrap_or_else(|| {
            panic!(
                "the server ended without saying where it listens\n{}",
                process.printed()
            )
        });
        Self {
            environment,
            process,
            origin,
        }
    }

    /// Scheme, host and port, as `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address of a path such as `/v1/models`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The process id.
    pub fn pid(&self) -> i32 {
        self.process.pid().as_raw_nonzero().get()
    }

    /// Waits until a line of its output contains this text; the line.
    ///
    /// # Panics
    /// If it ends without printing it.
    pub fn wait_for_line(&self, text: &str) -> String {
        let found = self.process.wait_for(|printed| {
            let printed = printed.to_string();
            printed
                .lines()
                .find(|line| line.contains(text))
                .map(str::to_owned)
        });
        found.unwrap_or_else(|| panic!("never printed {text:?}\n{}", self.process.printed()))
    }

    /// Sends TERM, as a service manager does, and does not wait.
    pub fn ask_to_stop(&self) {
        self.process.signal(Signal::TERM);
    }

    /// Sends HUP, as one does to reload a configuration.
    pub fn ask_to_reload(&self) {
        self.process.signal(Signal::HUP);
    }

    /// Sends TERM and waits for the end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(self) -> Finished {
        self.ask_to_stop();
        self.wait()
    }

    /// Kills it without notice, as a crash would, and waits for the end.
    pub fn kill(self) -> Finished {
        self.process.signal(Signal::KILL);
        self.wait()
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it does not end.
    pub fn wait(self) -> Finished {
        let (status, text) = self.process.wait();
        Finished::new(self.environment, status, text)
    }
}

/// The first loopback address in the output, once its line is complete.
pub(crate) fn listening_at(printed: &Text) -> Option<String> {
    let address =
        Regex::new(r"(https?)://(127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0):(\d+)[^\n]*\n");
    let address = address.expect("a valid pattern");
    [&printed.stdout, &printed.stderr]
        .into_iter()
        .find_map(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let found = address.captures(&text)?;
            // A server on every interface is reached over loopback like any other.
            let host = if &found[2] == "0.0.0.0" {
                "127.0.0.1"
            } else {
                &found[2]
            };
            Some(format!("{}://{host}:{}", &found[1], &found[3]))
        })
}
