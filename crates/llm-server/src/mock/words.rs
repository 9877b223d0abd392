//! What the simulated models say, in the two protocols they speak.

use bytes::Bytes;
use serde_json::{Value, json};

/// Every answer carries this moment, so that two runs say the same.
const CREATED: u64 = 1_700_000_000;

/// The words answers are made of. Some are longer in bytes than in letters, as real ones are.
const WORDS: [&str; 16] = [
    "river", "stone", "naïve", "light", "文字", "seven", "cloud", "paper", "green", "café",
    "north", "模型", "early", "glass", "round", "bread",
];

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    OpenAi,
    Anthropic,
}

/// One event of a stream.
pub(crate) struct Event {
    pub(crate) bytes: Bytes,
    /// Whether it carries a piece of the answer.
    pub(crate) is_piece: bool,
}

/// What is told of tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) model: String,
    pub(crate) pieces: Vec<String>,
    pub(crate) tokens: Option<Tokens>,
    /// Whether the stream reports tokens in the OpenAI protocol: only where they are asked for.
    pub(crate) streams_usage: bool,
    pub(crate) finishes: bool,
    pub(crate) is_done: bool,
}

/// The first `count` pieces of the text a seed stands for; the same for every model.
pub(crate) fn pieces(seed: u64, count: usize) -> Vec<String> {
    let digest = blake3::hash(&seed.to_le_bytes());
    let mut order = digest.as_bytes().iter().map(|byte| usize::from(*byte));
    let (start, step) = (order.next().unwrap_or(0), order.next().unwrap_or(0) * 2 + 1);
    (0..count)
        .map(|n| {
            let word = WORDS[(start + n * step) % WORDS.len()];
            if n == 0 {
                word.to_owned()
            } else {
                format!(" {word}")
            }
        })
        .collect()
}

impl Protocol {
    /// The whole answer as one document.
    pub(crate) fn document(self, answer: &Answer) -> Value {
        let text = answer.pieces.concat();
        match self {
            Self::OpenAi => {
                let mut body = openai(answer, "chat.completion");
                body["choices"] = json!([{
                    "index": 0,
                    "message": { "role": "assistant", "content": text },
                    "finish_reason": answer.finishes.then_some("stop"),
                }]);
                if let Some(tokens) = answer.tokens {
                    body["usage"] = openai_usage(tokens);
                }
                body
            }
            Self::Anthropic => {
                let mut body = message(answer);
                body["content"] = json!([{ "type": "text", "text": text }]);
                body["stop_reason"] = json!(answer.finishes.then_some("end_turn"));
                if let Some(tokens) = answer.tokens {
                    body["usage"] = json!({
                        "input_tokens": tokens.prompt, "output_tokens": tokens.completion,
                    });
                }
                body
            }
        }
    }

    /// The answer as a stream.
    pub(crate) fn events(self, answer: &Answer) -> Vec<Event> {
        match self {
            Self::OpenAi => openai_events(answer),
            Self::Anthropic => anthropic_events(answer),
        }
    }

    /// A failure.
    pub(crate) fn error(self, kind: &str, code: &str, message: &str) -> Value {
        match self {
            Self::OpenAi => json!({
                "error": { "message": message, "type": kind, "param": null, "code": code },
            }),
            Self::Anthropic => json!({
                "type": "error", "error": { "type": kind, "message": message },
            }),
        }
    }

    /// An event of any words.
    pub(crate) fn event(self, name: &str, data: &str) -> Event {
        let text = match self {
            Self::OpenAi => format!("data: {data}\n\n"),
            Self::Anthropic => format!("event: {name}\ndata: {data}\n\n"),
        };
        Event {
            bytes: text.into(),
            is_piece: false,
        }
    }

    fn named(self, data: &Value) -> Event {
        self.event(data["type"].as_str().unwrap_or_default(), &data.to_string())
    }
}

fn openai(answer: &Answer, object: &str) -> Value {
    json!({ "id": "chatcmpl-mock", "object": object, "created": CREATED, "model": answer.model })
}

fn openai_usage(tokens: Tokens) -> Value {
    json!({
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
    })
}

fn openai_events(answer: &Answer) -> Vec<Event> {
    let protocol = Protocol::OpenAi;
    let chunk = |delta: Value, finish: Option<&str>| {
        let mut body = openai(answer, "chat.completion.chunk");
        body["choices"] = json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
        protocol.event("", &body.to_string())
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), None)];
    events.extend(answer.pieces.iter().map(|text| Event {
        is_piece: true,
        ..chunk(json!({ "content": text }), None)
    }));
    if answer.finishes {
        events.push(chunk(json!({}), Some("stop")));
    }
    if let Some(tokens) = answer.tokens.filter(|_| answer.streams_usage) {
        let mut body = openai(answer, "chat.completion.chunk");
        body["choices"] = json!([]);
        body["usage"] = openai_usage(tokens);
        events.push(protocol.event("", &body.to_string()));
    }
    if answer.is_done {
        events.push(protocol.event("", "[DONE]"));
    }
    events
}

fn message(answer: &Answer) -> Value {
    json!({
        "id": "msg_mock", "type": "message", "role": "assistant", "model": answer.model,
        "content": [], "stop_reason": null, "stop_sequence": null,
    })
}

fn anthropic_events(answer: &Answer) -> Vec<Event> {
    let protocol = Protocol::Anthropic;
    let mut start = message(answer);
    if let Some(tokens) = answer.tokens {
        start["usage"] = json!({ "input_tokens": tokens.prompt, "output_tokens": 0 });
    }
    let mut events = vec![
        protocol.named(&json!({ "type": "message_start", "message": start })),
        protocol.named(&json!({
            "type": "content_block_start", "index": 0,
            "content_block": { "type": "text", "text": "" },
        })),
    ];
    events.extend(answer.pieces.iter().map(|text| Event {
        is_piece: true,
        ..protocol.named(&json!({
            "type": "content_block_delta", "index": 0,
            "delta": { "type": "text_delta", "text": text },
        }))
    }));
    if answer.finishes {
        events.push(protocol.named(&json!({ "type": "content_block_stop", "index": 0 })));
        let mut last = json!({
            "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null },
        });
        if let Some(tokens) = answer.tokens {
            last["usage"] = json!({ "output_tokens": tokens.completion });
        }
        events.push(protocol.named(&last));
    }
    if answer.is_done {
        events.push(protocol.named(&json!({ "type": "message_stop" })));
    }
    events
}
