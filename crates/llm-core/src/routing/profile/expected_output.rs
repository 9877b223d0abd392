//! How long the answer will be, where the caller set no maximum.

use super::kind::Kind;
use super::structure::Structure;
use crate::types::task::Difficulty;
use crate::types::tokens;

/// Tokens of a Han character of the answer, and of an English word, in hundredths.
const PER_HAN: u64 = 74;
const PER_WORD: u64 = 133;

/// Expected tokens of one answer.
///
/// Figures by task, from the usual length of such answers: half for an easy request, half as much
/// again for a hard one, twice for a very hard one. Work that repeats a given text is as long as
/// the text. A length named in the request (`800字`, `500 words`) wins.
pub(super) fn expect(kind: Kind, difficulty: Difficulty, structure: &Structure, text: &str) -> u64 {
    if let Some(length) = structure.wanted_length {
        let each = if structure.han > 0 { PER_HAN } else { PER_WORD };
        return (length * each / 100).max(1);
    }
    let by_task = match kind {
        Kind::Translation | Kind::Rewriting => return tokens::of_text(text) + 20,
        Kind::Summarization => return (tokens::of_text(text) / 4).clamp(80, 600),
        Kind::Classification => return 60,
        Kind::Code | Kind::Writing | Kind::Analysis => 900,
        Kind::Math | Kind::Reasoning | Kind::Comparison => 700,
        Kind::Advice => 500,
        Kind::Knowledge | Kind::General | Kind::Vision => 350,
        Kind::Extraction | Kind::Roleplay => 250,
        Kind::Chat => 100,
    };
    match difficulty {
        Difficulty::Low => by_task / 2,
        Difficulty::Medium => by_task,
        Difficulty::High => by_task * 3 / 2,
        Difficulty::VeryHigh => by_task * 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_length_wins_and_a_translation_is_as_long_as_its_text() {
        let named = Structure::of("写一篇800字的作文");
        assert_eq!(expect(Kind::Writing, Difficulty::High, &named, ""), 592);
        let named = Structure::of("a 300-word essay");
        assert_eq!(expect(Kind::Writing, Difficulty::Low, &named, ""), 399);
        let text = "一段话。".repeat(200);
        let plain = Structure::of(&text);
        let expected = expect(Kind::Translation, Difficulty::High, &plain, &text);
        assert_eq!(expected, tokens::of_text(&text) + 20);
    }
}
