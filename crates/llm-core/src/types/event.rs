//! One piece of a streamed answer, in the form every stream decoder produces.

use super::answer::FinishReason;
use super::raw::RawFields;
use super::usage::Usage;

/// A piece of a streamed answer. `choice` is the position of the answer when several were asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// The provider accepted and names the reply; sent at most once, first.
    Start {
        /// The provider's id; may be empty.
        id: String,
        /// The model the provider says it uses; may be empty.
        model: String,
    },
    /// More text.
    Text {
        /// Which answer.
        choice: u32,
        /// The text to append.
        text: String,
    },
    /// More of the thoughts apart from the answer.
    Reasoning {
        /// Which answer.
        choice: u32,
        /// The text to append.
        text: String,
    },
    /// The provider's proof for the reasoning just sent.
    ReasoningSignature {
        /// Which answer.
        choice: u32,
        /// Opaque text.
        signature: String,
    },
    /// More of the text with which the model declines.
    Refusal {
        /// Which answer.
        choice: u32,
        /// The text to append.
        text: String,
    },
    /// More of a tool call.
    ToolCall {
        /// Which answer.
        choice: u32,
        /// Which call of that answer.
        index: u32,
        /// The call's id, in its first piece.
        id: Option<String>,
        /// The function's name, in its first piece.
        name: Option<String>,
        /// Arguments to append.
        arguments: String,
    },
    /// One answer is complete. A stream that ends without it was cut.
    Finish {
        /// Which answer.
        choice: u32,
        /// Why it ended.
        reason: FinishReason,
    },
    /// Tokens used so far; the last one counts.
    Usage(Usage),
    /// Other fields an `OpenAI`-speaking provider sent (`logprobs`, `system_fingerprint`, …), as
    /// received.
    Extra {
        /// Which answer they belong to; the reply as a whole when absent.
        choice: Option<u32>,
        /// The fields. Those of the message itself are in one object under `delta`.
        fields: RawFields,
    },
}

impl StreamEvent {
    /// Whether a client would see it: content as opposed to book-keeping.
    pub fn is_content(&self) -> bool {
        matches!(
            self,
            Self::Text { .. }
                | Self::Reasoning { .. }
                | Self::Refusal { .. }
                | Self::ToolCall { .. }
        )
    }
}
