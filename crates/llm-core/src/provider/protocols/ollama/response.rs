//! Replies of `api/chat`: a whole one, and a stream, whose lines are replies with a part each.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::provider::classify::ErrorDetail;
use crate::provider::protocols::reply::{
    Frames, check_answer, count, failure_inside, nothing_said, or_default,
};
use crate::provider::{Frame, StreamDecoder};
use crate::types::answer::{Answer, Choice, FinishReason};
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::message::{Reasoning, ToolCall};
use crate::types::usage::Usage;

/// A reply, or a line of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    #[serde(default, deserialize_with = "or_default")]
    model: String,
    #[serde(default, deserialize_with = "or_default")]
    created_at: String,
    message: Option<WireMessage>,
    #[serde(default, deserialize_with = "or_default")]
    done: bool,
    done_reason: Option<String>,
    #[serde(default, deserialize_with = "count")]
    prompt_eval_count: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    eval_count: Option<u64>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    content: Option<String>,
    thinking: Option<String>,
    tool_calls: Option<Vec<WireCall>>,
}

#[derive(Debug, Deserialize)]
struct WireCall {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    function: WireFunction,
}

#[derive(Debug, Deserialize)]
struct WireFunction {
    name: String,
    arguments: Option<Box<RawValue>>,
}

/// Reads a whole reply.
pub(super) fn answer(reply: Reply) -> Result<Answer, Failure> {
    check(&reply)?;
    if !reply.done {
        return Err(Failure::truncated("the server's reply is not finished"));
    }
    let usage = reply.usage();
    let message = reply
        .message
        .ok_or_else(|| Failure::invalid("the server's reply has no `message`"))?;
    let mut choice = Choice::empty(0);
    choice.text = message.content.unwrap_or_default();
    choice.reasoning = message
        .thinking
        .filter(|text| !text.is_empty())
        .map(|text| Reasoning {
            text,
            signature: None,
        });
    for (index, call) in message
        .tool_calls
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        choice.tool_calls.push(call.read(&reply.created_at, index));
    }
    choice.finish = finish(reply.done_reason.as_deref(), !choice.tool_calls.is_empty());
    check_answer(Answer {
        id: String::new(),
        upstream_model: reply.model,
        choices: vec![choice],
        usage,
        ..Answer::default()
    })
}

/// Reads one stream.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    frames: Frames,
    started: bool,
    moment: String,
    calls: u32,
    said: bool,
    finished: bool,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if frame.data.trim().is_empty() || self.finished {
            return Ok(());
        }
        let Some(reply) = self.frames.read::<Reply>(&frame.data)? else {
            return Ok(());
        };
        check(&reply)?;
        let usage = reply.usage();
        if !self.started {
            self.started = true;
            self.moment = reply.created_at;
            out.push(StreamEvent::Start {
                id: String::new(),
                model: reply.model,
            });
        }
        if let Some(message) = reply.message {
            self.message(message, out);
        }
        if !reply.done {
            return Ok(());
        }
        let reason = finish(reply.done_reason.as_deref(), self.calls > 0);
        if !self.said && reason != FinishReason::Length {
            return Err(nothing_said(false));
        }
        self.finished = true;
        out.push(StreamEvent::Finish { choice: 0, reason });
        if usage.is_known() {
            out.push(StreamEvent::Usage(usage));
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if self.finished {
            Ok(())
        } else {
            Err(self.frames.cut())
        }
    }
}

impl Decoder {
    fn message(&mut self, message: WireMessage, out: &mut Vec<StreamEvent>) {
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(text) = text(message.thinking) {
            out.push(StreamEvent::Reasoning { choice: 0, text });
        }
        if let Some(text) = text(message.content) {
            self.said = true;
            out.push(StreamEvent::Text { choice: 0, text });
        }
        for call in message.tool_calls.unwrap_or_default() {
            let index = self.calls;
            self.calls += 1;
            self.said = true;
            let call = call.read(&self.moment, index as usize);
            out.push(StreamEvent::ToolCall {
                choice: 0,
                index,
                id: Some(call.id),
                name: Some(call.name),
                arguments: call.arguments,
            });
        }
    }
}

impl Reply {
    /// Servers leave a count out when they have none, as for a prompt that was in their cache;
    /// then nothing is known.
    fn usage(&self) -> Usage {
        match (self.prompt_eval_count, self.eval_count) {
            (Some(input), Some(output)) => Usage::reported(input, output),
            _ => Usage::default(),
        }
    }
}

impl WireCall {
    /// As the hub has it. Older servers give calls no ids; one is made of the reply's moment,
    /// which tells the calls of different turns apart.
    fn read(self, moment: &str, index: usize) -> ToolCall {
        let id = if self.id.is_empty() {
            let digits: String = moment.chars().filter(char::is_ascii_digit).collect();
            format!("call_{digits}_{index}")
        } else {
            self.id
        };
        let arguments = self.function.arguments;
        ToolCall {
            id,
            name: self.function.name,
            arguments: arguments.map_or_else(|| "{}".into(), |json| json.get().to_owned()),
        }
    }
}

fn check(reply: &Reply) -> Result<(), Failure> {
    match &reply.error {
        Some(error) => Err(failure_inside(500, &detail(error))),
        None => Ok(()),
    }
}

/// Why the model stopped. A server that only loaded or unloaded the model said nothing, which is
/// noticed by that.
fn finish(reason: Option<&str>, calls: bool) -> FinishReason {
    match reason {
        Some("length") => FinishReason::Length,
        None | Some("stop" | "") if calls => FinishReason::ToolCalls,
        None | Some("stop" | "") => FinishReason::Stop,
        Some(other) => FinishReason::Other(other.to_owned()),
    }
}

/// What an `error` says: text, or the error of the engine behind the server as JSON in that text.
pub(super) fn detail(error: &Value) -> ErrorDetail {
    let text = error.as_str().unwrap_or_default();
    let inner: Option<Value> = serde_json::from_str(text).ok();
    let object = inner.as_ref().map_or(error, |inner| &inner["error"]);
    let field = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
    let message = field("message");
    ErrorDetail {
        code: field("type"),
        message: if message.is_empty() {
            text.to_owned()
        } else {
            message
        },
    }
}

#[cfg(test)]
mod tests;
