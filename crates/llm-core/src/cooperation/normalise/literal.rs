//! What a program prints or returns: case, punctuation and inner spaces are part of the answer.

/// Longest literal, in characters, that is counted.
const LONGEST: usize = 200;

/// The literal without markup, without quotes around all of it, and without spaces between the
/// items of lists.
pub(super) fn spell(text: &str) -> Option<String> {
    if text.len() > LONGEST * 4 {
        return None;
    }
    let text = unquoted(text.trim().trim_matches('`').trim());
    let mut out = String::with_capacity(text.len());
    let mut quote = None::<char>;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        let beside = |c: Option<&char>| c.is_some_and(|c| ",:()[]{}".contains(*c));
        let is_loose = c == ' ' && quote.is_none();
        if is_loose && (beside(out.chars().last().as_ref()) || beside(chars.peek())) {
            continue;
        }
        out.push(c);
    }
    let length = out.chars().count();
    (1..=LONGEST).contains(&length).then_some(out)
}

/// The inside of one pair of quotes around the whole text.
fn unquoted(text: &str) -> &str {
    for quote in ['\'', '"'] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty() && !inner.contains(quote)) {
            return inner;
        }
    }
    text
}
