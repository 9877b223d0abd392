//! Golden cases: what a client wrote, what a provider is sent for it, and what its reply means.
//!
//! `tests/golden/PROTOCOL/CASE/` at the root of the repository holds one case; its folder names the
//! protocol. Adding a case needs no Rust. `tests/golden/README.md` says which files a case has.
//! `LLMCOOP_BLESS=1` writes the expectations from what happens now; read the difference before
//! committing it.

mod case;
mod show;

use std::path::{Path, PathBuf};

use llm_core::provider::protocols::PROTOCOLS;

use case::Case;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one switch of these tests; the program never reads it"
)]
fn blessing() -> bool {
    std::env::var_os("LLMCOOP_BLESS").is_some_and(|value| value == "1")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_case_says_what_happens() {
    let mut complaints = Vec::new();
    for adapter in PROTOCOLS {
        let cases = folders(&root().join(adapter.name()));
        assert!(!cases.is_empty(), "{} has no golden case", adapter.name());
        for path in cases {
            let case = Case::read(*adapter, &path);
            complaints.extend(
                case.check(blessing())
                    .into_iter()
                    .map(|complaint| format!("{}: {complaint}", path.display())),
            );
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n\n"));
}

#[test]
fn every_folder_is_a_protocol() {
    for path in folders(&root()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            PROTOCOLS.iter().any(|adapter| adapter.name() == name),
            "tests/golden/{name} belongs to no protocol"
        );
    }
}
