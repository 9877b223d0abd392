//! What the protocols that are not `OpenAI`'s share when they read a reply: JSON that may be
//! anything, counts that may be missing, streams with a broken frame in them.
//!
//! A reply that is not what its protocol promises becomes a failure here, never an answer. No
//! text of the reply is quoted; it may hold the conversation.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::provider::classify::{ErrorDetail, kind_of, scrub};
use crate::provider::{ErrorReply, classify};
use crate::types::answer::{Answer, Choice, FinishReason};
use crate::types::event::StreamEvent;
use crate::types::failure::{Failure, FailureKind};
use crate::types::raw::check_depth;

/// How many broken frames in a row end a stream.
const MOST_BROKEN_FRAMES: u32 = 3;

/// Reads the body of a successful reply.
///
/// A body that stops in the middle is
/// [`Truncated`](crate::types::failure::FailureKind::Truncated); an empty one, a web page or any
/// other JSON is [`InvalidResponse`](crate::types::failure::FailureKind::InvalidResponse).
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    match body.trim_ascii_start().first() {
        None => return Err(Failure::invalid("the provider's reply is empty")),
        Some(b'<') => {
            return Err(Failure::invalid(
                "the provider's reply is a web page; check the base URL",
            ));
        }
        // Every reply of these protocols is an object; serde would also fill one from an array.
        Some(b'{') => {}
        Some(_) => {
            return Err(Failure::invalid(
                "the provider's reply is not a JSON object",
            ));
        }
    }
    check_depth(body).map_err(|_| Failure::invalid("the provider's reply is nested too deep"))?;
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.inner();
        let (line, column) = (cause.line(), cause.column());
        if cause.is_eof() {
            Failure::truncated(format!(
                "the provider's reply stops in the middle (line {line}, column {column})"
            ))
        } else if cause.is_data() {
            Failure::invalid(format!("`{path}` of the provider's reply has another type"))
        } else {
            Failure::invalid(format!(
                "the provider's reply is not JSON (line {line}, column {column})"
            ))
        }
    })?;
    json.end()
        .map_err(|_| Failure::invalid("something follows the JSON of the provider's reply"))?;
    Ok(value)
}

/// A value that may also be `null`, which is as good as absent.
pub(super) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A count that may be absent, `null` or nonsense; nonsense is as good as absent.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<Value>::deserialize(deserializer)?.and_then(|value| value.as_u64()))
}

/// The failure for an error that came where an answer should have been, with status 200.
pub(super) fn failure_inside(status: u16, detail: &ErrorDetail) -> Failure {
    let said = scrub(&detail.message);
    let message = match (said.is_empty(), detail.code.is_empty()) {
        (false, _) => format!("the provider reported an error in its reply: {said}"),
        (true, false) => format!(
            "the provider reported `{}` in its reply",
            scrub(&detail.code)
        ),
        (true, true) => "the provider reported an error without a reason".to_owned(),
    };
    Failure::new(kind_of(status, detail), message)
}

/// The failure for an unsuccessful reply, with what `read` finds in its body.
pub(super) fn failure_of(
    reply: &ErrorReply<'_>,
    read: impl FnOnce(&Value) -> ErrorDetail,
) -> Failure {
    let body: Option<Value> = serde_json::from_slice(reply.body).ok();
    let detail = body.as_ref().map(read).unwrap_or_default();
    classify::classify(reply, &detail)
}

/// Refuses an answer with nothing in it.
///
/// Nothing is an answer only where the provider says why: the token limit was met before the
/// first word. A filter that left nothing is a refusal of the request.
pub(super) fn check_answer(answer: Answer) -> Result<Answer, Failure> {
    let said = |choice: &Choice| {
        !choice.text.is_empty() || choice.refusal.is_some() || !choice.tool_calls.is_empty()
    };
    if answer.choices.iter().any(said) {
        return Ok(answer);
    }
    let finishes = || answer.choices.iter().map(|choice| &choice.finish);
    if finishes().any(|finish| *finish == FinishReason::Length) {
        return Ok(answer);
    }
    Err(nothing_said(
        finishes().any(|finish| *finish == FinishReason::ContentFilter),
    ))
}

/// The failure for a reply without a word in it.
pub(super) fn nothing_said(filtered: bool) -> Failure {
    if filtered {
        Failure::new(
            FailureKind::ContentFilter,
            "the provider's content filter left nothing of the answer",
        )
    } else {
        Failure::invalid("the provider's reply has no answer in it")
    }
}

/// A whole answer as the events of a stream, for a provider that does not stream when asked to.
pub(super) fn push_whole(answer: Answer, out: &mut Vec<StreamEvent>) {
    out.push(StreamEvent::Start {
        id: answer.id,
        model: answer.upstream_model,
    });
    for choice in answer.choices {
        let index = choice.index;
        let (thoughts, signature) = choice
            .reasoning
            .map(|reasoning| (reasoning.text, reasoning.signature))
            .unwrap_or_default();
        let present = |text: String| (!text.is_empty()).then_some(text);
        out.extend(present(thoughts).map(|text| StreamEvent::Reasoning {
            choice: index,
            text,
        }));
        out.extend(present(choice.text).map(|text| StreamEvent::Text {
            choice: index,
            text,
        }));
        out.extend(choice.refusal.map(|text| StreamEvent::Refusal {
            choice: index,
            text,
        }));
        let calls = (0..).zip(choice.tool_calls);
        out.extend(calls.map(|(position, call)| StreamEvent::ToolCall {
            choice: index,
            index: position,
            id: Some(call.id),
            name: Some(call.name),
            arguments: call.arguments,
        }));
        out.extend(signature.map(|signature| StreamEvent::ReasoningSignature {
            choice: index,
            signature,
        }));
        out.push(StreamEvent::Finish {
            choice: index,
            reason: choice.finish,
        });
    }
    if answer.usage.is_known() {
        out.push(StreamEvent::Usage(answer.usage));
    }
}

/// Counts the frames of a stream that could not be read.
///
/// One is skipped, so that a single broken line does not cost the whole answer; several in a row
/// mean that this is not the protocol's stream at all.
#[derive(Debug, Default)]
pub(super) struct Frames {
    broken_in_a_row: u32,
    /// What it was before the last frame that could be read.
    before: u32,
    broken: bool,
    whole: bool,
}

impl Frames {
    /// Reads a frame's data; `None` when it is skipped.
    pub(super) fn read<T: DeserializeOwned>(&mut self, data: &str) -> Result<Option<T>, Failure> {
        let sound = data.trim_start().starts_with('{') && check_depth(data.as_bytes()).is_ok();
        let value = sound.then(|| serde_json::from_str(data).ok()).flatten();
        match value {
            Some(value) => {
                self.before = std::mem::take(&mut self.broken_in_a_row);
                self.whole = true;
                Ok(Some(value))
            }
            None => self.skip().map(|()| None),
        }
    }

    /// Notes that the frame just read makes no sense where it is: it counts as broken.
    pub(super) fn misplaced(&mut self) -> Result<(), Failure> {
        self.broken_in_a_row = self.before;
        self.skip()
    }

    fn skip(&mut self) -> Result<(), Failure> {
        self.broken = true;
        self.broken_in_a_row += 1;
        if self.broken_in_a_row < MOST_BROKEN_FRAMES {
            return Ok(());
        }
        Err(Failure::invalid(format!(
            "{MOST_BROKEN_FRAMES} frames of the provider's stream in a row cannot be read"
        )))
    }

    /// The failure for a stream that ended before the answer was complete.
    pub(super) fn cut(&self) -> Failure {
        if self.broken && !self.whole {
            Failure::invalid("no frame of the provider's stream can be read")
        } else {
            Failure::truncated("the provider's stream ended before the answer was complete")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Reply {
        #[serde(default, deserialize_with = "count")]
        tokens: Option<u64>,
    }

    fn kind(body: &str) -> FailureKind {
        parse::<Reply>(body.as_bytes()).unwrap_err().kind
    }

    #[test]
    fn a_body_that_is_not_the_protocols_is_told_apart() {
        assert_eq!(kind(""), FailureKind::InvalidResponse);
        assert_eq!(kind(" \n"), FailureKind::InvalidResponse);
        assert_eq!(kind("<html>502</html>"), FailureKind::InvalidResponse);
        assert_eq!(kind("upstream error"), FailureKind::InvalidResponse);
        assert_eq!(kind("[1]"), FailureKind::InvalidResponse);
        assert_eq!(kind(r#"{"tokens":1} {"#), FailureKind::InvalidResponse);
        assert_eq!(kind(r#"{"tokens":1"#), FailureKind::Truncated);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(kind(&deep), FailureKind::InvalidResponse);
    }

    #[test]
    fn a_failure_quotes_nothing_of_the_reply() {
        let failure = parse::<Vec<u8>>(br#"["my secret question"]"#).unwrap_err();
        assert!(!failure.message.contains("secret"), "{failure}");
    }

    #[test]
    fn a_nonsense_count_is_no_count() {
        let tokens = |body: &str| parse::<Reply>(body.as_bytes()).unwrap().tokens;
        assert_eq!(tokens(r#"{"tokens":7}"#), Some(7));
        for nonsense in ["-1", "1.5", "\"7\"", "null", "1e400"] {
            let body = format!(r#"{{"tokens":{nonsense}}}"#);
            let tokens = parse::<Reply>(body.as_bytes());
            assert!(
                tokens.is_err() || tokens.unwrap().tokens.is_none(),
                "{nonsense}"
            );
        }
        assert_eq!(tokens("{}"), None);
    }

    #[test]
    fn two_broken_frames_are_skipped_and_a_third_ends_the_stream() {
        let mut frames = Frames::default();
        assert!(frames.read::<Reply>("{").unwrap().is_none());
        assert!(frames.read::<Reply>("nonsense").unwrap().is_none());
        assert!(frames.read::<Reply>(r#"{"tokens":1}"#).unwrap().is_some());
        assert!(frames.read::<Reply>("{").unwrap().is_none());
        assert!(frames.read::<Reply>("{").unwrap().is_none());
        let failure = frames.read::<Reply>("{").unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse);
    }

    #[test]
    fn a_stream_of_garbage_is_not_merely_cut() {
        let mut garbage = Frames::default();
        assert!(garbage.read::<Reply>("<html>").unwrap().is_none());
        assert_eq!(garbage.cut().kind, FailureKind::InvalidResponse);
        assert_eq!(Frames::default().cut().kind, FailureKind::Truncated);
    }
}
