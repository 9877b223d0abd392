//! A language nobody speaks, for finding layouts that only work in English.

use super::template::{Piece, pieces};

/// English made about half as long again, with accents and wide characters, between brackets.
///
/// A text in a screenshot without brackets was never in the catalogue; a bracket that is cut off
/// shows a layout that is too tight. Slots stay slots.
pub fn pseudo(text: &str) -> String {
    let mut out = String::from("[");
    let mut letters = 0;
    for piece in pieces(text) {
        match piece {
            Piece::Slot(name) => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
            Piece::Literal("{") => out.push_str("{{"),
            Piece::Literal("}") => out.push_str("}}"),
            Piece::Literal(literal) => {
                letters += literal.chars().count();
                out.extend(literal.chars().map(accented));
            }
        }
    }
    // A wide character stands for two columns.
    out.extend(std::iter::repeat_n('字', letters.div_ceil(5)));
    out.push(']');
    out
}

fn accented(letter: char) -> char {
    match letter {
        'a' => 'á',
        'e' => 'ë',
        'i' => 'í',
        'o' => 'ö',
        'u' => 'ü',
        'n' => 'ñ',
        'A' => 'Å',
        'E' => 'É',
        'O' => 'Ø',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn slots_survive_and_the_text_grows() {
        let text = pseudo("no model {name} in {{x}}");
        assert!(text.contains("{name}") && text.contains("{{x}}"), "{text}");
        assert!(!text.contains("model"));
        let plain = "an ordinary sentence of help";
        assert!(width(&pseudo(plain)) * 10 >= width(plain) * 13);
    }
}
