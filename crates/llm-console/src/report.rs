//! How a failure is told: what failed, why, what to try and where to read more.
//!
//! People get it on standard error in their language; with `--json`, programs get the same as one
//! JSON object on standard output, in English. The code, the documentation number and the exit
//! code are the same in every language. Printing is [`crate::ui::Ui::report`].

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::catalogue::{Say, has};
use crate::codes;
use crate::exit;
use crate::lang::Lang;

mod render;
pub use render::Page;

/// A failure with everything a reader needs.
///
/// ```
/// use llm_console::report::Report;
/// let report = Report::new("upstream_auth", "provider \"aigcbest\" rejected the API key (HTTP 401)")
///     .with("provider", "aigcbest")
///     .with("status", 401)
///     .cause("the key ending …9f2c came from environment variable API_KEY")
///     .hint("llm-config keys which aigcbest");
/// assert_eq!((report.doc(), report.exit()), (Some("LC4012"), 4));
/// ```
#[derive(Clone, Debug)]
pub struct Report(Box<Body>);

#[derive(Clone, Debug)]
struct Body {
    name: String,
    doc: Option<String>,
    exit: u8,
    message: Say,
    params: Vec<(String, String)>,
    source: Option<String>,
    causes: Vec<Say>,
    hints: Vec<Say>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

/// Why a command stops before its end.
#[derive(Clone, Debug)]
pub enum Halt {
    /// The reader of standard output has gone. Quiet, and not a failure.
    Closed,
    /// Something failed.
    Failed(Report),
    /// The command has said everything itself; only the exit code is left.
    Exit(u8),
}

impl From<Report> for Halt {
    fn from(report: Report) -> Self {
        Self::Failed(report)
    }
}

impl Report {
    /// A failure by the name of its code (`upstream_auth`), which gives it its documentation
    /// number and exit code. A name that is not in [`codes`] has no number and exit code 1.
    ///
    /// The message says what failed in English, as a lowercase fragment without secrets; or it is
    /// a [`crate::catalogue::Message`] and can say it in every language. An empty one leaves it
    /// to the catalogue's `error.<name>`.
    pub fn new(name: &str, message: impl Into<Say>) -> Self {
        let known = codes::find(name);
        Self(Box::new(Body {
            name: name.to_owned(),
            doc: known.map(|code| code.doc()),
            exit: known.map_or(exit::FAILED, |code| code.exit),
            message: message.into(),
            params: Vec::new(),
            source: None,
            causes: Vec::new(),
            hints: Vec::new(),
            request_id: None,
            retry_after: None,
        }))
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<Say>) -> Self {
        Self::new("invalid_usage", message)
    }

    /// A fact the localised texts `error.<name>` and `hint.<name>` may mention, such as
    /// `provider`, `model` or `status`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.params.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a reason. Equal reasons are shown once, with their number.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Say>) -> Self {
        self.0.causes.push(cause.into());
        self
    }

    /// Adds something to try, best a command. Without any, the catalogue's `hint.<name>` is shown.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Say>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Who is at fault: `client`, `gateway` or `provider`.
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        self.0.source = Some(source.to_owned());
        self
    }

    /// The id the server knows the request by.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// When the same call may succeed.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Overrides the exit code, for a code this version does not know.
    #[must_use]
    pub fn with_exit(mut self, exit: u8) -> Self {
        self.0.exit = exit;
        self
    }

    /// The exit code.
    pub fn exit(&self) -> u8 {
        self.0.exit
    }

    /// The name of the code.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The documentation number, such as `LC4012`.
    pub fn doc(&self) -> Option<&str> {
        self.0.doc.as_deref()
    }

    /// The message in English, for logs and machine output.
    pub fn english(&self) -> String {
        self.title(Lang::En).0
    }

    /// The message in one line for people: its English details are in it where they say more.
    pub fn line(&self, lang: Lang) -> String {
        match self.title(lang) {
            (title, Some(detail)) => format!("{title} ({detail})"),
            (title, None) => title,
        }
    }

    /// The failure as `--json` prints it: `{"error": {…}}`, in English whatever the language.
    pub fn to_json(&self) -> Value {
        let body = &*self.0;
        let english =
            |says: &[Say]| -> Vec<String> { says.iter().map(|say| say.to(Lang::En)).collect() };
        let mut error = json!({
            "code": body.name,
            "doc": body.doc,
            "exit_code": body.exit,
            "message": self.english(),
            "source": body.source,
            "causes": english(&body.causes),
            "hints": self.hints(Lang::En),
            "request_id": body.request_id,
            "retry_after_ms": body.retry_after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            "params": body.params.iter().cloned().collect::<BTreeMap<_, _>>(),
        });
        if let Some(fields) = error.as_object_mut() {
            fields.retain(|_, value| !is_nothing(value));
        }
        json!({ "error": error })
    }

    /// What failed, and the English details when they say more than the localised title.
    ///
    /// In English the message is the title. In other languages the title comes from the catalogue
    /// and the message is not lost: it is shown below, unless it is just the English of the title.
    fn title(&self, lang: Lang) -> (String, Option<String>) {
        let body = &*self.0;
        let english = match &body.message {
            Say::Message(message) => return (message.to(lang), None),
            Say::Verbatim(text) => text.as_str(),
        };
        let key = format!("error.{}", body.name);
        let template = |lang| crate::catalogue::find_owned(lang, &key, &body.params);
        match (lang, english) {
            (_, "") => (template(lang).unwrap_or_else(|| body.name.clone()), None),
            (Lang::En, english) => (english.to_owned(), None),
            (_, english) if !has(lang, &key) => (english.to_owned(), None),
            (_, english) => {
                let says_more = template(Lang::En).as_deref() != Some(english);
                let title = template(lang).unwrap_or_else(|| english.to_owned());
                (title, says_more.then(|| english.to_owned()))
            }
        }
    }

    /// What to try.
    pub fn hints(&self, lang: Lang) -> Vec<String> {
        let body = &*self.0;
        if body.hints.is_empty() {
            let key = format!("hint.{}", body.name);
            let hint = crate::catalogue::find_owned(lang, &key, &body.params);
            return hint.into_iter().collect();
        }
        body.hints.iter().map(|hint| hint.to(lang)).collect()
    }
}

/// The message in English, as logs show it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

impl std::error::Error for Report {}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
