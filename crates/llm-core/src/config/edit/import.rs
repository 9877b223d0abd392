//! Taking over what was imported: every entry that is new, and with `replace` those that differ.

use toml_edit::DocumentMut;

use super::document;
use super::{Action, Edit, Editor};
use crate::config::error::ConfigErrors;
use crate::config::import::Imported;
use crate::config::key::KeyPath;
use crate::config::schema::{self, Kind};
use crate::config::secret_ref::SecretRef;
use crate::config::tree::{Node, Value};

impl Editor<'_> {
    /// Takes over an import. Entries and values that are there and differ are kept, and told, unless
    /// `replace`. Keys go to the secrets file.
    pub fn import(&self, imported: &Imported, replace: bool) -> Result<Edit, ConfigErrors> {
        let mut tree = imported.tree.clone();
        let keys = take_keys(&mut tree);
        let mut edit = Edit::default();
        let mut kept = Vec::new();
        self.edit_config(&mut edit, |document, edit| {
            for (path, node) in units(&tree) {
                if !take_over(document, &path, &node.exposed(), replace, edit)? {
                    kept.push(path);
                }
            }
            Ok(())
        })?;
        for (owner, key) in keys {
            // The key of an entry that was not taken over would go to another address.
            if !kept.contains(&owner) {
                self.store_credential(&owner, &key, &mut edit)?;
            }
        }
        Ok(edit)
    }

    /// Brings the file to the present format. There is one format so far, so this only says which
    /// it is; a file that says so already is left alone. The former text is kept beside it.
    pub fn migrate(&self) -> Result<Edit, ConfigErrors> {
        let before = self.text()?;
        let mut edit = Edit::default();
        let path = ["schema_version"];
        self.edit_config(&mut edit, |document, edit| {
            if !document.is_empty() && document::get(document, &path).is_none() {
                let version = i64::from(crate::config::SCHEMA_VERSION).into();
                document::set(document, &path, &version)?;
                edit.note(Action::Added, path[0], Some("1".to_owned()));
            }
            Ok(())
        })?;
        if !edit.written.is_empty() {
            let backup = self.target.config.with_extension("toml.bak");
            self.write(&backup, crate::config::write::Access::Owner, |_| {
                Ok((before, ()))
            })?;
            edit.written.push(backup);
        }
        Ok(edit)
    }
}

/// What is taken over as a whole: an entry with a name, or a single value of a section.
fn units(tree: &Node) -> Vec<(KeyPath, &Node)> {
    let mut units = Vec::new();
    for (section, node) in tree.entries().into_iter().flatten() {
        let path = KeyPath::of([section.as_str()]);
        let is_table = node.entries().is_some();
        if !is_table {
            units.push((path, node));
            continue;
        }
        for (name, node) in node.entries().into_iter().flatten() {
            units.push((path.child(name), node));
        }
    }
    units
}

/// Returns whether what was imported is there now.
fn take_over(
    document: &mut DocumentMut,
    path: &KeyPath,
    value: &toml::Value,
    replace: bool,
    edit: &mut Edit,
) -> Result<bool, ConfigErrors> {
    let names = path.names();
    let old = document::get(document, &names).map(document::plain);
    if old.as_ref() == Some(value) {
        edit.note(Action::Kept, path.to_string(), None);
        return Ok(true);
    }
    if old.is_some() && !replace {
        let note = "it is there already and differs; --replace takes the imported one";
        edit.note(Action::Kept, path.to_string(), Some(note.to_owned()));
        return Ok(false);
    }
    match value {
        toml::Value::Table(entries) if is_entry(path) => {
            document::put_table(document, &names, document::table_of(entries))?;
        }
        value => {
            document::set(document, &names, value)?;
        }
    }
    edit.note(Action::of(true, old.is_some()), path.to_string(), None);
    Ok(true)
}

fn is_entry(path: &KeyPath) -> bool {
    schema::at(&path.parent()).is_some_and(|known| known.kind() == Kind::Names)
}

/// Takes the keys out of a tree, each with the table it belongs to.
fn take_keys(tree: &mut Node) -> Vec<(KeyPath, SecretRef)> {
    let mut paths = Vec::new();
    tree.each_leaf(&KeyPath::root(), &mut |path, node| {
        if path.last() == Some("api_key") && matches!(node.value, Value::Secret(_)) {
            paths.push(path.clone());
        }
    });
    paths
        .into_iter()
        .filter_map(|path| match tree.remove(&path)?.value {
            Value::Secret(secret) => Some((path.parent(), SecretRef::Here(secret))),
            _ => None,
        })
        .collect()
}
