//! A careful guess of the tokens a call reads and writes, for reservations only.
//!
//! No tokeniser is run: models differ in theirs, and a reservation wants an upper figure rather
//! than an exact one. Vendors' rules of thumb are four characters of English a token, and 0.6 to
//! 1 token a Chinese character; the guess is above both.

use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::message::{ContentPart, FileSource, Message};

/// Role, separators and what a chat template adds around a message.
const PER_MESSAGE: u64 = 8;

/// A large picture at full detail, by the formulas vendors publish.
const PER_IMAGE: u64 = 1_600;

/// Tokens the request makes a model read.
pub(super) fn input_tokens(request: &ChatRequest) -> u64 {
    let messages: u64 = request.messages.iter().map(message_tokens).sum();
    let tools: u64 = request
        .tools
        .iter()
        .map(|tool| {
            let schema = tool.parameters.as_ref().map(ToString::to_string);
            text_tokens(&tool.name)
                + tool.description.as_deref().map_or(0, text_tokens)
                + schema.as_deref().map_or(0, text_tokens)
                + PER_MESSAGE
        })
        .sum();
    let format = match &request.format {
        ResponseFormat::JsonSchema(schema) => text_tokens(&schema.schema.to_string()),
        ResponseFormat::Text | ResponseFormat::JsonObject => 0,
    };
    messages + tools + format + PER_MESSAGE
}

/// The most tokens the answers can have: the smaller of the caller's and the member's maximum,
/// for each answer asked for.
pub(super) fn output_tokens(request: &ChatRequest, max_output: u64) -> u64 {
    let asked = request.sampling.max_tokens.map_or(u64::MAX, u64::from);
    let answers = u64::from(request.sampling.n.unwrap_or(1).max(1));
    max_output.min(asked).saturating_mul(answers)
}

fn message_tokens(message: &Message) -> u64 {
    let parts: u64 = message.content.iter().map(part_tokens).sum();
    let calls: u64 = message
        .tool_calls
        .iter()
        .map(|call| text_tokens(&call.name) + text_tokens(&call.arguments) + PER_MESSAGE)
        .sum();
    let reasoning = message
        .reasoning
        .as_ref()
        .map_or(0, |reasoning| text_tokens(&reasoning.text));
    parts + calls + reasoning + PER_MESSAGE
}

fn part_tokens(part: &ContentPart) -> u64 {
    match part {
        ContentPart::Text(text) | ContentPart::Refusal(text) => text_tokens(text),
        ContentPart::Image(_) => PER_IMAGE,
        // 32 tokens a second with the vendor that charges most; 4 KB is a second at a low rate.
        ContentPart::Audio(audio) => audio.data.len() as u64 / 128,
        // Pages are read as text and as pictures; a page is seldom under 20 KB of base64.
        ContentPart::File(file) => match &file.source {
            FileSource::Inline { data, .. } => (data.len() as u64 / 8).max(PER_IMAGE),
            FileSource::Id(_) => PER_IMAGE,
        },
    }
}

/// One token for three ASCII bytes, and three for two other characters.
fn text_tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().filter(|c| !c.is_ascii()).count() as u64;
    ascii.div_ceil(3) + (others * 3).div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::message::{Image, MediaSource, Tool};

    #[test]
    fn the_guess_is_above_the_rules_of_thumb() {
        let english = "The quick brown fox jumps over the lazy dog, and nobody minds.";
        let guess = text_tokens(english);
        assert!(guess * 4 > english.len() as u64 && guess < english.len() as u64);
        assert!(text_tokens("大语言模型可以协作回答问题。") > 14);
        assert_eq!(text_tokens(""), 0);
    }

    #[test]
    fn everything_a_model_reads_is_counted() {
        let mut request = ChatRequest::question("q");
        let plain = input_tokens(&request);
        request.messages[0].content.push(ContentPart::Image(Image {
            source: MediaSource::Url("https://example.com/a.png".into()),
            detail: None,
        }));
        assert_eq!(input_tokens(&request), plain + PER_IMAGE);
        request.tools.push(Tool {
            name: "f".into(),
            description: None,
            parameters: Some(serde_json::json!({"type": "object"})),
            strict: None,
        });
        assert!(input_tokens(&request) > plain + PER_IMAGE + 5);
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
