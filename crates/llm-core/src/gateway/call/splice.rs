//! Continuing an answer that broke off after its reader had seen part of it.
//!
//! Whoever is asked next is asked the same. Its answer is sent on from where the first broke off, and
//! only if it began with the very text that had been sent; otherwise the first failure is told. Text
//! alone can be compared: an answer that had anything else in it is never continued.

use parking_lot::Mutex;

use crate::types::event::StreamEvent;
use crate::types::failure::{Failure, FailureKind, Limit};

/// What the reader of a final answer has been sent.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Sent>);

#[derive(Debug, Default)]
struct Sent {
    text: String,
    /// Whether there was anything but text of one answer.
    more_than_text: bool,
}

impl Told {
    /// A piece is about to be sent.
    pub(super) fn note(&self, event: &StreamEvent) {
        let mut sent = self.0.lock();
        match event {
            StreamEvent::Text { choice: 0, text } => sent.text.push_str(text),
            event if event.is_content() => sent.more_than_text = true,
            _ => {}
        }
    }

    /// Whether an answer that ended this way can be continued.
    pub(super) fn may_continue(&self, kind: FailureKind) -> bool {
        let sent = self.0.lock();
        let broke_off = matches!(
            kind,
            FailureKind::Truncated
                | FailureKind::InvalidResponse
                | FailureKind::Unavailable
                | FailureKind::Timeout(Limit::Idle)
        );
        broke_off && !sent.more_than_text && !sent.text.is_empty()
    }

    /// The filter of an attempt that begins now.
    pub(super) fn splice(&self) -> Splice {
        let text = self.0.lock().text.clone();
        Splice {
            continues: !text.is_empty(),
            left: Mutex::new(text),
        }
    }
}

/// Lets through what the reader has not been sent yet.
#[derive(Debug)]
pub(super) struct Splice {
    continues: bool,
    /// What must still be repeated.
    left: Mutex<String>,
}

impl Splice {
    /// The part of a piece that is new, if any; or that this is another answer.
    pub(super) fn filter(&self, event: StreamEvent) -> Result<Option<StreamEvent>, Failure> {
        if !self.continues {
            return Ok(Some(event));
        }
        let mut left = self.left.lock();
        match event {
            // The reader has had one.
            StreamEvent::Start { .. } => Ok(None),
            event if left.is_empty() => Ok(Some(event)),
            StreamEvent::Text { choice: 0, text } => {
                if left.starts_with(&text) {
                    left.drain(..text.len());
                    return Ok(None);
                }
                let Some(rest) = text.strip_prefix(left.as_str()).map(str::to_owned) else {
                    return Err(differs());
                };
                left.clear();
                let choice = 0;
                Ok(Some(StreamEvent::Text { choice, text: rest }))
            }
            event if event.is_content() => Err(differs()),
            StreamEvent::Finish { .. } => Err(differs()),
            _ => Ok(None),
        }
    }
}

fn differs() -> Failure {
    Failure::truncated("the answer that was to continue it did not begin with the same text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::answer::FinishReason;

    fn text(text: &str) -> StreamEvent {
        StreamEvent::Text {
            choice: 0,
            text: text.to_owned(),
        }
    }

    /// Cuts a text at these places, as far as they are between characters.
    fn pieces(whole: &str, mut cuts: Vec<usize>) -> Vec<String> {
        cuts.retain(|cut| *cut <= whole.len() && whole.is_char_boundary(*cut));
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        cuts.windows(2)
            .map(|pair| whole[pair[0]..pair[1]].to_owned())
            .collect()
    }

    proptest::proptest! {
        /// However the two streams are cut, the reader gets the whole answer once.
        #[test]
        fn a_continuation_adds_what_is_missing(
            whole in "[a-c一二]{1,40}", broke_at in 1_usize..120,
            first in proptest::collection::vec(0_usize..120, 0..8),
            second in proptest::collection::vec(0_usize..120, 0..8),
        ) {
            let mut end = broke_at.min(whole.len());
            while !whole.is_char_boundary(end) {
                end += 1;
            }
            let told = Told::default();
            for piece in pieces(&whole[..end], first) {
                told.note(&text(&piece));
            }
            let splice = told.splice();
            let mut read = whole[..end].to_owned();
            for piece in pieces(&whole, second) {
                if let Some(StreamEvent::Text { text, .. }) = splice.filter(text(&piece)).unwrap() {
                    read.push_str(&text);
                }
            }
            proptest::prop_assert_eq!(read, whole);
        }
    }

    #[test]
    fn another_answer_is_not_a_continuation() {
        let told = Told::default();
        told.note(&text("the answer is "));
        assert!(told.may_continue(FailureKind::Truncated));
        assert!(told.splice().filter(text("the reply")).is_err());
        let shorter = told.splice();
        assert_eq!(shorter.filter(text("the ")).unwrap(), None);
        let finish = StreamEvent::Finish {
            choice: 0,
            reason: FinishReason::Stop,
        };
        assert!(shorter.filter(finish).is_err());
        told.note(&StreamEvent::Reasoning {
            choice: 0,
            text: "hm".to_owned(),
        });
        assert!(!told.may_continue(FailureKind::Truncated));
    }
}
