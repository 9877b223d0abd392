//! A command line that could not be read, told like any other failure.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::catalogue::{Message, Say};
use crate::report::Report;

/// What is wrong with a command line, and where help is to be found: at the command that was
/// called, such as `llm-config keys set`.
pub(crate) fn report(error: &clap::Error, command: &str) -> Report {
    let words = Words(error);
    let report = Report::usage(message(error, &words));
    words
        .suggestions()
        .into_iter()
        .fold(report, Report::hint)
        .hint(format!("{command} --help"))
}

/// The name of the subcommand that does not exist, when that is what is wrong.
pub(crate) fn unknown_subcommand(error: &clap::Error) -> Option<String> {
    (error.kind() == ErrorKind::InvalidSubcommand)
        .then(|| Words(error).text(ContextKind::InvalidSubcommand))
        .flatten()
}

/// The subcommands clap thinks were meant.
pub(crate) fn has_suggestion(error: &clap::Error) -> bool {
    error.get(ContextKind::SuggestedSubcommand).is_some()
}

fn message(error: &clap::Error, words: &Words<'_>) -> Say {
    let argument = words.text(ContextKind::InvalidArg).unwrap_or_default();
    let value = words.text(ContextKind::InvalidValue).unwrap_or_default();
    let about = |key| Message::new(key).with("argument", &argument);
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => about("common.usage.no_value").into(),
        ErrorKind::InvalidValue => about("common.usage.bad_value")
            .with("value", value)
            .with("valid", words.list(ContextKind::ValidValue))
            .into(),
        ErrorKind::UnknownArgument => about("common.usage.unknown_argument").into(),
        ErrorKind::InvalidSubcommand => Message::new("common.usage.unknown_command")
            .with("command", words.list(ContextKind::InvalidSubcommand))
            .into(),
        ErrorKind::NoEquals => about("common.usage.no_equals").into(),
        ErrorKind::ValueValidation => about("common.usage.wrong_value")
            .with("value", value)
            .with_say("reason", reason(error))
            .into(),
        ErrorKind::TooManyValues => about("common.usage.too_many_values")
            .with("value", value)
            .into(),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            let expected = words
                .text(ContextKind::MinValues)
                .or(words.text(ContextKind::ExpectedNumValues));
            about("common.usage.number_of_values")
                .with("expected", expected.unwrap_or_default())
                .with("given", words.list(ContextKind::ActualNumValues))
                .into()
        }
        ErrorKind::ArgumentConflict => {
            let other = words.list(ContextKind::PriorArg);
            if other.is_empty() || other == argument {
                about("common.usage.repeated").into()
            } else {
                about("common.usage.conflict").with("other", other).into()
            }
        }
        ErrorKind::MissingRequiredArgument => Message::new("common.usage.missing")
            .with("arguments", words.list(ContextKind::InvalidArg))
            .into(),
        ErrorKind::MissingSubcommand => Message::new("common.usage.no_command").into(),
        ErrorKind::InvalidUtf8 => Message::new("common.usage.not_utf8").into(),
        _ => first_line(error).into(),
    }
}

/// Why a value parser refused, in the language of the reader when the parser is one of ours.
fn reason(error: &clap::Error) -> Say {
    let source = std::error::Error::source(error);
    match source.map(|source| (source.downcast_ref::<Message>(), source)) {
        Some((Some(message), _)) => message.clone().into(),
        Some((None, source)) => source.to_string().into(),
        None => first_line(error).into(),
    }
}

/// clap's own words, for kinds of errors that have no text of ours.
fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

/// What clap says about an error besides its kind.
struct Words<'a>(&'a clap::Error);

impl Words<'_> {
    fn text(&self, kind: ContextKind) -> Option<String> {
        match self.0.get(kind)? {
            ContextValue::String(text) => Some(text.clone()),
            ContextValue::Number(number) => Some(number.to_string()),
            ContextValue::StyledStr(text) => Some(text.to_string()),
            ContextValue::Strings(texts) => texts.first().cloned(),
            _ => None,
        }
    }

    fn list(&self, kind: ContextKind) -> String {
        match self.0.get(kind) {
            Some(ContextValue::Strings(texts)) => texts.join(", "),
            _ => self.text(kind).unwrap_or_default(),
        }
    }

    /// What was probably meant, best first.
    fn suggestions(&self) -> Vec<String> {
        let mut suggestions = Vec::new();
        for kind in [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedValue,
        ] {
            match self.0.get(kind) {
                Some(ContextValue::Strings(texts)) => suggestions.extend(texts.clone()),
                Some(ContextValue::String(text)) => suggestions.push(text.clone()),
                _ => {}
            }
        }
        suggestions
    }
}
