//! Where progress is shown at all, and what the sign of life says.

use super::*;
use crate::globals::{self, Matched};
use crate::lang::Lang;
use crate::terminal::{StdinKind, TtyFacts};

fn ui(stderr: Option<usize>, term: &str, verbosity: Verbosity, progress: When) -> Ui {
    let facts = TtyFacts {
        stdin: StdinKind::Nothing,
        stdout: None,
        stderr,
    };
    let env = [("TERM", term)].into_iter().collect();
    let mut ui = globals::early_ui("llm-test", &Matched::default(), &env, facts);
    ui.verbosity = verbosity;
    ui.progress = progress;
    ui
}

#[test]
fn progress_is_drawn_only_where_it_can_be_redrawn() {
    use Verbosity::{Info, Normal, Quiet};
    let tty = Some(80);
    let cases = [
        (tty, "xterm", Normal, When::Auto, Manner::Live),
        (tty, "dumb", Normal, When::Auto, Manner::Nothing),
        (tty, "dumb", Info, When::Auto, Manner::Plain),
        (tty, "xterm", Quiet, When::Always, Manner::Nothing),
        (tty, "xterm", Info, When::Never, Manner::Nothing),
        (None, "xterm", Normal, When::Auto, Manner::Nothing),
        (None, "xterm", Info, When::Auto, Manner::Plain),
        (None, "xterm", Normal, When::Always, Manner::Plain),
    ];
    for (stderr, term, verbosity, progress, manner_wanted) in cases {
        let ui = ui(stderr, term, verbosity, progress);
        assert_eq!(
            manner(&ui),
            manner_wanted,
            "{stderr:?} {term} {verbosity:?} {progress:?}"
        );
    }
}

#[test]
fn a_sign_of_life_names_what_is_not_over() {
    let progress = Progress::new(&ui(None, "xterm", Verbosity::Normal, When::Never));
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let lines = progress.members(&names);
    let style = Style {
        lang: Lang::En,
        ascii: true,
        width: None,
    };
    lines[0].started();
    lines[0].tokens(12);
    lines[1].failed("HTTP 500");
    lines[2].done("");
    assert_eq!(lines[1].state(), State::Failed);
    let text = line::sign_of_life(&progress.board, style).unwrap();
    assert_eq!(text, "waiting for a, d; 12 tokens so far\n");
    drop(lines);
    assert_eq!(line::sign_of_life(&progress.board, style), None);
}

#[test]
fn printing_works_with_and_without_lines() {
    let progress = Progress::new(&ui(None, "xterm", Verbosity::Normal, When::Never));
    assert_eq!(progress.suspend(|| 7), 7);
    progress.close();
}
