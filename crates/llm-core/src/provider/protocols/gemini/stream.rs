//! A stream of the Gemini API: each event is a reply with a further part of the answer.
//!
//! Calls come whole. The last part of each candidate says why it stopped; there is no end mark,
//! the provider closes the stream.

use std::collections::BTreeMap;

use super::response::{Candidate, Part, Proof, Reply, check, finish};
use crate::provider::protocols::reply::{Frames, nothing_said};
use crate::provider::{Frame, StreamDecoder};
use crate::types::answer::FinishReason;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;

/// Most answers the provider gives at once.
const MOST_CANDIDATES: usize = 8;

/// Reads one stream.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    frames: Frames,
    started: bool,
    id: String,
    candidates: BTreeMap<u32, Progress>,
}

/// How far one answer has come.
#[derive(Debug, Default)]
struct Progress {
    calls: u32,
    said: bool,
    proof: Proof,
    finish: Option<FinishReason>,
}

impl StreamDecoder for Decoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        if frame.data.trim().is_empty() {
            return Ok(());
        }
        let Some(reply) = self.frames.read::<Reply>(&frame.data)? else {
            return Ok(());
        };
        check(&reply)?;
        if !self.started {
            self.started = true;
            self.id.clone_from(&reply.response_id);
            out.push(StreamEvent::Start {
                id: reply.response_id,
                model: reply.model_version,
            });
        }
        for candidate in reply.candidates {
            self.candidate(candidate, out)?;
        }
        let usage = reply.usage_metadata.unwrap_or_default().usage();
        if usage.is_known() {
            out.push(StreamEvent::Usage(usage));
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<StreamEvent>) -> Result<(), Failure> {
        let mut answers = self.candidates.values();
        if self.candidates.is_empty() || answers.any(|answer| answer.finish.is_none()) {
            return Err(self.frames.cut());
        }
        let finished = |reason| move |answer: &Progress| answer.finish.as_ref() == Some(&reason);
        let mut answers = self.candidates.values();
        if answers.any(|answer| answer.said || finished(FinishReason::Length)(answer)) {
            return Ok(());
        }
        let mut answers = self.candidates.values();
        Err(nothing_said(
            answers.any(finished(FinishReason::ContentFilter)),
        ))
    }
}

impl Decoder {
    fn candidate(
        &mut self,
        candidate: Candidate,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), Failure> {
        let choice = candidate.index;
        let known = self.candidates.contains_key(&choice);
        if !known && self.candidates.len() >= MOST_CANDIDATES {
            return Err(Failure::invalid(
                "the provider's stream has too many candidates",
            ));
        }
        let progress = self.candidates.entry(choice).or_default();
        for part in candidate
            .content
            .map(|content| content.parts)
            .unwrap_or_default()
        {
            progress.part(part, choice, &self.id, out)?;
        }
        let Some(reason) = candidate.finish_reason else {
            return Ok(());
        };
        let reason = finish(&reason, progress.calls > 0)?;
        let silent = !progress.said && reason != FinishReason::Length;
        if progress.finish.replace(reason.clone()).is_some() {
            return Ok(());
        }
        let signature = progress.proof.signature();
        // With one answer asked for, one that says nothing is known to be all there is.
        if silent && self.candidates.len() == 1 {
            return Err(nothing_said(reason == FinishReason::ContentFilter));
        }
        // Once and last, so that clients that join pieces keep it whole.
        if let Some(signature) = signature {
            out.push(StreamEvent::ReasoningSignature { choice, signature });
        }
        out.push(StreamEvent::Finish { choice, reason });
        Ok(())
    }
}

impl Progress {
    fn part(
        &mut self,
        mut part: Part,
        choice: u32,
        id: &str,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), Failure> {
        part.check()?;
        self.proof.note(&mut part);
        if !part.text.is_empty() {
            let text = part.text;
            if part.thought {
                out.push(StreamEvent::Reasoning { choice, text });
            } else {
                self.said = true;
                out.push(StreamEvent::Text { choice, text });
            }
        }
        if let Some(call) = part.function_call {
            let index = self.calls;
            self.calls += 1;
            self.said = true;
            let call = call.read(id, index as usize);
            out.push(StreamEvent::ToolCall {
                choice,
                index,
                id: Some(call.id),
                name: Some(call.name),
                arguments: call.arguments,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
