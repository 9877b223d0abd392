//! A configuration file as a tree in which every value knows where it came from.
//!
//! Merging: tables merge, everything else replaces. Two tables are one value each and replace as a
//! whole, because half of one and half of another mean nothing: a key reference, and a price that
//! a file states. Values that may be secrets become [`Secret`] here and stay so.

use std::path::Path;

use indexmap::IndexMap;
use indexmap::map::Entry;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::key::{KeyPath, Segment};
use super::source::{Layer, Origin};
use crate::types::code::Code;
use crate::types::secret::Secret;

/// Most syntax errors reported of one file.
const MOST_ERRORS: usize = 10;

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, number, boolean or date.
    Scalar(toml::Value),
    /// A text that is never shown.
    Secret(Secret),
    /// A list.
    Array(Vec<Node>),
    /// A table, in the order of the file.
    Table(IndexMap<String, Node>),
}

impl Node {
    /// A table without entries.
    pub fn empty(origin: Origin) -> Self {
        Self {
            value: Value::Table(IndexMap::new()),
            origin,
        }
    }

    /// A value that stands in no file.
    pub fn new(value: toml::Value, origin: &Origin, path: &KeyPath) -> Self {
        let value = match value {
            toml::Value::String(text) if path.holds_secret() => Value::Secret(Secret::new(text)),
            toml::Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| Self::new(item, origin, &path.item(index)))
                    .collect(),
            ),
            toml::Value::Table(entries) => Value::Table(
                entries
                    .into_iter()
                    .map(|(name, value)| {
                        let node = Self::new(value, origin, &path.child(&name));
                        (name, node)
                    })
                    .collect(),
            ),
            scalar => Value::Scalar(scalar),
        };
        Self {
            value,
            origin: origin.clone(),
        }
    }

    /// The entries of a table.
    pub fn entries(&self) -> Option<&IndexMap<String, Self>> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries of a table, to change.
    pub fn entries_mut(&mut self) -> Option<&mut IndexMap<String, Self>> {
        match &mut self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text of a scalar that is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(toml::Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What is at a place.
    pub fn get(&self, path: &KeyPath) -> Option<&Self> {
        path.segments()
            .iter()
            .try_fold(self, |node, segment| match (segment, &node.value) {
                (Segment::Key(name), Value::Table(entries)) => entries.get(name),
                (Segment::Index(index), Value::Array(items)) => items.get(*index),
                _ => None,
            })
    }

    /// What is nearest to a place: the value itself, or the table that would hold it.
    pub fn nearest(&self, path: &KeyPath) -> &Self {
        let mut node = self;
        for segment in path.segments() {
            let next = match (segment, &node.value) {
                (Segment::Key(name), Value::Table(entries)) => entries.get(name),
                (Segment::Index(index), Value::Array(items)) => items.get(*index),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Puts a node at a place of tables, making the tables on the way. What was there and is no
    /// table gives way.
    pub fn put(&mut self, path: &KeyPath, node: Self) {
        let Some((last, parents)) = path.names().split_last().map(|(l, p)| (*l, p.to_vec())) else {
            return;
        };
        let mut table = self;
        for name in parents {
            let origin = node.origin.clone();
            let Some(entries) = table.entries_mut() else {
                return;
            };
            let next = entries
                .entry(name.to_owned())
                .or_insert_with(|| Self::empty(origin.clone()));
            if next.entries().is_none() {
                *next = Self::empty(origin);
            }
            table = next;
        }
        if let Some(entries) = table.entries_mut() {
            entries.insert(last.to_owned(), node);
        }
    }

    /// Takes what is at a place away.
    pub fn remove(&mut self, path: &KeyPath) -> Option<Self> {
        let (last, parents) = path.segments().split_last()?;
        let mut node = self;
        for segment in parents {
            node = match (segment, &mut node.value) {
                (Segment::Key(name), Value::Table(entries)) => entries.get_mut(name)?,
                (Segment::Index(index), Value::Array(items)) => items.get_mut(*index)?,
                _ => return None,
            };
        }
        match (last, &mut node.value) {
            (Segment::Key(name), Value::Table(entries)) => entries.shift_remove(name),
            (Segment::Index(index), Value::Array(items)) if *index < items.len() => {
                Some(items.remove(*index))
            }
            _ => None,
        }
    }

    /// Lays a higher layer over this one.
    pub fn merge(&mut self, over: Self) {
        let (Value::Table(below), Value::Table(above)) = (&mut self.value, over.value) else {
            return;
        };
        for (name, node) in above {
            match below.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(node);
                }
                Entry::Occupied(mut place) => {
                    if merges(place.key(), place.get(), &node) {
                        let origin = node.origin.clone();
                        place.get_mut().merge(node);
                        place.get_mut().origin = origin;
                    } else {
                        place.insert(node);
                    }
                }
            }
        }
    }

    /// Calls `visit` with every value that is no table, in order. An empty table counts as a value.
    pub fn each_leaf<'a>(&'a self, path: &KeyPath, visit: &mut impl FnMut(&KeyPath, &'a Self)) {
        match &self.value {
            Value::Table(entries) if !entries.is_empty() => {
                for (name, node) in entries {
                    node.each_leaf(&path.child(name), visit);
                }
            }
            _ => visit(path, self),
        }
    }

    /// The plain value. Secrets are laid open; only what reads the configuration asks for it.
    pub(super) fn exposed(&self) -> toml::Value {
        self.plain(&|secret| secret.expose().to_owned())
    }

    /// The plain value for people: a secret is its hint.
    pub fn shown(&self) -> toml::Value {
        self.plain(&Secret::hint)
    }

    fn plain(&self, secret_text: &dyn Fn(&Secret) -> String) -> toml::Value {
        match &self.value {
            Value::Scalar(value) => value.clone(),
            Value::Secret(secret) => toml::Value::String(secret_text(secret)),
            Value::Array(items) => {
                toml::Value::Array(items.iter().map(|item| item.plain(secret_text)).collect())
            }
            Value::Table(entries) => toml::Value::Table(
                entries
                    .iter()
                    .map(|(name, node)| (name.clone(), node.plain(secret_text)))
                    .collect(),
            ),
        }
    }
}

/// Whether `above` is laid over `below` entry by entry.
fn merges(name: &str, below: &Node, above: &Node) -> bool {
    let both_are_tables = below.entries().is_some() && above.entries().is_some();
    match name {
        "api_key" => false,
        // A variable or flag names one figure of a price; a file states the whole price.
        "price" => both_are_tables && above.origin.layer >= Layer::Variable,
        _ => both_are_tables,
    }
}

/// Reads a file's text. What could be read comes with everything that could not.
pub fn parse(text: &str, layer: Layer, file: &Path) -> (Node, Vec<ConfigError>) {
    let origin = Origin::file(layer, file);
    let reader = Reader {
        lines: LineIndex::of(text),
        origin: &origin,
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<_> = errors
        .iter()
        .take(MOST_ERRORS)
        .map(|error| reader.syntax_error(error))
        .collect();
    let root = reader.table(document.get_ref(), &KeyPath::root(), &mut errors);
    (
        Node {
            value: root,
            origin: origin.clone(),
        },
        errors,
    )
}

struct Reader<'a> {
    lines: LineIndex<'a>,
    origin: &'a Origin,
}

impl Reader<'_> {
    fn at(&self, offset: usize) -> Origin {
        let (line, column) = self.lines.position(offset);
        Origin {
            line: Some(line),
            column: Some(column),
            ..self.origin.clone()
        }
    }

    fn syntax_error(&self, error: &toml::de::Error) -> ConfigError {
        let finding = ConfigError::new(Code::ConfigSyntax, error.message());
        match error.span() {
            Some(span) => finding.from_origin(&self.at(span.start)),
            None => finding.from_origin(self.origin),
        }
    }

    fn table(&self, table: &DeTable<'_>, path: &KeyPath, errors: &mut Vec<ConfigError>) -> Value {
        let mut entries = IndexMap::with_capacity(table.len());
        for (name, value) in table {
            let path = path.child(name.get_ref());
            // A table is found by its name, a value by itself.
            let start = match value.get_ref() {
                DeValue::Table(_) => name.span().start,
                _ => value.span().start,
            };
            let node = self.node(value.get_ref(), start, &path, errors);
            entries.insert(name.get_ref().to_string(), node);
        }
        Value::Table(entries)
    }

    fn node(
        &self,
        value: &DeValue<'_>,
        start: usize,
        path: &KeyPath,
        errors: &mut Vec<ConfigError>,
    ) -> Node {
        let origin = self.at(start);
        let mut out_of_range = |text: &str| {
            errors.push(
                ConfigError::invalid(format!("the number {text} is out of range"))
                    .at_key(path.to_string())
                    .from_origin(&origin),
            );
            toml::Value::Integer(0)
        };
        let value = match value {
            DeValue::String(text) if path.holds_secret() => {
                Value::Secret(Secret::new(text.to_string()))
            }
            DeValue::String(text) => Value::Scalar(toml::Value::String(text.to_string())),
            DeValue::Integer(number) => Value::Scalar(
                i64::from_str_radix(number.as_str(), number.radix())
                    .map_or_else(|_| out_of_range(number.as_str()), toml::Value::Integer),
            ),
            DeValue::Float(number) => Value::Scalar(
                number
                    .as_str()
                    .parse()
                    .map_or_else(|_| out_of_range(number.as_str()), toml::Value::Float),
            ),
            DeValue::Boolean(flag) => Value::Scalar(toml::Value::Boolean(*flag)),
            DeValue::Datetime(date) => Value::Scalar(toml::Value::Datetime(*date)),
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        self.node(item.get_ref(), item.span().start, &path.item(index), errors)
                    })
                    .collect(),
            ),
            DeValue::Table(table) => self.table(table, path, errors),
        };
        Node { value, origin }
    }
}

/// Where the lines of a text begin.
pub(super) struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// Finds the lines once.
    pub(super) fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1))
            .collect();
        Self { text, starts }
    }

    /// Line and column of a byte offset, both counted from 1, the column in characters.
    pub(super) fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let column = self
            .text
            .get(start..offset)
            .map_or(0, |before| before.chars().count());
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column + 1).unwrap_or(u32::MAX),
        )
    }
}

#[cfg(test)]
mod tests;
