//! Editing TOML text in place. A comment above a table or key belongs to it and goes with it; a
//! comment set apart by an empty line stays where it is.

use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value};

use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::tree::LineIndex;
use crate::types::code::Code;

/// What a file's text has besides its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    has_mark: bool,
    has_returns: bool,
}

/// Reads a text to edit it.
pub fn parse(text: &str, path: &Path) -> Result<(DocumentMut, Style), ConfigErrors> {
    let style = Style {
        has_mark: text.starts_with('\u{feff}'),
        has_returns: text.contains("\r\n"),
    };
    let plain = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let document = plain.parse().map_err(|error: toml_edit::TomlError| {
        let finding = ConfigError::new(Code::ConfigSyntax, error.message()).in_file(path);
        match error.span() {
            Some(span) => {
                let (line, column) = LineIndex::of(&plain).position(span.start);
                finding.at_line(line, column)
            }
            None => finding,
        }
    })?;
    Ok((document, style))
}

impl Style {
    /// The text as its file has it.
    pub fn render(self, text: &str) -> String {
        let text = if self.has_returns {
            text.replace('\n', "\r\n")
        } else {
            text.to_owned()
        };
        if self.has_mark {
            format!("\u{feff}{text}")
        } else {
            text
        }
    }
}

/// What is at a place.
pub fn get<'a>(document: &'a DocumentMut, path: &[&str]) -> Option<&'a Item> {
    path.iter().try_fold(document.as_item(), |item, name| {
        item.as_table_like()?.get(name)
    })
}

/// Puts a value at a place, making the tables on the way. Returns whether anything changed.
pub fn set(
    document: &mut DocumentMut,
    path: &[&str],
    value: &toml::Value,
) -> Result<bool, ConfigError> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(false);
    };
    let old = get(document, path).map(plain);
    if old.as_ref() == Some(value) {
        return Ok(false);
    }
    if parents.is_empty() && document.get(last).is_none() {
        insert_at_root(document, last, editable(value));
        return Ok(true);
    }
    let table = table_at(document, parents)?;
    let place = table.get_mut(last).filter(|item| item.is_value());
    if let Some(Item::Value(place)) = place {
        let decor = place.decor().clone();
        *place = editable(value);
        *place.decor_mut() = decor;
    } else if let Some(table) = table.as_table_like_mut() {
        table.insert(last, Item::Value(editable(value)));
    }
    Ok(true)
}

/// Adds or replaces a whole table. One that is replaced keeps its place and the comment above it.
pub fn put_table(
    document: &mut DocumentMut,
    path: &[&str],
    mut table: Table,
) -> Result<(), ConfigError> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(());
    };
    let parent = table_at(document, parents)?;
    let is_inline = parent.is_inline_table() || parent.get(last).is_some_and(Item::is_inline_table);
    if let Some(old) = parent.get(last).and_then(Item::as_table) {
        *table.decor_mut() = old.decor().clone();
        table.set_position(old.position());
    }
    let item = if is_inline {
        Item::Value(Value::InlineTable(table.into_inline_table()))
    } else {
        Item::Table(table)
    };
    if let Some(parent) = parent.as_table_like_mut() {
        parent.insert(last, item);
    }
    Ok(())
}

/// Takes away what is at a place. Returns whether there was anything.
pub fn remove(document: &mut DocumentMut, path: &[&str]) -> bool {
    let Some((last, parents)) = path.split_last() else {
        return false;
    };
    let successor = following(document, path);
    let Some(parent) = get_mut(document, parents).and_then(Item::as_table_like_mut) else {
        return false;
    };
    let next_value = parent
        .iter()
        .skip_while(|(name, _)| name != last)
        .skip(1)
        .find(|(_, item)| item.is_value())
        .map(|(name, _)| name.to_owned());
    let (apart, is_value) = match parent.get_key_value(last) {
        Some((_, Item::Table(table))) => (apart_comment(table.decor().prefix()), false),
        Some((key, _)) => (apart_comment(key.leaf_decor().prefix()), true),
        None => return false,
    };
    parent.remove(last);
    let Some(comment) = apart else {
        return true;
    };
    match next_value.filter(|_| is_value) {
        Some(next) => {
            if let Some(mut key) = parent.key_mut(&next) {
                let prefix = prefix_text(key.leaf_decor().prefix());
                key.leaf_decor_mut().set_prefix(above(&comment, &prefix));
            }
        }
        None => give(document, successor, &comment),
    }
    true
}

/// A table with the entries of a plain value; tables in it become inline.
pub fn table_of(entries: &toml::Table) -> Table {
    let mut table = Table::new();
    for (name, value) in entries {
        table.insert(name, Item::Value(editable(value)));
    }
    table
}

/// The plain value of an item.
pub fn plain(item: &Item) -> toml::Value {
    match item {
        Item::Value(value) => plain_value(value),
        Item::Table(table) => plain_table(table),
        Item::ArrayOfTables(tables) => {
            toml::Value::Array(tables.iter().map(|table| plain_table(table)).collect())
        }
        Item::None => toml::Value::Table(toml::Table::new()),
    }
}

fn plain_table(table: &dyn TableLike) -> toml::Value {
    toml::Value::Table(
        table
            .iter()
            .map(|(name, item)| (name.to_owned(), plain(item)))
            .collect(),
    )
}

fn plain_value(value: &Value) -> toml::Value {
    match value {
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(flag) => (*flag.value()).into(),
        Value::Datetime(date) => toml::Value::Datetime(*date.value()),
        Value::Array(items) => toml::Value::Array(items.iter().map(plain_value).collect()),
        Value::InlineTable(table) => plain_table(table),
    }
}

fn editable(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(date) => (*date).into(),
        toml::Value::Array(items) => items.iter().map(editable).collect(),
        toml::Value::Table(entries) => {
            let mut table = InlineTable::new();
            for (name, value) in entries {
                table.insert(name, editable(value));
            }
            Value::InlineTable(table)
        }
    }
}

fn get_mut<'a>(document: &'a mut DocumentMut, path: &[&str]) -> Option<&'a mut Item> {
    path.iter().try_fold(document.as_item_mut(), |item, name| {
        item.as_table_like_mut()?.get_mut(name)
    })
}

/// The table at a place, made if need be.
fn table_at<'a>(document: &'a mut DocumentMut, path: &[&str]) -> Result<&'a mut Item, ConfigError> {
    let not_a_table = |depth: usize| {
        ConfigError::invalid("is a value, not a table").at_key(path[..=depth].join("."))
    };
    let mut item = document.as_item_mut();
    for (depth, name) in path.iter().enumerate() {
        let is_inline = item.is_inline_table();
        let is_last = depth + 1 == path.len();
        let table = item
            .as_table_like_mut()
            .ok_or_else(|| not_a_table(depth.saturating_sub(1)))?;
        item = table.entry(name).or_insert_with(|| {
            if is_inline {
                return Item::Value(Value::InlineTable(InlineTable::new()));
            }
            let mut new = Table::new();
            // A table that only holds tables needs no header of its own.
            new.set_implicit(!is_last || holds_tables(name, depth));
            Item::Table(new)
        });
        if !item.is_table_like() {
            return Err(not_a_table(depth));
        }
    }
    Ok(item)
}

/// Whether a top-level table holds tables and no values.
fn holds_tables(name: &str, depth: usize) -> bool {
    depth == 0 && ["providers", "models", "routes", "tasks", "keys", "profiles"].contains(&name)
}

/// A value before all tables. What stands apart at the head of the file stays at its head.
fn insert_at_root(document: &mut DocumentMut, name: &str, value: Value) {
    let has_values = document.iter().any(|(_, item)| item.is_value());
    let head = (!has_values)
        .then(|| in_order(document).into_iter().next())
        .flatten()
        .and_then(|first| {
            let table = table_mut(document, &first)?;
            let head = apart_comment(table.decor().prefix());
            let prefix = prefix_text(table.decor().prefix());
            let rest = prefix[head.as_ref().map_or(0, String::len)..].to_owned();
            table.decor_mut().set_prefix(format!("\n{rest}"));
            head
        });
    document.insert(name, Item::Value(value));
    if let (Some(head), Some(mut key)) = (head, document.key_mut(name)) {
        key.leaf_decor_mut().set_prefix(head);
    }
}

/// The part of the text above an item that stands apart from it: up to the last empty line, if
/// there is a comment in it.
fn apart_comment(prefix: Option<&RawString>) -> Option<String> {
    let text = prefix_text(prefix);
    let end = text.rfind("\n\n")? + 2;
    let apart = &text[..end];
    apart.contains('#').then(|| apart.to_owned())
}

fn prefix_text(prefix: Option<&RawString>) -> String {
    prefix
        .and_then(RawString::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The path of a table.
type TablePath = Vec<String>;

/// The tables with a header, in the order of the text.
fn in_order(document: &DocumentMut) -> Vec<TablePath> {
    fn visit(table: &Table, path: &TablePath, last: &mut isize, out: &mut Vec<(isize, TablePath)>) {
        if let Some(position) = table.position() {
            *last = position;
        }
        if !path.is_empty() && !table.is_implicit() && !table.is_dotted() {
            out.push((*last, path.clone()));
        }
        for (name, item) in table {
            if let Item::Table(inner) = item {
                let mut path = path.clone();
                path.push(name.to_owned());
                visit(inner, &path, last, out);
            }
        }
    }
    let mut found = Vec::new();
    visit(document.as_table(), &Vec::new(), &mut 0, &mut found);
    found.sort_by_key(|(position, _)| *position);
    found.into_iter().map(|(_, path)| path).collect()
}

/// The table that follows the one at a place, or the one that holds the value at a place.
fn following(document: &DocumentMut, path: &[&str]) -> Option<TablePath> {
    let is_table = get(document, path).is_some_and(Item::is_table);
    let here = if is_table {
        path
    } else {
        &path[..path.len().saturating_sub(1)]
    };
    let order = in_order(document);
    if here.is_empty() {
        return order.into_iter().next();
    }
    let place = order.iter().position(|known| known == here)?;
    order.into_iter().nth(place + 1)
}

fn table_mut<'a>(document: &'a mut DocumentMut, path: &[String]) -> Option<&'a mut Table> {
    let names: Vec<_> = path.iter().map(String::as_str).collect();
    get_mut(document, &names)?.as_table_mut()
}

/// Puts a comment that stood apart above the next table, or at the end.
fn give(document: &mut DocumentMut, to: Option<TablePath>, comment: &str) {
    if let Some(table) = to.and_then(|path| table_mut(document, &path)) {
        let prefix = prefix_text(table.decor().prefix());
        table.decor_mut().set_prefix(above(comment, &prefix));
    } else {
        let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{comment}{trailing}"));
    }
}

/// A comment that ends with an empty line, and what follows it with none of its own.
fn above(comment: &str, prefix: &str) -> String {
    format!("{comment}{}", prefix.strip_prefix('\n').unwrap_or(prefix))
}

#[cfg(test)]
mod tests;
