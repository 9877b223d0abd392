//! The registry of dialects clients speak to us: one file and one row each.
//!
//! A dialect is the other side of a protocol: it reads what a client sends into a hub request and
//! writes a hub answer, whole or event by event, as that client expects it. Like the protocols it
//! is pure; addresses, headers and status are the server's.
//!
//! What a dialect does with a field it has no way of carrying over follows one rule: what would
//! change the answer is refused by name, what only changes its price or its speed is left out and
//! the caller is warned. Nothing is dropped in silence.

pub mod anthropic;

pub mod chat;

pub mod completions;

pub mod gemini;

pub mod responses;

mod reading;

use std::borrow::Cow;

use serde_json::Value;

use super::protocols::openai::{Parsed, Reply, ReplyHead, WireError};
use crate::types::code::CodeRow;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::message::ToolCall;
use crate::types::raw::RawFields;
use crate::types::usage::Usage;

/// A dialect.
pub type Dialect = &'static dyn ClientDialect;

/// Every dialect, in alphabetical order.
pub const DIALECTS: &[Dialect] = &[
    &anthropic::Anthropic,
    &chat::Chat,
    &completions::Completions,
    &gemini::Gemini,
    &responses::Responses,
];

/// The comment that keeps a silent stream of events alive.
const KEEP_ALIVE: &str = ": keep-alive\n\n";

/// What clients of one kind send and expect.
pub trait ClientDialect: Send + Sync {
    /// Its name in lists.
    fn name(&self) -> &'static str;

    /// What the ids of its replies begin with.
    fn id_prefix(&self) -> &'static str;

    /// Reads the body of a request to generate.
    fn read(&self, body: RawFields, address: &Address) -> Result<Spoken, WireError>;

    /// The body of a reply that says why there is no answer.
    fn error(&self, fault: &Fault<'_>) -> Value;
}

/// What the address of a request says, for dialects that say things there.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// The model.
    pub model: Option<String>,
    /// Whether the answer is wanted piece by piece.
    pub streams: bool,
    /// Whether the pieces are events rather than items of one list.
    pub events: bool,
    /// Whether nothing is generated: the request only has to be understood.
    pub counts_only: bool,
}

/// A request that has been read.
pub struct Spoken {
    /// What it asks for.
    pub parsed: Parsed,
    /// What was left out.
    pub warnings: Vec<String>,
    /// Writes the reply.
    pub writer: Box<dyn ReplyWriter>,
}

/// A failure, as a dialect shows it.
#[derive(Clone, Copy, Debug)]
pub struct Fault<'a> {
    /// The row of its code.
    pub row: &'static CodeRow,
    /// The error object of our own surface: message, code, `param`, `request_id` and so on.
    pub object: &'a Value,
}

impl Fault<'_> {
    /// The message.
    pub fn message(&self) -> &str {
        self.object["message"].as_str().unwrap_or_default()
    }

    /// Our id of the request.
    pub fn request_id(&self) -> &str {
        self.object["request_id"].as_str().unwrap_or_default()
    }
}

/// How a stream that succeeded ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// The finish events, held back until it was known that nothing fails any more.
    pub finishes: &'a [StreamEvent],
    /// Tokens of all calls.
    pub usage: Usage,
    /// Our own additions.
    pub own: &'a RawFields,
}

/// Writes one reply: whole, or as a stream that is begun, told of events, and ended or failed.
///
/// What is put into `out` is sent as it is: framing is part of the dialect.
pub trait ReplyWriter: Send + Sync {
    /// The media type of a stream.
    fn media_type(&self) -> &'static str {
        "text/event-stream"
    }

    /// What is sent while nothing is said.
    fn keep_alive(&self) -> &'static str {
        KEEP_ALIVE
    }

    /// The body of a whole reply. Fails where the dialect cannot show the answer as it is.
    fn whole(&mut self, reply: &Reply<'_>) -> Result<String, Failure>;

    /// The stream begins. Comes before all events, but not before a failure.
    fn begin(&mut self, head: ReplyHead, out: &mut Vec<String>);

    /// A piece of the answer; never one of the kind [`StreamEvent::Finish`].
    fn event(&mut self, event: &StreamEvent, out: &mut Vec<String>);

    /// The stream is complete. Where the dialect cannot show what is left of it, it has failed.
    fn end(&mut self, ending: &Ending<'_>, out: &mut Vec<String>) -> Result<(), Failure>;

    /// The stream failed, begun or not.
    fn failed(&mut self, fault: &Fault<'_>, out: &mut Vec<String>);
}

/// The arguments of a call as the text of an object, for dialects whose calls hold one.
fn arguments(call: &ToolCall) -> Result<&str, Failure> {
    let text = match call.arguments.trim() {
        "" => "{}",
        text => text,
    };
    match RawFields::parse(text.as_bytes()) {
        Ok(_) => Ok(text),
        Err(_) => Err(Failure::invalid(format!(
            "the model's arguments for the tool `{}` are not a JSON object, which this dialect \
             cannot show",
            call.name
        ))),
    }
}

/// One event without a name.
fn data(json: &str) -> String {
    format!("data: {}\n\n", one_line(json))
}

/// One event with a name.
fn named(name: &str, json: &str) -> String {
    format!("event: {name}\ndata: {}\n\n", one_line(json))
}

/// JSON on one line. Within texts line breaks are escaped; what a client or provider sent may have
/// some between them, and those would end the event.
fn one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        return json.replace(['\n', '\r'], " ").into();
    }
    json.into()
}
