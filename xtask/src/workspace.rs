//! The clone: where it is and which text files belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// The root of the clone.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The text files of the project by their path from the root, with forward slashes.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) texts: BTreeMap<String, String>,
    /// Files that are no text.
    others: BTreeSet<String>,
}

impl Tree {
    /// Reads the clone: what git tracks or would, or everything where there is no git.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let paths = listed_by_git(root).map_or_else(|| listed_by_walking(root), Ok)?;
        let mut tree = Self::default();
        for path in paths {
            let full = root.join(&path);
            // A tracked file may be deleted; a link to a directory is no file of ours.
            if !full.is_file() {
                continue;
            }
            let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
            match String::from_utf8(bytes) {
                Ok(text) => drop(tree.texts.insert(path, text)),
                Err(_) => drop(tree.others.insert(path)),
            }
        }
        Ok(tree)
    }

    /// A tree made up in a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let texts = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self {
            texts: texts.collect(),
            others: BTreeSet::new(),
        }
    }

    /// Whether there is such a file, or such a folder with files in it.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let mut paths = self.texts.keys().chain(&self.others);
        paths.any(|known| known == path || known.starts_with(&folder))
    }

    /// The files with this ending.
    pub(crate) fn ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self
            .texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.ends_with(ending))
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<_> = text
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn listed_by_walking(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if name == "target" || name == ".git" || name == "node_modules" {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(relative) = path.strip_prefix(root) {
                paths.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_and_walking_see_this_file() {
        for paths in [listed_by_git(&root()), listed_by_walking(&root()).ok()] {
            // Without git on the machine there is one way only.
            let Some(paths) = paths else { continue };
            assert!(
                paths.iter().any(|path| path == "xtask/src/workspace.rs"),
                "{paths:?}"
            );
            assert!(!paths.iter().any(|path| path.starts_with("target/")));
        }
        assert!(Tree::load(&root()).is_ok_and(|tree| tree.text("Cargo.toml").is_some()));
    }
}
