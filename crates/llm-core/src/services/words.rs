//! How long a text is, in words that make sense in Chinese as well as in English.

use crate::types::tokens::is_cjk;

/// Words of a text: each CJK character is one, and so is each run of other letters or digits.
///
/// The rule of word processors: `GPT-4 很强大` has four words.
pub fn count(text: &str) -> usize {
    let (mut words, mut in_word) = (0, false);
    for c in text.chars() {
        if is_cjk(c) {
            words += usize::from(c.is_alphanumeric());
            in_word = false;
        } else if c.is_alphanumeric() {
            words += usize::from(!in_word);
            in_word = true;
        } else if !matches!(c, '\'' | '’' | '-' | '_' | '.' | ',') || !in_word {
            in_word = false;
        }
    }
    words
}

/// Lines that hold something: the data points of a listing.
pub fn data_points(text: &str) -> usize {
    text.lines()
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_counted_by_character_and_english_by_word() {
        for (text, words) in [
            ("", 0),
            ("hello world", 2),
            ("don't stop", 2),
            ("3.14 and 1,000", 3),
            ("人工智能正在改变世界", 10),
            ("你好，世界！", 4),
            ("GPT-4 很强大", 4),
            ("—— …", 0),
        ] {
            assert_eq!(count(text), words, "{text}");
        }
    }

    #[test]
    fn blank_and_ruled_lines_are_no_data() {
        assert_eq!(data_points("a,1\n\n---\nb,2\n"), 2);
    }
}
