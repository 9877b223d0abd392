//! Words that do not belong in the project: places on somebody's machine, promises to finish, the
//! hosts of package registries; and spaces nobody sees.

use std::sync::LazyLock;

use regex::Regex;

use super::Findings;
use crate::workspace::Tree;

/// Written by tools.
const GENERATED: &[&str] = &["Cargo.lock"];

/// Recorded exchanges, where every byte is as it came.
const RECORDED: &str = "tests/golden/";

/// Each with a class in it, so that this file does not find itself.
const BANNED: &[(&str, &str)] = &[
    (
        r"(^|[^\w.~/\]}>-])/(r[o]ot|h[o]me|w[o]rk|f[a]rm)(/|\b)",
        "name no place of one machine; use a relative path or a variable",
    ),
    (
        r"\b(t[o]do|unimpl[e]mented)!",
        "write it now, or leave it out",
    ),
    (r"\b(F[I]XME|X[X]X)\b", "mend it now, or open an issue"),
    (r"#\[ign[o]re", "a test that does not run proves nothing"),
    (
        r"\b(crates\.i[o]|pypi\.o[r]g|pythonhosted\.o[r]g|npmjs\.(o[r]g|c[o]m)|npmmirror\.c[o]m|rubygems\.o[r]g|pr[o]xy\.golang\.org)\b",
        "name the package, not the registry it comes from",
    ),
    (r"[ \t]+$", "remove the space at the end of the line"),
];

/// The home of nobody, for examples and tests of paths.
const INVENTED: &str = r"/h[o]me/(u|user)\b";

#[expect(clippy::expect_used, reason = "the patterns are constants")]
static PATTERNS: LazyLock<(Regex, Vec<(Regex, &str)>)> = LazyLock::new(|| {
    let compile = |pattern| Regex::new(pattern).expect("a valid pattern");
    let banned = BANNED
        .iter()
        .map(|(pattern, advice)| (compile(pattern), *advice));
    (compile(INVENTED), banned.collect())
});

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let (invented, banned) = &*PATTERNS;
    for (path, text) in &tree.texts {
        if GENERATED.contains(&path.as_str()) || path.starts_with(RECORDED) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let line = invented.replace_all(line, "~");
            for (pattern, advice) in banned {
                if pattern.is_match(&line) {
                    findings.add(path, index + 1, *advice);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn every_banned_word_is_found() {
        // Put together here, so that this file does not hold them.
        let bad = [
            ["see /", "root/notes.txt"],
            ["let path = \"/", "home/somebody/x\";"],
            ["cd /", "work"],
            ["to", "do!(\"later\")"],
            ["unimpl", "emented!()"],
            ["// FIX", "ME later"],
            ["#[ign", "ore = \"slow\"]"],
            ["from https://crates", ".io/crates/x"],
            ["https://registry.npm", "js.org/x"],
            ["a space ", ""],
        ];
        let text: String = bad.iter().map(|parts| parts.concat() + "\n").collect();
        let found = lines(
            check,
            &[("docs/a.md", &text), ("tests/golden/a.txt", &text)],
        );
        let places: Vec<_> = found
            .iter()
            .filter_map(|line| line.split(": ").next())
            .collect();
        let expected: Vec<_> = (1..=bad.len())
            .map(|line| format!("docs/a.md:{line}"))
            .collect();
        assert_eq!(places, expected, "{found:#?}");
    }

    #[test]
    fn what_only_looks_like_it_passes() {
        let good = "GET /v1/work\nhttps://example.org/home/page\n~/work/x\n[WORK]/docs\nthe todo list\n\
            home/.config\n$HOME/work\n";
        let good = format!("{good}\"/{}\"\n", "home/user/.config");
        let found = lines(check, &[("docs/a.md", &good)]);
        assert!(found.is_empty(), "{found:#?}");
    }
}
