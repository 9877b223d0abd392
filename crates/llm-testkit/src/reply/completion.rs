//! A chat completion in the `OpenAI` dialect, as one document or as a stream of events.

use bytes::Bytes;
use serde_json::{Map, Value, json};

/// Every scripted completion carries this moment, so that snapshots stay the same.
const CREATED: u64 = 1_700_000_000;

/// What a completion says and reports.
#[derive(Clone, Debug)]
pub(crate) struct Completion {
    pub(super) pieces: Vec<String>,
    pub(super) tool_calls: Vec<Value>,
    pub(super) finish: Option<String>,
    pub(super) usage: Option<Value>,
    pub(super) is_done: bool,
    pub(super) last_event: Option<(usize, String)>,
    pub(super) model: Option<String>,
}

/// One event or document of a body.
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    /// Whether it counts as a piece of the answer; the frames around the answer do not.
    pub(super) is_content: bool,
}

impl Piece {
    pub(super) fn content(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            is_content: true,
        }
    }

    fn frame(data: &str) -> Self {
        Self {
            bytes: format!("data: {data}\n\n").into(),
            is_content: false,
        }
    }
}

impl Completion {
    /// Text with one token of usage for each piece and ten for the prompt.
    pub(super) fn new(pieces: Vec<String>) -> Self {
        let written = pieces.len();
        let usage = json!({
            "prompt_tokens": 10, "completion_tokens": written, "total_tokens": 10 + written,
        });
        Self {
            pieces,
            tool_calls: Vec::new(),
            finish: Some("stop".to_owned()),
            usage: Some(usage),
            is_done: true,
            last_event: None,
            model: None,
        }
    }

    /// As one document.
    pub(super) fn document(&self, id: &str, model: &str) -> Piece {
        let text = self.pieces.concat();
        let has_text = !text.is_empty() || self.tool_calls.is_empty();
        let mut message = json!({ "role": "assistant", "content": has_text.then_some(text) });
        if !self.tool_calls.is_empty() {
            message["tool_calls"] = Value::from(self.tool_calls.clone());
        }
        let choice = json!({ "index": 0, "message": message, "finish_reason": self.finish });
        let mut body = self.head("chat.completion", id, model);
        body.insert("choices".to_owned(), json!([choice]));
        if let Some(usage) = &self.usage {
            body.insert("usage".to_owned(), usage.clone());
        }
        Piece::content(Value::Object(body).to_string())
    }

    /// As a stream: the role, the pieces, tool calls, the finish reason, usage if asked, `[DONE]`.
    pub(super) fn stream(&self, id: &str, model: &str, include_usage: bool) -> Vec<Piece> {
        let chunk = |choices: Value| {
            let mut body = self.head("chat.completion.chunk", id, model);
            body.insert("choices".to_owned(), choices);
            Value::Object(body)
        };
        let delta = |delta: Value, finish: Option<&str>| {
            let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
            chunk(json!([choice])).to_string()
        };
        let role = json!({ "role": "assistant", "content": "" });
        let mut out = vec![Piece::frame(&delta(role, None))];
        for (position, text) in self.pieces.iter().enumerate() {
            if let Some(last) = self.ends_at(position) {
                out.push(last);
                return out;
            }
            let frame = Piece::frame(&delta(json!({ "content": text }), None));
            out.push(Piece {
                is_content: true,
                ..frame
            });
        }
        if let Some(last) = self.ends_at(self.pieces.len()) {
            out.push(last);
            return out;
        }
        for (index, call) in self.tool_calls.iter().enumerate() {
            let mut call = call.clone();
            call["index"] = index.into();
            out.push(Piece::frame(&delta(json!({ "tool_calls": [call] }), None)));
        }
        if let Some(finish) = &self.finish {
            out.push(Piece::frame(&delta(json!({}), Some(finish))));
        }
        if let Some(usage) = self.usage.as_ref().filter(|_| include_usage) {
            let mut last = chunk(json!([]));
            last["usage"] = usage.clone();
            out.push(Piece::frame(&last.to_string()));
        }
        if self.is_done {
            out.push(Piece::frame("[DONE]"));
        }
        out
    }

    fn ends_at(&self, position: usize) -> Option<Piece> {
        let (at, event) = self.last_event.as_ref()?;
        (*at == position).then(|| Piece::frame(event))
    }

    fn head(&self, object: &str, id: &str, model: &str) -> Map<String, Value> {
        let model = self.model.as_deref().unwrap_or(model);
        let head = json!({ "id": id, "object": object, "created": CREATED, "model": model });
        head.as_object().cloned().unwrap_or_default()
    }
}
