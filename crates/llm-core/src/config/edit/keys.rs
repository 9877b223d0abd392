//! `set`, `unset`: one key at a time.

use toml_edit::DocumentMut;

use super::document;
use super::{Action, Edit, Editor};
use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::key::KeyPath;
use crate::config::schema::{self, Kind};
use crate::config::secret_ref::SecretRef;
use crate::config::values;
use crate::types::secret::Secret;

impl Editor<'_> {
    /// Sets a key to a value. A key that does not exist or a value of the wrong kind is refused.
    /// An API key goes to the secrets file.
    pub fn set(&self, key: &KeyPath, value: &toml::Value) -> Result<Edit, ConfigErrors> {
        self.change(&[(key.clone(), Some(value.clone()))])
    }

    /// Sets a key to a value as people write it: text without quotes, lists with commas.
    pub fn set_text(&self, key: &KeyPath, text: &str) -> Result<Edit, ConfigErrors> {
        known(key)?;
        let value = values::parse(key, text)?;
        self.set(key, &value)
    }

    /// Takes a key out of the file, so that the layers below say what it is. Returns an unchanged
    /// edit when the file does not set it.
    pub fn unset(&self, key: &KeyPath) -> Result<Edit, ConfigErrors> {
        self.change(&[(key.clone(), None)])
    }

    /// Sets and unsets several keys at once: all of them, or none.
    pub fn change(&self, changes: &[(KeyPath, Option<toml::Value>)]) -> Result<Edit, ConfigErrors> {
        let mut secrets = Vec::new();
        let mut plain = Vec::new();
        for (key, value) in changes {
            let kind = match value {
                Some(_) => known(key)?,
                None => Kind::Text,
            };
            match (kind, value.as_ref().and_then(toml::Value::as_str)) {
                (Kind::Secret, Some(text)) => {
                    secrets.push((key.parent(), SecretRef::Here(Secret::new(text))));
                }
                _ => plain.push((key, value)),
            }
        }
        let mut edit = Edit::default();
        if !plain.is_empty() {
            self.edit_config(&mut edit, |document, edit| {
                for (key, value) in &plain {
                    match value {
                        Some(value) => set_one(document, key, value, edit)?,
                        None => unset_one(document, key, None, edit),
                    }
                }
                Ok(())
            })?;
        }
        for (key, value) in plain {
            if value.is_none() && key.holds_secret() {
                self.edit_secrets(&mut edit, |document, edit| {
                    unset_one(document, key, Some("secret"), edit);
                    Ok(())
                })?;
            }
            let address = value.as_ref().and_then(toml::Value::as_str);
            self.forget_key_of_moved_provider(key, address, &mut edit)?;
        }
        for (owner, secret) in &secrets {
            self.store_credential(owner, secret, &mut edit)?;
        }
        Ok(edit)
    }
}

fn set_one(
    document: &mut DocumentMut,
    key: &KeyPath,
    value: &toml::Value,
    edit: &mut Edit,
) -> Result<(), ConfigErrors> {
    let path = key.names();
    let was_there = document::get(document, &path).is_some();
    let changed = document::set(document, &path, value)?;
    edit.note(Action::of(changed, was_there), key.to_string(), None);
    Ok(())
}

fn unset_one(document: &mut DocumentMut, key: &KeyPath, note: Option<&str>, edit: &mut Edit) {
    if document::remove(document, &key.names()) {
        remove_if_empty(document, &key.parent());
        edit.note(Action::Removed, key.to_string(), note.map(str::to_owned));
    }
}

/// A section without keys says nothing; an entry without keys is still an entry.
pub(super) fn remove_if_empty(document: &mut DocumentMut, table: &KeyPath) {
    let path = table.names();
    let is_entry = schema::at(&table.parent()).is_some_and(|known| known.kind() == Kind::Names);
    let is_empty = document::get(document, &path)
        .and_then(toml_edit::Item::as_table_like)
        .is_some_and(toml_edit::TableLike::is_empty);
    if is_empty && !path.is_empty() && (!is_entry || path.len() > 2) {
        document::remove(document, &path);
    }
}

fn known(key: &KeyPath) -> Result<Kind, ConfigError> {
    if let Some(known) = schema::at(key) {
        return Ok(known.kind());
    }
    let error = ConfigError::invalid("there is no such key").at_key(key.to_string());
    Err(match schema::suggestion(key) {
        Some(near) => error.with_hint(format!("did you mean `{}`?", key.parent().child(&near))),
        None => error,
    })
}
