//! No source file, tests included, is longer than a reader can hold.

use super::Findings;
use crate::workspace::Tree;

const MOST_LINES: usize = 500;

/// What people write by hand. Functions are measured by clippy.
const ENDINGS: &[&str] = &[".rs", ".py", ".mjs", ".cjs", ".js", ".sh", ".css", ".html"];

/// Files of other projects that are carried along unchanged.
const VENDORED: &str = "/vendor/";

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for (path, text) in &tree.texts {
        let lines = text.lines().count();
        let is_source = ENDINGS.iter().any(|ending| path.ends_with(ending));
        if is_source && lines > MOST_LINES && !path.contains(VENDORED) {
            let advice = format!("split it: {lines} lines, and {MOST_LINES} is the most");
            findings.add(path, MOST_LINES + 1, advice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_long_file_is_found() {
        let (most, more) = ("x\n".repeat(MOST_LINES), "x\n".repeat(MOST_LINES + 1));
        let found = lines(
            check,
            &[
                ("a.rs", &most),
                ("b.rs", &more),
                ("c.mjs", &more),
                ("Cargo.lock", &more),
                ("crates/llm-server/assets/vendor/htmx.js", &more),
            ],
        );
        assert_eq!(
            found,
            [
                "b.rs:501: split it: 501 lines, and 500 is the most",
                "c.mjs:501: split it: 501 lines, and 500 is the most",
            ]
        );
    }
}
