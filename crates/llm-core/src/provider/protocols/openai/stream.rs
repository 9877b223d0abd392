//! Reads a streamed reply, chunk by chunk.
//!
//! A stream is whole only when every answer in it has a finish reason; `[DONE]` alone proves
//! nothing, because proxies add it after errors too. One chunk that cannot be read is skipped,
//! the third in a row ends the stream.

mod calls;
mod plain;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::value::{RawValue, to_raw_value};

use calls::Calls;
use plain::PlainChunk;

use super::error::{error_event, within_success};
use super::response::{
    CHOICE_FIELDS, Content, MAX_CHOICES, MESSAGE_FIELDS, REPLY_FIELDS, finish_reason, others,
    usage_in_choices,
};
use super::usage::read_usage;
use super::wire::Object;
use crate::provider::{Frame, StreamDecoder};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::raw::RawFields;
use crate::types::usage::Usage;

/// Chunks in a row that may be unreadable.
const MAX_MALFORMED: u32 = 2;

/// The most other fields of one reply that are passed on.
const MAX_EXTRA: usize = 64;

/// Reads one stream.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    started: bool,
    /// `[DONE]` was seen; what follows is ignored.
    done: bool,
    /// Unreadable chunks in a row.
    malformed: u32,
    answers: Vec<Progress>,
    usage: Option<Usage>,
    /// Other fields of the reply with a digest of their last value: each is passed on when it
    /// changes, which for most is once.
    extra: Vec<(String, u64)>,
    /// Such fields of a chunk before the first choice, as Azure's verdict on the prompt is.
    early: RawFields,
}

/// How far one answer has come.
#[derive(Debug, Default)]
struct Progress {
    index: u32,
    /// Something came that a client would see.
    spoke: bool,
    /// There was a `content` field, if only an empty one.
    had_content: bool,
    finish: Finish,
    calls: Calls,
}

/// Whether an answer is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Finish {
    /// More is to come.
    #[default]
    Open,
    /// The last chunk had an empty finish reason. Some services never send another.
    Blank,
    /// A finish reason was seen.
    Seen,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        let data = frame.data.trim();
        if self.done || data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        if data.starts_with('<') {
            return Err(Failure::invalid(
                "the provider sent a web page, not a stream",
            ));
        }
        if frame.event.is_empty() && self.plain(data, out) {
            return Ok(());
        }
        let Ok(chunk) = Object::parse(data) else {
            return self.unreadable();
        };
        if let Some(failure) = within_success(&chunk, true) {
            return Err(failure);
        }
        if frame.event == "error" {
            return Err(error_event(&chunk));
        }
        if self.chunk(&chunk, out)? {
            self.malformed = 0;
            Ok(())
        } else {
            self.unreadable()
        }
    }

    fn end(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if self.answers.is_empty() {
            return Err(match self.malformed {
                0 => Failure::truncated("the stream ended before any answer began"),
                _ => Failure::invalid("the stream has no chunk that can be read"),
            });
        }
        for answer in &mut self.answers {
            if answer.finish == Finish::Seen {
                continue;
            }
            // A service that never names a reason but says that it is done is believed.
            if !(self.done && answer.spoke && answer.finish == Finish::Blank) {
                let message = "the stream ended without a finish reason";
                return Err(Failure::truncated(message));
            }
            answer.finish = Finish::Seen;
            out.push(StreamEvent::Finish {
                choice: answer.index,
                reason: FinishReason::Stop,
            });
        }
        Ok(())
    }
}

impl Decoder {
    fn unreadable(&mut self) -> Result<(), Failure> {
        self.malformed += 1;
        if self.malformed > MAX_MALFORMED {
            let message = format!("{} chunks in a row cannot be read", self.malformed);
            return Err(Failure::invalid(message));
        }
        Ok(())
    }

    /// Reads a chunk that does nothing but add text to an answer that has begun; false, and nothing
    /// is done, when it does more.
    fn plain(&mut self, data: &str, out: &mut Vec<StreamEvent>) -> bool {
        if !self.started {
            return false;
        }
        let Some(chunk) = PlainChunk::read(data) else {
            return false;
        };
        let index = chunk.index();
        let knows = |(name, raw): (&str, &RawValue)| self.knows(name, raw.get());
        if !chunk.others().all(knows) {
            return false;
        }
        let Some(answer) = self.answers.iter_mut().find(|one| one.index == index) else {
            return false;
        };
        answer.had_content = true;
        answer.spoke = true;
        if answer.finish != Finish::Seen {
            answer.finish = Finish::Open;
        }
        self.malformed = 0;
        out.push(StreamEvent::Text {
            choice: index,
            text: chunk.into_text(),
        });
        true
    }

    /// Reads one chunk; false when it makes no sense.
    fn chunk(&mut self, chunk: &Object<'_>, out: &mut Vec<StreamEvent>) -> Result<bool, Failure> {
        let items = chunk.items("choices");
        let mut choices = Vec::with_capacity(items.len());
        for raw in &items {
            match Object::parse(raw.get()) {
                Ok(choice) if index_of(&choice) < MAX_CHOICES => choices.push(choice),
                _ => return Ok(false),
            }
        }
        if !self.started && !items.is_empty() {
            out.push(StreamEvent::Start {
                id: chunk.lenient("id").unwrap_or_default(),
                model: chunk.lenient("model").unwrap_or_default(),
            });
        }
        self.extra_of_reply(chunk, !items.is_empty(), out);
        for choice in &choices {
            self.choice(choice, out)?;
        }
        let usage = read_usage(&chunk.child("usage"))
            .or_else(|| read_usage(&chunk.child("x_groq").child("usage")))
            .or_else(|| usage_in_choices(&items));
        if let Some(usage) = usage.filter(|usage| self.usage != Some(*usage)) {
            self.usage = Some(usage);
            out.push(StreamEvent::Usage(usage));
        }
        Ok(true)
    }

    /// Passes on the other fields of the reply that are new or have changed, once it has begun.
    fn extra_of_reply(&mut self, chunk: &Object<'_>, begins: bool, out: &mut Vec<StreamEvent>) {
        let mut fields = others(chunk, REPLY_FIELDS);
        if !self.started && !begins {
            if self.early.is_empty() {
                self.early = fields;
            }
            return;
        }
        self.started = true;
        for (name, value) in std::mem::take(&mut self.early).iter() {
            if fields.get(name).is_none() {
                fields.set(name, value.to_owned());
            }
        }
        let values = fields.clone();
        fields.retain(|name| {
            values
                .get(name)
                .is_some_and(|raw| self.is_news(name, raw.get()))
        });
        if !fields.is_empty() {
            out.push(StreamEvent::Extra {
                choice: None,
                fields,
            });
        }
    }

    /// Whether a field has the value it had before.
    fn knows(&self, name: &str, value: &str) -> bool {
        let digest = digest(value);
        self.extra
            .iter()
            .any(|(known, old)| known == name && *old == digest)
    }

    /// Whether a field has another value than before. Beyond a number of names nothing is.
    fn is_news(&mut self, name: &str, value: &str) -> bool {
        let digest = digest(value);
        if let Some((_, old)) = self.extra.iter_mut().find(|(known, _)| known == name) {
            return std::mem::replace(old, digest) != digest;
        }
        let room = self.extra.len() < MAX_EXTRA;
        if room {
            self.extra.push((name.to_owned(), digest));
        }
        room
    }

    fn choice(&mut self, choice: &Object<'_>, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if let Some(failure) =
            within_success(choice, true).filter(|_| choice.get("error").is_some())
        {
            return Err(failure);
        }
        let answer = self.answer(index_of(choice));
        let index = answer.index;
        // A whole reply in place of a stream has a message where chunks have a delta.
        let delta = match choice.get("delta") {
            Some(_) => choice.child("delta"),
            None => choice.child("message"),
        };
        let before = out.len();
        let content = Content::of(&delta);
        answer.had_content |= delta.get("content").is_some();
        let texts = [
            (content.reasoning, Text::Reasoning),
            (content.text, Text::Answer),
            (delta.lenient("refusal").unwrap_or_default(), Text::Refusal),
        ];
        for (text, kind) in texts {
            if !text.is_empty() {
                out.push(kind.event(index, text));
            }
        }
        for raw in delta.items("tool_calls") {
            let call = Object::parse(raw.get()).unwrap_or_default();
            if let Some(piece) = answer.calls.piece(index, &call)? {
                out.push(piece);
            }
        }
        extra_of_choice(choice, &delta, index, out);
        answer.spoke |= out.len() > before;
        answer.finish(choice, out)
    }

    fn answer(&mut self, index: u32) -> &mut Progress {
        let known = self.answers.iter().position(|answer| answer.index == index);
        let position = known.unwrap_or_else(|| {
            self.answers.push(Progress {
                index,
                ..Progress::default()
            });
            self.answers.len() - 1
        });
        &mut self.answers[position]
    }
}

#[derive(Clone, Copy)]
enum Text {
    Reasoning,
    Answer,
    Refusal,
}

impl Text {
    fn event(self, choice: u32, text: String) -> StreamEvent {
        match self {
            Self::Reasoning => StreamEvent::Reasoning { choice, text },
            Self::Answer => StreamEvent::Text { choice, text },
            Self::Refusal => StreamEvent::Refusal { choice, text },
        }
    }
}

impl Progress {
    fn finish(&mut self, choice: &Object<'_>, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if self.finish == Finish::Seen {
            return Ok(());
        }
        let reason: Option<String> = choice.lenient("finish_reason");
        let Some(reason) = reason else {
            self.finish = Finish::Open;
            return Ok(());
        };
        if reason.is_empty() {
            self.finish = Finish::Blank;
            return Ok(());
        }
        let reason = finish_reason(&reason)?;
        if reason == FinishReason::Stop && !self.spoke && !self.had_content {
            return Err(Failure::invalid("the stream finished without any content"));
        }
        self.finish = Finish::Seen;
        out.push(StreamEvent::Finish {
            choice: self.index,
            reason,
        });
        Ok(())
    }
}

/// Passes on what else a choice and its delta hold.
fn extra_of_choice(
    choice: &Object<'_>,
    delta: &Object<'_>,
    index: u32,
    out: &mut Vec<StreamEvent>,
) {
    let mut fields = others(choice, CHOICE_FIELDS);
    let rest = others(delta, MESSAGE_FIELDS);
    if let (false, Ok(rest)) = (rest.is_empty(), to_raw_value(&rest)) {
        fields.set("delta", rest);
    }
    if !fields.is_empty() {
        out.push(StreamEvent::Extra {
            choice: Some(index),
            fields,
        });
    }
}

fn digest(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn index_of(choice: &Object<'_>) -> u32 {
    choice.lenient("index").unwrap_or(0)
}
