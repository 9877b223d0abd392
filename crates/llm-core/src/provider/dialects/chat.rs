//! The `OpenAI` chat dialect, `POST /v1/chat/completions`, as the registry has it. What is read and
//! written is [`crate::provider::protocols::openai`]'s.
//!
//! Chunks with a finish reason come last, so a stream that fails has none, and the last of them can
//! carry our own object without another chunk, whose empty list of choices many clients trip over.
//! A failure is one `data: {"error": …}` event and the end, without `[DONE]`.

use serde_json::{Value, json};

use super::{Address, ClientDialect, Ending, Fault, ReplyWriter, Spoken, data};
use crate::provider::protocols::openai::{ChunkWriter, Reply, ReplyHead, WireError, read_request};
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;
use crate::types::raw::RawFields;

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl ClientDialect for Chat {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn id_prefix(&self) -> &'static str {
        "chatcmpl-"
    }

    fn read(&self, body: RawFields, _address: &Address) -> Result<Spoken, WireError> {
        let parsed = read_request(body)?;
        let writer = Box::new(ChatWriter::new(parsed.request.include_usage));
        Ok(Spoken {
            parsed,
            warnings: Vec::new(),
            writer,
        })
    }

    fn error(&self, fault: &Fault<'_>) -> Value {
        json!({ "error": fault.object })
    }
}

/// Writes a reply.
#[derive(Debug)]
pub struct ChatWriter {
    include_usage: bool,
    chunks: Option<ChunkWriter>,
}

impl ChatWriter {
    /// A writer; `include_usage` is the client's wish.
    pub fn new(include_usage: bool) -> Self {
        Self {
            include_usage,
            chunks: None,
        }
    }
}

impl ReplyWriter for ChatWriter {
    fn whole(&mut self, reply: &Reply<'_>) -> Result<String, Failure> {
        Ok(reply.to_json())
    }

    fn begin(&mut self, head: ReplyHead, _out: &mut Vec<String>) {
        self.chunks = Some(ChunkWriter::new(head, self.include_usage));
    }

    fn event(&mut self, event: &StreamEvent, out: &mut Vec<String>) {
        let chunk = self.chunks.as_mut().and_then(|chunks| chunks.event(event));
        out.extend(chunk.map(|chunk| data(&chunk)));
    }

    fn end(&mut self, ending: &Ending<'_>, out: &mut Vec<String>) -> Result<(), Failure> {
        let Some(chunks) = &mut self.chunks else {
            return Ok(());
        };
        let ends_with_usage = self.include_usage && ending.usage.is_known();
        // Of several models' calls the sum counts, which is in no single event.
        chunks.event(&StreamEvent::Usage(ending.usage));
        let count = ending.finishes.len();
        let last = count.checked_sub(1).filter(|_| !ends_with_usage);
        for (position, event) in ending.finishes.iter().enumerate() {
            if Some(position) == last {
                chunks.event(&StreamEvent::Extra {
                    choice: None,
                    fields: ending.own.clone(),
                });
            }
            out.extend(chunks.event(event).map(|chunk| data(&chunk)));
        }
        let nothing = RawFields::default();
        let rest = if last.is_some() { &nothing } else { ending.own };
        out.extend(chunks.end(rest).map(|chunk| data(&chunk)));
        out.push(data("[DONE]"));
        Ok(())
    }

    fn failed(&mut self, fault: &Fault<'_>, out: &mut Vec<String>) {
        out.push(data(&json!({ "error": fault.object }).to_string()));
    }
}
