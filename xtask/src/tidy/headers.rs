//! Every Rust file opens by saying what it owns, in at least one sentence.

use super::Findings;
use crate::workspace::Tree;

/// Fewer words than this say nothing about a file.
const FEWEST_WORDS: usize = 4;

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.ending(".rs") {
        let header = text.lines().map_while(|line| line.strip_prefix("//!"));
        let header = header.collect::<Vec<_>>().join(" ");
        if header.is_empty() {
            findings.add(
                path,
                1,
                "begin with `//!` and say what this file owns and what it leaves to others",
            );
        } else if longest_sentence(&header) < FEWEST_WORDS {
            findings.add(path, 1, "say in a whole sentence what this file owns");
        }
    }
}

/// The number of words in the longest of the sentences; none where nothing ends like a sentence.
fn longest_sentence(text: &str) -> usize {
    let ends = |word: &str| {
        word.trim_end_matches(['`', ')', '"'])
            .ends_with(['.', '!', '?'])
    };
    let (mut words, mut longest) = (0, 0);
    for word in text.split_whitespace() {
        words += 1;
        if ends(word) {
            longest = longest.max(words);
            words = 0;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_file_without_a_sentence_on_top_is_found() {
        let found = lines(
            check,
            &[
                ("a.rs", "use std::fmt;\n//! Too late to say what it owns.\n"),
                ("b.rs", "//! x\n"),
                ("c.rs", "//! Helpers.\n"),
                ("d.rs", "//! no full stop at the end\nmod a;\n"),
                (
                    "good.rs",
                    "//! What the tests share: a clean place\n//! for binaries. More.\n",
                ),
                ("README.md", "# No Rust\n"),
            ],
        );
        let files: Vec<_> = found
            .iter()
            .filter_map(|line| line.split(':').next())
            .collect();
        assert_eq!(files, ["a.rs", "b.rs", "c.rs", "d.rs"], "{found:?}");
    }
}
