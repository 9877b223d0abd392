//! What is wrong with the configuration: one finding, or all of them in one report.
//!
//! A finding says where (file, line, key), what, and what to do. It never carries a secret: texts
//! that come from a value are left out where the key may hold one.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use super::source::Origin;
use crate::types::code::Code;

/// One finding: an error, or a warning when it is found in [`Loaded::warnings`](super::load::Loaded::warnings).
///
/// Its parts are those of [`Finding`]: `error.code`, `error.line`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Box<Finding>);

/// The parts of a [`ConfigError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable code.
    pub code: Code,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// The file it is in.
    pub file: Option<PathBuf>,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column in characters, counted from 1.
    pub column: Option<u32>,
    /// The dotted key.
    pub key: Option<String>,
    /// Where a value that is in no file came from, such as `environment variable BASE_URL`.
    pub source: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ConfigError {
    /// A finding without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Finding {
            code,
            message: message.into(),
            file: None,
            line: None,
            column: None,
            key: None,
            source: None,
            hint: None,
        }))
    }

    /// A wrong value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::ConfigInvalid, message)
    }

    /// A file that cannot be read.
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(Code::ConfigUnreadable, format!("cannot be read: {error}")).in_file(path)
    }

    /// A file that cannot be written.
    pub fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            Code::ConfigUnwritable,
            format!("cannot be written: {error}"),
        )
        .in_file(path)
    }

    /// An entry that exists and differs, or is still referred to.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::ConfigConflict, message)
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, path: &Path) -> Self {
        self.file = Some(path.to_owned());
        self
    }

    /// Names line and column, both counted from 1.
    #[must_use]
    pub fn at_line(mut self, line: u32, column: u32) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// Names the key.
    #[must_use]
    pub fn at_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Names the place a value came from.
    #[must_use]
    pub fn from_origin(mut self, origin: &Origin) -> Self {
        self.file = origin.file.as_deref().map(Path::to_owned);
        self.line = origin.line;
        self.column = origin.column;
        self.source = self.file.is_none().then(|| origin.to_string());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Deref for ConfigError {
    type Target = Finding;

    fn deref(&self) -> &Finding {
        &self.0
    }
}

impl DerefMut for ConfigError {
    fn deref_mut(&mut self) -> &mut Finding {
        &mut self.0
    }
}

/// `file:line:column: key: what is wrong`, and the hint on a line of its own.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
                if let Some(column) = self.column {
                    write!(f, "{column}:")?;
                }
            }
            f.write_str(" ")?;
        } else if let Some(source) = &self.source {
            write!(f, "{source}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  try: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Everything that is wrong, in one report. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// `Err` with the findings, `Ok` when there are none.
    pub fn check(findings: Vec<ConfigError>) -> Result<(), Self> {
        if findings.is_empty() {
            return Ok(());
        }
        Err(Self(findings))
    }

    /// The findings.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    /// The findings.
    pub fn into_vec(self) -> Vec<ConfigError> {
        self.0
    }

    /// The code of the first finding, which decides the exit code.
    pub fn code(&self) -> Code {
        self.0
            .first()
            .map_or(Code::ConfigInvalid, |error| error.code)
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = std::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_file_line_column_key_what_and_hint() {
        let error = ConfigError::invalid("expected a whole number")
            .in_file(Path::new("/etc/c.toml"))
            .at_line(3, 8)
            .at_key("server.port")
            .with_hint("write port = 8080");
        assert_eq!(
            error.to_string(),
            "/etc/c.toml:3:8: server.port: expected a whole number\n  try: write port = 8080"
        );
    }
}
