//! The entries of the catalogue and their files: forms, variants, fallbacks, and that both languages agree.

use std::collections::BTreeSet;

use super::*;

fn one(source: &str, key: &str, args: Args<'_>) -> Option<String> {
    lookup(&load(&[source]), key, args)
}

#[test]
fn english_has_a_form_for_one() {
    let source = "[found]\nmodels = { one = '{n} model', other = '{n} models' }";
    assert_eq!(
        one(source, "found.models", &[("n", &1)]).as_deref(),
        Some("1 model")
    );
    assert_eq!(
        one(source, "found.models", &[("n", &11)]).as_deref(),
        Some("11 models")
    );
}

#[test]
fn the_first_text_whose_slots_are_given_is_used() {
    let source = "e = ['{a} and {b}', 'only {a}', 'neither']";
    assert_eq!(
        one(source, "e", &[("a", &1), ("b", &2)]).as_deref(),
        Some("1 and 2")
    );
    assert_eq!(one(source, "e", &[("a", &1)]).as_deref(), Some("only 1"));
    assert_eq!(one(source, "e", &[]).as_deref(), Some("neither"));
}

#[test]
fn chinese_falls_back_to_english_and_english_to_the_key() {
    // The texts of the command line are in Chinese only, so they show both directions.
    assert_eq!(tr(Lang::En, "no.such.key", &[]), "no.such.key");
    assert_eq!(tr(Lang::Zh, "no.such.key", &[]), "no.such.key");
    assert!(has(Lang::Zh, "cli.shared.format") && !has(Lang::En, "cli.shared.format"));
    assert_ne!(
        tr(Lang::En, "common.error", &[]),
        tr(Lang::Zh, "common.error", &[])
    );
}

#[test]
fn every_file_is_valid_and_every_leaf_is_a_text() {
    for source in EN_SOURCES.iter().chain(ZH_SOURCES) {
        let table = source.parse::<Table>().unwrap();
        assert_no_bare_leaf(&table);
    }
    // A key in two files would silently replace the other.
    for sources in [EN_SOURCES, ZH_SOURCES] {
        let separately: usize = sources.iter().map(|source| load(&[source]).len()).sum();
        assert_eq!(separately, load(sources).len());
    }
}

fn assert_no_bare_leaf(table: &Table) {
    for (name, value) in table {
        match value {
            _ if Entry::read(value).is_some() => {}
            Value::Table(inner) => assert_no_bare_leaf(inner),
            other => panic!("{name} = {other} is not a text"),
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_slots() {
    let everything: BTreeSet<String> = EN.keys().cloned().collect();
    check::assert_complete(&everything, "");
}

#[test]
fn the_shared_texts_are_all_used_and_all_there() {
    let used_in = |sources| check::used_keys(sources, "common.");
    let ours = used_in(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    // What the programs share beside this crate says some of them.
    let shared = used_in(concat!(env!("CARGO_MANIFEST_DIR"), "/../llm-setup/src"));
    assert!(!shared.is_empty(), "llm-setup is elsewhere now");
    let used = ours
        .into_iter()
        .chain(shared)
        .filter(|key| key != "common.no_such_text")
        .collect();
    check::assert_complete(&used, "common.");
}

#[test]
fn chinese_texts_are_chinese() {
    // An English text copied into the other file would pass every other check.
    for (key, entry) in ZH.iter() {
        for text in entry.templates() {
            let has_chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(has_chinese || is_language_neutral(text), "{key} = {text}");
        }
    }
}

/// Whether a text is a command, or only slots and signs.
fn is_language_neutral(text: &str) -> bool {
    let letters = template::pieces(text)
        .filter_map(|piece| match piece {
            template::Piece::Literal(literal) => Some(literal),
            template::Piece::Slot(_) => None,
        })
        .flat_map(str::chars)
        .filter(|c| c.is_lowercase());
    text.starts_with("llm-") || letters.count() <= 1
}
