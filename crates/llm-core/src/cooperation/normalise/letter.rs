//! Letters of multiple choice: `B`, `(b)`, `B. Paris`, `选项B`, `A and C`.

use super::kind::Choices;
use super::plain::plain;
use crate::types::tokens::is_cjk;

/// What people write before the letter they choose.
const BEFORE: &[&str] = &[
    "option",
    "choice",
    "answer",
    "letter",
    "选项",
    "选择",
    "应选",
    "应该选",
    "故选",
    "我选",
    "选",
    "答案",
    "是",
    "为",
    ":",
];

/// Characters around a letter that say nothing.
fn is_frame(c: char) -> bool {
    c.is_whitespace() || "*_`\"'“”()[]{}<>《》【】".contains(c)
}

/// The letter or letters `text` begins with, in alphabetical order, if they are options.
pub(super) fn read(text: &str, choices: &Choices) -> Option<String> {
    let text = plain(text);
    let text = strip_before(text.trim_matches(is_frame));
    several(text, choices).or_else(|| first(text, choices))
}

/// A letter that is plainly a choice although the question shows no options.
pub(super) fn explicit(text: &str) -> Option<String> {
    let text = plain(text);
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .or_else(|| {
            let stripped = strip_before(trimmed);
            (stripped != trimmed).then_some(stripped)
        })?;
    let mut chars = inner.trim_matches(|c| is_frame(c) || c == '.').chars();
    match (chars.next(), chars.next()) {
        (Some(letter @ 'A'..='J'), None) => Some(letter.to_string()),
        _ => None,
    }
}

fn strip_before(mut text: &str) -> &str {
    loop {
        let rest = BEFORE.iter().find_map(|word| {
            let head = text.get(..word.len())?;
            // "Bananas" does not begin with a word; "option B" does.
            let rest = &text[word.len()..];
            let is_word =
                !word.is_ascii() || !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
            (head.eq_ignore_ascii_case(word) && is_word).then_some(rest)
        });
        match rest {
            Some(rest) => text = rest.trim_matches(is_frame),
            None => return text,
        }
    }
}

/// The whole text is letters: one, or several with separators or without.
fn several(text: &str, choices: &Choices) -> Option<String> {
    let text = text.trim_end_matches(|c| is_frame(c) || ".,;。、".contains(c));
    let mut chars = text.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        let letter = only.to_ascii_uppercase();
        return choices.has(letter).then(|| letter.to_string());
    }
    let spaced = text.replace([',', '、', '/', '&', '(', ')', '和', '与', '及'], " ");
    let mut letters: Vec<char> = Vec::new();
    for piece in spaced.split_whitespace().filter(|piece| *piece != "and") {
        for letter in piece.chars() {
            if !choices.has(letter) || letters.contains(&letter) {
                return None;
            }
            letters.push(letter);
        }
    }
    letters.sort_unstable();
    (!letters.is_empty()).then(|| letters.into_iter().collect())
}

/// The text begins with one large letter that is set apart from what follows.
fn first(text: &str, choices: &Choices) -> Option<String> {
    let letter = text.chars().next().filter(|c| choices.has(*c))?;
    let rest = &text[letter.len_utf8()..];
    let next = rest.chars().next()?;
    let apart = ".:)、,;*-".contains(next)
        || is_cjk(next)
        || rest.starts_with(" (")
        || rest.starts_with(" -")
        || choices.letter_of(rest) == Some(letter.to_string());
    // "A, B or none" is not A.
    let another = rest
        .trim_start_matches([',', '、', ' '])
        .chars()
        .next()
        .is_some_and(|c| ",、".contains(next) && choices.has(c));
    (apart && !another).then(|| letter.to_string())
}
