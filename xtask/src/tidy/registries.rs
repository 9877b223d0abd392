//! In a registry, the files of the folder, the `mod` lines and the rows of the table agree.

use std::collections::BTreeSet;

use super::{Findings, rust};
use crate::workspace::Tree;

/// A folder of Rust files and the parent file that lists them.
struct Registry {
    folder: &'static str,
    /// Files that are no entries but what entries share.
    shared: &'static [&'static str],
}

const fn registry(folder: &'static str) -> Registry {
    Registry {
        folder,
        shared: &[],
    }
}

const REGISTRIES: &[Registry] = &[
    Registry {
        folder: "crates/llm-core/src/provider/protocols",
        shared: &["fields", "reply", "translate"],
    },
    Registry {
        folder: "crates/llm-core/src/provider/dialects",
        shared: &["reading"],
    },
    registry("crates/llm-core/src/routing/strategies"),
    registry("crates/llm-core/src/cooperation/modes"),
    registry("crates/llm-core/src/cooperation/integrators"),
    registry("crates/llm-core/src/store/backends"),
    registry("crates/llm-cooperation/src/commands"),
    registry("crates/llm-config/src/commands"),
];

/// Folders of data files, and the Rust file that names each of them in a string.
const DATA: &[(&str, &str, &str)] = &[
    (
        "crates/llm-core/data/presets/",
        ".toml",
        "crates/llm-core/src/config/presets.rs",
    ),
    (
        "crates/llm-core/data/prompts/",
        ".toml",
        "crates/llm-core/src/config/prompts.rs",
    ),
];

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for registry in REGISTRIES {
        check_folder(registry, tree, findings);
    }
    for (folder, ending, list) in DATA {
        let entries = tree.ending(ending).filter_map(|(path, _)| {
            let name = path.strip_prefix(folder)?.strip_suffix(ending)?;
            Some((path, name))
        });
        for (path, name) in entries {
            let is_listed = tree
                .text(list)
                .is_some_and(|text| text.contains(&format!("\"{name}\"")));
            if !is_listed {
                findings.add(path, 1, format!("give it a row in {list}"));
            }
        }
    }
}

fn check_folder(registry: &Registry, tree: &Tree, findings: &mut Findings) {
    let Registry { folder, shared } = registry;
    let parent = format!("{folder}.rs");
    let files = entries(folder, tree);
    let Some(text) = tree.text(&parent) else {
        for file in files {
            findings.add(
                &format!("{folder}/{file}.rs"),
                1,
                format!("list it in {parent}, which does not exist"),
            );
        }
        return;
    };
    let source = match rust::parse(text, &[]) {
        Ok(source) => source,
        Err(error) => return findings.add(&parent, 1, format!("this is not Rust: {error}")),
    };
    let modules: BTreeSet<&str> = source
        .modules
        .iter()
        .map(|module| module.name.as_str())
        .collect();
    for file in files.iter().filter(|file| !modules.contains(file.as_str())) {
        // A file for tests only has its `mod` line under `#[cfg(test)]`.
        if !text.contains(&format!("mod {file};")) {
            findings.add(
                &format!("{folder}/{file}.rs"),
                1,
                format!("add `mod {file};` and its row to {parent}"),
            );
        }
    }
    for module in &source.modules {
        let name = module.name.as_str();
        let has_row = source.segments.iter().any(|segment| segment.name == name);
        if !files.contains(name) {
            findings.add(
                &parent,
                module.line,
                format!("there is no {folder}/{name}.rs"),
            );
        } else if !has_row && !shared.contains(&name) {
            findings.add(
                &parent,
                module.line,
                format!("`{name}` has no row in the table"),
            );
        }
    }
}

/// The names of the files right in the folder, and of folders in it that have no file of their name.
fn entries(folder: &str, tree: &Tree) -> BTreeSet<String> {
    let below = tree
        .texts
        .keys()
        .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
    below
        .filter_map(|path| match path.split_once('/') {
            Some((folder, rest)) => rest.strip_suffix(".rs").map(|_| folder),
            None => path.strip_suffix(".rs"),
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const PARENT: &str = "crates/llm-core/src/cooperation/modes.rs";

    #[test]
    fn a_registry_that_agrees_passes() {
        let table = "pub mod single;\nmod voting;\n#[cfg(test)]\nmod tests;\n\
            pub const MODES: &[&dyn Mode] = &[&single::Single, &voting::Voting];";
        let found = lines(
            check,
            &[
                (PARENT, table),
                ("crates/llm-core/src/cooperation/modes/single.rs", ""),
                ("crates/llm-core/src/cooperation/modes/tests.rs", ""),
                ("crates/llm-core/src/cooperation/modes/voting.rs", ""),
                ("crates/llm-core/src/cooperation/modes/voting/count.rs", ""),
                ("crates/llm-core/src/store/backends.rs", "//! None yet.\n"),
            ],
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_file_a_line_or_a_row_that_is_missing_is_found() {
        let table = "mod single;\nmod pipeline;\nmod gone;\nconst MODES: &[&dyn Mode] = &[&single::S, &gone::G];";
        let found = lines(
            check,
            &[
                (PARENT, table),
                ("crates/llm-core/src/cooperation/modes/forgotten.rs", ""),
                ("crates/llm-core/src/cooperation/modes/orphan/part.rs", ""),
                ("crates/llm-core/src/cooperation/modes/pipeline.rs", ""),
                ("crates/llm-core/src/cooperation/modes/single.rs", ""),
                ("crates/llm-config/src/commands/show.rs", ""),
                ("crates/llm-core/data/presets/demo.toml", ""),
                ("crates/llm-core/data/presets/new.toml", ""),
                (
                    "crates/llm-core/src/config/presets.rs",
                    "presets![\"demo\"];",
                ),
            ],
        );
        let expected = [
            "crates/llm-core/src/cooperation/modes/forgotten.rs:1: add `mod forgotten;`",
            "crates/llm-core/src/cooperation/modes/orphan.rs:1: add `mod orphan;`",
            "crates/llm-core/src/cooperation/modes.rs:2: `pipeline` has no row in the table",
            "crates/llm-core/src/cooperation/modes.rs:3: there is no",
            "crates/llm-config/src/commands/show.rs:1: list it in crates/llm-config/src/commands.rs",
            "crates/llm-core/data/presets/new.toml:1: give it a row",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
