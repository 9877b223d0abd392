//! A small reader of `.env` files: `NAME=value` lines, `export`, quotes and comments.
//!
//! Nothing is interpolated and nothing is put into the process's environment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::error::ConfigError;
use super::files::read_text;
use super::source::{Layer, Origin};
use crate::types::code::Code;
use crate::types::secret::Secret;

/// The variables of a `.env` file. The last of two lines with one name wins.
#[derive(Clone, Debug, Default)]
pub struct DotEnv {
    file: Option<Arc<Path>>,
    entries: IndexMap<String, (Secret, u32)>,
}

impl DotEnv {
    /// Reads a file; one that does not exist has no variables.
    pub fn read(path: &Path) -> Result<(Self, Vec<ConfigError>), ConfigError> {
        Ok(match read_text(path)? {
            Some(text) => Self::parse(&text, path.to_owned()),
            None => (Self::default(), Vec::new()),
        })
    }

    /// Reads a text. Lines that cannot be read are reported and passed over.
    pub fn parse(text: &str, path: PathBuf) -> (Self, Vec<ConfigError>) {
        let mut found = Self {
            file: Some(Arc::from(path)),
            entries: IndexMap::new(),
        };
        let mut warnings = Vec::new();
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match assignment(line) {
                Ok((name, value)) => {
                    let entry = (Secret::new(value), number);
                    found.entries.insert(name.to_owned(), entry);
                }
                Err(what) => warnings.push(
                    ConfigError::new(Code::ConfigSyntax, format!("line ignored: {what}"))
                        .from_origin(&found.origin_at(number)),
                ),
            }
        }
        (found, warnings)
    }

    /// The value of a variable that is not empty, and its place.
    pub fn get(&self, name: &str) -> Option<(&str, Origin)> {
        let (value, line) = self.entries.get(name)?;
        let text = value.expose();
        (!text.is_empty()).then(|| (text, self.origin_at(*line)))
    }

    /// The names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    fn origin_at(&self, line: u32) -> Origin {
        Origin {
            layer: Layer::Dotenv,
            file: self.file.clone(),
            line: Some(line),
            column: None,
            name: None,
        }
    }
}

fn assignment(line: &str) -> Result<(&str, String), &'static str> {
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (name, value) = line.split_once('=').ok_or("there is no `=` in it")?;
    let name = name.trim_end();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if !is_name {
        return Err("there is no name before the `=`");
    }
    Ok((name, unquoted(value.trim_start())?))
}

fn unquoted(value: &str) -> Result<String, &'static str> {
    const OPEN: &str = "a quote is not closed";
    if let Some(rest) = value.strip_prefix('\'') {
        let (inner, _) = rest.split_once('\'').ok_or(OPEN)?;
        return Ok(inner.to_owned());
    }
    let Some(rest) = value.strip_prefix('"') else {
        // A `#` begins a comment only after white space, so that it may stand in a value.
        let end = value
            .char_indices()
            .zip(std::iter::once(' ').chain(value.chars()))
            .find(|((_, c), before)| *c == '#' && before.is_whitespace())
            .map_or(value.len(), |((at, _), _)| at);
        return Ok(value[..end].trim_end().to_owned());
    };
    let mut text = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok(text),
            '\\' => match chars.next().ok_or(OPEN)? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                other @ ('"' | '\\' | '$') => text.push(other),
                other => text.extend(['\\', other]),
            },
            other => text.push(other),
        }
    }
    Err(OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_and_compose_read_them() {
        let cases = [
            ("A=b", "b"),
            ("export A=b", "b"),
            ("  A = b  ", "b"),
            ("A=b # comment", "b"),
            ("A=b#c", "b#c"),
            ("A=# all comment", ""),
            ("A=\"b # c\" # d", "b # c"),
            ("A='b \\n $X'", "b \\n $X"),
            ("A=\"line\\nline \\\"q\\\"\"", "line\nline \"q\""),
            ("A=https://x/v1?a=b", "https://x/v1?a=b"),
            ("A=${HOME}/x", "${HOME}/x"),
            ("A=", ""),
        ];
        for (line, expected) in cases {
            let (found, warnings) = DotEnv::parse(line, "/w/.env".into());
            assert_eq!(warnings, [], "{line}");
            let value = found.get("A").map_or("", |(value, _)| value);
            assert_eq!(value, expected, "{line}");
        }
    }

    #[test]
    fn a_value_has_its_line_and_a_broken_line_is_reported_without_its_text() {
        let text = "\u{feff}# c\r\nA=1\r\nsk-secret-0123456789\nB=\"open-0123456789\nA=2\n";
        let (found, warnings) = DotEnv::parse(text, "/w/.env".into());
        let (value, origin) = found.get("A").unwrap();
        assert_eq!((value, origin.line), ("2", Some(5)));
        let text: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "/w/.env:3: line ignored: there is no `=` in it",
                "/w/.env:4: line ignored: a quote is not closed"
            ]
        );
        assert!(!format!("{found:?}").contains("\"2\""));
    }
}
