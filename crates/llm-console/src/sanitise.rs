//! Making text that others wrote harmless to a terminal.
//!
//! A terminal obeys control characters: an answer or an error message could clear the screen,
//! set the title, hide what follows or put text into the clipboard. On a terminal every such
//! character is replaced by a sign that shows it was there. Pipes and files get the text as it is.

/// Replaces control characters in text that arrives in pieces.
///
/// Line breaks, tabs and everything printable pass unchanged. The result does not depend on where
/// the pieces were cut.
#[derive(Clone, Debug, Default)]
pub struct Sanitiser {
    /// A carriage return whose successor is not known yet.
    has_return: bool,
}

impl Sanitiser {
    /// Starts at the beginning of a text.
    pub fn new() -> Self {
        Self::default()
    }

    /// The harmless form of the next piece.
    pub fn push(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        for c in piece.chars() {
            // With a line feed it is one line break; alone it would overwrite the line.
            if std::mem::take(&mut self.has_return) && c != '\n' {
                out.push(visible('\r'));
            }
            match c {
                '\r' => self.has_return = true,
                '\n' | '\t' => out.push(c),
                _ => out.push(visible(c)),
            }
        }
        out
    }

    /// What is left at the end of the text.
    pub fn finish(&mut self) -> String {
        if std::mem::take(&mut self.has_return) {
            visible('\r').to_string()
        } else {
            String::new()
        }
    }
}

/// The harmless form of a whole text.
pub fn text(text: &str) -> String {
    let mut sanitiser = Sanitiser::new();
    let mut out = sanitiser.push(text);
    out.push_str(&sanitiser.finish());
    out
}

/// The harmless form of a text that has to stay on one line.
pub fn one_line(text: &str) -> String {
    if text.chars().all(|c| visible(c) == c) {
        return text.to_owned();
    }
    text.replace("\r\n", " ")
        .chars()
        .map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                visible(c)
            }
        })
        .collect()
}

/// The character itself, or a sign for one that a terminal would obey: the control pictures of
/// Unicode for C0 and DEL, the replacement character for C1 and for the two overrides of the
/// direction of writing, which can make a command read differently from what it does.
fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202d}' | '\u{202e}' => '\u{fffd}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_become_visible_and_lose_their_power() {
        assert_eq!(
            text("\u{1b}]52;c;ZXZpbA==\u{7}ok\u{1b}[2J"),
            "␛]52;c;ZXZpbA==␇ok␛[2J"
        );
        assert_eq!(text("\u{9b}31mred"), "\u{fffd}31mred");
        assert_eq!(text("safe\rrm -rf /\n"), "safe␍rm -rf /\n");
        assert_eq!(text("dos\r\nlines\r"), "dos\nlines␍");
        assert_eq!(text("a\u{8}\u{8}b\u{7f}"), "a␈␈b␡");
        assert_eq!(one_line("two\nlines\tand\u{1b}[1m"), "two lines and␛[1m");
    }

    #[test]
    fn what_people_write_is_unchanged() {
        let written = "标题：\n\t- 你好 👩‍🚀 naïve שלום\u{200f} e\u{301}\n";
        assert_eq!(text(written), written);
    }

    /// Text with many control characters in it.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\u{1b}".to_owned()),
            Just("\r".to_owned()),
            Just("\n".to_owned()),
            Just("\u{9d}".to_owned()),
            any::<char>().prop_map(String::from),
            "\\PC{0,8}",
            "[\\x00-\\x1f\\x7f-\\x9f]{0,4}",
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_survives(input in hostile()) {
            for c in text(&input).chars() {
                prop_assert!(!c.is_control() || c == '\n' || c == '\t', "{:?} survived", c);
            }
            prop_assert!(!one_line(&input).chars().any(char::is_control));
        }

        #[test]
        fn printable_text_is_unchanged(input in "[^\\p{C}]{0,60}") {
            prop_assert_eq!(text(&input), input);
        }

        #[test]
        fn the_cuts_do_not_matter(input in hostile(), cuts in prop::collection::vec(0usize..64, 0..8)) {
            let chars: Vec<char> = input.chars().collect();
            let mut sanitiser = Sanitiser::new();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(chars.len())).collect();
            cuts.extend([0, chars.len()]);
            cuts.sort_unstable();
            let mut out = String::new();
            for pair in cuts.windows(2) {
                let piece: String = chars[pair[0]..pair[1]].iter().collect();
                out.push_str(&sanitiser.push(&piece));
            }
            out.push_str(&sanitiser.finish());
            prop_assert_eq!(out, text(&input));
        }
    }
}
