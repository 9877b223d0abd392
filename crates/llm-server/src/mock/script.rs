//! From the parts of a name to what happens, in order, for one request.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::attempts::Occurrence;
use super::name::Part;
use super::words::{self, Answer, Event, Protocol, Tokens};

/// Pieces of an answer that names no other number, and the most there may be.
const PIECES: u64 = 60;
const MAX_PIECES: u64 = 100_000;

/// How a connection ends before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    Close,
    Reset,
    /// These bytes, then the end.
    Wire(&'static [u8]),
}

/// One step of an exchange. Those before the head happen before anything is sent.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(Duration),
    Head(Head),
    Data { bytes: Bytes, is_piece: bool },
    Stall,
    Break(Break),
}

/// Status and headers.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) media: &'static str,
    pub(crate) retry_after: Option<u64>,
    /// The length that is announced, where it is known.
    pub(crate) length: Option<usize>,
}

/// What a request says.
pub(crate) struct Asked<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) model: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) seed: u64,
}

impl Asked<'_> {
    pub(crate) fn stream(&self) -> bool {
        self.body["stream"] == true
    }

    fn ends_with_assistant(&self) -> bool {
        let last = self.body["messages"].as_array().and_then(|all| all.last());
        last.is_some_and(|message| message["role"] == "assistant")
    }

    /// Roughly what a tokenizer would count.
    fn prompt_tokens(&self) -> u64 {
        let bytes = self.body["messages"].to_string().len();
        u64::try_from(bytes / 4).unwrap_or(u64::MAX).max(1)
    }
}

/// The steps of one exchange.
pub(crate) fn steps(parts: &[Part], asked: &Asked<'_>, occurrence: Occurrence) -> VecDeque<Step> {
    let parts = if applies(parts, asked, occurrence) {
        parts
    } else {
        &[]
    };
    let mut steps = VecDeque::new();
    if let Some(time) = parts.iter().find_map(|part| match part {
        Part::Slow(time) => Some(*time),
        _ => None,
    }) {
        steps.push_back(Step::Wait(time));
    }
    if let Some(last) = parts.iter().find_map(no_reply) {
        steps.push_back(last);
        return steps;
    }
    match refusal(parts, asked) {
        Some((status, body)) => {
            let head = Head {
                retry_after: retry_after(parts),
                ..whole(status, "application/json", body.len())
            };
            steps.push_back(Step::Head(head));
            steps.push_back(data(body.into()));
        }
        None => steps.extend(body(parts, asked)),
    }
    steps
}

/// Whether the faults are due at this attempt.
fn applies(parts: &[Part], asked: &Asked<'_>, occurrence: Occurrence) -> bool {
    parts.iter().all(|part| match part {
        Part::Times(times) => occurrence.number <= *times,
        Part::For(time) => occurrence.since_first < *time,
        Part::Flaky(percent) => {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&asked.seed.to_le_bytes());
            hasher.update(&occurrence.number.to_le_bytes());
            hasher.update(asked.model.as_bytes());
            u64::from(hasher.finalize().as_bytes()[0]) * 100 / 256 < *percent
        }
        _ => true,
    })
}

/// Faults that leave no reply.
fn no_reply(part: &Part) -> Option<Step> {
    match part {
        Part::Hang => Some(Step::Stall),
        Part::Reset => Some(Step::Break(Break::Reset)),
        Part::Close => Some(Step::Break(Break::Close)),
        Part::NotHttp => Some(Step::Break(Break::Wire(
            b"\x16\x03\x01 this is no HTTP\r\n",
        ))),
        _ => None,
    }
}

fn retry_after(parts: &[Part]) -> Option<u64> {
    parts.iter().find_map(|part| match part {
        Part::RetryAfter(seconds) => Some(*seconds),
        _ => None,
    })
}

/// The error the parts ask for: its status and body.
fn refusal(parts: &[Part], asked: &Asked<'_>) -> Option<(u16, String)> {
    let refused = parts.iter().find_map(|part| match part {
        Part::Status(status) => Some(by_status(*status)),
        Part::ContextLength => Some((
            400,
            "invalid_request_error",
            "context_length_exceeded",
            "This model's maximum context length is 8192 tokens. Please shorten the prompt.",
        )),
        Part::ContentFilter => Some((
            400,
            "invalid_request_error",
            "content_filter",
            "The prompt was refused by the content filter.",
        )),
        Part::Quota => Some((
            429,
            "insufficient_quota",
            "insufficient_quota",
            "You exceeded your current quota.",
        )),
        Part::NoPrefill if asked.ends_with_assistant() => Some((
            400,
            "invalid_request_error",
            "invalid_value",
            "The last message must be from the user.",
        )),
        _ => None,
    });
    let only =
        |wanted: fn(&Part) -> bool| parts.iter().any(wanted) && parts.iter().all(is_condition);
    let (status, kind, code, message) = refused
        .or_else(|| retry_after(parts).map(|_| by_status(429)))
        .or_else(|| only(|part| matches!(part, Part::Flaky(_))).then(|| by_status(500)))?;
    let body = asked.protocol.error(kind, code, message);
    Some((status, body.to_string()))
}

/// Whether a part says when rather than what.
fn is_condition(part: &Part) -> bool {
    matches!(part, Part::Times(_) | Part::For(_) | Part::Flaky(_))
}

fn by_status(status: u16) -> (u16, &'static str, &'static str, &'static str) {
    let (kind, code, message) = match status {
        401 | 403 => (
            "invalid_request_error",
            "invalid_api_key",
            "Incorrect API key provided.",
        ),
        404 => (
            "invalid_request_error",
            "model_not_found",
            "The model does not exist.",
        ),
        429 => (
            "rate_limit_error",
            "rate_limit_exceeded",
            "Rate limit reached.",
        ),
        400..500 => ("invalid_request_error", "invalid_value", "Invalid value."),
        503 | 529 => ("overloaded_error", "overloaded", "The model is overloaded."),
        _ => ("server_error", "server_error", "The server had an error."),
    };
    (status, kind, code, message)
}

fn whole(status: u16, media: &'static str, length: usize) -> Head {
    Head {
        status,
        media,
        retry_after: None,
        length: Some(length),
    }
}

fn data(bytes: Bytes) -> Step {
    Step::Data {
        bytes,
        is_piece: false,
    }
}

/// A reply with status 200, right or wrong.
fn body(parts: &[Part], asked: &Asked<'_>) -> Vec<Step> {
    let fixed = parts.iter().find_map(|part| match part {
        Part::Html => Some((
            "text/html",
            "<!doctype html><h1>Bad Gateway</h1>".to_owned(),
        )),
        Part::Garbage => Some(("application/json", "{\"choices\": [{]} garbage".to_owned())),
        Part::Empty => Some(("application/json", String::new())),
        Part::ErrorBody => {
            let (_, kind, code, message) = by_status(500);
            let body = asked.protocol.error(kind, code, message);
            Some(("application/json", body.to_string()))
        }
        _ => None,
    });
    if let Some((media, text)) = fixed {
        let head = Step::Head(whole(200, media, text.len()));
        let content = (!text.is_empty()).then(|| data(text.into()));
        return [head].into_iter().chain(content).collect();
    }
    let answer = answer(parts, asked);
    if asked.stream() {
        streamed(parts, asked.protocol, &answer)
    } else {
        document(parts, asked.protocol, &answer)
    }
}

fn answer(parts: &[Part], asked: &Asked<'_>) -> Answer {
    let has = |wanted: Part| parts.contains(&wanted);
    let count = parts.iter().find_map(|part| match part {
        Part::Pieces(count) => Some(*count),
        _ => None,
    });
    let count = count.unwrap_or(PIECES).min(MAX_PIECES);
    let tokens = Tokens {
        prompt: asked.prompt_tokens(),
        completion: count,
    };
    let tokens = if has(Part::NoUsage) {
        None
    } else if has(Part::UsageZero) {
        Some(Tokens {
            prompt: 0,
            completion: 0,
        })
    } else if has(Part::UsageWrong) {
        Some(Tokens {
            prompt: tokens.prompt * 1_000,
            completion: tokens.completion * 1_000,
        })
    } else {
        Some(tokens)
    };
    Answer {
        model: asked.model.to_owned(),
        pieces: words::pieces(asked.seed, usize::try_from(count).unwrap_or(usize::MAX)),
        tokens,
        streams_usage: asked.body["stream_options"]["include_usage"] == true,
        finishes: !has(Part::NoFinish),
        is_done: !has(Part::NoFinish) && !has(Part::NoDone),
    }
}

fn document(parts: &[Part], protocol: Protocol, answer: &Answer) -> Vec<Step> {
    let text = Bytes::from(protocol.document(answer).to_string());
    let half = text.slice(..text.len() / 2);
    if parts.contains(&Part::Truncated) {
        let head = Step::Head(whole(200, "application/json", half.len()));
        return vec![head, data(half)];
    }
    let mut steps = vec![Step::Head(whole(200, "application/json", text.len()))];
    let first = parts.iter().find_map(|part| match part {
        Part::SlowFirst(time) => Some(Step::Wait(*time)),
        _ => None,
    });
    steps.extend(first);
    match parts.iter().find_map(|part| fault(part, protocol)) {
        Some(Fault {
            step: Some(step), ..
        }) => steps.extend([data(half), step]),
        _ => steps.push(data(text)),
    }
    steps
}

/// What goes wrong after so many pieces.
struct Fault {
    after: u64,
    /// Events in place of the rest.
    events: Vec<Event>,
    /// Whether the rest follows all the same.
    goes_on: bool,
    step: Option<Step>,
}

fn fault(part: &Part, protocol: Protocol) -> Option<Fault> {
    let bad = || protocol.event("content_block_delta", "{\"choices\": [{\"delta\"");
    let (after, events, goes_on, step) = match *part {
        Part::Cut(after) => (after, vec![], false, Some(Step::Break(Break::Close))),
        Part::ResetAfter(after) => (after, vec![], false, Some(Step::Break(Break::Reset))),
        Part::Stall(after) => (after, vec![], false, Some(Step::Stall)),
        Part::BadChunk(after) => (after, vec![bad()], true, None),
        Part::BadChunks(after) => (after, (0..10).map(|_| bad()).collect(), false, None),
        Part::ErrorEvent(after) => {
            let (_, kind, code, message) = by_status(500);
            let error = protocol.error(kind, code, message).to_string();
            (after, vec![protocol.event("error", &error)], false, None)
        }
        _ => return None,
    };
    Some(Fault {
        after,
        events,
        goes_on,
        step,
    })
}

fn streamed(parts: &[Part], protocol: Protocol, answer: &Answer) -> Vec<Step> {
    let time = |wanted: fn(&Part) -> Option<Duration>| parts.iter().find_map(wanted);
    let first = time(|part| match part {
        Part::SlowFirst(time) => Some(*time),
        _ => None,
    });
    let drip = time(|part| match part {
        Part::Drip(time) => Some(*time),
        _ => None,
    });
    let fault = parts.iter().find_map(|part| fault(part, protocol));
    let mut steps = vec![Step::Head(Head {
        status: 200,
        media: "text/event-stream",
        retry_after: None,
        length: None,
    })];
    let mut events = protocol.events(answer);
    if parts.contains(&Part::Truncated) {
        events.truncate(events.len() / 2);
    }
    let (mut sent, mut fault) = (0, fault);
    for event in events {
        if event.is_piece {
            steps.extend(if sent == 0 { first } else { drip }.map(Step::Wait));
        }
        let is_due = |fault: &mut Fault| fault.after == sent && (event.is_piece || sent > 0);
        if let Some(Fault {
            events,
            goes_on,
            step,
            ..
        }) = fault.take_if(is_due)
        {
            steps.extend(events.into_iter().map(|event| data(event.bytes)));
            steps.extend(step);
            if !goes_on {
                return steps;
            }
        }
        sent += u64::from(event.is_piece);
        steps.push(Step::Data {
            bytes: event.bytes,
            is_piece: event.is_piece,
        });
    }
    // A stream that is over before its point of failure fails at its end.
    steps.extend(fault.and_then(|fault| fault.step));
    steps
}

/// The body of a list of models.
pub(crate) fn models(names: impl Iterator<Item = String>) -> Value {
    let models = names.map(|name| json!({ "id": name, "object": "model", "owned_by": "mock" }));
    json!({ "object": "list", "data": models.collect::<Vec<_>>() })
}
