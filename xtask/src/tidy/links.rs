//! Links between the pages lead somewhere: to a file that exists and a heading it has.

use std::sync::LazyLock;

use regex::Regex;

use super::Findings;
use crate::workspace::Tree;

#[expect(clippy::expect_used, reason = "the pattern is a constant")]
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    let inline = r"\]\(<?([^)<>\s]+)>?[^)]*\)";
    let reference = r"^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)";
    Regex::new(&format!("{inline}|{reference}")).expect("a valid pattern")
});

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.ending(".md") {
        for (number, line) in prose(text) {
            for link in LINK.captures_iter(&line) {
                let target = link
                    .get(1)
                    .or(link.get(2))
                    .map_or("", |target| target.as_str());
                if let Some(problem) = problem(path, target, tree) {
                    findings.add(
                        path,
                        number,
                        format!("mend the link to {target}: {problem}"),
                    );
                }
            }
        }
    }
}

/// The lines outside code, with the code in them taken out.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut in_fence = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            return None;
        }
        let outside: String = line.split('`').step_by(2).collect();
        (!in_fence).then_some((index + 1, outside))
    })
}

fn problem(page: &str, target: &str, tree: &Tree) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() {
        Some(page.to_owned())
    } else {
        resolve(page, file)
    };
    let Some(file) = file.filter(|file| tree.has(file)) else {
        return Some("there is no such file".to_owned());
    };
    let text = tree.text(&file).unwrap_or_default();
    let has_headings = file
        .rsplit_once('.')
        .is_some_and(|(_, ending)| ending == "md");
    let is_there = heading.is_empty()
        || !has_headings
        || text
            .lines()
            .filter(|line| line.starts_with('#'))
            .any(|line| slug(line) == heading);
    (!is_there).then(|| format!("{file} has no such heading"))
}

/// The path from the root of what a page links to; a link that leaves the clone leads nowhere.
fn resolve(page: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchor of a heading, as code hosts make it.
fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let guide = "# Guide\n\
            [good](../README.md) and [also](other.md#how-it-works-v2) and [中文](other.md#中文-标题)\n\
            [gone](gone.md), [no heading](other.md#gone), ![picture](img/a.png \"title\")\n\
            [web](https://example.org/gone.md) [here](#guide) [folder](../src)\n\
            `[code](gone.md)` [mail](mailto:a@example.org)\n\
            ```\n[fenced](gone.md)\n```\n\
            [ref]: missing.md\n";
        let found = lines(
            check,
            &[
                ("README.md", "[up](../secret.md)"),
                ("docs/guide.md", guide),
                (
                    "docs/other.md",
                    "# Other\n## How it works (v2)\n## 中文 标题\n",
                ),
                ("src/main.rs", ""),
            ],
        );
        let found: Vec<_> = found
            .iter()
            .map(|line| line.replace("mend the link to ", ""))
            .collect();
        assert_eq!(
            found,
            [
                "README.md:1: ../secret.md: there is no such file",
                "docs/guide.md:3: gone.md: there is no such file",
                "docs/guide.md:3: other.md#gone: docs/other.md has no such heading",
                "docs/guide.md:3: img/a.png: there is no such file",
                "docs/guide.md:9: missing.md: there is no such file",
            ]
        );
    }
}
