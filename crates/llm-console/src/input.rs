//! What to ask the model: words, `-q`, files and standard input, put together.
//!
//! The rules:
//! - The question comes from the words of the command line, or from `-q TEXT`, `-q @FILE` or
//!   `-q -`. Without any of these, it is what standard input holds.
//! - With a question, standard input is a document named `stdin`, placed before it. `--stdin`
//!   changes that.
//! - Standard input is read only when it is a pipe, a socket or a file, or when `-` asks for it.
//!
//! Deciding is pure; reading is behind [`Sources`], whose real form is [`System`].

mod system;

use std::io;

use crate::catalogue::{Message, Say};
use crate::report::Report;
use crate::terminal::StdinKind;

pub use system::{System, read_with_notice};

/// What the command line says about the prompt.
#[derive(Clone, Debug, Default)]
pub struct PromptArgs<'a> {
    /// The words that are not flags.
    pub words: &'a [String],
    /// `-q`.
    pub query: Option<&'a str>,
    /// `-f`, any number; `-` is standard input.
    pub files: &'a [String],
    /// `--stdin`; `--no-stdin` is [`StdinMode::Ignore`].
    pub stdin: StdinMode,
    /// The flag of the command that reads standard input for something else, such as `--system`.
    pub stdin_taken_by: Option<&'static str>,
    /// Most bytes of all sources together.
    pub max_bytes: u64,
}

/// What piped standard input is for when there is a question already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StdinMode {
    /// A document before the question.
    #[default]
    Prepend,
    /// A document after the question.
    Append,
    /// Nothing; it is not read.
    Ignore,
    /// The question itself, and nothing else may be.
    Only,
}

impl StdinMode {
    /// The names `--stdin` takes.
    pub const NAMES: &'static [&'static str] = &["prepend", "append", "ignore", "only"];

    /// Reads one of [`StdinMode::NAMES`].
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "prepend" => Some(Self::Prepend),
            "append" => Some(Self::Append),
            "ignore" => Some(Self::Ignore),
            "only" => Some(Self::Only),
            _ => None,
        }
    }
}

/// A question with its documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The question.
    pub instruction: String,
    /// Documents before it.
    pub before: Vec<Document>,
    /// Documents after it.
    pub after: Vec<Document>,
}

/// Text that belongs to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where it comes from: a path or `stdin`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Where bytes come from.
pub trait Sources {
    /// All of standard input, but at most `limit` bytes. `notice` asks for a word to the user
    /// when nothing arrives for a while.
    fn stdin(&mut self, limit: u64, notice: bool) -> io::Result<Vec<u8>>;
    /// All of a file, but at most `limit` bytes.
    fn file(&mut self, path: &str, limit: u64) -> io::Result<Vec<u8>>;
}

/// Puts the prompt together. `None` when there is no source at all, so that the command can show
/// its short help.
///
/// # Errors
/// `empty_query`, `input_unreadable`, `invalid_utf8` and `request_too_large`, each naming its
/// source; `invalid_usage` when sources exclude each other.
pub fn prompt(
    args: &PromptArgs<'_>,
    kind: StdinKind,
    sources: &mut dyn Sources,
) -> Result<Option<Prompt>, Report> {
    check(args)?;
    let mut reader = Reader {
        sources,
        left: args.max_bytes,
        limit: args.max_bytes,
    };
    let mut prompt = Prompt::default();
    let words = args.words.join(" ");
    let has_question = !words.trim().is_empty() || args.query.is_some();
    match args.query {
        Some("-") => prompt.instruction = reader.stdin(false)?,
        Some(query) => match query.strip_prefix('@') {
            Some(path) => prompt.instruction = reader.file(path)?,
            None => prompt.instruction = reader.given("-q", query)?,
        },
        None => prompt.instruction = reader.given("argv", &words)?,
    }
    let is_free = args.stdin_taken_by.is_none()
        && args.query != Some("-")
        && !args.files.iter().any(|file| file == "-");
    let is_piped = kind == StdinKind::Stream && is_free && args.stdin != StdinMode::Ignore;
    let is_read = is_piped || args.stdin == StdinMode::Only;
    if is_read {
        let text = reader.stdin(has_question)?;
        if !has_question {
            prompt.instruction = text;
        } else if !text.trim().is_empty() {
            let place = match args.stdin {
                StdinMode::Append => &mut prompt.after,
                _ => &mut prompt.before,
            };
            place.push(Document::new("stdin", text));
        }
    }
    for file in args.files {
        let document = match file.as_str() {
            "-" => Document::new("stdin", reader.stdin(has_question)?),
            path => Document::new(path, reader.file(path)?),
        };
        prompt.before.push(document);
    }
    if !has_question && !is_read && args.files.is_empty() {
        return Ok(None);
    }
    // The line break at the end of a file or of `echo` is not part of the question.
    let question = prompt.instruction.trim_end_matches(['\n', '\r']).len();
    prompt.instruction.truncate(question);
    if prompt.instruction.trim().is_empty() {
        return Err(Report::new(
            "empty_query",
            Message::new("common.input.empty"),
        ));
    }
    Ok(Some(prompt))
}

/// Refuses sources that exclude each other. Leaving one of them out would answer another question
/// than the one asked.
fn check(args: &PromptArgs<'_>) -> Result<(), Report> {
    let conflict = |one: &str, other: &str| {
        Report::usage(
            Message::new("common.usage.conflict")
                .with("argument", one)
                .with("other", other),
        )
    };
    let words = args.words.first().map(|word| format!("\"{word}\""));
    match (args.query, &words) {
        (Some(_), Some(words)) => return Err(conflict("--query", words)),
        (Some(query), None) if args.stdin == StdinMode::Only && query != "-" => {
            return Err(conflict("--stdin only", "--query"));
        }
        (None, Some(words)) if args.stdin == StdinMode::Only => {
            return Err(conflict("--stdin only", words));
        }
        _ => {}
    }
    let readers = [
        (args.query == Some("-")).then_some("--query -"),
        (args.stdin == StdinMode::Only && args.query != Some("-")).then_some("--stdin only"),
        args.stdin_taken_by,
    ];
    let files = args.files.iter().filter(|file| *file == "-");
    let mut readers = readers
        .into_iter()
        .flatten()
        .chain(files.map(|_| "--file -"));
    match (readers.next(), readers.next()) {
        (Some(one), Some(other)) => Err(Report::usage(
            Message::new("common.input.stdin_twice")
                .with("argument", one)
                .with("other", other),
        )),
        _ => Ok(()),
    }
}

/// Reads sources as text, within what is left of the limit.
struct Reader<'a> {
    sources: &'a mut dyn Sources,
    left: u64,
    limit: u64,
}

impl Reader<'_> {
    fn stdin(&mut self, notice: bool) -> Result<String, Report> {
        let bytes = self.sources.stdin(self.left.saturating_add(1), notice);
        self.text("stdin", bytes)
    }

    fn file(&mut self, path: &str) -> Result<String, Report> {
        let bytes = self.sources.file(path, self.left.saturating_add(1));
        self.text(path, bytes)
    }

    fn given(&mut self, name: &str, text: &str) -> Result<String, Report> {
        self.text(name, Ok(text.as_bytes().to_vec()))
    }

    fn text(&mut self, name: &str, bytes: io::Result<Vec<u8>>) -> Result<String, Report> {
        let bytes = bytes.map_err(|error| unreadable(name, &error))?;
        let length = bytes.len() as u64;
        if length > self.left {
            return Err(too_large(name, self.limit));
        }
        self.left -= length;
        let text = String::from_utf8(bytes)
            .map_err(|error| invalid_utf8(name, error.utf8_error().valid_up_to()))?;
        // A byte order mark says how the file is encoded; it is not part of the text.
        Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        })
    }
}

fn unreadable(name: &str, error: &io::Error) -> Report {
    let reason: Say = if name.starts_with("http://") || name.starts_with("https://") {
        Message::new("common.input.is_url").into()
    } else {
        // Without the number: the words are enough for people.
        let text = error.to_string();
        text.split(" (os error").next().unwrap_or_default().into()
    };
    let message = Message::new("common.input.unreadable")
        .with("path", name)
        .with_say("reason", reason);
    Report::new("input_unreadable", message).with("path", name)
}

fn invalid_utf8(name: &str, offset: usize) -> Report {
    let message = Message::new("common.input.invalid_utf8")
        .with("source", name)
        .with("offset", offset);
    Report::new("invalid_utf8", message)
        .with("source", name)
        .with("offset", offset)
}

fn too_large(name: &str, limit: u64) -> Report {
    let message = Message::new("common.input.too_large")
        .with("source", name)
        .with("limit", bytes(limit));
    Report::new("request_too_large", message).with("limit", limit)
}

/// `10 MiB`, or bytes where it is no whole number of a larger unit.
fn bytes(count: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    units
        .iter()
        .find(|(unit, _)| count >= *unit && count.is_multiple_of(*unit))
        .map_or(format!("{count} B"), |(unit, name)| {
            format!("{} {name}", count / unit)
        })
}

impl Document {
    /// A document.
    pub fn new(name: &str, text: String) -> Self {
        Self {
            name: name.to_owned(),
            text,
        }
    }
}

impl Prompt {
    /// The prompt as one text: each document between labelled tags, and the question.
    ///
    /// The tag is chosen so that no document contains its end.
    pub fn text(&self) -> String {
        if self.before.is_empty() && self.after.is_empty() {
            return self.instruction.clone();
        }
        let tag = self.tag();
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.before.iter().map(|document| document.tagged(&tag)));
        parts.push(self.instruction.clone());
        parts.extend(self.after.iter().map(|document| document.tagged(&tag)));
        parts.join("\n\n")
    }

    fn tag(&self) -> String {
        let is_free = |tag: &str| {
            let end = format!("</{tag}>");
            let mut documents = self.before.iter().chain(&self.after);
            !documents.any(|document| document.text.contains(&end))
        };
        let mut tag = "document".to_owned();
        let mut number = 1;
        while !is_free(&tag) {
            number += 1;
            tag = format!("document-{number}");
        }
        tag
    }
}

impl Document {
    fn tagged(&self, tag: &str) -> String {
        let text = self.text.trim_end_matches(['\n', '\r']);
        let name = self.name.replace('"', "'");
        format!("<{tag} name=\"{name}\">\n{text}\n</{tag}>")
    }
}

#[cfg(test)]
mod tests;
