//! What of a conversation is read to find out what it is about, and how much there is of it.
//!
//! The task is that of the last user turn. Earlier turns count for their size and their media
//! only, unless the last one merely goes on from them (`继续`, `go on`); which turn to take then is
//! decided by the caller, with [`Reading::earlier`].

use std::borrow::Cow;

use crate::types::chat::ChatRequest;
use crate::types::message::{ContentPart, Message, Role};

/// Text longer than this is read at its beginning and end only: what is asked stands there, and
/// reading more told no more requests apart (measured), but took longer.
const WHOLE: usize = 3 * 1024;
/// Bytes read from the beginning of a longer text.
const HEAD: usize = 2 * 1024;
/// Bytes read from its end.
const TAIL: usize = 1024;

/// The turns a request is judged by, newest first.
pub(super) struct Reading<'a> {
    turns: Vec<&'a Message>,
}

impl<'a> Reading<'a> {
    /// Finds the user's turns.
    pub(super) fn of(chat: &'a ChatRequest) -> Self {
        let turns = chat
            .messages
            .iter()
            .rev()
            .filter(|message| message.role == Role::User)
            .take(MAX_TURNS)
            .collect();
        Self { turns }
    }

    /// The sample of the user's latest words.
    pub(super) fn latest(&self) -> Cow<'a, str> {
        self.turns.first().map_or(Cow::Borrowed(""), |m| sample(m))
    }

    /// Samples of what the user said before, newest first.
    pub(super) fn earlier(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.turns.iter().skip(1).map(|message| sample(message))
    }
}

/// How far back a turn that only goes on is followed.
const MAX_TURNS: usize = 5;

/// The text of a message, shortened in the middle when long: instructions stand at either end.
fn sample(message: &Message) -> Cow<'_, str> {
    let text = whole_text(message);
    if text.len() <= WHOLE {
        return text;
    }
    let head = &text[..text.floor_char_boundary(HEAD)];
    let tail = &text[text.ceil_char_boundary(text.len() - TAIL)..];
    Cow::Owned(format!("{head}\n{tail}"))
}

/// The text of a message, each piece without surrounding blanks; borrowed where it is one piece.
fn whole_text(message: &Message) -> Cow<'_, str> {
    let mut texts = message.content.iter().filter_map(|part| match part {
        ContentPart::Text(text) => Some(text.trim()),
        _ => None,
    });
    match (texts.next(), texts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            let mut whole = format!("{first}\n{second}");
            for text in texts {
                whole.push('\n');
                whole.push_str(text);
            }
            Cow::Owned(whole)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_user_turn_is_read_first_and_instructions_not_at_all() {
        let chat = ChatRequest::new(vec![
            Message::system("translate everything"),
            Message::user("first"),
            Message::assistant("answer"),
            Message::user("  second \n"),
        ]);
        let reading = Reading::of(&chat);
        assert_eq!(reading.latest(), "second");
        assert_eq!(reading.earlier().collect::<Vec<_>>(), ["first"]);
    }

    #[test]
    fn a_long_text_is_read_at_both_ends_and_never_inside_a_character() {
        let text = format!("开头{}结尾", "字".repeat(20_000));
        let chat = ChatRequest::question(text);
        let sample = Reading::of(&chat).latest();
        assert!(sample.starts_with("开头") && sample.ends_with("结尾"));
        assert!(sample.len() <= WHOLE + 8);
    }
}
