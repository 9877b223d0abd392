//! What the name of a simulated model asks for: the table of its parts, and how a name is read.
//!
//! A name is `mock` and any number of parts, joined by hyphens: `mock-429-retry-2-once`. The table
//! is the grammar: the parser, the list of models and the reference page are all read from it.

use std::fmt::Write as _;
use std::time::Duration;

/// What every name begins with.
pub(crate) const PREFIX: &str = "mock";

/// The longest time a part may name.
const MAX_TIME: Duration = Duration::from_hours(1);

/// One thing a name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Ok,
    Status(u16),
    RetryAfter(u64),
    ContextLength,
    ContentFilter,
    Quota,
    NoPrefill,
    Hang,
    Reset,
    Close,
    NotHttp,
    Html,
    Garbage,
    Empty,
    ErrorBody,
    Truncated,
    Slow(Duration),
    SlowFirst(Duration),
    Drip(Duration),
    Pieces(u64),
    Cut(u64),
    ResetAfter(u64),
    Stall(u64),
    BadChunk(u64),
    BadChunks(u64),
    ErrorEvent(u64),
    NoDone,
    NoFinish,
    NoUsage,
    UsageZero,
    UsageWrong,
    Times(u64),
    For(Duration),
    Flaky(u64),
}

/// What follows the words of a part.
#[derive(Clone, Copy)]
enum Make {
    Plain(Part),
    Count(fn(u64) -> Part),
    Time(fn(Duration) -> Part),
}

/// One row of the grammar.
struct Row {
    words: &'static str,
    /// What follows the words in the example.
    example: &'static str,
    make: Make,
    meaning: &'static str,
}

const fn plain(words: &'static str, part: Part, meaning: &'static str) -> Row {
    let (example, make) = ("", Make::Plain(part));
    Row {
        words,
        example,
        make,
        meaning,
    }
}

const fn count(
    words: &'static str,
    example: &'static str,
    part: fn(u64) -> Part,
    meaning: &'static str,
) -> Row {
    let make = Make::Count(part);
    Row {
        words,
        example,
        make,
        meaning,
    }
}

const fn time(
    words: &'static str,
    example: &'static str,
    part: fn(Duration) -> Part,
    meaning: &'static str,
) -> Row {
    let make = Make::Time(part);
    Row {
        words,
        example,
        make,
        meaning,
    }
}

/// The grammar. Where one row's words begin another's, the longer ones are tried first.
const ROWS: &[Row] = &[
    plain("ok", Part::Ok, "answers; the same as `mock` alone"),
    count(
        "retry",
        "2",
        Part::RetryAfter,
        "an error carries `Retry-After: N`; alone it is a 429",
    ),
    plain(
        "context-length",
        Part::ContextLength,
        "400, code `context_length_exceeded`",
    ),
    plain(
        "content-filter",
        Part::ContentFilter,
        "400, code `content_filter`",
    ),
    plain("quota", Part::Quota, "429, code `insufficient_quota`"),
    plain(
        "no-prefill",
        Part::NoPrefill,
        "400 for a conversation that ends with words of the assistant, else answers",
    ),
    plain("hang", Part::Hang, "takes the request and never answers"),
    plain(
        "reset",
        Part::Reset,
        "resets the connection before the head",
    ),
    plain(
        "close",
        Part::Close,
        "closes the connection before the head",
    ),
    plain("not-http", Part::NotHttp, "sends bytes that are no HTTP"),
    plain("html", Part::Html, "200 with a page of HTML"),
    plain("garbage", Part::Garbage, "200 with a body that is no JSON"),
    plain("empty", Part::Empty, "200 without a body"),
    plain(
        "error-body",
        Part::ErrorBody,
        "200 with an error as its body",
    ),
    plain(
        "truncated",
        Part::Truncated,
        "half the body, and a proper end of the reply",
    ),
    time("slow", "2s", Part::Slow, "the head comes after this time"),
    time(
        "slow-first",
        "2s",
        Part::SlowFirst,
        "the head comes at once, the first content after this time",
    ),
    time(
        "drip",
        "50ms",
        Part::Drip,
        "this long before each further piece",
    ),
    count(
        "pieces",
        "10",
        Part::Pieces,
        "the answer has N pieces, not 60",
    ),
    count(
        "cut",
        "40",
        Part::Cut,
        "the connection closes after N pieces; half-way where nothing is streamed",
    ),
    count(
        "reset-after",
        "40",
        Part::ResetAfter,
        "the connection is reset after N pieces; half-way where nothing is streamed",
    ),
    count(
        "stall",
        "40",
        Part::Stall,
        "nothing more comes after N pieces; half-way where nothing is streamed",
    ),
    count(
        "bad-chunk",
        "40",
        Part::BadChunk,
        "one event that is no JSON after N pieces",
    ),
    count(
        "bad-chunks",
        "40",
        Part::BadChunks,
        "only events that are no JSON after N pieces",
    ),
    count(
        "error-event",
        "40",
        Part::ErrorEvent,
        "an error event after N pieces, and the end",
    ),
    plain(
        "no-done",
        Part::NoDone,
        "the event that ends a stream is missing",
    ),
    plain(
        "no-finish",
        Part::NoFinish,
        "the reason it ended is missing, and the event that ends a stream",
    ),
    plain("no-usage", Part::NoUsage, "no count of tokens is reported"),
    plain("usage-zero", Part::UsageZero, "the count of tokens is zero"),
    plain(
        "usage-wrong",
        Part::UsageWrong,
        "the count of tokens is a thousand times too high",
    ),
    plain(
        "once",
        Part::Times(1),
        "all this at the first attempt only; then it answers",
    ),
    count(
        "times",
        "3",
        Part::Times,
        "all this at the first N attempts; then it answers",
    ),
    time(
        "for",
        "5s",
        Part::For,
        "all this until so long after the first attempt; then it answers",
    ),
    count(
        "flaky",
        "10",
        Part::Flaky,
        "all this at N of 100 attempts, chosen by `--seed`; alone it is a 500",
    ),
];

impl Row {
    /// A name that shows it.
    fn shown(&self) -> String {
        let words = [self.words, self.example].join("-");
        words.trim_end_matches('-').to_owned()
    }

    /// What it makes of the rest of a name, and what is left then.
    fn read<'a>(&self, rest: &'a str) -> Option<(Part, &'a str)> {
        let after = rest.strip_prefix(self.words)?;
        let Make::Plain(part) = self.make else {
            let (value, rest) = word(after.strip_prefix('-')?);
            let part = match self.make {
                Make::Count(part) => part(value.parse().ok()?),
                Make::Time(part) => part(duration(value)?),
                Make::Plain(part) => part,
            };
            return Some((part, rest));
        };
        match after.strip_prefix('-') {
            Some(rest) => Some((part, rest)),
            None if after.is_empty() => Some((part, "")),
            None => None,
        }
    }
}

/// What a name asks for; `None` where it is no name of ours.
pub(crate) fn parse(name: &str) -> Option<Vec<Part>> {
    let mut rest = name.strip_prefix(PREFIX)?;
    rest = match rest.strip_prefix('-') {
        Some("") => return None,
        Some(rest) => rest,
        None if rest.is_empty() => rest,
        None => return None,
    };
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, left) = status(rest).or_else(|| {
            let rows = ROWS.iter().filter(|row| row.read(rest).is_some());
            rows.max_by_key(|row| row.words.len())?.read(rest)
        })?;
        parts.push(part);
        rest = left;
    }
    (!name.ends_with('-')).then_some(parts)
}

fn status(rest: &str) -> Option<(Part, &str)> {
    let (value, rest) = word(rest);
    let status: u16 = value.parse().ok()?;
    (400..=599)
        .contains(&status)
        .then_some((Part::Status(status), rest))
}

/// The text up to the next hyphen, and what follows it.
fn word(text: &str) -> (&str, &str) {
    text.split_once('-').unwrap_or((text, ""))
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s')?, 1_000),
    };
    let time = Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(unit)?);
    (time <= MAX_TIME).then_some(time)
}

/// A name for each row, for lists of models.
pub(crate) fn examples() -> impl Iterator<Item = String> {
    let status = ["500".to_owned()].into_iter();
    status
        .chain(ROWS.iter().map(Row::shown))
        .map(|part| format!("{PREFIX}-{part}"))
}

/// The parts in one line, for whoever used another name.
pub(crate) fn grammar() -> String {
    let rows = ROWS.iter().map(|row| match row.make {
        Make::Plain(_) => row.words.to_owned(),
        Make::Count(_) => format!("{}-N", row.words),
        Make::Time(_) => format!("{}-TIME", row.words),
    });
    let rows: Vec<String> = rows.collect();
    format!(
        "A name is `{PREFIX}` and parts joined by hyphens, such as `{PREFIX}-429-retry-2-once`. Parts: a \
         status from 400 to 599, {}. TIME is such as 50ms or 2s.",
        rows.join(", ")
    )
}

/// The reference page.
pub fn markdown() -> String {
    let mut page = String::from(
        "<!-- Written by `cargo xtask codegen` from the table in the code; change it there. -->\n\n\
         # Models of `llm-server mock`\n\n\
         A name is `mock` and any number of parts, joined by hyphens: `mock-429-retry-2-once`,\n\
         `mock-slow-first-2s-cut-40`. Attempts are counted for each name by itself, so two tests that use\n\
         different names do not disturb each other. Any other name is answered with a 404 that lists the parts.\n\
         How to use it: [Test with faults](../guides/test-with-faults.md).\n\n\
         | Part | For example | What the model does |\n|---|---|---|\n\
         | a status from 400 to 599 | `mock-500` | answers with this status and an error body |\n",
    );
    for row in ROWS {
        let argument = match row.make {
            Make::Plain(_) => "",
            Make::Count(_) => "-N",
            Make::Time(_) => "-TIME",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| `{}{argument}` | `{PREFIX}-{}` | {} |",
            row.words,
            row.shown(),
            row.meaning
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_part_by_part_the_longest_first() {
        for (name, parts) in [
            ("mock", vec![]),
            ("mock-ok", vec![Part::Ok]),
            (
                "mock-429-retry-2-once",
                vec![Part::Status(429), Part::RetryAfter(2), Part::Times(1)],
            ),
            (
                "mock-slow-first-2s-cut-40",
                vec![Part::SlowFirst(Duration::from_secs(2)), Part::Cut(40)],
            ),
            (
                "mock-slow-50ms-500",
                vec![Part::Slow(Duration::from_millis(50)), Part::Status(500)],
            ),
            ("mock-reset-after-3", vec![Part::ResetAfter(3)]),
            ("mock-reset-once", vec![Part::Reset, Part::Times(1)]),
        ] {
            assert_eq!(parse(name), Some(parts), "{name}");
        }
        for wrong in [
            "",
            "gpt-4",
            "mock-",
            "mock--ok",
            "mock-ok-",
            "mocking",
            "mock-cut",
            "mock-cut-x",
            "mock-200",
            "mock-slow-2h",
            "mock-slow-99999s",
            "mock-okay",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_row_can_be_named_and_is_shown() {
        let page = markdown();
        for name in examples() {
            assert!(parse(&name).is_some_and(|parts| parts.len() == 1), "{name}");
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
