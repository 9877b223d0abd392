//! An estimate of how many tokens a text has, where no provider has counted it.
//!
//! Counted by script class in one pass over the bytes: a Latin word is one token for each started
//! four letters, a CJK character is 0.75 tokens (three for every four), digits come in threes, a
//! mark of punctuation is one token and white space none. Good enough to route, to reserve and to
//! mark an amount `estimated`; never billed as exact.

use super::chat::ChatRequest;
use super::message::ContentPart;

/// Tokens a message costs besides its text (role and separators).
const MESSAGE_OVERHEAD: u64 = 4;

/// Tokens a picture is taken for: a mid-sized one at ordinary detail.
const IMAGE: u64 = 800;

/// Estimated tokens of a text.
pub fn of_text(text: &str) -> u64 {
    let mut quarters = 0_u64;
    let (mut letters, mut digits) = (0_u64, 0_u64);
    for c in text.chars() {
        let is_digit = c.is_ascii_digit();
        let is_letter = !is_digit && c.is_alphabetic() && !is_cjk(c);
        if !is_letter {
            quarters += letters.div_ceil(4) * 4;
            letters = 0;
        }
        if !is_digit {
            quarters += digits.div_ceil(3) * 4;
            digits = 0;
        }
        if is_letter {
            letters += 1;
        } else if is_digit {
            digits += 1;
        } else if is_cjk(c) {
            quarters += 3;
        } else if !c.is_whitespace() {
            quarters += 4;
        }
    }
    quarters += letters.div_ceil(4) * 4 + digits.div_ceil(3) * 4;
    quarters.div_ceil(4)
}

/// Estimated tokens of a whole conversation, tools and media included.
pub fn of_request(request: &ChatRequest) -> u64 {
    let mut total = 0;
    for message in &request.messages {
        total += MESSAGE_OVERHEAD;
        for part in &message.content {
            total += match part {
                ContentPart::Text(text) | ContentPart::Refusal(text) => of_text(text),
                ContentPart::Image(_) => IMAGE,
                // Sound and documents are counted by the size of what is sent.
                ContentPart::Audio(audio) => audio.data.len() as u64 / 200,
                ContentPart::File(file) => match &file.source {
                    super::message::FileSource::Inline { data, .. } => data.len() as u64 / 40,
                    super::message::FileSource::Id(_) => IMAGE,
                },
            };
        }
        for call in &message.tool_calls {
            total += MESSAGE_OVERHEAD + of_text(&call.name) + of_text(&call.arguments);
        }
    }
    for tool in &request.tools {
        total += 8 + of_text(&tool.name) + of_text(tool.description.as_deref().unwrap_or_default());
        total += tool
            .parameters
            .as_ref()
            .map_or(0, |schema| of_text(&schema.to_string()));
    }
    total
}

/// Whether a character belongs to the scripts that are written without spaces.
pub fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_counted_by_their_own_measure() {
        assert_eq!(of_text(""), 0);
        assert_eq!(of_text("hello world"), 4);
        assert_eq!(of_text("你好世界"), 3);
        assert_eq!(of_text("123456"), 2);
    }

    proptest::proptest! {
        #[test]
        fn a_longer_text_never_has_fewer_tokens(text in ".{0,200}", more in ".{0,50}") {
            let longer = format!("{text}{more}");
            proptest::prop_assert!(of_text(&longer) >= of_text(&text));
        }
    }
}
