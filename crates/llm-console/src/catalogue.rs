//! Everything the programs say to people, by key, in each language.
//!
//! The texts are the TOML files under `locales/`, compiled in. [`tr`] looks one up and fills its
//! slots; [`Message`] is a text to be said later, when the language is known. A key that is
//! missing in Chinese is said in English, and one that is missing altogether is shown as itself;
//! the tests of [`check`] make sure that neither happens.
//!
//! How an entry is written:
//! - `key = "no model {name}"`: `{name}` is a slot; `{{` and `}}` are braces.
//! - `key = { one = "{n} model", other = "{n} models" }`: the argument `n` decides.
//! - `key = ["{provider} rejected the key", "the provider rejected the key"]`: the first text
//!   whose slots are all given is used.

pub mod check;
mod message;
mod pseudo;
mod template;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use toml::{Table, Value};

pub(crate) use message::find_owned;
pub use message::{Message, Say};
pub use pseudo::pseudo;

use crate::lang::Lang;
use template::fill;

/// What to put into the slots of a text.
pub type Args<'a> = &'a [(&'a str, &'a dyn Display)];

/// The text of `key`, with its slots filled in one pass: a value that contains `{…}` stays as it is.
pub fn tr(lang: Lang, key: &str, args: Args<'_>) -> String {
    find(lang, key, args).unwrap_or_else(|| key.to_owned())
}

/// The text of `key`, or `None` when there is none or `args` does not fill any of its variants.
pub fn find(lang: Lang, key: &str, args: Args<'_>) -> Option<String> {
    match lang {
        Lang::En => lookup(&EN, key, args),
        Lang::Zh => lookup(&ZH, key, args).or_else(|| lookup(&EN, key, args)),
        Lang::Pseudo => EN.get(key)?.choose(args, |text| fill(&pseudo(text), args)),
    }
}

/// Whether this very language has the key, without falling back to English.
pub fn has(lang: Lang, key: &str) -> bool {
    catalogue(lang).contains_key(key)
}

/// The keys of one language that begin with `prefix`.
pub fn keys(lang: Lang, prefix: &str) -> impl Iterator<Item = &'static str> {
    catalogue(lang)
        .keys()
        .map(String::as_str)
        .filter(move |key| key.starts_with(prefix))
}

/// One language: texts by key.
type Catalogue = BTreeMap<String, Entry>;

/// The files of one language.
macro_rules! sources {
    ($lang:literal) => {
        &[
            include_str!(concat!("../locales/", $lang, "/common.toml")),
            include_str!(concat!("../locales/", $lang, "/columns.toml")),
            include_str!(concat!("../locales/", $lang, "/errors.toml")),
            include_str!(concat!("../locales/", $lang, "/cooperation.toml")),
            include_str!(concat!("../locales/", $lang, "/config.toml")),
            include_str!(concat!("../locales/", $lang, "/server.toml")),
        ]
    };
}

const EN_SOURCES: &[&str] = sources!("en");
const ZH_SOURCES: &[&str] = sources!("zh");

static EN: LazyLock<Catalogue> = LazyLock::new(|| load(EN_SOURCES));
static ZH: LazyLock<Catalogue> = LazyLock::new(|| load(ZH_SOURCES));

fn catalogue(lang: Lang) -> &'static Catalogue {
    match lang {
        Lang::En | Lang::Pseudo => &EN,
        Lang::Zh => &ZH,
    }
}

/// The texts of one key, most particular first.
#[derive(Debug, PartialEq)]
struct Entry(Vec<Text>);

/// One text, with a form for one thing where the language has such a form.
#[derive(Debug, PartialEq)]
struct Text {
    one: Option<String>,
    other: String,
}

impl Entry {
    fn choose(&self, args: Args<'_>, fill: impl Fn(&str) -> Option<String>) -> Option<String> {
        self.0.iter().find_map(|text| fill(text.form(args)))
    }

    /// Every template of the entry.
    fn templates(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|text| {
            text.one
                .as_deref()
                .into_iter()
                .chain(std::iter::once(text.other.as_str()))
        })
    }
}

impl Text {
    fn form(&self, args: Args<'_>) -> &str {
        let is_one = args
            .iter()
            .any(|(name, value)| *name == "n" && value.to_string() == "1");
        match &self.one {
            Some(one) if is_one => one,
            _ => &self.other,
        }
    }
}

fn lookup(catalogue: &Catalogue, key: &str, args: Args<'_>) -> Option<String> {
    catalogue.get(key)?.choose(args, |text| fill(text, args))
}

/// Reads the files of a language. A file that cannot be read has no keys; a test reads them all.
fn load(sources: &[&str]) -> Catalogue {
    let mut catalogue = Catalogue::new();
    for source in sources {
        if let Ok(table) = source.parse::<Table>() {
            flatten(&mut catalogue, "", &table);
        }
    }
    catalogue
}

fn flatten(catalogue: &mut Catalogue, prefix: &str, table: &Table) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        if let Some(entry) = Entry::read(value) {
            catalogue.insert(key, entry);
        } else if let Value::Table(inner) = value {
            flatten(catalogue, &format!("{key}."), inner);
        }
    }
}

impl Entry {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Array(texts) => texts
                .iter()
                .map(Text::read)
                .collect::<Option<_>>()
                .map(Self),
            single => Text::read(single).map(|text| Self(vec![text])),
        }
    }
}

impl Text {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self {
                one: None,
                other: text.clone(),
            }),
            Value::Table(forms) => Some(Self {
                one: Some(forms.get("one")?.as_str()?.to_owned()),
                other: forms.get("other")?.as_str()?.to_owned(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
