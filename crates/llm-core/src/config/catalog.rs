//! What is known about well-known models: context, output limit, abilities, quality, list price.
//!
//! Facts are found by the name the provider knows the model by. An entry holds for its id and for
//! dated snapshots of it; a family holds for everything that begins with its prefix and never has a
//! price. A price is its own vendor's list price and is given for calls to that vendor alone.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::model::PriceConfig;
use crate::types::task::Capabilities;

const TEXT: &str = include_str!("../../data/catalog.toml");

/// Longer names are nobody's; the bound keeps a lookup short.
const LONGEST_NAME: usize = 200;

/// What is known about a model. What is absent is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Most tokens one answer may have.
    pub max_output: Option<u32>,
    /// What it can do.
    pub capabilities: Option<Capabilities>,
    /// 0 to 1, in coarse tiers; see the head of `data/catalog.toml` for their basis.
    pub quality: Option<f64>,
    /// Its vendor's list price.
    pub price: Option<PriceConfig>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    model: Vec<Row>,
    family: Vec<Row>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    id: String,
    vendor: Option<String>,
    context: Option<u64>,
    max_output: Option<u32>,
    capabilities: Option<Vec<String>>,
    quality: Option<f64>,
    price: Option<PriceConfig>,
}

struct Catalog {
    models: HashMap<String, Vec<Row>>,
    families: HashMap<String, Row>,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    // That the file is well formed is tested; a release cannot ship one that is not.
    let file: File = toml::from_str(TEXT).unwrap_or_default();
    let mut models: HashMap<String, Vec<Row>> = HashMap::new();
    for row in file.model {
        models.entry(row.id.clone()).or_default().push(row);
    }
    let families = file
        .family
        .into_iter()
        .map(|row| (row.id.clone(), row))
        .collect();
    Catalog { models, families }
});

/// The facts about a model that a provider of this kind knows by this name.
///
/// Meant for assembly, not for every request. Hashes a few prefixes of the name.
pub fn lookup(kind: &str, upstream_model: &str) -> Facts {
    let name = upstream_model.to_ascii_lowercase();
    if name.len() > LONGEST_NAME {
        return Facts::default();
    }
    let bare = name.rsplit('/').next().unwrap_or(&name);
    let mut facts = Facts::default();
    // The full name first: on a reseller it may be an entry of its own, with its own price.
    for candidate in [name.as_str(), bare] {
        if let Some(row) = exact(kind, candidate) {
            facts.fill(row, kind);
        }
    }
    if let Some(row) = family(bare) {
        facts.fill(row, kind);
    }
    facts
}

fn exact(kind: &str, name: &str) -> Option<&'static Row> {
    let mut name = name;
    loop {
        if let Some(rows) = CATALOG.models.get(name) {
            let of_vendor = |row: &&Row| row.vendor.as_deref() == Some(kind);
            return rows.iter().find(of_vendor).or_else(|| rows.first());
        }
        name = without_snapshot(name)?;
    }
}

fn family(name: &str) -> Option<&'static Row> {
    (1..=name.len())
        .rev()
        .filter(|end| name.is_char_boundary(*end))
        .find_map(|end| CATALOG.families.get(&name[..end]))
}

/// Takes one mark of a snapshot off the end: a date, `latest`, or a tag of a local server.
fn without_snapshot(name: &str) -> Option<&str> {
    let (rest, mark) = name.rsplit_once(['-', ':', '@'])?;
    let is_date = |text: &str, lengths: &[usize]| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if mark == "latest" || is_date(mark, &[4, 6, 8]) {
        return Some(rest);
    }
    // 2024-08-06 comes off as a whole.
    if is_date(mark, &[2])
        && let Some((rest, month)) = rest.rsplit_once('-')
        && is_date(month, &[2])
    {
        return match rest.rsplit_once('-') {
            Some((rest, year)) if is_date(year, &[4]) => Some(rest),
            // 05-06, as some vendors write month and day.
            _ => Some(rest),
        };
    }
    None
}

impl Facts {
    /// Takes from a row what is not known yet.
    fn fill(&mut self, row: &Row, kind: &str) {
        self.context = self.context.or(row.context);
        self.max_output = self.max_output.or(row.max_output);
        self.quality = self.quality.or(row.quality);
        if self.capabilities.is_none() {
            self.capabilities = row.capabilities.as_ref().map(|names| {
                names
                    .iter()
                    .filter_map(|name| Capabilities::named(name))
                    .fold(Capabilities::NONE, Capabilities::with)
            });
        }
        if self.price.is_none() && row.vendor.as_deref() == Some(kind) {
            self.price.clone_from(&row.price);
        }
    }
}

#[cfg(test)]
mod tests;
