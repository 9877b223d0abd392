//! Applying a preset: its provider, models and aliases, and the key.

use toml_edit::DocumentMut;

use super::document;
use super::{Action, Edit, Editor};
use crate::config::error::ConfigErrors;
use crate::config::key::KeyPath;
use crate::config::presets::{self, Preset};
use crate::config::secret_ref::SecretRef;
use crate::config::source::{Layer, Origin};
use crate::config::tree::Node;

/// How a preset is applied.
#[derive(Clone, Debug, Default)]
pub struct PresetOptions {
    /// The provider's key.
    pub key: Option<SecretRef>,
    /// An address instead of the vendor's.
    pub base_url: Option<String>,
    /// Overwrite entries that are there and differ. Otherwise they are kept, and what they lack is
    /// added.
    pub replace: bool,
}

impl Editor<'_> {
    /// Applies a preset. Applying it again changes nothing but the key.
    ///
    /// Simulated models never stand beside real ones unasked: a preset of a real vendor takes over
    /// the names that the demo had and switches the demo off.
    pub fn apply_preset(
        &self,
        preset: &Preset,
        options: &PresetOptions,
    ) -> Result<Edit, ConfigErrors> {
        let mut edit = Edit::default();
        let provider = KeyPath::of(["providers", preset.name]);
        self.edit_config(&mut edit, |document, edit| {
            let applying = Applying {
                preset,
                options,
                fragment: preset.fragment(&Origin::named(Layer::User, preset.name)),
            };
            say_version(document)?;
            applying.provider(document, edit)?;
            applying.models(document, edit)?;
            applying.aliases(document, edit)?;
            applying.default_provider(document, edit)?;
            applying.demo_gives_way(document, edit)?;
            Ok(())
        })?;
        if options.base_url.is_some() || options.replace {
            let key = provider.child("base_url");
            self.forget_key_of_moved_provider(&key, options.base_url.as_deref(), &mut edit)?;
        }
        if let Some(key) = &options.key {
            self.store_credential(&provider, key, &mut edit)?;
        }
        Ok(edit)
    }
}

struct Applying<'a> {
    preset: &'a Preset,
    options: &'a PresetOptions,
    fragment: Node,
}

impl Applying<'_> {
    fn is_demo(&self) -> bool {
        self.preset.name == presets::DEMO
    }

    fn provider(&self, document: &mut DocumentMut, edit: &mut Edit) -> Result<(), ConfigErrors> {
        let place = KeyPath::of(["providers", self.preset.name]);
        let mut wanted = entries_at(&self.fragment, &place);
        if let Some(address) = &self.options.base_url {
            wanted.insert("base_url".to_owned(), address.as_str().into());
        }
        let was_there = document::get(document, &place.names()).is_some();
        let mut changed = false;
        for (key, value) in &wanted {
            let key = place.child(key);
            let path = key.names();
            let is_asked_for = key.last() == Some("base_url") || self.options.replace;
            if is_asked_for || document::get(document, &path).is_none() {
                changed |= document::set(document, &path, value)?;
            }
        }
        if self.options.replace && self.options.base_url.is_none() {
            changed |= document::remove(document, &place.child("base_url").names());
        }
        changed |= document::remove(document, &place.child("disabled").names());
        edit.note(Action::of(changed, was_there), place.to_string(), None);
        Ok(())
    }

    fn models(&self, document: &mut DocumentMut, edit: &mut Edit) -> Result<(), ConfigErrors> {
        let section = KeyPath::of(["models"]);
        for (name, model) in entries_at(&self.fragment, &section) {
            let Some(wanted) = model.as_table() else {
                continue;
            };
            let place = section.child(&name);
            let old = document::get(document, &place.names())
                .map(document::plain)
                .and_then(|old| old.as_table().cloned());
            let whose = old.as_ref().map(|old| self.owner(document, old));
            match (old, whose) {
                (Some(old), Some(Owner::Ours)) if !self.options.replace => {
                    let mut changed = false;
                    for (key, value) in wanted.iter().filter(|(key, _)| !old.contains_key(*key)) {
                        let key = place.child(key);
                        changed |= document::set(document, &key.names(), value)?;
                    }
                    edit.note(Action::of(changed, true), place.to_string(), None);
                }
                (Some(_), Some(Owner::Other(provider))) if !self.options.replace => {
                    let note = format!("it is on {provider}; --replace takes the preset's");
                    edit.note(Action::Kept, place.to_string(), Some(note));
                }
                (old, _) => {
                    let changed = old.as_ref() != Some(wanted);
                    if changed {
                        let table = document::table_of(wanted);
                        document::put_table(document, &place.names(), table)?;
                    }
                    edit.note(Action::of(changed, old.is_some()), place.to_string(), None);
                }
            }
        }
        Ok(())
    }

    /// Whose a model of the same name is. A simulated one gives way to any other.
    fn owner(&self, document: &DocumentMut, model: &toml::Table) -> Owner {
        let provider = model.get("provider").and_then(toml::Value::as_str);
        match provider {
            Some(provider) if provider == self.preset.name => Owner::Ours,
            Some(provider) if !self.is_demo() && is_demo(document, provider) => Owner::Demo,
            Some(provider) => Owner::Other(provider.to_owned()),
            None => Owner::Other("a provider of its own".to_owned()),
        }
    }

    fn aliases(&self, document: &mut DocumentMut, edit: &mut Edit) -> Result<(), ConfigErrors> {
        let section = KeyPath::of(["aliases"]);
        for (name, target) in entries_at(&self.fragment, &section) {
            let place = section.child(&name);
            let old = document::get(document, &place.names()).map(document::plain);
            let is_model = document::get(document, &["models", &name]).is_some();
            let differs = old.as_ref().is_some_and(|old| *old != target);
            if is_model || (differs && !self.options.replace) {
                let note = "the name is taken".to_owned();
                edit.note(Action::Kept, place.to_string(), Some(note));
                continue;
            }
            let changed = document::set(document, &place.names(), &target)?;
            edit.note(Action::of(changed, old.is_some()), place.to_string(), None);
        }
        Ok(())
    }

    fn default_provider(
        &self,
        document: &mut DocumentMut,
        edit: &mut Edit,
    ) -> Result<(), ConfigErrors> {
        let key = ["default_provider"];
        let old = document::get(document, &key).and_then(|item| item.as_str().map(str::to_owned));
        let gives_way = match &old {
            None => true,
            Some(old) => self.options.replace || (!self.is_demo() && is_demo(document, old)),
        };
        if gives_way {
            let changed = document::set(document, &key, &self.preset.name.into())?;
            if changed {
                let note = Some(self.preset.name.to_owned());
                edit.note(Action::of(true, old.is_some()), key[0], note);
            }
        }
        Ok(())
    }

    fn demo_gives_way(
        &self,
        document: &mut DocumentMut,
        edit: &mut Edit,
    ) -> Result<(), ConfigErrors> {
        let place = KeyPath::of(["providers", presets::DEMO]);
        if self.is_demo() || document::get(document, &place.names()).is_none() {
            return Ok(());
        }
        let key = place.child("disabled");
        if document::set(document, &key.names(), &true.into())? {
            let note = "simulated models do not stand beside real ones".to_owned();
            edit.note(Action::Changed, key.to_string(), Some(note));
        }
        Ok(())
    }
}

/// A new file says which format it is in.
fn say_version(document: &mut DocumentMut) -> Result<(), ConfigErrors> {
    if document.is_empty() {
        let version = i64::from(crate::config::SCHEMA_VERSION).into();
        document::set(document, &["schema_version"], &version)?;
    }
    Ok(())
}

enum Owner {
    Ours,
    Demo,
    Other(String),
}

fn is_demo(document: &DocumentMut, provider: &str) -> bool {
    let kind = document::get(document, &["providers", provider, "kind"])
        .and_then(|item| item.as_str().map(str::to_owned));
    kind.as_deref().unwrap_or(provider) == presets::DEMO
}

fn entries_at(fragment: &Node, path: &KeyPath) -> toml::Table {
    fragment
        .get(path)
        .map(Node::exposed)
        .and_then(|value| value.as_table().cloned())
        .unwrap_or_default()
}
