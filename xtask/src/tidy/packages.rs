//! Which package may depend on which, and where a library that one place owns may be named.

use toml::{Table, Value};

use super::{Findings, rust};
use crate::workspace::Tree;

/// What a package may use of this workspace, and what it must not use at all.
struct Package {
    name: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

const PACKAGES: &[Package] = &[
    Package {
        name: "llm-core",
        ours: &[],
        never: &["axum", "clap", "comfy-table", "indicatif"],
    },
    Package {
        name: "llm-console",
        ours: &[],
        never: &["axum", "reqwest", "hyper"],
    },
    Package {
        name: "llm-setup",
        ours: &["llm-core", "llm-console"],
        never: &["axum", "reqwest", "hyper"],
    },
    Package {
        name: "llm-server",
        ours: &["llm-core", "llm-console", "llm-setup"],
        never: &["reqwest"],
    },
    Package {
        name: "llm-cooperation",
        ours: &["llm-core", "llm-console", "llm-setup"],
        never: &["axum", "reqwest"],
    },
    Package {
        name: "llm-config",
        ours: &["llm-core", "llm-console", "llm-setup"],
        never: &["axum", "reqwest"],
    },
    Package {
        name: "llm-testkit",
        ours: &["llm-core"],
        never: &["axum", "reqwest"],
    },
];

/// Libraries with one owner: the crate and the folder or file that may name them.
const OWNED: &[(&str, &str)] = &[
    ("axum", "crates/llm-server/"),
    ("reqwest", "crates/llm-core/src/provider/transport"),
];

/// Tests of every package may use these.
const FOR_TESTS: &[&str] = &["llm-testkit"];

/// Tests of a package that may use another one: the command line is held against the real server.
const FOR_TESTS_OF: &[(&str, &str)] = &[("llm-cooperation", "llm-server")];

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.ending("Cargo.toml") {
        match text.parse::<Table>() {
            Ok(manifest) => check_manifest(path, text, &manifest, findings),
            Err(error) => findings.add(path, 1, format!("this is not TOML: {}", error.message())),
        }
    }
    for (path, text) in tree.ending(".rs") {
        for (library, owner) in OWNED {
            // Cheap, and true of nearly every file.
            if path.starts_with(owner) || !text.contains(library) {
                continue;
            }
            // What is not Rust is another rule's finding.
            let Ok(source) = rust::parse(text, &[]) else {
                continue;
            };
            for segment in source
                .segments
                .iter()
                .filter(|segment| segment.name == *library)
            {
                findings.add(
                    path,
                    segment.line,
                    format!("only {owner} may name `{library}`"),
                );
            }
        }
    }
}

fn check_manifest(path: &str, text: &str, manifest: &Table, findings: &mut Findings) {
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    let Some(name) = name.and_then(Value::as_str) else {
        return;
    };
    let Some(package) = PACKAGES.iter().find(|package| package.name == name) else {
        return;
    };
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let Some(dependencies) = manifest.get(section).and_then(Value::as_table) else {
            continue;
        };
        let tests_only = section == "dev-dependencies";
        for dependency in dependencies.keys() {
            let dependency = dependency.as_str();
            let is_allowed = if dependency.starts_with("llm-") {
                package.ours.contains(&dependency)
                    || (tests_only && FOR_TESTS.contains(&dependency))
                    || (tests_only && FOR_TESTS_OF.contains(&(name, dependency)))
            } else {
                !package.never.contains(&dependency)
            };
            if !is_allowed {
                let line = text.lines().position(|line| line.starts_with(dependency));
                let advice = format!("`{name}` must not depend on `{dependency}`");
                findings.add(path, line.map_or(1, |line| line + 1), advice);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_dependency_the_table_forbids_is_found() {
        let core = "[package]\nname = \"llm-core\"\n[dependencies]\nserde = \"1\"\nclap.workspace = true\n\
            [dev-dependencies]\nllm-testkit.workspace = true\n";
        let console =
            "[package]\nname = \"llm-console\"\n[dependencies]\nllm-core = { path = \"..\" }\n";
        let xtask =
            "[package]\nname = \"xtask\"\n[dependencies]\nllm-server = \"1\"\nclap = \"4\"\n";
        // What tests of the command line may use, its program may not.
        let cooperation = "[package]\nname = \"llm-cooperation\"\n[dev-dependencies]\n\
            llm-server.workspace = true\n";
        let served = "[package]\nname = \"llm-cooperation\"\n[dependencies]\nllm-server = \"1\"\n";
        let found = lines(
            check,
            &[
                ("a/Cargo.toml", core),
                ("b/Cargo.toml", console),
                ("c/Cargo.toml", cooperation),
                ("d/Cargo.toml", served),
                ("xtask/Cargo.toml", xtask),
                ("Cargo.toml", "[workspace\n"),
            ],
        );
        assert_eq!(
            found[0].split(": ").nth(1),
            Some("this is not TOML"),
            "{found:?}"
        );
        assert_eq!(
            found[1..],
            [
                "a/Cargo.toml:5: `llm-core` must not depend on `clap`",
                "b/Cargo.toml:4: `llm-console` must not depend on `llm-core`",
                "d/Cargo.toml:4: `llm-cooperation` must not depend on `llm-server`",
            ]
        );
    }

    #[test]
    fn a_library_is_named_by_its_owner_only() {
        let found = lines(
            check,
            &[
                (
                    "crates/llm-core/src/provider/transport.rs",
                    "type C = reqwest::Client;",
                ),
                (
                    "crates/llm-core/src/provider/transport/failures.rs",
                    "use reqwest::Error;",
                ),
                (
                    "crates/llm-core/src/provider.rs",
                    "//! Not axum::x.\nuse reqwest::Url;",
                ),
                ("crates/llm-server/src/app.rs", "use axum::Router;"),
                ("tests/it/main.rs", "use axum::Router;"),
            ],
        );
        assert_eq!(
            found,
            [
                "crates/llm-core/src/provider.rs:2: only crates/llm-core/src/provider/transport may name `reqwest`",
                "tests/it/main.rs:1: only crates/llm-server/ may name `axum`",
            ]
        );
    }
}
