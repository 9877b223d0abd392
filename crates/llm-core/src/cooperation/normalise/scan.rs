//! Finds numbers in running text, where nothing marks the one that is meant.

use super::extract::tail;
use super::number;
use super::plain::plain;
use crate::types::tokens::is_cjk;

/// The number of a clause that holds exactly one and no arithmetic.
pub(super) fn only_one_in(text: &str, percent: bool) -> Option<String> {
    let text = plain(text);
    let arithmetic = ['^', '*', '/', '+', '=', '(', '√', 'π', '\\', '<', '>'];
    if text.contains(arithmetic) || text.contains("sqrt") {
        return None;
    }
    let mut tokens = tokens(&text);
    let only = tokens.next().filter(|_| tokens.next().is_none())?;
    number::read(only, true, percent)
}

/// The last number anywhere in a text.
pub(super) fn last_in(text: &str, percent: bool) -> Option<String> {
    let text = plain(tail(text));
    let tokens: Vec<&str> = tokens(&text).collect();
    tokens
        .iter()
        .rev()
        .find_map(|token| number::read(token, true, percent))
}

/// Pieces of `text` that begin like numbers in digits, with the letters that touch them: the 3 of
/// `3x` and of `3rd` is not a number, that of `3km` is.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
        let mut end = start;
        while end < bytes.len() {
            let joins = matches!(bytes[end], b'.' | b',' | b'/')
                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            if !bytes[end].is_ascii_digit() && !joins {
                break;
            }
            end += 1;
        }
        let before = |count: usize| start.checked_sub(count).map(|at| bytes[at]);
        let is_negative =
            before(1) == Some(b'-') && !before(2).is_some_and(|b| b.is_ascii_alphanumeric());
        let from = if is_negative { start - 1 } else { start };
        let touching = text[end..]
            .chars()
            .take_while(|c| matches!(c, '%' | '_') || (c.is_alphabetic() && !is_cjk(*c)));
        end += touching.map(char::len_utf8).sum::<usize>();
        at = end;
        // The 2 of H2O is no number; an empty piece is passed over by the reader.
        let within_word = before(1).is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        Some(if within_word { "" } else { &text[from..end] })
    })
}
