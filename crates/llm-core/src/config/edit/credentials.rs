//! Storing and removing keys: in the owner-only file, or as a reference in the registry.

use super::document;
use super::keys::remove_if_empty;
use super::{Action, Edit, Editor};
use crate::config::error::ConfigErrors;
use crate::config::key::KeyPath;
use crate::config::presets;
use crate::config::secret_ref::SecretRef;

impl Editor<'_> {
    /// Stores the key of a provider or model, named by its table, such as `providers.openai`. A
    /// key itself goes to the secrets file; a reference goes to the registry, and a stored key,
    /// which would win over it, is removed.
    pub fn set_credential(
        &self,
        owner: &KeyPath,
        secret: &SecretRef,
    ) -> Result<Edit, ConfigErrors> {
        let mut edit = Edit::default();
        self.store_credential(owner, secret, &mut edit)?;
        Ok(edit)
    }

    /// Removes a stored key and a reference to one. Returns an unchanged edit when there is none.
    pub fn remove_credential(&self, owner: &KeyPath) -> Result<Edit, ConfigErrors> {
        self.unset(&owner.child("api_key"))
    }

    pub(super) fn store_credential(
        &self,
        owner: &KeyPath,
        secret: &SecretRef,
        edit: &mut Edit,
    ) -> Result<(), ConfigErrors> {
        let key = owner.child("api_key");
        let path = key.names();
        if let SecretRef::Here(secret) = secret {
            let value = secret.expose().into();
            self.edit_secrets(edit, |document, edit| {
                let had_one = document::get(document, &path).is_some();
                let changed = document::set(document, &path, &value)?;
                let action = Action::of(changed, had_one);
                edit.note(action, key.to_string(), Some(secret.hint()));
                Ok(())
            })?;
            return Ok(());
        }
        let value = toml::Value::try_from(secret).unwrap_or_else(|_| toml::Table::new().into());
        self.edit_config(edit, |document, edit| {
            let had_one = document::get(document, &path).is_some();
            let changed = document::set(document, &path, &value)?;
            let action = Action::of(changed, had_one);
            edit.note(action, key.to_string(), Some(value.to_string()));
            Ok(())
        })?;
        self.drop_stored_key(owner, "a reference takes its place", edit)
    }

    /// A stored key belongs to the address it was given for. When a provider moves to another
    /// scheme, host or port, its key does not go along. `after` is `None` for the vendor's address.
    pub(super) fn forget_key_of_moved_provider(
        &self,
        changed: &KeyPath,
        after: Option<&str>,
        edit: &mut Edit,
    ) -> Result<(), ConfigErrors> {
        let names = changed.names();
        let ["providers", provider, "base_url"] = names.as_slice() else {
            return Ok(());
        };
        let config = &self.loaded.config;
        let vendor = || {
            let preset = presets::of_kind(&config.kind_of(provider))?;
            Some(preset.facts.base_url.clone())
        };
        let before = config.address_of(provider);
        let after = after.map(str::to_owned).or_else(vendor);
        let origin = |address: &str| url::Url::parse(address).ok().map(|url| url.origin());
        match (&before, &after) {
            (Some(before), Some(after)) if origin(before) != origin(after) => {
                let owner = changed.parent();
                self.drop_stored_key(&owner, "the key was for the former address", edit)
            }
            _ => Ok(()),
        }
    }

    fn drop_stored_key(
        &self,
        owner: &KeyPath,
        why: &str,
        edit: &mut Edit,
    ) -> Result<(), ConfigErrors> {
        let key = owner.child("api_key");
        if !self.target.secrets.exists() {
            return Ok(());
        }
        self.edit_secrets(edit, |document, edit| {
            if document::remove(document, &key.names()) {
                remove_if_empty(document, owner);
                edit.note(Action::Removed, key.to_string(), Some(why.to_owned()));
            }
            Ok(())
        })
    }
}
