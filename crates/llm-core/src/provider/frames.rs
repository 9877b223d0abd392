//! Cuts the bytes of a stream into frames, wherever the network happened to cut them.
//!
//! Server-sent events follow the WHATWG text (html.spec.whatwg.org, "Server-sent events"), with two
//! allowances for what providers really send: the last event needs no blank line after it, and a
//! body that opens like a document (`{`, `[` or `<`) is no event stream at all and becomes one frame,
//! so that the decoder can say what the provider sent instead. What a frame means is the
//! decoder's business.

use memchr::{memchr, memchr2};

use super::{Frame, Framing};
use crate::types::failure::Failure;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Cuts one stream. After a failure it must not be fed again.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    max_event_bytes: usize,
    state: State,
    /// The part of a line, or of a whole document, that has arrived.
    held: Vec<u8>,
    /// The last byte was a carriage return; a line feed right after it belongs to it.
    after_return: bool,
    event: String,
    data: String,
    /// The event being gathered has a `data` line, which may be empty.
    has_data: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There could be a byte order mark.
    Opening,
    /// Nothing but line ends so far.
    Blank,
    /// In the middle of lines.
    Lines,
    /// The body is one document instead of a stream.
    Document,
}

impl Framer {
    /// A framer for one stream whose frames are at most `max_event_bytes` long.
    pub fn new(framing: Framing, max_event_bytes: usize) -> Self {
        Self {
            framing,
            max_event_bytes,
            state: State::Opening,
            held: Vec::new(),
            after_return: false,
            event: String::new(),
            data: String::new(),
            has_data: false,
        }
    }

    /// Takes the next bytes and appends the frames they complete.
    ///
    /// Fails with [`InvalidResponse`](crate::types::failure::FailureKind::InvalidResponse) on a
    /// frame that is too long or not UTF-8; frames before it are in `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), Failure> {
        match self.state {
            State::Lines => self.lines(bytes, out),
            State::Document => self.hold(bytes),
            State::Blank => self.begin(bytes, out),
            State::Opening => {
                self.held.extend_from_slice(bytes);
                if BOM.starts_with(&self.held) {
                    return Ok(());
                }
                let opening = std::mem::take(&mut self.held);
                self.state = State::Blank;
                self.begin(opening.strip_prefix(BOM).unwrap_or(&opening), out)
            }
        }
    }

    /// The stream is over: appends what was waiting for an end.
    pub fn finish(&mut self, out: &mut Vec<Frame>) -> Result<(), Failure> {
        let rest = std::mem::take(&mut self.held);
        match self.state {
            // A part of a byte order mark is nothing to read.
            State::Opening | State::Blank => Ok(()),
            State::Document => {
                let data = text(&rest)?.trim_end().to_owned();
                out.push(Frame {
                    event: String::new(),
                    data,
                });
                Ok(())
            }
            State::Lines => {
                if !rest.is_empty() {
                    self.line(&rest, out)?;
                }
                self.dispatch(out);
                Ok(())
            }
        }
    }

    /// Looks past line ends for what kind of body this is.
    fn begin(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), Failure> {
        let blank = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let bytes = &bytes[blank.count()..];
        self.state = match (self.framing, bytes.first()) {
            (_, None) => return Ok(()),
            (Framing::Sse, Some(b'{' | b'[' | b'<')) => State::Document,
            _ => State::Lines,
        };
        self.push(bytes, out)
    }

    fn lines(&mut self, mut bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), Failure> {
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = self.line_end(bytes) {
            if self.held.is_empty() {
                self.line(&bytes[..end], out)?;
            } else {
                let mut line = std::mem::take(&mut self.held);
                line.extend_from_slice(&bytes[..end]);
                self.line(&line, out)?;
                line.clear();
                self.held = line;
            }
            let rest = &bytes[end + 1..];
            bytes = if bytes[end] == b'\r' {
                self.after_return = rest.is_empty();
                rest.strip_prefix(b"\n").unwrap_or(rest)
            } else {
                rest
            };
        }
        self.hold(bytes)
    }

    /// A lone carriage return ends a line of an event stream, but is blank space within JSON.
    fn line_end(&self, bytes: &[u8]) -> Option<usize> {
        match self.framing {
            Framing::Sse => memchr2(b'\r', b'\n', bytes),
            Framing::JsonLines => memchr(b'\n', bytes),
        }
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.check(self.held.len() + bytes.len())?;
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes one whole line without its end.
    fn line(&mut self, line: &[u8], out: &mut Vec<Frame>) -> Result<(), Failure> {
        self.check(line.len())?;
        if self.framing == Framing::JsonLines {
            let line = line.trim_ascii();
            if !line.is_empty() {
                let data = text(line)?.to_owned();
                out.push(Frame {
                    event: String::new(),
                    data,
                });
            }
            return Ok(());
        }
        if line.is_empty() {
            self.dispatch(out);
            return Ok(());
        }
        let (name, value) = match memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(text(value)?);
                self.has_data = true;
            }
            b"event" => text(value)?.clone_into(&mut self.event),
            // Comments have an empty name; `id` and `retry` serve reconnecting, which nobody does here.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, out: &mut Vec<Frame>) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) {
            out.push(Frame {
                event,
                data: std::mem::take(&mut self.data),
            });
        }
    }

    /// Refuses an event that grows beyond the limit with `more` bytes.
    fn check(&self, more: usize) -> Result<(), Failure> {
        if self.event.len() + self.data.len() + more <= self.max_event_bytes {
            return Ok(());
        }
        Err(Failure::invalid(format!(
            "one event of the stream is longer than {} bytes",
            self.max_event_bytes
        )))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::invalid("the stream is not valid UTF-8"))
}

#[cfg(test)]
mod tests;
