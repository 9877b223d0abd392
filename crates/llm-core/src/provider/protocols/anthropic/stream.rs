//! A stream of the Messages API, event by event.
//!
//! A message starts, its content blocks start, grow and stop one after another, a delta brings
//! the reason it stopped and the final counts, and the message stops. Pings come at any time, an
//! `error` event may end it at any time, and event types unknown today are to be passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ANSWER_TOOL;
use super::response::{
    Block, Reply, StopDetails, Tokens, WireError, answer, declined, explained, finish,
};
use super::thoughts::Thoughts;
use crate::provider::protocols::reply::{Frames, nothing_said, or_default, parse, push_whole};
use crate::provider::{Frame, StreamDecoder};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;

/// Most blocks that may be open at once; the provider opens one at a time.
const MOST_OPEN_BLOCKS: usize = 64;

/// Most thinking blocks of one reply; each adds to the signature.
const MOST_THOUGHTS: usize = 1024;

/// Reads one stream.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    frames: Frames,
    open: BTreeMap<u64, Open>,
    thoughts: Thoughts,
    tokens: Tokens,
    calls: u32,
    started: bool,
    said: bool,
    finished: bool,
}

/// A content block that has started.
#[derive(Debug)]
enum Open {
    Text,
    Thinking {
        bytes: usize,
        signature: Option<String>,
    },
    /// A call, by its position among the calls; the arguments it started with.
    Call {
        index: u32,
        start: String,
        grew: bool,
    },
    /// Our own tool: its arguments are text.
    Answer {
        start: String,
        grew: bool,
    },
    Other,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default, deserialize_with = "or_default")]
    r#type: String,
    #[serde(default, deserialize_with = "or_default")]
    index: u64,
    message: Option<Reply>,
    content_block: Option<Block>,
    delta: Option<Delta>,
    usage: Option<Tokens>,
    error: Option<WireError>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "or_default")]
    r#type: String,
    #[serde(default, deserialize_with = "or_default")]
    text: String,
    #[serde(default, deserialize_with = "or_default")]
    partial_json: String,
    #[serde(default, deserialize_with = "or_default")]
    thinking: String,
    #[serde(default, deserialize_with = "or_default")]
    signature: String,
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if frame.data.trim().is_empty() {
            return Ok(());
        }
        let Some(event) = self.frames.read::<Event>(&frame.data)? else {
            return Ok(());
        };
        if let Some(error) = &event.error {
            return Err(error.failure());
        }
        match event.r#type.as_str() {
            "error" => Err(WireError::default().failure()),
            // A whole reply in place of a stream.
            "message" => {
                let answer = answer(parse(frame.data.as_bytes())?)?;
                self.finished = true;
                push_whole(answer, out);
                Ok(())
            }
            "message_start" => {
                if let Some(message) = event.message {
                    self.start(message, out);
                }
                Ok(())
            }
            "content_block_start" => match event.content_block {
                Some(block) => self.open_block(event.index, block, out),
                None => self.frames.misplaced(),
            },
            "content_block_delta" => self.grow(event.index, event.delta.unwrap_or_default(), out),
            "content_block_stop" => self.close_block(event.index, out),
            "message_delta" => {
                let delta = event.delta.unwrap_or_default();
                self.stop(delta, event.usage.unwrap_or_default(), out)
            }
            _ => Ok(()),
        }
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
    fn start(&mut self, message: Reply, out: &mut Vec<StreamEvent>) {
        self.tokens = self.tokens.updated(message.usage.unwrap_or_default());
        if !self.started {
            self.started = true;
            out.push(StreamEvent::Start {
                id: message.id,
                model: message.model,
            });
        }
        self.report(out);
    }

    fn open_block(
        &mut self,
        index: u64,
        block: Block,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), Failure> {
        if self.open.len() >= MOST_OPEN_BLOCKS || self.thoughts.len() >= MOST_THOUGHTS {
            return Err(Failure::invalid(
                "the provider's stream has too many blocks",
            ));
        }
        let open = match block.r#type.as_str() {
            "text" => {
                self.say(block.text, out);
                Open::Text
            }
            "thinking" => {
                let bytes = self.think(0, block.thinking, out);
                let signature = block.signature.filter(|signature| !signature.is_empty());
                Open::Thinking { bytes, signature }
            }
            "redacted_thinking" => {
                self.thoughts.add_redacted(block.data);
                Open::Other
            }
            "tool_use" => {
                let start = block.input.map(|input| input.get().to_owned());
                let start = start.unwrap_or_default();
                if block.name == ANSWER_TOOL {
                    Open::Answer { start, grew: false }
                } else {
                    let call = self.calls;
                    self.calls += 1;
                    self.said = true;
                    out.push(StreamEvent::ToolCall {
                        choice: 0,
                        index: call,
                        id: Some(block.id),
                        name: Some(block.name),
                        arguments: String::new(),
                    });
                    Open::Call {
                        index: call,
                        start,
                        grew: false,
                    }
                }
            }
            _ => Open::Other,
        };
        self.open.insert(index, open);
        Ok(())
    }

    fn grow(
        &mut self,
        index: u64,
        delta: Delta,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), Failure> {
        let Some(mut open) = self.open.remove(&index) else {
            return self.frames.misplaced();
        };
        match (&mut open, delta.r#type.as_str()) {
            (Open::Text, "text_delta") => self.say(delta.text, out),
            (Open::Thinking { bytes, .. }, "thinking_delta") => {
                *bytes = self.think(*bytes, delta.thinking, out);
            }
            (Open::Thinking { signature, .. }, "signature_delta") => {
                signature.get_or_insert_default().push_str(&delta.signature);
            }
            (Open::Call { index, grew, .. }, "input_json_delta")
                if !delta.partial_json.is_empty() =>
            {
                *grew = true;
                out.push(arguments(*index, delta.partial_json));
            }
            (Open::Answer { grew, .. }, "input_json_delta") => {
                *grew |= !delta.partial_json.is_empty();
                self.say(delta.partial_json, out);
            }
            // Citations and whatever else a block may learn to grow by.
            _ => {}
        }
        self.open.insert(index, open);
        Ok(())
    }

    fn close_block(&mut self, index: u64, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        // A call may come whole in its first piece, and one without arguments never grows.
        let whole = |start: String| if start.is_empty() { "{}".into() } else { start };
        match self.open.remove(&index) {
            None => return self.frames.misplaced(),
            Some(Open::Thinking { bytes, signature }) => {
                self.thoughts.add(bytes, signature);
            }
            Some(Open::Call {
                index,
                start,
                grew: false,
            }) => out.push(arguments(index, whole(start))),
            Some(Open::Answer { start, grew: false }) => self.say(whole(start), out),
            Some(_) => {}
        }
        Ok(())
    }

    fn stop(
        &mut self,
        delta: Delta,
        tokens: Tokens,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), Failure> {
        self.tokens = self.tokens.updated(tokens);
        let Some(stop) = &delta.stop_reason else {
            return Ok(());
        };
        let reason = finish(stop, self.calls > 0);
        if !self.said {
            match reason {
                FinishReason::ContentFilter => return Err(declined(delta.stop_details.as_ref())),
                FinishReason::Length => {}
                _ => return Err(nothing_said(false)),
            }
        }
        if !self.finished {
            self.finished = true;
            if let Some(text) = explained(delta.stop_details) {
                out.push(StreamEvent::Refusal { choice: 0, text });
            }
            self.sign(out);
            out.push(StreamEvent::Finish { choice: 0, reason });
        }
        self.report(out);
        Ok(())
    }

    fn say(&mut self, text: String, out: &mut Vec<StreamEvent>) {
        if !text.is_empty() {
            self.said = true;
            out.push(StreamEvent::Text { choice: 0, text });
        }
    }

    /// Passes thoughts on; the bytes the block has with them.
    fn think(&mut self, before: usize, text: String, out: &mut Vec<StreamEvent>) -> usize {
        if text.is_empty() {
            return before;
        }
        let bytes = before + text.len();
        let gap = if before == 0 { self.thoughts.gap() } else { "" };
        let text = if gap.is_empty() {
            text
        } else {
            format!("{gap}{text}")
        };
        out.push(StreamEvent::Reasoning { choice: 0, text });
        bytes
    }

    /// Sends the proof of all thoughts: once and last, so that clients that join pieces keep it
    /// whole.
    fn sign(&self, out: &mut Vec<StreamEvent>) {
        if let Some(signature) = self.thoughts.signature() {
            out.push(StreamEvent::ReasoningSignature {
                choice: 0,
                signature,
            });
        }
    }

    fn report(&self, out: &mut Vec<StreamEvent>) {
        let usage = self.tokens.usage();
        if usage.is_known() {
            out.push(StreamEvent::Usage(usage));
        }
    }
}

fn arguments(index: u32, arguments: String) -> StreamEvent {
    StreamEvent::ToolCall {
        choice: 0,
        index,
        id: None,
        name: None,
        arguments,
    }
}

#[cfg(test)]
mod tests;
