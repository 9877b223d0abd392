//! What one model answered: whole, or the form pieces are gathered into.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use super::event::StreamEvent;
use super::message::{Reasoning, ToolCall};
use super::raw::{MAX_FIELDS, RawFields};
use super::usage::Usage;
use super::wire_reply::WireReply;

/// A whole reply of one model.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The provider's id for the reply; may be empty.
    pub id: String,
    /// The model the provider says it used; may be empty.
    pub upstream_model: String,
    /// One per requested answer, in order of index.
    pub choices: Vec<Choice>,
    /// Tokens used.
    pub usage: Usage,
    /// Other top-level fields of an `OpenAI`-speaking provider's reply, as received.
    pub extra: RawFields,
    /// The reply as its provider wrote it, where it says exactly what this answer says. Whoever
    /// changes the answer takes it away.
    pub wire: Option<Box<WireReply>>,
}

/// One of the answers of a reply.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Position, from 0.
    pub index: u32,
    /// The text; empty when the model only called tools.
    pub text: String,
    /// The text with which the model declined, if it did.
    pub refusal: Option<String>,
    /// Thoughts shared apart from the answer.
    pub reasoning: Option<Reasoning>,
    /// Tools the model wants called.
    pub tool_calls: Vec<ToolCall>,
    /// Why the model stopped.
    pub finish: FinishReason,
    /// Other fields of an `OpenAI`-speaking provider's choice (`logprobs`, …), as received. Those
    /// of the message itself (`annotations`, …) are in one object under `message`.
    pub extra: RawFields,
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// It was done, or met a stop text.
    Stop,
    /// It ran into the token limit.
    Length,
    /// It wants tools called.
    ToolCalls,
    /// A filter cut it.
    ContentFilter,
    /// A reason only this provider has, kept as received.
    Other(String),
}

impl FinishReason {
    /// The name on the `OpenAI` wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other(reason) => reason,
        }
    }
}

impl Choice {
    /// An empty choice, to gather pieces into.
    pub fn empty(index: u32) -> Self {
        Self {
            index,
            text: String::new(),
            refusal: None,
            reasoning: None,
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            extra: RawFields::default(),
        }
    }
}

impl Answer {
    /// An answer of plain text, as cooperation produces it.
    pub fn of_text(text: impl Into<String>, usage: Usage) -> Self {
        let mut choice = Choice::empty(0);
        choice.text = text.into();
        Self {
            choices: vec![choice],
            usage,
            ..Self::default()
        }
    }

    /// The text of the first choice.
    pub fn text(&self) -> &str {
        self.choices
            .first()
            .map_or("", |choice| choice.text.as_str())
    }

    /// Why the first choice ended.
    pub fn finish(&self) -> &FinishReason {
        self.choices
            .first()
            .map_or(&FinishReason::Stop, |choice| &choice.finish)
    }
}

/// Gathers stream events into the whole answer they add up to.
#[derive(Debug, Default)]
pub struct Gather {
    answer: Answer,
    /// Log probabilities of each choice, piece by piece.
    logprobs: BTreeMap<u32, Vec<Box<RawValue>>>,
    /// Bytes gathered so far.
    size: usize,
}

impl Gather {
    /// Adds one event.
    pub fn push(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::Start { id, model } => {
                self.answer.id.clone_from(id);
                self.answer.upstream_model.clone_from(model);
            }
            StreamEvent::Text { choice, text } => {
                self.size += text.len();
                self.choice(*choice).text.push_str(text);
            }
            StreamEvent::Refusal { choice, text } => {
                self.size += text.len();
                self.choice(*choice)
                    .refusal
                    .get_or_insert_default()
                    .push_str(text);
            }
            StreamEvent::Reasoning { choice, text } => {
                self.size += text.len();
                self.choice(*choice)
                    .reasoning
                    .get_or_insert_default()
                    .text
                    .push_str(text);
            }
            StreamEvent::ReasoningSignature { choice, signature } => {
                let reasoning = self.choice(*choice).reasoning.get_or_insert_default();
                reasoning.signature = Some(signature.clone());
            }
            StreamEvent::ToolCall {
                choice,
                index,
                id,
                name,
                arguments,
            } => {
                self.size += arguments.len();
                let call = self.tool_call(*choice, *index);
                if let Some(id) = id {
                    call.id.clone_from(id);
                }
                call.name.push_str(name.as_deref().unwrap_or_default());
                call.arguments.push_str(arguments);
            }
            StreamEvent::Finish { choice, reason } => self.choice(*choice).finish = reason.clone(),
            StreamEvent::Usage(usage) => self.answer.usage = *usage,
            StreamEvent::Extra { choice, fields } => self.extra(*choice, fields),
        }
    }

    /// Bytes gathered so far.
    pub fn size(&self) -> usize {
        self.size
    }

    /// What has been gathered, for a look before the end.
    pub fn so_far(&self) -> &Answer {
        &self.answer
    }

    /// The whole answer.
    pub fn finish(mut self) -> Answer {
        for (index, pieces) in std::mem::take(&mut self.logprobs) {
            let joined = join_lists(&pieces).or_else(|| pieces.last().cloned());
            if let Some(joined) = joined {
                self.choice(index).extra.set("logprobs", joined);
            }
        }
        self.answer
    }

    /// Keeps the last value of every field. Log probabilities come in pieces and are joined at
    /// the end.
    fn extra(&mut self, choice: Option<u32>, fields: &RawFields) {
        for (name, value) in fields.iter() {
            self.size += name.len() + value.get().len();
            let value = value.to_owned();
            let (fields, name) = match (choice, name) {
                (Some(index), "logprobs") => {
                    self.logprobs.entry(index).or_default().push(value);
                    continue;
                }
                (None, _) => (&mut self.answer.extra, name),
                (Some(index), "delta") => (&mut self.choice(index).extra, "message"),
                (Some(index), _) => (&mut self.choice(index).extra, name),
            };
            if fields.get(name).is_some() || fields.iter().count() < MAX_FIELDS {
                fields.set(name, value);
            }
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let choices = &mut self.answer.choices;
        let position = choices
            .iter()
            .position(|choice| choice.index == index)
            .unwrap_or_else(|| {
                choices.push(Choice::empty(index));
                choices.len() - 1
            });
        &mut choices[position]
    }

    /// The call a piece belongs to, made when its index is new.
    fn tool_call(&mut self, choice: u32, index: u32) -> &mut ToolCall {
        let calls = &mut self.choice(choice).tool_calls;
        let index = index as usize;
        // A gap in the indices is the provider's mistake; the call is appended rather than lost.
        if index >= calls.len() {
            calls.push(ToolCall {
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
            });
        }
        let position = index.min(calls.len() - 1);
        &mut calls[position]
    }
}

/// Joins the lists of several objects of the same shape, element by element as they were sent.
/// `None` when one of them is not an object of lists and nulls.
fn join_lists(pieces: &[Box<RawValue>]) -> Option<Box<RawValue>> {
    type Lists<'a> = BTreeMap<String, Option<Vec<&'a RawValue>>>;
    let mut joined = Lists::new();
    for piece in pieces {
        let lists: Lists<'_> = serde_json::from_str(piece.get()).ok()?;
        for (name, items) in lists {
            let list = joined.entry(name).or_default();
            if let Some(items) = items {
                list.get_or_insert_default().extend(items);
            }
        }
    }
    to_raw_value(&joined).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extra(choice: Option<u32>, json: &str) -> StreamEvent {
        let fields = RawFields::parse(json.as_bytes()).unwrap();
        StreamEvent::Extra { choice, fields }
    }

    #[test]
    fn log_probabilities_of_a_stream_add_up_and_other_fields_keep_their_last_value() {
        let mut gather = Gather::default();
        gather.push(&extra(
            Some(0),
            r#"{"logprobs":{"content":[{"token":"a"}],"refusal":null}}"#,
        ));
        gather.push(&extra(
            Some(0),
            r#"{"logprobs":{"content":[{"token":"b","logprob":-1e-3}]},"delta":{"annotations":[]}}"#,
        ));
        gather.push(&extra(None, r#"{"system_fingerprint":"old"}"#));
        gather.push(&extra(None, r#"{"system_fingerprint":"new"}"#));
        assert!(gather.size() > 0);
        let answer = gather.finish();
        assert_eq!(
            serde_json::to_string(&answer.choices[0].extra).unwrap(),
            r#"{"message":{"annotations":[]},"logprobs":{"content":[{"token":"a"},{"token":"b","logprob":-1e-3}],"refusal":null}}"#
        );
        assert_eq!(
            answer.extra.get("system_fingerprint").unwrap().get(),
            r#""new""#
        );
    }
}
