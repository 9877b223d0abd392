//! Changing configuration files: comments and order stay, a wrong change is refused, nothing is lost.
//!
//! Every change reads the file under a lock, edits its text in place, checks the result against
//! the shape of the configuration and replaces the file as a whole. Keys go to the owner-only
//! secrets file, never into the registry. What is already as asked for is left alone.

pub mod document;

mod keys;

mod entries;

mod references;

mod credentials;

mod preset;

mod import;

use std::fmt;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::decode;
use super::error::{ConfigError, ConfigErrors};
use super::key::KeyPath;
use super::load::Loaded;
use super::paths::{Scope, Target};
use super::source::Layer;
use super::tree;
use super::write::{self, Access};

pub use entries::{Entry, Section};
pub use preset::PresetOptions;

/// Changes the files of one scope.
#[derive(Clone, Debug)]
pub struct Editor<'a> {
    loaded: &'a Loaded,
    target: Target,
    dry_run: bool,
}

/// What an edit did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// What is different now, and what was left as it is although it was asked for.
    pub changes: Vec<Change>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

/// One thing an edit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub action: Action,
    /// The key or table.
    pub key: String,
    /// Why, or with what; never a secret.
    pub note: Option<String>,
}

/// What happened to a key or table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was not there before.
    Added,
    /// It is different now.
    Changed,
    /// It is gone.
    Removed,
    /// It was left as it is.
    Kept,
}

impl Action {
    fn of(changed: bool, was_there: bool) -> Self {
        match (changed, was_there) {
            (false, _) => Self::Kept,
            (true, true) => Self::Changed,
            (true, false) => Self::Added,
        }
    }

    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Kept => "kept",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action.as_str(), self.key)?;
        match &self.note {
            Some(note) => write!(f, " ({note})"),
            None => Ok(()),
        }
    }
}

impl Edit {
    /// Whether nothing had to be changed.
    pub fn is_unchanged(&self) -> bool {
        self.changes
            .iter()
            .all(|change| change.action == Action::Kept)
    }

    fn note(&mut self, action: Action, key: impl Into<String>, note: Option<String>) {
        self.changes.push(Change {
            action,
            key: key.into(),
            note,
        });
    }
}

impl<'a> Editor<'a> {
    /// Edits the files of a scope. `loaded` tells what the other layers say.
    pub fn new(loaded: &'a Loaded, scope: &Scope) -> Result<Self, ConfigError> {
        Ok(Self {
            target: loaded.paths.target(scope)?,
            loaded,
            dry_run: false,
        })
    }

    /// Writes nothing and only tells what would be done.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// The files that are changed.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Replaces the whole text of the configuration file, as an editor that was opened on it
    /// does. `before` is what the user saw: a file that somebody else changed meanwhile is not
    /// overwritten.
    pub fn replace_text(&self, before: &str, after: &str) -> Result<Edit, ConfigErrors> {
        let mut edit = Edit::default();
        let path = &self.target.config;
        let ((), written) = self.write(path, Access::Usual, |now| {
            if now != before {
                return Err(ConfigError::conflict(
                    "the file was changed by somebody else meanwhile; nothing was written",
                )
                .in_file(path)
                .into());
            }
            ConfigErrors::check(check_text(after, path, Layer::User))?;
            Ok((after.to_owned(), ()))
        })?;
        if written {
            edit.note(Action::Changed, "file", None);
            edit.written.push(path.clone());
        }
        Ok(edit)
    }

    /// The text of the configuration file, empty when there is none.
    pub fn text(&self) -> Result<String, ConfigError> {
        Ok(super::files::read_text(&self.target.config)?.unwrap_or_default())
    }

    fn edit_config<T>(
        &self,
        edit: &mut Edit,
        change: impl FnOnce(&mut DocumentMut, &mut Edit) -> Result<T, ConfigErrors>,
    ) -> Result<T, ConfigErrors> {
        let path = self.target.config.clone();
        self.edit_file(edit, (&path, Access::Usual, Layer::User), change)
    }

    fn edit_secrets<T>(
        &self,
        edit: &mut Edit,
        change: impl FnOnce(&mut DocumentMut, &mut Edit) -> Result<T, ConfigErrors>,
    ) -> Result<T, ConfigErrors> {
        let path = self.target.secrets.clone();
        self.edit_file(edit, (&path, Access::Owner, Layer::Secrets), change)
    }

    fn edit_file<T>(
        &self,
        edit: &mut Edit,
        (path, access, layer): (&Path, Access, Layer),
        change: impl FnOnce(&mut DocumentMut, &mut Edit) -> Result<T, ConfigErrors>,
    ) -> Result<T, ConfigErrors> {
        let mut noted = Edit::default();
        let (result, written) = self.write(path, access, |before| {
            let (mut document, style) = document::parse(before, path)?;
            let unedited = document.to_string();
            let result = change(&mut document, &mut noted)?;
            let edited = document.to_string();
            if edited == unedited {
                return Ok((before.to_owned(), result));
            }
            let after = style.render(&edited);
            refuse_new_errors(before, &after, path, layer)?;
            Ok((after, result))
        })?;
        edit.changes.append(&mut noted.changes);
        if written && !edit.written.iter().any(|known| known == path) {
            edit.written.push(path.to_owned());
        }
        Ok(result)
    }

    fn write<T>(
        &self,
        path: &Path,
        access: Access,
        change: impl FnOnce(&str) -> Result<(String, T), ConfigErrors>,
    ) -> Result<(T, bool), ConfigErrors> {
        if self.dry_run {
            let before = super::files::read_text(path)?.unwrap_or_default();
            return Ok((change(&before)?.1, false));
        }
        write::update(path, access, change)
    }
}

/// Everything that is wrong with a file's text: syntax, types and unknown keys.
pub fn check_text(text: &str, path: &Path, layer: Layer) -> Vec<ConfigError> {
    let (mut tree, mut findings) = tree::parse(text, layer, path);
    let profiles = tree
        .entries_mut()
        .and_then(|root| root.shift_remove("profiles"));
    let mut check = |tree: &tree::Node, prefix: &KeyPath| {
        let decoded = decode::decode(tree, prefix);
        findings.extend(decoded.errors);
        findings.extend(decoded.unknown.into_iter().map(|(_, finding)| finding));
    };
    check(&tree, &KeyPath::root());
    for (name, profile) in profiles.iter().filter_map(tree::Node::entries).flatten() {
        check(profile, &KeyPath::of(["profiles", name]));
    }
    findings
}

/// A file that was wrong before may stay wrong, so that it can be mended step by step.
fn refuse_new_errors(
    before: &str,
    after: &str,
    path: &Path,
    layer: Layer,
) -> Result<(), ConfigErrors> {
    let known: Vec<_> = check_text(before, path, layer)
        .iter()
        .map(|finding| (finding.key.clone(), finding.message.clone()))
        .collect();
    let mut new = check_text(after, path, layer);
    new.retain(|finding| !known.contains(&(finding.key.clone(), finding.message.clone())));
    for finding in &mut new {
        // The place is one in a text that nobody sees.
        finding.line = None;
        finding.column = None;
    }
    ConfigErrors::check(new)
}

#[cfg(test)]
mod tests;
