//! One value of a table and its two faces: for people and for machines.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::catalogue::{find, tr};
use crate::duration;
use crate::lang::Lang;
use crate::sanitise;

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing is known or nothing applies.
    #[default]
    Empty,
    /// Words.
    Text(String),
    /// Several words.
    List(Vec<String>),
    /// Yes or no.
    Bool(bool),
    /// How many.
    Count(u64),
    /// A figure, shown to people with this many decimals.
    Decimal(f64, usize),
    /// A share of one: people see `1.2%`, machines `0.012`.
    Share(f64),
    /// How long: people see `1.9 s`, machines whole milliseconds.
    Duration(Duration),
    /// An amount of money, see [`Cell::money`].
    Money {
        /// Exact decimal, or `None` when it is not known; never 0 for unknown.
        amount: Option<String>,
        /// Three letters, such as `CNY`.
        currency: String,
        /// `billed`, `estimated`, `unknown` or `price`.
        kind: &'static str,
    },
    /// A state by its stable English name; people see the text `state.<name>` in a colour.
    State(String, Mood),
}

/// How a state feels, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Broken.
    Bad,
    /// Neither.
    Neutral,
}

impl Cell {
    /// An amount: `amount` is an exact decimal such as `0.0031`, or `None` when it is unknown.
    pub fn money(amount: Option<String>, currency: &str, kind: &'static str) -> Self {
        Self::Money {
            amount,
            currency: currency.to_owned(),
            kind,
        }
    }

    /// A state and its mood.
    pub fn state(name: impl Into<String>, mood: Mood) -> Self {
        Self::State(name.into(), mood)
    }

    /// For people: one line, without control characters.
    pub(super) fn human(&self, lang: Lang, ascii: bool) -> String {
        let text = match self {
            Self::Empty => if ascii { "-" } else { "–" }.to_owned(),
            Self::Text(text) => text.clone(),
            Self::List(items) => items.join(", "),
            Self::Bool(true) => tr(lang, "common.yes", &[]),
            Self::Bool(false) => tr(lang, "common.no", &[]),
            Self::Count(count) => grouped(*count),
            Self::Decimal(value, digits) => format!("{value:.digits$}"),
            Self::Share(share) => format!("{:.1}%", share * 100.0),
            Self::Duration(duration) => duration::human(*duration),
            Self::Money {
                amount,
                currency,
                kind,
            } => match amount {
                None => tr(lang, "common.unknown", &[]),
                Some(amount) => {
                    let about = match (*kind, ascii) {
                        ("estimated", true) => "~",
                        ("estimated", false) => "≈ ",
                        _ => "",
                    };
                    format!("{about}{}{amount}", sign(currency, ascii))
                }
            },
            Self::State(name, _) => {
                find(lang, &format!("state.{name}"), &[]).unwrap_or_else(|| name.clone())
            }
        };
        sanitise::one_line(&text)
    }

    /// For machines: English, exact, nothing left out.
    pub(super) fn machine(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::State(text, _) => text.clone(),
            Self::List(items) => items.join(","),
            Self::Bool(value) => value.to_string(),
            Self::Count(count) => count.to_string(),
            Self::Decimal(value, _) | Self::Share(value) => value.to_string(),
            Self::Duration(duration) => duration.as_millis().to_string(),
            Self::Money {
                amount, currency, ..
            } => match amount {
                None => "unknown".to_owned(),
                Some(amount) => format!("{amount} {currency}"),
            },
        }
    }

    /// Whether the cell is words somebody else chose, which a spreadsheet could take for a formula.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::List(_) | Self::State(..))
    }

    pub(super) fn mood(&self) -> Mood {
        match self {
            Self::State(_, mood) => *mood,
            _ => Mood::Neutral,
        }
    }
}

/// As a JSON value: figures are numbers, durations milliseconds, money an object.
impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_unit(),
            Self::Text(text) | Self::State(text, _) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Decimal(value, _) | Self::Share(value) => serializer.serialize_f64(*value),
            Self::Duration(duration) => {
                serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Money {
                amount,
                currency,
                kind,
            } => {
                let amount = amount.as_ref().and_then(|text| text.parse::<f64>().ok());
                json!({ "amount": amount, "currency": currency, "kind": kind })
                    .serialize(serializer)
            }
        }
    }
}

/// The sign of a currency; the code where it has no sign of its own.
fn sign(currency: &str, ascii: bool) -> String {
    match (currency, ascii) {
        ("USD", _) => "$".to_owned(),
        ("CNY", false) => "¥".to_owned(),
        ("EUR", false) => "€".to_owned(),
        _ => format!("{currency} "),
    }
}

/// `128,000`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Duration> for Cell {
    fn from(duration: Duration) -> Self {
        Self::Duration(duration)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}
