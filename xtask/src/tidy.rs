//! `cargo xtask tidy`: the rules of the house that no compiler knows.
//!
//! One file a rule, each a function from the [`Tree`] to its findings, with a test on a bad sample.

mod headers;
mod layers;
mod links;
mod packages;
mod registries;
mod rust;
mod sizes;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use crate::workspace::{self, Tree};

/// Something to mend.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            rule,
            advice,
        } = self;
        write!(f, "{file}:{line}: {rule}: {advice}")
    }
}

type Rule = fn(&Tree, &mut Findings);

/// The findings of one rule.
pub(crate) struct Findings {
    rule: &'static str,
    all: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, file: &str, line: usize, advice: impl Into<String>) {
        self.all.push(Finding {
            file: file.to_owned(),
            line,
            rule: self.rule,
            advice: advice.into(),
        });
    }
}

const RULES: &[(&str, Rule)] = &[
    ("headers", headers::check),
    ("sizes", sizes::check),
    ("layers", layers::check),
    ("packages", packages::check),
    ("registries", registries::check),
    ("links", links::check),
    ("words", words::check),
];

/// Checks the clone; an error lists what is to be mended.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::load(&workspace::root())?;
    let mut all = Vec::new();
    for (rule, check) in RULES {
        all.append(&mut findings(rule, *check, &tree));
    }
    all.sort();
    for finding in &all {
        println!("{finding}");
    }
    match all.len() {
        0 => println!("tidy: {} files, nothing to mend", tree.texts.len()),
        count => bail!("tidy: {count} to mend"),
    }
    Ok(())
}

fn findings(rule: &'static str, check: Rule, tree: &Tree) -> Vec<Finding> {
    let all = Vec::new();
    let mut findings = Findings { rule, all };
    check(tree, &mut findings);
    findings.all
}

/// What a rule says about a tree, one line each, for tests.
#[cfg(test)]
fn lines(check: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let found = findings("rule", check, &Tree::of(files));
    found
        .iter()
        .map(|f| format!("{}:{}: {}", f.file, f.line, f.advice))
        .collect()
}
