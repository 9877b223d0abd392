//! Where an API key comes from: the command line, standard input, a file, a variable, a question.
//!
//! A key of the command line is held as a [`Secret`] from the first moment.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use clap::Args;
use llm_console::catalogue::{Message, Say};
use llm_console::input::{Sources as _, System};
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::terminal::StdinKind;
use llm_core::config::load::Loaded;
use llm_core::config::secret_ref::SecretRef;
use llm_core::config::secrets::is_placeholder;
use llm_core::types::secret::Secret;

/// Most bytes that are read for a key.
const MOST_BYTES: u64 = 64 * 1024;

/// Where the key is. At most one of these.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
#[expect(clippy::struct_field_names, reason = "they are the names of the flags")]
pub(crate) struct KeyArgs {
    /// The API key itself; it can be seen in the list of processes and in the shell's history
    #[arg(long, value_name = "KEY", value_parser = secret, help_heading = "Key")]
    pub(crate) api_key: Option<Secret>,
    /// Read the key from standard input
    #[arg(long, help_heading = "Key")]
    pub(crate) api_key_stdin: bool,
    /// Read the key from the first line of a file, once
    #[arg(long, value_name = "FILE", help_heading = "Key")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Leave the key in this environment variable and look there whenever it is needed
    #[arg(long, value_name = "VAR", help_heading = "Key")]
    pub(crate) api_key_env: Option<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a value parser")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

impl KeyArgs {
    /// Whether one of them is given.
    pub(crate) fn is_given(&self) -> bool {
        self.api_key.is_some()
            || self.api_key_stdin
            || self.api_key_file.is_some()
            || self.api_key_env.is_some()
    }

    /// The key, or the reference to it; `None` when none of them is given. Warns of what is risky.
    pub(crate) fn read(
        &self,
        console: &Console,
        loaded: &Loaded,
    ) -> Result<Option<SecretRef>, Halt> {
        if let Some(name) = &self.api_key_env {
            return reference(name, console, loaded).map(Some);
        }
        let key = if let Some(key) = &self.api_key {
            console.ui.warn(Message::new("config.key_visible"));
            tidy(key.expose(), "--api-key")?
        } else if let Some(path) = &self.api_key_file {
            let path = loaded.paths.current_dir.join(path);
            from_file(&path, console)?
        } else if self.api_key_stdin {
            from_stdin(console)?
        } else {
            return Ok(None);
        };
        Ok(Some(checked(key, console)))
    }
}

/// A reference to a variable.
pub(crate) fn reference(name: &str, console: &Console, loaded: &Loaded) -> Result<SecretRef, Halt> {
    if name.trim().is_empty() || name.contains(['=', '$', ' ']) {
        let message = Message::new("config.bad_variable").with("name", name);
        return Err(Report::usage(message).into());
    }
    match loaded.variables.get(name) {
        None => console
            .ui
            .warn(Message::new("config.variable_unset").with("name", name)),
        Some((value, _)) if is_placeholder(&Secret::new(value)) => {
            console.ui.warn(Message::new("config.key_placeholder"));
        }
        Some(_) => {}
    }
    Ok(SecretRef::Env(name.to_owned()))
}

/// Asks for a key without showing it. `flag` is how to say it without being asked.
pub(crate) fn ask(
    console: &Console,
    question: impl Into<Say>,
    flag: &str,
) -> Result<SecretRef, Halt> {
    let answer = Secret::new(console.ui.ask_hidden(question, flag)?);
    Ok(checked(tidy(answer.expose(), flag)?, console))
}

/// A key from standard input; from a terminal it is asked for, without being shown.
pub(crate) fn from_stdin(console: &Console) -> Result<Secret, Halt> {
    if console.ui.terminal.stdin == StdinKind::Terminal {
        let question = Message::new("config.ask_key");
        let answer = Secret::new(console.ui.ask_hidden(question, "--api-key-env VAR")?);
        return tidy(answer.expose(), "stdin").map_err(Into::into);
    }
    let bytes = System::new(&console.ui)
        .stdin(MOST_BYTES, true)
        .map_err(|error| unreadable("stdin", &error))?;
    text(bytes, "stdin")
}

/// A key from a file.
pub(crate) fn from_file(path: &Path, console: &Console) -> Result<Secret, Halt> {
    let name = path.display().to_string();
    let bytes = System::new(&console.ui)
        .file(&name, MOST_BYTES)
        .map_err(|error| unreadable(&name, &error))?;
    text(bytes, &name)
}

/// A key that was read, with a warning where it looks like one from an example.
pub(crate) fn checked(key: Secret, console: &Console) -> SecretRef {
    if is_placeholder(&key) {
        console.ui.warn(Message::new("config.key_placeholder"));
    }
    SecretRef::Here(key)
}

fn text(bytes: Vec<u8>, name: &str) -> Result<Secret, Halt> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let message = Message::new("common.input.invalid_utf8")
            .with("source", name)
            .with("offset", error.utf8_error().valid_up_to());
        Report::new("invalid_utf8", message)
    })?;
    let whole = Secret::new(text);
    let first = whole
        .expose()
        .trim_start()
        .lines()
        .next()
        .unwrap_or_default();
    tidy(first, name).map_err(Into::into)
}

/// The key without white space around it. Refuses what cannot be one.
fn tidy(text: &str, name: &str) -> Result<Secret, Report> {
    let key = text.trim();
    let wrong = if key.is_empty() {
        "config.key_empty"
    } else if key.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "config.key_spaces"
    } else {
        return Ok(Secret::new(key));
    };
    Err(Report::usage(Message::new(wrong).with("source", name)))
}

fn unreadable(name: &str, error: &std::io::Error) -> Report {
    let message = Message::new("common.input.unreadable")
        .with("path", name)
        .with("reason", error);
    Report::new("input_unreadable", message)
}
