//! Filling the slots of a text, in one pass over the text.

use super::Args;

/// A piece of a template.
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Slot(&'a str),
}

/// The text with every slot filled, or `None` when an argument is missing.
pub(super) fn fill(template: &str, args: Args<'_>) -> Option<String> {
    let mut filled = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Literal(text) => filled.push_str(text),
            Piece::Slot(slot) => {
                let (_, value) = args.iter().find(|(name, _)| *name == slot)?;
                filled.push_str(&value.to_string());
            }
        }
    }
    Some(filled)
}

/// The names of the slots, in order of appearance.
pub(super) fn slots(template: &str) -> impl Iterator<Item = &str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Slot(name) => Some(name),
        Piece::Literal(_) => None,
    })
}

/// Cuts a template into literal text and slots. `{{` and `}}` are braces; a brace that opens
/// nothing is a brace.
pub(super) fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = next_piece(rest);
        rest = &rest[length..];
        Some(piece)
    })
}

/// The first piece of a text that is not empty, and how many bytes it took.
fn next_piece(text: &str) -> (Piece<'_>, usize) {
    if text.starts_with("{{") || text.starts_with("}}") {
        return (Piece::Literal(&text[..1]), 2);
    }
    if let Some(name) = text
        .strip_prefix('{')
        .and_then(|inner| inner.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
    {
        return (Piece::Slot(name), name.len() + 2);
    }
    // At least one character, so that a stray brace is passed over as text.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let end = text[first..]
        .find(['{', '}'])
        .map_or(text.len(), |at| first + at);
    (Piece::Literal(&text[..end]), end)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_data() {
        let args: Args<'_> = &[("a", &"{b} {{ }"), ("b", &"never")];
        assert_eq!(
            fill("<{a}> {{a}} {", args).as_deref(),
            Some("<{b} {{ }> {a} {")
        );
    }

    #[test]
    fn a_missing_argument_is_noticed() {
        assert_eq!(fill("{a} and {b}", &[("a", &1)]), None);
    }

    #[test]
    fn json_in_a_text_is_not_a_slot() {
        assert_eq!(
            fill(r#"{"x": 1} 模型 {n}"#, &[("n", &2)]).as_deref(),
            Some(r#"{"x": 1} 模型 2"#)
        );
    }
}
