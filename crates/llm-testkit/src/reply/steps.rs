//! From a description to what happens, in order, for one request.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::completion::Piece;
use super::{At, Content, Fault, Point, Reply};
use crate::gate::Gate;

/// What a reply needs to know of its request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
}

impl Asked {
    /// Reads a request: the body's `model`, or the one in a path such as `/models/NAME:method`.
    pub(crate) fn of(path: &str, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let in_path = || {
            let (_, rest) = path.split_once("/models/")?;
            rest.split([':', '?', '/']).next()
        };
        Self {
            model: body["model"]
                .as_str()
                .or_else(in_path)
                .unwrap_or_default()
                .to_owned(),
            stream: body["stream"] == true,
            include_usage: body["stream_options"]["include_usage"] == true,
        }
    }
}

/// One step of an exchange.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Sleep(Duration),
    Pass(Gate),
    Head(Head),
    /// Bytes of the body.
    Data(Bytes),
    /// Bytes instead of an HTTP reply.
    Wire(Bytes),
    Fail(Fault),
}

/// Status and headers.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// Length of the body as announced, where it is known beforehand.
    pub(crate) length: Option<usize>,
}

impl Reply {
    /// What happens, in order. Without a failing step the exchange ends properly after the last.
    pub(crate) fn steps(&self, asked: &Asked, number: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.latency.is_zero() {
            steps.push(Step::Sleep(self.latency));
        }
        steps.extend(self.head_gate.clone().map(Step::Pass));
        if let Some((Point::BeforeHead, fault)) = self.fault {
            steps.push(Step::Fail(fault));
            return steps;
        }
        let (media, pieces, streamed) = match &self.content {
            Content::Wire(bytes) => {
                steps.push(Step::Wire(bytes.clone()));
                return steps;
            }
            Content::Body {
                media,
                pieces,
                streamed,
            } => {
                let pieces = pieces.iter().cloned().map(Piece::content).collect();
                (*media, pieces, *streamed)
            }
            Content::Completion(completion) => {
                let id = format!("chatcmpl-{number}");
                if asked.stream {
                    let pieces = completion.stream(&id, &asked.model, asked.include_usage);
                    ("text/event-stream", pieces, true)
                } else {
                    let document = completion.document(&id, &asked.model);
                    ("application/json", vec![document], false)
                }
            }
        };
        let pieces = self.cut_up(pieces);
        let length = pieces.iter().map(|piece| piece.bytes.len()).sum();
        steps.push(Step::Head(Head {
            status: self.status,
            headers: self.headers(media),
            length: (!streamed).then_some(length),
        }));
        self.lay_out(pieces, &mut steps);
        steps
    }

    fn headers(&self, media: &str) -> Vec<(String, String)> {
        let own = |name: &str| {
            self.headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case(name))
        };
        let mut headers = self.headers.clone();
        if !own("content-type") {
            headers.push(("content-type".to_owned(), media.to_owned()));
        }
        headers
    }

    /// Applies `truncated` and `split_every`.
    fn cut_up(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        let mut left = self.truncate.unwrap_or(usize::MAX);
        let mut out = Vec::new();
        for mut piece in pieces {
            piece.bytes.truncate(left);
            left -= piece.bytes.len();
            let Some(size) = self.split else {
                out.push(piece);
                continue;
            };
            while !piece.bytes.is_empty() {
                let part = piece.bytes.split_to(size.min(piece.bytes.len()));
                out.push(Piece::content(part));
            }
        }
        out.retain(|piece| !piece.bytes.is_empty());
        out
    }

    /// Puts gates and the fault between the pieces.
    ///
    /// The frames after the last piece of content take the place of one more piece.
    fn lay_out(&self, pieces: Vec<Piece>, steps: &mut Vec<Step>) {
        let total = pieces.iter().filter(|piece| piece.is_content).count();
        let (mut count, mut sent, mut at_end) = (0, 0, false);
        for piece in pieces {
            if piece.is_content || (count == total && !at_end) {
                at_end = count == total;
                if let Some(fault) = self.fault_after(count) {
                    steps.push(Step::Fail(fault));
                    return;
                }
                steps.extend(self.gates_before(count, piece.is_content));
            }
            if let Some((Point::AfterBytes(limit), fault)) = self.fault
                && sent + piece.bytes.len() > limit
            {
                // An empty chunk would be the proper end of a chunked body.
                if limit > sent {
                    steps.push(Step::Data(piece.bytes.slice(..limit - sent)));
                }
                steps.push(Step::Fail(fault));
                return;
            }
            sent += piece.bytes.len();
            count += usize::from(piece.is_content);
            steps.push(Step::Data(piece.bytes));
        }
        // A body that is over before its point of failure fails at its end.
        match self.fault {
            Some((_, fault)) => steps.push(Step::Fail(fault)),
            None if !at_end => steps.extend(self.gates_before(total, false)),
            None => {}
        }
    }

    fn fault_after(&self, count: usize) -> Option<Fault> {
        match self.fault {
            Some((Point::AfterPieces(after), fault)) if after == count => Some(fault),
            _ => None,
        }
    }

    fn gates_before(&self, piece: usize, is_content: bool) -> impl Iterator<Item = Step> {
        self.gates
            .iter()
            .filter(move |(at, _)| match at {
                At::Piece(at) => *at == piece,
                At::EveryPiece => is_content,
            })
            .map(|(_, gate)| Step::Pass(gate.clone()))
    }
}
