//! What the three standard streams are, and whether each may carry colour.
//!
//! The facts come from the system once ([`TtyFacts::detect`]); everything decided from them is
//! pure, so that tests state the facts they want.

use std::io::{self, IsTerminal as _};

use crate::environment::Environment;

/// What the system says about the standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtyFacts {
    /// What standard input is.
    pub stdin: StdinKind,
    /// Columns of the terminal standard output goes to, if it goes to one.
    pub stdout: Option<usize>,
    /// Columns of the terminal standard error goes to, if it goes to one.
    pub stderr: Option<usize>,
}

/// What standard input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StdinKind {
    /// A person may type.
    Terminal,
    /// A pipe, a socket or a file: somebody means us to read it.
    Stream,
    /// Anything else, such as `/dev/null` or a closed descriptor: there is nothing to read.
    Nothing,
}

/// Columns assumed for a terminal that does not say.
const DEFAULT_COLUMNS: usize = 80;

impl TtyFacts {
    /// Asks the system.
    pub fn detect() -> Self {
        let columns = |term: &console::Term| {
            term.size_checked()
                .map_or(DEFAULT_COLUMNS, |(_, columns)| usize::from(columns).max(1))
        };
        Self {
            stdin: stdin_kind(),
            stdout: io::stdout()
                .is_terminal()
                .then(|| columns(&console::Term::stdout())),
            stderr: io::stderr()
                .is_terminal()
                .then(|| columns(&console::Term::stderr())),
        }
    }

    /// No terminal anywhere, as in a CI job.
    pub fn none() -> Self {
        Self {
            stdin: StdinKind::Nothing,
            stdout: None,
            stderr: None,
        }
    }
}

#[cfg(unix)]
fn stdin_kind() -> StdinKind {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;

    let stdin = io::stdin();
    if stdin.is_terminal() {
        return StdinKind::Terminal;
    }
    let file_type = stdin
        .as_fd()
        .try_clone_to_owned()
        .and_then(|fd| std::fs::File::from(fd).metadata())
        .map(|metadata| metadata.file_type());
    match file_type {
        Ok(kind) if kind.is_fifo() || kind.is_socket() || kind.is_file() => StdinKind::Stream,
        _ => StdinKind::Nothing,
    }
}

#[cfg(not(unix))]
fn stdin_kind() -> StdinKind {
    if io::stdin().is_terminal() {
        StdinKind::Terminal
    } else {
        StdinKind::Stream
    }
}

/// When to do something that suits a terminal but not a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Where it suits.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl When {
    /// The names `--color` and `--progress` take.
    pub const NAMES: &'static [&'static str] = &["auto", "always", "never"];

    /// Reads one of [`When::NAMES`].
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }
}

/// The standard streams with everything decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// What standard input is.
    pub stdin: StdinKind,
    /// Standard output.
    pub stdout: Stream,
    /// Standard error.
    pub stderr: Stream,
    /// Whether the terminal can move its cursor; `TERM=dumb` cannot.
    pub can_redraw: bool,
}

/// One output stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Whether a person reads it.
    pub is_terminal: bool,
    /// Whether it may carry colour.
    pub colour: bool,
    /// Columns of a line. `None`: no limit is known, so nothing is cut or wrapped.
    pub width: Option<usize>,
}

impl Terminal {
    /// Decides for every stream.
    ///
    /// A width in `COLUMNS` overrides the terminal's own, and is taken for a pipe too.
    pub fn resolve(color: When, env: &Environment, facts: TtyFacts) -> Self {
        let columns = env
            .get("COLUMNS")
            .and_then(|value| value.parse().ok())
            .filter(|columns| *columns > 0);
        let stream = |width: Option<usize>| Stream {
            is_terminal: width.is_some(),
            colour: has_colour(color, env, width.is_some()),
            width: columns.or(width),
        };
        Self {
            stdin: facts.stdin,
            stdout: stream(facts.stdout),
            stderr: stream(facts.stderr),
            can_redraw: env.get("TERM") != Some("dumb"),
        }
    }
}

/// The flag decides; then <https://no-color.org>, which the reader's wish for none makes stronger
/// than any wish for some; then `FORCE_COLOR` and `CLICOLOR_FORCE`; then what the stream is.
fn has_colour(color: When, env: &Environment, is_terminal: bool) -> bool {
    match color {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            env.get("NO_COLOR").is_none()
                && (env.is_on("FORCE_COLOR")
                    || env.is_on("CLICOLOR_FORCE")
                    || (is_terminal
                        && env.get("TERM") != Some("dumb")
                        && env.get("CLICOLOR") != Some("0")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTY: TtyFacts = TtyFacts {
        stdin: StdinKind::Terminal,
        stdout: Some(100),
        stderr: None,
    };

    fn colours(color: When, env: &[(&str, &str)]) -> (bool, bool) {
        let terminal = Terminal::resolve(color, &env.iter().copied().collect(), TTY);
        (terminal.stdout.colour, terminal.stderr.colour)
    }

    #[test]
    fn colour_is_decided_per_stream() {
        assert_eq!(colours(When::Auto, &[]), (true, false));
        assert_eq!(colours(When::Auto, &[("NO_COLOR", "1")]), (false, false));
        assert_eq!(colours(When::Auto, &[("NO_COLOR", "")]), (true, false));
        assert_eq!(colours(When::Auto, &[("TERM", "dumb")]), (false, false));
        assert_eq!(colours(When::Auto, &[("CLICOLOR", "0")]), (false, false));
        assert_eq!(colours(When::Auto, &[("FORCE_COLOR", "1")]), (true, true));
        assert_eq!(colours(When::Auto, &[("FORCE_COLOR", "0")]), (true, false));
        assert_eq!(
            colours(When::Auto, &[("CLICOLOR_FORCE", "1")]),
            (true, true)
        );
    }

    #[test]
    fn the_flag_wins_over_the_environment() {
        assert_eq!(colours(When::Always, &[("NO_COLOR", "1")]), (true, true));
        assert_eq!(
            colours(When::Never, &[("FORCE_COLOR", "1")]),
            (false, false)
        );
        assert_eq!(
            colours(When::Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]),
            (false, false)
        );
    }

    #[test]
    fn the_width_comes_from_columns_then_from_the_terminal() {
        let width = |env: &[(&str, &str)]| {
            let terminal = Terminal::resolve(When::Auto, &env.iter().copied().collect(), TTY);
            (terminal.stdout.width, terminal.stderr.width)
        };
        assert_eq!(width(&[]), (Some(100), None));
        assert_eq!(width(&[("COLUMNS", "40")]), (Some(40), Some(40)));
        assert_eq!(width(&[("COLUMNS", "wide")]), (Some(100), None));
    }
}
