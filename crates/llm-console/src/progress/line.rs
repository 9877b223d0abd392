//! The text of a line of progress. Pure: time comes in as a duration.

use std::time::Duration;

use super::{Board, lock};
use crate::catalogue::tr;
use crate::duration;
use crate::lang::Lang;
use crate::sanitise;
use crate::text::{pad, truncate};

/// What a task or member is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// For its turn.
    Waiting,
    /// Working.
    Running,
    /// An attempt failed and another follows.
    Retrying,
    /// Succeeded.
    Done,
    /// Failed for good.
    Failed,
    /// Stopped or never asked.
    Skipped,
}

impl State {
    /// The stable name, also that of the text `state.<name>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing more will happen.
    fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Skipped)
    }

    pub(super) fn mark(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Done, false) => "✓",
            (Self::Done, true) => "+",
            (Self::Failed, false) => "✗",
            (Self::Failed, true) => "x",
            _ => "-",
        }
    }
}

/// How lines are written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) lang: Lang,
    pub(super) ascii: bool,
    pub(super) width: Option<usize>,
}

/// What is known about one line.
pub(super) struct Figures {
    name: String,
    /// Columns the name is padded to.
    column: usize,
    /// A member has a state and tokens; a task has a time only.
    is_member: bool,
    pub(super) state: State,
    pub(super) tokens: u64,
    pub(super) note: String,
    /// How long it took, once it has ended.
    pub(super) took: Option<Duration>,
    /// Dropped before its end.
    pub(super) is_gone: bool,
}

impl Figures {
    pub(super) fn member(name: &str, column: usize) -> Self {
        Self {
            name: sanitise::one_line(name),
            column,
            is_member: true,
            state: State::Waiting,
            tokens: 0,
            note: String::new(),
            took: None,
            is_gone: false,
        }
    }

    pub(super) fn task(text: &str) -> Self {
        Self {
            is_member: false,
            ..Self::member(text, 0)
        }
    }

    /// The live line: name, state, tokens, tokens per second, time, note.
    pub(super) fn line(&self, elapsed: Duration, style: Style) -> String {
        let elapsed = self.took.unwrap_or(elapsed);
        let mut parts = Vec::new();
        if self.is_member {
            parts.push(self.state_name(style));
        }
        if self.tokens > 0 {
            parts.push(tr(
                style.lang,
                "common.progress.tokens",
                &[("n", &self.tokens)],
            ));
            if let Some(rate) = per_second(self.tokens, elapsed) {
                parts.push(format!("{rate}/s"));
            }
        }
        if self.state != State::Waiting {
            parts.push(duration::human(elapsed));
        }
        if !self.note.is_empty() {
            parts.push(sanitise::one_line(&self.note));
        }
        let separator = if style.ascii { " - " } else { " · " };
        let line = format!(
            "{}  {}",
            pad(&self.name, self.column),
            parts.join(separator)
        );
        let mark = if style.ascii { "..." } else { "…" };
        match style.width {
            // The mark in front takes two columns, and the last column stays free, because some
            // terminals break the line there.
            Some(columns) => truncate(&line, columns.saturating_sub(3), mark),
            None => line,
        }
    }

    /// The line for a change of state where nothing can be redrawn.
    pub(super) fn change(&self, style: Style) -> String {
        let mut line = format!("{}: {}", self.name, self.state_name(style));
        for part in [self.took.map(duration::human), Some(self.note.clone())] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                line.push_str(", ");
                line.push_str(&sanitise::one_line(&part));
            }
        }
        line
    }

    fn state_name(&self, style: Style) -> String {
        tr(style.lang, &format!("state.{}", self.state.as_str()), &[])
    }
}

/// One plain line about everything that has not ended, or `None` when all has.
pub(super) fn sign_of_life(board: &Board, style: Style) -> Option<String> {
    let lines = lock(board);
    let mut names = Vec::new();
    let mut tokens = 0;
    for figures in lines.iter().map(|figures| lock(figures)) {
        tokens += figures.tokens;
        if !figures.state.is_end() && !figures.is_gone {
            names.push(figures.name.clone());
        }
    }
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    let text = tr(
        style.lang,
        "common.progress.waiting_for",
        &[("names", &names), ("tokens", &tokens)],
    );
    Some(text + "\n")
}

/// Tokens per second, or `None` while there is too little to tell.
fn per_second(tokens: u64, elapsed: Duration) -> Option<u64> {
    let millis = u64::try_from(elapsed.as_millis()).ok()?;
    (millis >= 200).then(|| tokens.saturating_mul(1000) / millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    fn style(lang: Lang, width: Option<usize>) -> Style {
        Style {
            lang,
            ascii: false,
            width,
        }
    }

    fn member(state: State, tokens: u64) -> Figures {
        let mut figures = Figures::member("qwen3_8b", 10);
        figures.state = state;
        figures.tokens = tokens;
        figures
    }

    #[test]
    fn a_member_shows_state_tokens_speed_and_time() {
        let seven = Duration::from_secs(7);
        let line = member(State::Running, 420).line(seven, style(Lang::En, None));
        assert_eq!(line, "qwen3_8b    running · 420 tokens · 60/s · 7.0 s");
        let line = member(State::Waiting, 0).line(seven, style(Lang::En, None));
        assert_eq!(line, "qwen3_8b    waiting");
        let line = member(State::Running, 420).line(seven, style(Lang::Zh, None));
        assert!(line.contains("420") && !line.contains("running"), "{line}");
    }

    #[test]
    fn the_time_stands_still_after_the_end() {
        let mut figures = member(State::Done, 100);
        figures.took = Some(Duration::from_secs(2));
        figures.note = "≈ ¥0.001".to_owned();
        let line = figures.line(Duration::from_mins(1), style(Lang::En, None));
        assert_eq!(
            line,
            "qwen3_8b    done · 100 tokens · 50/s · 2.0 s · ≈ ¥0.001"
        );
        assert_eq!(
            figures.change(style(Lang::En, None)),
            "qwen3_8b: done, 2.0 s, ≈ ¥0.001"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_by_columns_and_names_are_harmless() {
        let mut figures = member(State::Failed, 1);
        figures.note = "渠道拒绝了请求\u{1b}[2J".repeat(9);
        let line = figures.line(Duration::from_secs(1), style(Lang::Zh, Some(40)));
        assert!(width(&line) <= 37, "{line}");
        assert!(!figures.change(style(Lang::Zh, None)).contains('\u{1b}'));
    }
}
