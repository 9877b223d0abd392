//! What the dependencies are built from: libraries and features that must not be part of it.
//!
//! Asks cargo for the resolved graph, because any dependency can switch a feature on for all.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// Libraries that must not be there, and why.
const NO_PACKAGE: &[(&str, &str)] = &[
    ("ring", "one provider of cryptography, and it is aws-lc-rs"),
    (
        "openssl-sys",
        "one provider of cryptography, and it is aws-lc-rs",
    ),
    (
        "native-tls",
        "one provider of cryptography, and it is aws-lc-rs",
    ),
];

/// Features that must be off, and why.
const NO_FEATURE: &[(&str, &str, &str)] = &[
    (
        "serde_json",
        "preserve_order",
        "it changes every JSON value of the program",
    ),
    (
        "serde_json",
        "arbitrary_precision",
        "it changes every JSON value of the program",
    ),
];

/// Checks the graph of the whole workspace, for every platform.
pub(crate) fn run() -> Result<()> {
    let mut cargo = Command::new(workspace::cargo());
    cargo.current_dir(workspace::root()).args([
        "tree",
        "--workspace",
        "--locked",
        "--target",
        "all",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--format",
        "{p}|{f}",
    ]);
    let output = cargo.output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let problems = problems(&String::from_utf8_lossy(&output.stdout));
    if !problems.is_empty() {
        bail!("{}", problems.into_iter().collect::<Vec<_>>().join("\n"));
    }
    println!("features: nothing built that must not be");
    Ok(())
}

/// Reads lines of the form `name version …|feature,feature`.
fn problems(tree: &str) -> BTreeSet<String> {
    let mut problems = BTreeSet::new();
    for (package, features) in tree.lines().filter_map(|line| line.split_once('|')) {
        let name = package.split(' ').next().unwrap_or_default();
        for (_, why) in NO_PACKAGE.iter().filter(|(banned, _)| *banned == name) {
            problems.insert(format!("`{package}` is among the dependencies: {why}"));
        }
        // A package met before is marked with a star behind its features.
        for feature in features.trim_end_matches(" (*)").split(',') {
            let banned = NO_FEATURE
                .iter()
                .find(|(n, f, _)| *n == name && *f == feature);
            if let Some((_, _, why)) = banned {
                problems.insert(format!("`{package}` is built with `{feature}`: {why}"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_or_feature_that_must_not_be_there_is_found() {
        let tree = "serde_json v1.0.154|default,preserve_order,std\nring v0.17.14|\n\n\
            toml v1.2.1|preserve_order\nserde_json v1.0.154|default,preserve_order (*)\n";
        let problems: Vec<_> = problems(tree).into_iter().collect();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[0].starts_with("`ring v0.17.14` is among"),
            "{problems:?}"
        );
        let built = "`serde_json v1.0.154` is built with `preserve_order`";
        assert!(problems[1].starts_with(built), "{problems:?}");
    }
}
