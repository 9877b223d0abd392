//! Texts that are chosen now and said later, when the language of the reader is known.

use std::fmt;

use super::find;
use crate::lang::Lang;

/// A key of the catalogue with its arguments.
///
/// It displays as English, so it can be the error of a value parser or of any other function
/// that does not know the language; whoever prints it calls [`Message::to`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    key: &'static str,
    args: Vec<(String, Say)>,
}

impl Message {
    /// The text of `key`.
    pub fn new(key: &'static str) -> Self {
        Self {
            key,
            args: Vec::new(),
        }
    }

    /// Fills one slot.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.args
            .push((name.to_owned(), Say::Verbatim(value.to_string())));
        self
    }

    /// Fills one slot with something that is said in the language of the reader too.
    #[must_use]
    pub fn with_say(mut self, name: &str, value: impl Into<Say>) -> Self {
        self.args.push((name.to_owned(), value.into()));
        self
    }

    /// Says it.
    pub fn to(&self, lang: Lang) -> String {
        let args: Vec<(String, String)> = self
            .args
            .iter()
            .map(|(name, value)| (name.clone(), value.to(lang)))
            .collect();
        find_owned(lang, self.key, &args).unwrap_or_else(|| self.key.to_owned())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to(Lang::En))
    }
}

impl std::error::Error for Message {}

/// [`find`] with arguments that are owned.
pub(crate) fn find_owned(lang: Lang, key: &str, args: &[(String, String)]) -> Option<String> {
    let args: Vec<(&str, &dyn fmt::Display)> = args
        .iter()
        .map(|(name, value)| (name.as_str(), value as &dyn fmt::Display))
        .collect();
    find(lang, key, &args)
}

/// Something to say: a text of the catalogue, or words that are the same in every language, such
/// as a command to try, a path or what a provider said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// From the catalogue.
    Message(Message),
    /// As it is.
    Verbatim(String),
}

impl Say {
    /// Says it.
    pub fn to(&self, lang: Lang) -> String {
        match self {
            Self::Message(message) => message.to(lang),
            Self::Verbatim(text) => text.clone(),
        }
    }
}

impl From<Message> for Say {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<String> for Say {
    fn from(text: String) -> Self {
        Self::Verbatim(text)
    }
}

impl From<&str> for Say {
    fn from(text: &str) -> Self {
        Self::Verbatim(text.to_owned())
    }
}
