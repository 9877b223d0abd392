//! `--extract`: fenced code blocks of an answer.

use llm_console::catalogue::Message;

/// Which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one at this place, from 1.
    Number(usize),
    /// The last one.
    Last,
    /// All of them, with an empty line between.
    All,
}

impl Which {
    /// Reads `1`, `last` or `all`.
    pub(crate) fn parse(text: &str) -> Result<Self, Message> {
        match text {
            "last" => Ok(Self::Last),
            "all" => Ok(Self::All),
            number => match number.parse() {
                Ok(place) if place > 0 => Ok(Self::Number(place)),
                _ => Err(Message::new("cooperation.ask.bad_extract")),
            },
        }
    }

    /// The wanted part of an answer; `None` when it has no such block.
    pub(crate) fn of(self, text: &str) -> Option<String> {
        let mut blocks = blocks(text);
        match self {
            Self::Number(place) => (place <= blocks.len()).then(|| blocks.swap_remove(place - 1)),
            Self::Last => blocks.pop(),
            Self::All => (!blocks.is_empty()).then(|| blocks.join("\n\n")),
        }
    }
}

/// The fenced blocks of a text, without their fences. One that is not closed ends with the text.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(char, usize, Vec<&str>)> = None;
    for line in text.lines() {
        let fence = fence(line);
        match (&mut open, fence) {
            (None, Some((mark, length, _))) => open = Some((mark, length, Vec::new())),
            (Some((mark, length, lines)), Some((found, found_length, true)))
                if found == *mark && found_length >= *length =>
            {
                blocks.push(lines.join("\n"));
                open = None;
            }
            (Some((_, _, lines)), _) => lines.push(line),
            (None, None) => {}
        }
    }
    blocks.extend(open.map(|(_, _, lines)| lines.join("\n")));
    blocks
}

/// The mark of a fence, how often it stands there, and whether nothing follows.
fn fence(line: &str) -> Option<(char, usize, bool)> {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3).then(|| (mark, length, line[length..].trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_found_by_their_fences() {
        let text = "so:\n```rust\nfn a() {}\n```\nand\n~~~~\n```\nnot an end\n~~~~\nend";
        assert_eq!(Which::Number(1).of(text).as_deref(), Some("fn a() {}"));
        assert_eq!(Which::Last.of(text).as_deref(), Some("```\nnot an end"));
        assert_eq!(
            Which::All.of(text).as_deref(),
            Some("fn a() {}\n\n```\nnot an end")
        );
        assert_eq!(Which::Number(3).of(text), None);
        assert_eq!(Which::Last.of("no block"), None);
        assert_eq!(Which::Number(1).of("```\ncut").as_deref(), Some("cut"));
    }

    proptest! {
        #[test]
        fn a_block_comes_out_as_it_went_in(
            before in "[a-z \n]{0,20}",
            code in "[a-z(){} \n]{0,40}",
            length in 3_usize..6,
        ) {
            let code = code.trim_end_matches('\n');
            let fence = "`".repeat(length);
            let text = format!("{before}\n{fence}rust\n{code}\n{fence}\nafter");
            prop_assert_eq!(Which::Number(1).of(&text), Some(code.to_owned()));
            prop_assert_eq!(Which::Last.of(&text), Some(code.to_owned()));
        }
    }
}
