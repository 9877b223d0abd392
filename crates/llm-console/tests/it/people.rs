//! What a person at a terminal sees, in both languages and in narrow and plain terminals.

use llm_console::text::width;

use crate::pty::AtTerminal;
use crate::run::probe;

const XTERM: (&str, &str) = ("TERM", "xterm-256color");

/// What the terminal shows, with its line ends made plain.
fn shown(args: &[&str], env: &[(&str, &str)], columns: u16) -> String {
    let (_, shown) = AtTerminal::start(args, env, columns).finish();
    shown.replace("\r\n", "\n")
}

#[test]
fn a_list_is_an_aligned_table_in_the_language_of_the_locale() {
    let text = shown(
        &["list"],
        &[("LANG", "zh_CN.UTF-8"), ("NO_COLOR", "1"), XTERM],
        100,
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    let column = |line: &str, word: &str| width(line.split(word).next().unwrap());
    assert_eq!(column(lines[0], "健康"), column(lines[2], "健康"), "{text}");
    assert_eq!(
        column(lines[0], "健康"),
        column(lines[3], "已熔断"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
    let english = shown(&["list"], &[("LANG", "C"), ("NO_COLOR", "1")], 100);
    assert!(
        english.starts_with("name ") && english.contains("\n------"),
        "{english}"
    );
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let has_colour = |env: &[(&str, &str)], args: &[&str]| shown(args, env, 100).contains('\u{1b}');
    assert!(has_colour(&[XTERM], &["list"]));
    assert!(!has_colour(&[("TERM", "dumb")], &["list"]));
    assert!(!has_colour(&[XTERM, ("NO_COLOR", "1")], &["list"]));
    assert!(!has_colour(&[XTERM], &["list", "--color=never"]));
    assert!(has_colour(
        &[("TERM", "dumb")],
        &["list", "--color", "always"]
    ));
}

#[test]
fn forty_columns_are_enough_in_every_language() {
    for lang in ["en", "zh", "pseudo"] {
        let env = [("LLMCOOP_LANG", lang), ("TERM", "dumb")];
        for args in [
            ["list"].as_slice(),
            &["exit-codes"],
            &["--help"],
            &["prompt", "--help"],
            &["fail", "no_healthy_upstream"],
            &["work"],
        ] {
            let text = shown(args, &env, 40);
            for line in text.lines() {
                // What is meant to be copied stays on one line.
                let is_whole = line.contains("console-probe help") || line.contains(" --");
                assert!(is_whole || width(line) <= 40, "{lang} {args:?}: {line}");
            }
        }
    }
}

#[test]
fn answers_cannot_command_the_terminal() {
    let hostile = ["answer", "a\u{1b}]0;title\u{7}", "\u{1b}", "[2Jb\r", "c"];
    assert_eq!(shown(&hostile, &[XTERM], 80), "a␛]0;title␇␛[2Jb␍c\n");
    let raw = [hostile.as_slice(), &["--raw"]].concat();
    // The pieces come first, so the flag is read as one of them unless it stands before.
    let raw: Vec<&str> = std::iter::once("--raw")
        .chain(raw[..5].iter().copied())
        .collect();
    assert!(shown(&raw, &[XTERM], 80).contains("\u{1b}[2J"));
    // A file gets what the model wrote, even from a terminal.
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    shown(&["-o", path, "answer", "\u{1b}[1m"], &[XTERM], 80);
    let written = std::fs::File::open(path)
        .map(std::io::read_to_string)
        .unwrap();
    assert_eq!(written.unwrap(), "\u{1b}[1m\n");
}

#[test]
fn a_question_is_asked_and_answered() {
    for (answer, outcome) in [("y\n", "removed"), ("\n", "kept")] {
        let mut at = AtTerminal::start(&["remove"], &[XTERM], 80);
        at.wait_for("Remove everything? [y/N] ");
        at.type_in(answer);
        let (code, shown) = at.finish();
        assert_eq!(code, 0);
        assert!(shown.ends_with(&format!("{outcome}\r\n")), "{shown}");
    }
    let (code, shown) = AtTerminal::start(&["remove"], &[XTERM, ("CI", "true")], 80).finish();
    assert_eq!(code, 2);
    assert!(shown.contains("--yes"), "{shown}");
    let (code, _) = AtTerminal::start(&["remove", "--no-input"], &[XTERM], 80).finish();
    assert_eq!(code, 2);
}

#[test]
fn a_secret_is_never_shown() {
    let mut at = AtTerminal::start(&["secret"], &[XTERM], 80);
    at.wait_for("API key: ");
    at.wait_until_asking();
    at.type_in("sk-canary-1234\n");
    let (code, shown) = at.finish();
    assert_eq!(code, 0);
    assert!(shown.ends_with("14 characters\r\n"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn ctrl_c_at_a_question_ends_the_program_and_gives_the_terminal_back() {
    for (command, prompt) in [("secret", "API key: "), ("remove", "[y/N] ")] {
        let mut at = AtTerminal::start(&[command], &[XTERM], 80);
        at.wait_for(prompt);
        at.wait_until_asking();
        at.type_in("\u{3}");
        assert_eq!(at.finish_with_echo().0, 130, "{command}");
    }
}

#[test]
fn live_progress_is_drawn_on_a_terminal_and_leaves_its_result() {
    let (code, shown) = AtTerminal::start(&["work"], &[XTERM], 80).finish();
    assert_eq!(code, 0);
    assert!(shown.contains('\u{1b}'), "drawn in place: {shown:?}");
    assert!(shown.contains("half way\r\n"), "{shown:?}");
    let plain = console::strip_ansi_codes(&shown).into_owned();
    assert!(plain.contains("✓ qwen3_8b  done · 12 tokens"), "{plain:?}");
    assert!(plain.contains("✗ 通义千问  failed"), "{plain:?}");
    // Only standard error decides.
    let at = AtTerminal::start_with(probe(&["work"], &[XTERM]), 80, |command, slave| {
        command.stdin(slave());
        command.stdout(slave());
        command.stderr(std::process::Stdio::null());
    });
    assert_eq!(at.finish(), (0, String::new()));
}
