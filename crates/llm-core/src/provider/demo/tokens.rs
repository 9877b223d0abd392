//! How the demonstration counts tokens: a rule a reader can check by hand.
//!
//! A token is one Chinese, Japanese or Korean character, or up to four characters of anything else
//! together with the blank space before them. A message costs 4 tokens more than its text, a picture
//! 85, any other attachment 100.

use crate::types::chat::ChatRequest;
use crate::types::message::ContentPart;

const PER_MESSAGE: u64 = 4;
const PER_PICTURE: u64 = 85;
const PER_ATTACHMENT: u64 = 100;
const LONGEST: usize = 4;

/// Whether a character counts as a token of its own.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// Cuts a text into its tokens; joined they are the text again.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut length = 0;
    for (at, c) in text.char_indices() {
        let begins = length > 0 && (is_cjk(c) || c.is_whitespace() || length == LONGEST)
            || text[start..at].chars().next_back().is_some_and(is_cjk);
        if begins {
            pieces.push(&text[start..at]);
            start = at;
            length = 0;
        }
        length += usize::from(!c.is_whitespace());
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Tokens of a text.
pub(super) fn count(text: &str) -> u64 {
    pieces(text).len() as u64
}

/// Tokens of a whole request.
pub(super) fn count_request(request: &ChatRequest) -> u64 {
    let messages = request.messages.iter().map(|message| {
        let content = message.content.iter().map(|part| match part {
            ContentPart::Text(text) | ContentPart::Refusal(text) => count(text),
            ContentPart::Image(_) => PER_PICTURE,
            ContentPart::Audio(_) | ContentPart::File(_) => PER_ATTACHMENT,
        });
        let calls = message.tool_calls.iter();
        let calls = calls.map(|call| count(&call.name) + count(&call.arguments));
        PER_MESSAGE + content.sum::<u64>() + calls.sum::<u64>()
    });
    messages.sum()
}
