//! Adding, changing and removing whole entries: models, providers, aliases, routes, tasks.

use toml_edit::DocumentMut;

use super::document;
use super::keys::remove_if_empty;
use super::references::{self, Reference};
use super::{Action, Edit, Editor};
use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::key::KeyPath;
use crate::config::model::ModelConfig;
use crate::config::provider::ProviderConfig;
use crate::config::resolve::Named;
use crate::config::route::{RouteConfig, TaskConfig};
use crate::config::secret_ref::SecretRef;
use crate::config::source::Layer;

/// A table of entries with names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// `[providers.NAME]`
    Provider,
    /// `[models.NAME]`
    Model,
    /// `[aliases]`
    Alias,
    /// `[routes.NAME]`
    Route,
    /// `[tasks.NAME]`
    Task,
}

impl Section {
    /// Its key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Provider => "providers",
            Self::Model => "models",
            Self::Alias => "aliases",
            Self::Route => "routes",
            Self::Task => "tasks",
        }
    }

    /// What one of its entries is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Model => "model",
            Self::Alias => "alias",
            Self::Route => "route",
            Self::Task => "task",
        }
    }
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A provider. A key in it that is no reference goes to the secrets file.
    Provider(ProviderConfig),
    /// A model. A key in it that is no reference goes to the secrets file.
    Model(Box<ModelConfig>),
    /// A route.
    Route(RouteConfig),
    /// The models of a task.
    Task(TaskConfig),
    /// Another name for a model or route.
    Alias(String),
}

impl Entry {
    /// Where it belongs.
    pub fn section(&self) -> Section {
        match self {
            Self::Provider(_) => Section::Provider,
            Self::Model(_) => Section::Model,
            Self::Route(_) => Section::Route,
            Self::Task(_) => Section::Task,
            Self::Alias(_) => Section::Alias,
        }
    }

    /// Its value as the file has it, and the key that is kept elsewhere.
    fn parts(&self) -> Result<(toml::Value, Option<SecretRef>), ConfigError> {
        let mut entry = self.clone();
        let key = match &mut entry {
            Self::Provider(config) => take_secret(&mut config.api_key),
            Self::Model(config) => take_secret(&mut config.api_key),
            _ => None,
        };
        let value = match &entry {
            Self::Provider(config) => toml::Value::try_from(config),
            Self::Model(config) => toml::Value::try_from(config),
            Self::Route(config) => toml::Value::try_from(config),
            Self::Task(config) => toml::Value::try_from(config),
            Self::Alias(target) => Ok(target.as_str().into()),
        };
        let value = value.map_err(|error| ConfigError::invalid(error.to_string()))?;
        Ok((value, key))
    }
}

fn take_secret(place: &mut Option<SecretRef>) -> Option<SecretRef> {
    match place {
        Some(SecretRef::Here(_)) => place.take(),
        _ => None,
    }
}

impl Editor<'_> {
    /// Adds an entry. The same entry again changes nothing; a different one of the same name is a
    /// conflict unless `replace`.
    pub fn add(&self, name: &str, entry: &Entry, replace: bool) -> Result<Edit, ConfigErrors> {
        let section = entry.section();
        self.check_name(section, name)?;
        if let Entry::Alias(target) = entry {
            self.check_alias(name, target)?;
        }
        let (value, key) = entry.parts()?;
        let place = KeyPath::of([section.key(), name]);
        let mut edit = Edit::default();
        self.edit_config(&mut edit, |document, edit| {
            let action = put(document, &place, &value, replace)?;
            edit.note(action, place.to_string(), None);
            Ok(())
        })?;
        if let Entry::Provider(config) = entry {
            let address = place.child("base_url");
            self.forget_key_of_moved_provider(&address, config.base_url.as_deref(), &mut edit)?;
        }
        if let Some(key) = key {
            self.store_credential(&place, &key, &mut edit)?;
        }
        Ok(edit)
    }

    /// Changes some keys of an entry and takes others out. The entry may be in another layer; then
    /// only what is different goes to this file.
    pub fn update(
        &self,
        section: Section,
        name: &str,
        set: &[(String, toml::Value)],
        unset: &[String],
    ) -> Result<Edit, ConfigErrors> {
        let place = KeyPath::of([section.key(), name]);
        if self.loaded.origin(&place).is_none() {
            return Err(self.loaded.no_entry(section.key(), name).into());
        }
        let set = set
            .iter()
            .map(|(key, value)| (place.child(key), Some(value.clone())));
        let unset = unset.iter().map(|key| (place.child(key), None));
        self.change(&set.chain(unset).collect::<Vec<_>>())
    }

    /// Switches a model or provider on or off.
    pub fn enable(&self, section: Section, name: &str, on: bool) -> Result<Edit, ConfigErrors> {
        let place = KeyPath::of([section.key(), name]);
        let below_says_off = self
            .loaded
            .value(&place.child("disabled"))
            .is_some_and(|value| value.as_bool() == Some(true))
            && self
                .loaded
                .origin(&place.child("disabled"))
                .is_some_and(|origin| origin.file.as_deref() != Some(self.target.config.as_path()));
        if on && !below_says_off {
            return self.update(section, name, &[], &["disabled".to_owned()]);
        }
        self.update(section, name, &[("disabled".to_owned(), (!on).into())], &[])
    }

    /// What refers to an entry, as keys.
    pub fn references(&self, section: Section, name: &str) -> Vec<String> {
        references::to(self.loaded, section, name, &[name])
            .iter()
            .map(|reference| reference.key.to_string())
            .collect()
    }

    /// Removes an entry. What refers to it is a conflict unless `cascade`, which removes it too.
    pub fn remove(
        &self,
        section: Section,
        name: &str,
        cascade: bool,
    ) -> Result<Edit, ConfigErrors> {
        let place = KeyPath::of([section.key(), name]);
        self.check_is_here(section, name, &place)?;
        let (entries, references) = self.affected(section, name);
        if !references.is_empty() && !cascade {
            let keys: Vec<_> = references.iter().map(|r| r.key.to_string()).collect();
            return Err(ConfigError::conflict(format!(
                "{} `{name}` is used by {}; nothing was changed",
                section.title(),
                keys.join(", ")
            ))
            .with_hint("--cascade removes these too")
            .into());
        }
        self.check_are_here(&references)?;
        let mut edit = Edit::default();
        self.edit_config(&mut edit, |document, edit| {
            let stays = |r: &&Reference| {
                let holder = r.key.names();
                r.entry.is_none()
                    && !entries
                        .iter()
                        .any(|(s, n)| holder.starts_with(&[s.key(), n]))
            };
            for reference in references.iter().filter(stays) {
                let gone: Vec<_> = entries.iter().map(|(_, name)| name.as_str()).collect();
                drop_reference(document, &reference.key, &gone, edit)?;
            }
            for (section, name) in &entries {
                let place = KeyPath::of([section.key(), name]);
                if document::remove(document, &place.names()) {
                    remove_if_empty(document, &place.parent());
                    edit.note(Action::Removed, place.to_string(), None);
                }
            }
            Ok(())
        })?;
        for (section, name) in &entries {
            self.remove_secrets_of(&KeyPath::of([section.key(), name]), &mut edit)?;
        }
        Ok(edit)
    }

    /// The entries that go, and everything that refers to one of them.
    fn affected(&self, section: Section, name: &str) -> (Vec<(Section, String)>, Vec<Reference>) {
        let mut entries = vec![(section, name.to_owned())];
        loop {
            let names: Vec<_> = entries.iter().map(|(_, name)| name.clone()).collect();
            let going: Vec<_> = names.iter().map(String::as_str).collect();
            let all: Vec<_> = entries
                .iter()
                .flat_map(|(section, name)| references::to(self.loaded, *section, name, &going))
                .collect();
            let new: Vec<_> = all
                .iter()
                .filter_map(|reference| reference.entry.clone())
                .filter(|entry| !entries.contains(entry))
                .collect();
            if new.is_empty() {
                return (entries, all);
            }
            for entry in new {
                if !entries.contains(&entry) {
                    entries.push(entry);
                }
            }
        }
    }

    fn remove_secrets_of(&self, place: &KeyPath, edit: &mut Edit) -> Result<(), ConfigErrors> {
        if !self.target.secrets.exists() {
            return Ok(());
        }
        self.edit_secrets(edit, |document, edit| {
            if document::remove(document, &place.names()) {
                edit.note(
                    Action::Removed,
                    place.child("api_key").to_string(),
                    Some("secret".to_owned()),
                );
            }
            Ok(())
        })
    }

    fn check_is_here(
        &self,
        section: Section,
        name: &str,
        place: &KeyPath,
    ) -> Result<(), ConfigErrors> {
        let (document, _) = document::parse(&self.text()?, &self.target.config)?;
        if document::get(&document, &place.names()).is_some() {
            return Ok(());
        }
        let title = section.title();
        Err(match self.loaded.origin(place) {
            None => self.loaded.no_entry(section.key(), name),
            Some(origin) if origin.file.is_none() => {
                ConfigError::conflict(format!("{title} `{name}` is {origin}, not in a file"))
                    .with_hint(format!("`llm-config disable {name}` switches it off"))
            }
            Some(origin) => ConfigError::conflict(format!(
                "{title} `{name}` is in {origin}, not in {}",
                self.target.config.display()
            )),
        }
        .into())
    }

    fn check_are_here(&self, references: &[Reference]) -> Result<(), ConfigErrors> {
        for reference in references {
            let origin = self.loaded.origin(&reference.key);
            let elsewhere = origin.is_some_and(|origin| {
                origin.layer != Layer::BuiltIn
                    && origin.file.as_deref() != Some(self.target.config.as_path())
            });
            if let (true, Some(origin)) = (elsewhere, origin) {
                return Err(ConfigError::conflict(format!(
                    "{} also refers to it, and is in {origin}; nothing was changed",
                    reference.key
                ))
                .into());
            }
        }
        Ok(())
    }

    fn check_name(&self, section: Section, name: &str) -> Result<(), ConfigError> {
        let title = section.title();
        if name.trim().is_empty() || name != name.trim() || name.contains(char::is_control) {
            return Err(ConfigError::invalid(format!(
                "`{name}` is not a name for a {title}"
            )));
        }
        let config = &self.loaded.config;
        let taken = match section {
            Section::Model => config.routes.contains_key(name).then_some("route"),
            Section::Route => config.models.contains_key(name).then_some("model"),
            _ => None,
        };
        match taken {
            Some(other) => Err(ConfigError::conflict(format!(
                "there is a {other} `{name}`; a {title} of the same name could not be told from it"
            ))),
            None => Ok(()),
        }
    }

    fn check_alias(&self, name: &str, target: &str) -> Result<(), ConfigError> {
        let config = &self.loaded.config;
        if config.models.contains_key(name) || config.routes.contains_key(name) {
            return Err(ConfigError::conflict(format!(
                "`{name}` is the name of a model or route already"
            )));
        }
        let mut after = config.clone();
        after.aliases.insert(name.to_owned(), target.to_owned());
        match after.named(name) {
            Some(Named::Model(_) | Named::Route(_)) => Ok(()),
            None if config.aliases.contains_key(target) => Err(ConfigError::invalid(format!(
                "alias `{name}` would lead in a circle or nowhere through `{target}`"
            ))),
            None => Err(self.loaded.no_entry("models", target)),
        }
    }
}

/// Writes an entry, or finds it there already.
fn put(
    document: &mut DocumentMut,
    place: &KeyPath,
    value: &toml::Value,
    replace: bool,
) -> Result<Action, ConfigErrors> {
    let path = place.names();
    let old = document::get(document, &path).map(document::plain);
    if old.as_ref() == Some(value) {
        return Ok(Action::Kept);
    }
    if old.is_some() && !replace {
        return Err(
            ConfigError::conflict("is there already and differs; nothing was changed")
                .at_key(place.to_string())
                .with_hint("--replace overwrites it")
                .into(),
        );
    }
    match value {
        toml::Value::Table(entries) => {
            document::put_table(document, &path, document::table_of(entries))?;
        }
        scalar => {
            document::set(document, &path, scalar)?;
        }
    }
    Ok(if old.is_some() {
        Action::Changed
    } else {
        Action::Added
    })
}

/// Takes names out of a list, or the whole key where it holds one name.
fn drop_reference(
    document: &mut DocumentMut,
    key: &KeyPath,
    gone: &[&str],
    edit: &mut Edit,
) -> Result<(), ConfigErrors> {
    let path = key.names();
    let rest = match document::get(document, &path).map(document::plain) {
        Some(toml::Value::Array(names)) => names
            .into_iter()
            .filter(|name| !name.as_str().is_some_and(|name| gone.contains(&name)))
            .collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    if rest.is_empty() {
        document::remove(document, &path);
        remove_if_empty(document, &key.parent());
        edit.note(Action::Removed, key.to_string(), None);
    } else {
        document::set(document, &path, &toml::Value::Array(rest))?;
        edit.note(Action::Changed, key.to_string(), None);
    }
    Ok(())
}
