//! Short answers in words: case, punctuation and articles are folded away.

use super::plain::plain;
use crate::types::tokens::is_cjk;

/// Longest answer, in characters, that can be counted by its words.
const LONGEST: usize = 80;

/// Bytes beyond which a text is not even looked at.
const TOO_LONG: usize = 16 * LONGEST;

/// The folded text; `None` when nothing is left or it is too long to be a vote.
pub(super) fn fold(text: &str) -> Option<String> {
    if text.len() > TOO_LONG {
        return None;
    }
    let text = plain(text).to_lowercase();
    // Brackets tell (2, 3) from [2, 3]; around words they tell nothing.
    let has_digits = text.chars().any(|c| c.is_ascii_digit());
    let mut kept = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let after_digit = at > 0 && chars[at - 1].is_ascii_digit();
        let next = chars[at + 1..].iter();
        let before_digit = |next: Option<&char>| next.is_some_and(char::is_ascii_digit);
        let between_digits = after_digit && before_digit(next.clone().next());
        let in_list = after_digit && before_digit(next.clone().find(|c| **c != ' '));
        match c {
            '.' | ',' | ':' if between_digits => kept.push(*c),
            ',' if in_list => kept.push(','),
            '(' | ')' | '[' | ']' | '_' if has_digits => kept.push(*c),
            '\'' | '’' => {}
            _ if is_punctuation(*c) || c.is_whitespace() || c.is_control() => kept.push(' '),
            _ => kept.push(*c),
        }
    }
    let words = kept.split_whitespace();
    let words: Vec<&str> = words.filter(|word| *word != "the").collect();
    let words = match words.as_slice() {
        ["a" | "an", rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let folded = close_up(&words.join(" "));
    let length = folded.chars().count();
    let is_letter = length == 1 && folded.chars().all(|c| c.is_ascii_lowercase());
    match length {
        0 => None,
        // A lone letter is an option, and options are written large.
        1 if is_letter => Some(folded.to_ascii_uppercase()),
        1..=LONGEST => Some(folded),
        _ => None,
    }
}

/// Drops spaces that Chinese and formulas have or not, as the writer pleases.
fn close_up(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_tight = |c: char| is_cjk(c) || "+-*/^=<>()[]|,".contains(c);
    chars
        .iter()
        .enumerate()
        .filter(|(at, c)| {
            let tight = |at: Option<usize>| {
                at.and_then(|at| chars.get(at))
                    .is_some_and(|c| is_tight(*c))
            };
            **c != ' ' || !(tight(at.checked_sub(1)) || tight(Some(at + 1)))
        })
        .map(|(_, c)| *c)
        .collect()
}

/// Punctuation that never tells answers apart; `+`, `#`, `%`, `&`, `/` and `-` may.
fn is_punctuation(c: char) -> bool {
    ".,;:!?\"`*_$()[]{}…。，、；：！？“”‘「」『』《》〈〉【】（）~·".contains(c)
}
