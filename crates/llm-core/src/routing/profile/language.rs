//! The language a text is written in, by its scripts and a few function words.

use super::structure::{Structure, is_han};
use crate::types::task::Language;

/// Han characters that say as much as one Latin word.
const HAN_PER_WORD: f64 = 1.7;
/// Letters of a Latin word.
const LETTERS_PER_WORD: f64 = 5.0;
/// From this share of Chinese on a text is Chinese.
const CHINESE: f64 = 0.6;
/// From this share on Chinese is there in earnest.
const EARNEST: f64 = 0.15;
/// Characters of a text that are looked at for function words.
const LOOKED_AT: usize = 300;

/// The language of a text and the share of Chinese in it, 0 to 1.
pub(super) fn detect(text: &str, structure: &Structure) -> (Language, f64) {
    let chinese = structure.han as f64 / HAN_PER_WORD;
    // Letters rather than words, so that the variables of a formula are not a language.
    let latin = structure.latin_letters as f64 / LETTERS_PER_WORD;
    let other = structure.other_letters as f64 / 4.0;
    let all = chinese + latin + other;
    if all < 1.0 {
        let language = if structure.han > 0 {
            Language::Chinese
        } else {
            Language::Other
        };
        return (language, f64::from(u8::from(structure.han > 0)));
    }
    let share = chinese / all;
    let language = if other > 0.5 * all || is_japanese(text, structure) {
        Language::Other
    } else if share >= CHINESE {
        Language::Chinese
    } else if share >= EARNEST {
        Language::Mixed
    } else if is_english(text) {
        Language::English
    } else {
        Language::Other
    };
    (language, share)
}

/// Japanese is written with Han characters too, but never without kana.
fn is_japanese(text: &str, structure: &Structure) -> bool {
    let kana = text
        .chars()
        .take(LOOKED_AT)
        .filter(|char| ('\u{3040}'..='\u{30ff}').contains(char))
        .count();
    let han = text
        .chars()
        .take(LOOKED_AT)
        .filter(|char| is_han(*char))
        .count();
    structure.other_letters > 0 && kana * 4 > han
}

/// Short words that are frequent in English and not words of the others, packed.
const ENGLISH: [u64; 41] = packed(
    "a about an and are as at be by can do does for from have how i if in is it me my of on \
     or please that the this to was what when which who why will with you your",
);
/// Short words that are frequent in other languages with Latin letters and not in English, packed.
const FOREIGN: [u64; 58] = packed(
    "al aus avec che como con das de del dem den der des di die du ein eine el en est et auf \
     für il ist je la las le les los mit nicht não o os para pas per por pour que qui se sich \
     sie sont um un una und une uma von vous wie zu",
);

/// Words between blanks, each packed.
const fn packed<const N: usize>(words: &str) -> [u64; N] {
    let bytes = words.as_bytes();
    let mut all = [0; N];
    let (mut at, mut word) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b' ' {
            word += 1;
        } else {
            all[word] = all[word] << 8 | bytes[at] as u64;
        }
        at += 1;
    }
    assert!(
        word + 1 == N,
        "the number of words is not the one announced"
    );
    all
}

/// A word of at most eight bytes in small letters, as a number that compares at once.
fn pack(word: &str) -> u64 {
    word.bytes().fold(0, |packed, byte| {
        packed << 8 | u64::from(byte.to_ascii_lowercase())
    })
}

/// Whether Latin text is English rather than another language that uses the letters.
fn is_english(text: &str) -> bool {
    let (mut english, mut foreign) = (0, 0);
    let end = text.floor_char_boundary(LOOKED_AT);
    for word in text[..end].split(|char: char| !char.is_alphabetic()) {
        if (1..=8).contains(&word.len()) {
            let packed = pack(word);
            english += usize::from(ENGLISH.contains(&packed));
            foreign += usize::from(FOREIGN.contains(&packed));
        }
    }
    foreign < 2 || english * 2 > foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(text: &str) -> Language {
        detect(text, &Structure::of(text)).0
    }

    #[test]
    fn languages_are_told_apart() {
        for (text, expected) in [
            ("解方程：2x² + 5x - 3 = 0", Language::Chinese),
            ("你好", Language::Chinese),
            ("用Python写一个快速排序", Language::Chinese),
            (
                "翻译成中文：The cat sat on the mat and looked at the dog",
                Language::Mixed,
            ),
            ("Translate 'hello' to Spanish", Language::English),
            ("I see your point about the stock market", Language::English),
            (
                "Wie ist das Wetter in der Stadt und was soll ich mit dem Hund machen?",
                Language::Other,
            ),
            (
                "¿Cómo puedo aprender a programar en casa con los niños?",
                Language::Other,
            ),
            ("今日の天気はどうですか", Language::Other),
            ("Привет, как дела?", Language::Other),
            ("12345", Language::Other),
            ("", Language::Other),
        ] {
            assert_eq!(language(text), expected, "{text}");
        }
    }
}
