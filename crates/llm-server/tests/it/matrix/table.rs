//! The table of what works, kept as a page of the reference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::Cell;
use super::clients::CLIENTS;
use super::facts::FEATURES;
use super::providers::PROVIDERS;

const HEAD: &str = "\
# Dialects and protocols

A client may speak any of these dialects, whatever the provider behind the model speaks. This page
is written by a test that sends every feature over every pair, whole and streamed, over real
sockets, and compares what the provider was asked and what the client was told.

| dialect | endpoints |
|---|---|
| openai | `POST /v1/chat/completions` |
| anthropic | `POST /v1/messages`, `POST /v1/messages/count_tokens` |
| gemini | `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent`, `:countTokens`, the same below `/v1`, `GET /v1beta/models` |
| responses | `POST /v1/responses`, and `GET`, `DELETE` of `/v1/responses/{id}` where answers are kept |
| completions | `POST /v1/completions` |

The model may be any public name: a model, an alias, a route, `auto`, `cooperate/MODE`. A key is
shown in `authorization`, `x-api-key` or `x-goog-api-key`; two different ones are refused.

A field that cannot be carried over is never dropped in silence. What would change the answer is
refused with status 400 and the name of the field; what only changes its price or speed is left
out, and the header `x-llmcoop-warnings` and the `llm_cooperation` object of the answer say so.
`yes` means that all of it arrives, `no: FIELD` that the request is refused before anything is
sent, and `–` that the dialect has no such thing.
";

/// What becomes of the fields of a dialect, and what else is worth knowing: the words its reader
/// begins with, from the first table on.
#[expect(clippy::disallowed_methods, reason = "sources are files")]
fn fields(dialect: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join(format!("../llm-core/src/provider/dialects/{dialect}.rs"));
    let source = std::fs::read_to_string(path).unwrap_or_default();
    let words = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .skip_while(|line| !line.starts_with('|'));
    let mut out = String::new();
    for line in words {
        let _ = write!(out, "\n{line}");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// What was found out.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<(&'static str, &'static str, &'static str), Cell>);

impl Table {
    /// Notes a cell.
    pub(crate) fn set(
        &mut self,
        client: &'static str,
        provider: &'static str,
        feature: &'static str,
        cell: Cell,
    ) {
        self.0.insert((client, provider, feature), cell);
    }

    fn render(&self) -> String {
        let mut out = HEAD.to_owned();
        for client in CLIENTS {
            let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
            let _ = writeln!(
                out,
                "\n## The {} dialect\n\n| feature | {} |\n|---|{}",
                client.name,
                names.join(" | "),
                "---|".repeat(names.len()),
            );
            for feature in FEATURES {
                let cells = names.iter().map(|provider| {
                    match &self.0[&(client.name, *provider, feature.name)] {
                        Cell::Carried => "yes".to_owned(),
                        Cell::Absent => "–".to_owned(),
                        Cell::Refused(field) => format!("no: `{field}`"),
                    }
                });
                let cells: Vec<String> = cells.collect();
                let _ = writeln!(out, "| {} | {} |", feature.name, cells.join(" | "));
            }
            out.push_str(&fields(client.name));
        }
        out
    }

    /// Fails unless the page says the same; with `LLMCOOP_BLESS`, writes it.
    #[expect(clippy::disallowed_methods, reason = "the page is a file")]
    pub(crate) fn compare(&self) {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("../../docs/reference/dialects.md");
        let text = self.render();
        if std::env::var_os("LLMCOOP_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            page == text,
            "the page is out of date; write it with LLMCOOP_BLESS=1 and read what changed\n{text}"
        );
    }
}
