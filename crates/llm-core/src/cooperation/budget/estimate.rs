//! The worst case of a call in tokens, for reservations only.

use crate::types::chat::ChatRequest;
use crate::types::tokens;

/// What an estimate is raised by, in percent, to be an upper figure for most vocabularies.
const MARGIN: u64 = 20;

/// Tokens the request may make a model read.
pub(super) fn input_tokens(request: &ChatRequest) -> u64 {
    let thoughts: u64 = request
        .messages
        .iter()
        .filter_map(|message| message.reasoning.as_ref())
        .map(|reasoning| tokens::of_text(&reasoning.text))
        .sum();
    let estimate = tokens::of_request(request) + thoughts;
    (estimate * (100 + MARGIN)).div_ceil(100)
}

/// The most tokens the answers can have: the smaller of the caller's and the member's maximum,
/// for each answer asked for.
pub(super) fn output_tokens(request: &ChatRequest, max_output: u64) -> u64 {
    let asked = request.sampling.max_tokens.map_or(u64::MAX, u64::from);
    let answers = u64::from(request.sampling.n.unwrap_or(1).max(1));
    max_output.min(asked).saturating_mul(answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::chat::{JsonSchema, ResponseFormat};
    use crate::types::message::Reasoning;

    #[test]
    fn what_a_model_reads_is_counted_with_a_margin() {
        let mut request = ChatRequest::question("How many apples are left in the box?");
        let plain = input_tokens(&request);
        assert!(plain > tokens::of_request(&request));
        request.messages[0].reasoning = Some(Reasoning {
            text: "thoughts of an earlier turn".into(),
            signature: None,
        });
        let with_thoughts = input_tokens(&request);
        assert!(with_thoughts > plain);
        request.format = ResponseFormat::JsonSchema(JsonSchema {
            name: "s".into(),
            description: None,
            schema: serde_json::json!({"type": "object"}),
            strict: None,
        });
        assert!(input_tokens(&request) > with_thoughts);
    }

    #[test]
    fn the_smaller_maximum_counts_for_each_answer() {
        let mut request = ChatRequest::question("q");
        assert_eq!(output_tokens(&request, 500), 500);
        request.sampling.max_tokens = Some(100);
        request.sampling.n = Some(3);
        assert_eq!(output_tokens(&request, 500), 300);
    }
}
