//! Help pages by what a reader sees: parts, order, widths and alignment in every language.

use clap::{Arg, Command};

use super::*;
use crate::globals::add_to;
use crate::localise::localise;

fn command(lang: Lang) -> Command {
    let command = Command::new("llm-test")
        .about("A program with a long description that has to be wrapped somewhere")
        .version("1.0")
        .after_help("Examples:\n  llm-test add --name x")
        .arg(
            Arg::new("host")
                .long("host")
                .env("LLMCOOP_HOST")
                .help("Where to listen")
                .default_value("127.0.0.1"),
        )
        .arg(
            Arg::new("a-very-long-option")
                .long("a-very-long-option-that-fills-a-line")
                .value_name("VALUE")
                .visible_alias("short")
                .help("Has little room"),
        )
        .subcommand(
            Command::new("add")
                .about("Adds something")
                .visible_alias("new"),
        )
        .subcommand(Command::new("secret").about("Not shown").hide(true));
    localise(add_to(command), lang)
}

fn draw(lang: Lang, is_long: bool, columns: Option<usize>) -> String {
    let page_look = Page {
        program: "llm-test",
        lang,
        colour: false,
        width: columns,
    };
    page(&command(lang), &[], is_long, page_look).unwrap()
}

#[test]
fn the_page_has_its_parts_in_order() {
    let text = draw(Lang::En, true, None);
    let parts = [
        "A program with",
        "Usage: llm-test [OPTIONS] [COMMAND]",
        "Commands:\n  add  Adds something",
        "Options:\n",
        "Shared options:\n",
        "Examples:\n",
    ];
    let places: Vec<usize> = parts
        .map(|part| {
            text.find(part)
                .unwrap_or_else(|| panic!("{part} in {text}"))
        })
        .to_vec();
    assert!(places.is_sorted(), "{text}");
    assert!(!text.contains("secret"));
    for note in [
        "Where to listen [default: 127.0.0.1] [env: LLMCOOP_HOST]",
        "[also: --short]",
        "-V, --version",
        "-v, --verbose",
        "[env: NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE]",
        "[possible values: en, zh]",
    ] {
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(note), "{note} in {text}");
    }
}

#[test]
fn a_missing_command_has_no_page() {
    let look = Page {
        program: "llm-test",
        lang: Lang::En,
        colour: false,
        width: None,
    };
    assert!(page(&command(Lang::En), &["nothing".to_owned()], true, look).is_none());
}

#[test]
fn no_line_is_wider_than_the_terminal_in_any_language() {
    for lang in [Lang::En, Lang::Zh, Lang::Pseudo] {
        for columns in [40, 60, 80, 100, 160] {
            for is_long in [false, true] {
                let text = draw(lang, is_long, Some(columns));
                // What is typed as it stands cannot be broken.
                let prose = text.lines().filter(|line| {
                    !line.contains("--a-very-long-option") && !line.contains("--server-key-file")
                });
                for line in prose {
                    assert!(width(line) <= columns, "{columns}: {line:?}");
                }
            }
        }
    }
}

#[test]
fn the_two_sides_line_up_by_display_columns() {
    let text = draw(Lang::Zh, true, Some(100));
    let starts: Vec<usize> = text
        .lines()
        .filter(|line| line.starts_with("      --") || line.starts_with("  -"))
        .filter_map(|line| {
            line.trim_start().split_once("  ").map(|(left, right)| {
                let indent = width(line) - width(line.trim_start());
                let gap = width(right) - width(right.trim_start());
                indent + width(left) + 2 + gap
            })
        })
        .collect();
    let shared = &starts[starts.len() - 20..];
    assert!(
        shared.iter().all(|start| *start == shared[0]),
        "{starts:?}\n{text}"
    );
}

#[test]
fn headings_are_bold_only_with_colour() {
    assert!(!draw(Lang::En, true, None).contains('\u{1b}'));
    let look = Page {
        program: "llm-test",
        lang: Lang::En,
        colour: true,
        width: None,
    };
    let text = page(&command(Lang::En), &[], false, look).unwrap();
    assert!(text.contains("\u{1b}[1mOptions:\u{1b}[0m"), "{text:?}");
}
