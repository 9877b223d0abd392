//! Golden cases: what a client wrote, what a provider is sent for it, and what its reply means.
//!
//! `tests/golden/PROTOCOL/CASE/` at the root of the repository holds one case; its folder names the
//! protocol. Adding a case needs no Rust. `tests/golden/README.md` says which files a case has.
//! `LLMCOOP_BLESS=1` writes the expectations from what happens now; read the difference before
//! committing it.

mod case;
mod dialects;
mod show;

use std::path::{Path, PathBuf};

use llm_core::provider::dialects::{Address, DIALECTS, Dialect, ReplyWriter};
use llm_core::provider::protocols::PROTOCOLS;
use llm_core::types::raw::RawFields;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use case::Case;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one switch of these tests; the program never reads it"
)]
fn blessing() -> bool {
    std::env::var_os("LLMCOOP_BLESS").is_some_and(|value| value == "1")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_case_says_what_happens() {
    let mut complaints = Vec::new();
    for adapter in PROTOCOLS {
        let cases = folders(&root().join(adapter.name()));
        assert!(!cases.is_empty(), "{} has no golden case", adapter.name());
        for path in cases {
            let case = Case::read(*adapter, &path);
            complaints.extend(
                case.check(blessing())
                    .into_iter()
                    .map(|complaint| format!("{}: {complaint}", path.display())),
            );
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n\n"));
}

/// The smallest body each dialect reads, to have a writer of its streams.
fn body(dialect: &str) -> &'static str {
    match dialect {
        "anthropic" => r#"{"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#,
        "completions" => r#"{"prompt":"hi"}"#,
        "gemini" => {
            r#"{"contents":"hi","generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"#
        }
        "responses" => r#"{"input":"hi"}"#,
        _ => r#"{"messages":[{"role":"user","content":"hi"}]}"#,
    }
}

fn writer(dialect: Dialect) -> Box<dyn ReplyWriter> {
    let fields = RawFields::parse(body(dialect.name()).as_bytes()).unwrap();
    let address = Address {
        streams: true,
        events: true,
        ..Address::default()
    };
    let spoken = dialect.read(fields, &address);
    spoken
        .unwrap_or_else(|error| panic!("{}: {error}", dialect.name()))
        .writer
}

/// Every line of a stream of events is a name, data, or the end of an event.
fn assert_lines(stream: &str) {
    for line in stream.lines() {
        let known = ["event: ", "data: {", "data: [DONE]"];
        let is_known = line.is_empty() || known.iter().any(|start| line.starts_with(start));
        assert!(is_known, "{line:?} in {stream}");
    }
}

/// The stream of every case, for the client of every dialect, however its bytes arrive.
#[test]
fn what_a_client_sees_does_not_depend_on_where_the_bytes_are_cut() {
    let mut seen = 0;
    let mut runner = TestRunner::deterministic();
    for adapter in PROTOCOLS {
        for path in folders(&root().join(adapter.name())) {
            let case = Case::read(*adapter, &path);
            let Some(body) = case.stream() else { continue };
            let shown = |chunks: &[&[u8]], dialect: Dialect| {
                let (events, failure) = case.events(chunks);
                dialects::stream(&mut *writer(dialect), &events, failure.as_ref())
            };
            let whole: Vec<String> = DIALECTS.iter().map(|it| shown(&[body], *it)).collect();
            for stream in &whole {
                assert_lines(stream);
            }
            let cuts = proptest::collection::vec(0..=body.len(), 0..12);
            for _ in 0..8 {
                let mut cuts = cuts.new_tree(&mut runner).unwrap().current();
                cuts.extend([0, body.len()]);
                cuts.sort_unstable();
                let pieces: Vec<&[u8]> = cuts.windows(2).map(|at| &body[at[0]..at[1]]).collect();
                for (dialect, whole) in DIALECTS.iter().zip(&whole) {
                    let name = dialect.name();
                    assert_eq!(
                        &shown(&pieces, *dialect),
                        whole,
                        "{} {name}",
                        path.display()
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

/// A client that only looks for the end of a stream must not take a broken one for a whole one.
#[test]
fn a_stream_that_failed_has_no_clean_end_in_any_dialect() {
    let ends = [
        "\"finish_reason\":\"",
        "[DONE]",
        "message_stop",
        "\"stop_reason\":\"",
        "finishReason",
        "response.completed",
        "response.incomplete",
    ];
    let mut failed = 0;
    for adapter in PROTOCOLS {
        for path in folders(&root().join(adapter.name())) {
            let case = Case::read(*adapter, &path);
            let Some(body) = case.stream() else { continue };
            let (events, failure) = case.events(&[body]);
            let Some(failure) = failure else { continue };
            failed += 1;
            for dialect in DIALECTS {
                let shown = dialects::stream(&mut *writer(*dialect), &events, Some(&failure));
                assert_lines(&shown);
                for end in ends {
                    let place = format!("{} {}", path.display(), dialect.name());
                    assert!(!shown.contains(end), "{place}: {shown}");
                }
                assert!(shown.contains("req_golden"), "{shown}");
            }
        }
    }
    assert!(failed > 10, "{failed}");
}

#[test]
fn every_folder_is_a_protocol() {
    for path in folders(&root()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            PROTOCOLS.iter().any(|adapter| adapter.name() == name),
            "tests/golden/{name} belongs to no protocol"
        );
    }
}
