//! A failure or a warning as text for people.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};

use super::Report;
use crate::catalogue::{Say, tr};
use crate::lang::Lang;
use crate::sanitise;
use crate::text::{pad, width, wrap};

/// How text for people is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The program that speaks, for the commands it names.
    pub program: &'static str,
    /// The language.
    pub lang: Lang,
    /// Whether to use colour.
    pub colour: bool,
    /// Columns of a line, where known.
    pub width: Option<usize>,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const LABEL: Style = AnsiColor::Cyan.on_default();

impl Report {
    /// The failure in up to four parts: title, causes, what to try, where to read more.
    ///
    /// Nothing in it can move a terminal's cursor, whoever wrote the message.
    pub fn render(&self, page: Page) -> String {
        let lang = page.lang;
        let (title, detail) = self.title(lang);
        let mut label = tr(lang, "common.error", &[]);
        if let Some(doc) = self.doc() {
            let _infallible = write!(label, "[{doc}]");
        }
        let mut out = page.headline(ERROR, &label, &title);
        let mut parts = Vec::new();
        let mut part = |key: &str, text: String, is_prose: bool| {
            parts.push(Part {
                label: tr(lang, key, &[]),
                text,
                is_prose,
            });
        };
        if let Some(detail) = detail {
            part("common.report.detail", detail, true);
        }
        for cause in grouped(&self.0.causes, lang) {
            part("common.report.cause", cause, true);
        }
        let are_commands = !self.0.hints.is_empty();
        for hint in self.hints(lang) {
            part("common.report.try", hint, !are_commands);
        }
        if let Some(more) = self.more(page) {
            part("common.report.more", more, false);
        }
        page.parts(&mut out, &parts);
        out
    }

    fn more(&self, page: Page) -> Option<String> {
        let help = self.doc().map(|doc| format!("{} help {doc}", page.program));
        let request = self
            .0
            .request_id
            .as_ref()
            .map(|id| tr(page.lang, "common.report.request", &[("id", id)]));
        let parts: Vec<String> = help.into_iter().chain(request).collect();
        (!parts.is_empty()).then(|| parts.join("    "))
    }
}

/// A labelled line of a report.
struct Part {
    label: String,
    text: String,
    /// Prose is wrapped; a command is left in one piece, so that it can be copied.
    is_prose: bool,
}

impl Page {
    /// `warning: …`
    pub fn warning(self, text: &str) -> String {
        let label = tr(self.lang, "common.warning", &[]);
        self.headline(WARNING, &label, text)
    }

    fn headline(self, style: Style, label: &str, text: &str) -> String {
        let colon = tr(self.lang, "common.colon", &[]);
        let text = body(text, self.width, &format!("{label}{colon}"), "  ");
        format!("{}{colon}{text}\n", self.painted(style, label))
    }

    /// Labelled lines, their texts lined up.
    fn parts(self, out: &mut String, parts: &[Part]) {
        let colon = tr(self.lang, "common.colon", &[]);
        let widest = parts.iter().map(|part| width(&part.label)).max();
        let column = 2 + widest.unwrap_or(0) + width(&colon);
        let indent = " ".repeat(column);
        for part in parts {
            let start = pad(&format!("  {}{colon}", part.label), column);
            let columns = self.width.filter(|_| part.is_prose);
            let text = body(&part.text, columns, &start, &indent);
            let label = self.painted(LABEL, &part.label);
            let start = start.replacen(&part.label, &label, 1);
            let _infallible = writeln!(out, "{start}{text}");
        }
    }

    pub(crate) fn painted(self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// The harmless text that follows `start` on its line, wrapped to `columns`.
fn body(text: &str, columns: Option<usize>, start: &str, indent: &str) -> String {
    let text = sanitise::text(text.trim_end());
    let Some(columns) = columns else {
        return text.replace('\n', &format!("\n{indent}"));
    };
    // A stand-in of the same width, so that the first line breaks where it has to.
    let stand_in = "x".repeat(width(start));
    let wrapped = wrap(&format!("{stand_in}{text}"), columns, indent);
    wrapped.strip_prefix(&stand_in).map_or(text, str::to_owned)
}

/// Equal causes once, with their number, in the order of their first appearance.
fn grouped(causes: &[Say], lang: Lang) -> Vec<String> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for cause in causes {
        let cause = cause.to(lang);
        match groups.iter_mut().find(|(text, _)| *text == cause) {
            Some((_, times)) => *times += 1,
            None => groups.push((cause, 1)),
        }
    }
    groups
        .into_iter()
        .map(|(text, times)| match times {
            1 => text,
            _ => text + &tr(lang, "common.report.times", &[("n", &times)]),
        })
        .collect()
}
