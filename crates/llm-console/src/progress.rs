//! What is going on, on standard error: one live line for each task or member.
//!
//! Lines are drawn only where they can be redrawn: standard error is a terminal that is not
//! `TERM=dumb`, and `--progress` and `--quiet` allow it. Elsewhere, with `-v`, every change of
//! state is one plain line, and so is a sign of life every ten seconds. Otherwise nothing is
//! written.
//!
//! Live lines and text on standard output share a screen: print whole lines inside
//! [`Progress::suspend`], and [`Progress::close`] before an answer is streamed.

mod heartbeat;
mod line;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::terminal::When;
use crate::text::width;
use crate::ui::{Ui, Verbosity, eprint};
use heartbeat::Heartbeat;
use line::{Figures, Style};

pub use line::State;

/// How often a sign of life is given where nothing can be redrawn.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// How often live lines are redrawn.
const REDRAW: Duration = Duration::from_millis(100);

/// The progress of one command.
pub struct Progress {
    shown: Shown,
    style: Style,
    board: Board,
}

/// The lines there are, for the sign of life.
type Board = Arc<Mutex<Vec<Shared>>>;
/// The figures of one line, shared with whoever draws it.
type Shared = Arc<Mutex<Figures>>;

enum Shown {
    Live(MultiProgress),
    /// Held for its thread, which ends when it is dropped.
    Plain {
        _heartbeat: Heartbeat,
    },
    Nothing,
}

/// One task or member. Dropped before its end, it disappears.
pub struct Line {
    bar: ProgressBar,
    figures: Shared,
    style: Style,
    plain: bool,
}

impl Progress {
    /// Decides how progress is shown to this user.
    pub fn new(ui: &Ui) -> Self {
        let style = Style {
            lang: ui.lang,
            ascii: ui.ascii,
            width: ui.terminal.stderr.width,
        };
        let board = Board::default();
        let shown = match manner(ui) {
            Manner::Live => {
                Shown::Live(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
            }
            Manner::Plain => {
                let board = Arc::clone(&board);
                let beat = move || {
                    if let Some(text) = line::sign_of_life(&board, style) {
                        eprint(&text);
                    }
                };
                Shown::Plain {
                    _heartbeat: Heartbeat::start(SIGN_OF_LIFE, beat),
                }
            }
            Manner::Nothing => Shown::Nothing,
        };
        Self {
            shown,
            style,
            board,
        }
    }

    /// A line for something that takes time, such as `testing 5 models`.
    pub fn task(&self, text: &str) -> Line {
        let line = self.line(Figures::task(text));
        line.started();
        line
    }

    /// One line for each member of a cooperation, waiting, their names lined up.
    pub fn members(&self, names: &[String]) -> Vec<Line> {
        let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
        names
            .iter()
            .map(|name| self.line(Figures::member(name, widest)))
            .collect()
    }

    /// Prints with the live lines out of the way. What is printed has to end its line.
    pub fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.shown {
            Shown::Live(lines) => lines.suspend(print),
            _ => print(),
        }
    }

    /// Ends all progress and leaves the lines that have ended on the screen.
    pub fn close(self) {}

    fn line(&self, figures: Figures) -> Line {
        let figures = Arc::new(Mutex::new(figures));
        lock(&self.board).push(Arc::clone(&figures));
        let bar = match &self.shown {
            Shown::Live(lines) => {
                let bar = lines.add(ProgressBar::no_length());
                bar.set_style(running(&figures, self.style));
                bar.enable_steady_tick(REDRAW);
                bar
            }
            _ => ProgressBar::hidden(),
        };
        Line {
            bar,
            figures,
            style: self.style,
            plain: matches!(self.shown, Shown::Plain { .. }),
        }
    }
}

impl Line {
    /// The work has begun; its time counts from here.
    pub fn started(&self) {
        self.bar.reset_elapsed();
        self.change(State::Running, "");
    }

    /// How many tokens there are so far.
    pub fn tokens(&self, count: u64) {
        lock(&self.figures).tokens = count;
    }

    /// An attempt failed and another follows.
    pub fn retrying(&self, note: &str) {
        self.change(State::Retrying, note);
    }

    /// It succeeded. The note may say what it cost.
    pub fn done(&self, note: &str) {
        self.end(State::Done, note);
    }

    /// It failed.
    pub fn failed(&self, note: &str) {
        self.end(State::Failed, note);
    }

    /// It was stopped or never asked.
    pub fn skipped(&self, note: &str) {
        self.end(State::Skipped, note);
    }

    /// The state, for a table of what came of it.
    pub fn state(&self) -> State {
        lock(&self.figures).state
    }

    fn end(&self, state: State, note: &str) {
        lock(&self.figures).took = Some(self.bar.elapsed());
        self.change(state, note);
        self.bar.set_style(ended(&self.figures, self.style));
        self.bar.finish();
    }

    fn change(&self, state: State, note: &str) {
        let mut figures = lock(&self.figures);
        figures.state = state;
        note.clone_into(&mut figures.note);
        if self.plain {
            eprint(&(figures.change(self.style) + "\n"));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut figures = lock(&self.figures);
        if figures.took.is_none() {
            figures.is_gone = true;
            drop(figures);
            self.bar.finish_and_clear();
        }
    }
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Live,
    Plain,
    Nothing,
}

fn manner(ui: &Ui) -> Manner {
    let can_draw = ui.terminal.stderr.is_terminal && ui.terminal.can_redraw;
    match (ui.verbosity, ui.progress) {
        (Verbosity::Quiet, _) | (_, When::Never) => Manner::Nothing,
        _ if can_draw => Manner::Live,
        (Verbosity::Normal, When::Auto) => Manner::Nothing,
        (_, When::Always | When::Auto) => Manner::Plain,
    }
}

fn running(figures: &Shared, style: Style) -> ProgressStyle {
    let ticks = if style.ascii {
        "-\\|/-"
    } else {
        "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏⠿"
    };
    drawn(figures, style, "{spinner} {line}").tick_chars(ticks)
}

fn ended(figures: &Shared, style: Style) -> ProgressStyle {
    drawn(figures, style, "{mark} {line}")
}

fn drawn(figures: &Shared, style: Style, template: &str) -> ProgressStyle {
    let line = Arc::clone(figures);
    let mark = Arc::clone(figures);
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key(
            "line",
            move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _infallible = out.write_str(&lock(&line).line(state.elapsed(), style));
            },
        )
        .with_key(
            "mark",
            move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _infallible = out.write_str(lock(&mark).state.mark(style.ascii));
            },
        )
}

/// Figures are plain data; a panic elsewhere does not make them wrong.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
