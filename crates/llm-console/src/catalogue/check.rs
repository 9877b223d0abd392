//! Checks for tests: that the catalogue has every text the code asks for and no other, in every
//! language, with the same slots.
//!
//! A program's test is two lines:
//! ```no_run
//! use llm_console::catalogue::check;
//! let used = check::used_keys(concat!(env!("CARGO_MANIFEST_DIR"), "/src"), "config.");
//! check::assert_complete(&used, "config.");
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use super::template::slots;
use super::{Catalogue, EN, Entry, ZH};

/// Fails a test unless the keys below `prefix` are exactly the used ones, in both languages.
///
/// # Panics
/// When they are not; the message lists every difference.
#[track_caller]
pub fn assert_complete(used: &BTreeSet<String>, prefix: &str) {
    let problems = problems(used, prefix).join("\n");
    assert!(
        problems.is_empty(),
        "the catalogue and the code differ:\n{problems}"
    );
}

/// What [`assert_complete`] fails for, one line each.
pub fn problems(used: &BTreeSet<String>, prefix: &str) -> Vec<String> {
    let mut problems = differences(&EN, &ZH, prefix);
    for key in used.iter().filter(|key| !EN.contains_key(*key)) {
        problems.push(format!("used but not in the catalogue: {key}"));
    }
    for key in EN.keys().filter(|key| key.starts_with(prefix)) {
        if !used.contains(key) {
            problems.push(format!("in the catalogue but not used: {key}"));
        }
    }
    problems
}

/// The string literals below a directory of Rust sources that begin with `prefix` and look like
/// a key. A key that is put together at run time is not found; write it out.
#[expect(
    clippy::disallowed_methods,
    reason = "called by tests, on the sources of the program"
)]
pub fn used_keys(directory: impl AsRef<Path>, prefix: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut waiting = vec![directory.as_ref().to_owned()];
    while let Some(path) = waiting.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            waiting.extend(entries.flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && let Ok(source) = std::fs::read_to_string(&path)
        {
            used.extend(keys_in(&source, prefix).map(str::to_owned));
        }
    }
    used
}

/// The keys among the string literals of a source.
fn keys_in<'a>(source: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    source.split('"').filter(move |literal| {
        literal
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_key_byte))
    })
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
}

/// Keys one language has and the other has not, and slots that differ. The texts of the command
/// line are only in the catalogues of translations, because the English ones are in the code.
fn differences(en: &Catalogue, zh: &Catalogue, prefix: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let keys: BTreeSet<&String> = en.keys().chain(zh.keys()).collect();
    for key in keys {
        if !key.starts_with(prefix) || key.starts_with("cli.") {
            continue;
        }
        match (en.get(key), zh.get(key)) {
            (Some(en), Some(zh)) if all_slots(en) != all_slots(zh) => {
                problems.push(format!("slots differ between en and zh: {key}"));
            }
            (Some(_), Some(_)) => {}
            (en, _) => {
                let missing = if en.is_none() { "en" } else { "zh" };
                problems.push(format!("not in {missing}: {key}"));
            }
        }
    }
    problems
}

fn all_slots(entry: &Entry) -> BTreeSet<&str> {
    entry.templates().flat_map(slots).collect()
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    #[test]
    fn every_difference_is_reported() {
        let en = load(&["a = 'x {n}'\nb = 'only here'\nc = 'same'"]);
        let zh = load(&["a = 'x {m}'\nc = 'same'\nd = 'only here'\ncli.x = 'free'"]);
        assert_eq!(
            differences(&en, &zh, ""),
            [
                "slots differ between en and zh: a",
                "not in zh: b",
                "not in en: d"
            ]
        );
    }

    #[test]
    fn keys_are_found_in_sources() {
        let source = r#"tr(lang, "config.saved", &[]); "config." "config.Not a key" "other.key""#;
        assert_eq!(
            keys_in(source, "config.").collect::<Vec<_>>(),
            ["config.saved"]
        );
    }

    #[test]
    fn unused_and_unknown_keys_fail() {
        let used = BTreeSet::from(["common.no_such_text".to_owned()]);
        let problems = problems(&used, "common.");
        assert!(
            problems.contains(&"used but not in the catalogue: common.no_such_text".to_owned())
        );
        assert!(
            problems
                .iter()
                .any(|line| line.starts_with("in the catalogue but not used: "))
        );
    }
}
