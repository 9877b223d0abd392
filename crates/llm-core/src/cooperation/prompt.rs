//! What the modes say to models, and how earlier answers are shown to later ones.
//!
//! Answers and questions are data: they are put between tags with a mark that occurs in none of
//! them, so that no answer can close its own tag, and they are never read as templates. The
//! words themselves are in `wording`, in Chinese and English.

mod fence;

mod template;

mod wording;

pub use template::{TemplateError, check, render};

pub(super) use wording::{Shown, Wording};

use super::{Proposal, Run};
use crate::types::chat::ChatRequest;
use crate::types::cooperation::Member;
use crate::types::message::{ContentPart, Message, Role};

/// The caller's conversation as this member is asked it: one answer, in the member's role.
pub(super) fn request_for(run: &Run<'_>, member: &Member) -> ChatRequest {
    let mut request = run.request.clone();
    let Some(role) = &member.role else {
        return request;
    };
    let mut messages = std::mem::take(&mut request.messages);
    let leading = messages
        .iter()
        .take_while(|message| message.role.is_instruction())
        .count();
    let instruction = Wording::of(run.language).role(role);
    messages.insert(leading, Message::system(instruction));
    request.set_messages(messages);
    request
}

/// Adds `text` to the end of the question.
pub(super) fn append(request: &mut ChatRequest, text: String) {
    edit_question(request, |content| content.push(ContentPart::Text(text)));
}

/// Puts `text` in place of the question's words. Pictures and documents stay.
pub(super) fn replace(request: &mut ChatRequest, text: String) {
    edit_question(request, |content| {
        content.retain(|part| !is_text(part));
        content.insert(0, ContentPart::Text(text));
    });
}

/// The conversation before the question, as text, and what the question carries besides words.
pub(super) fn context(request: &ChatRequest) -> (String, Vec<ContentPart>) {
    let (before, media) = match request.messages.split_last() {
        Some((last, before)) if last.role == Role::User => {
            let media = last.content.iter().filter(|part| !is_text(part));
            (before, media.cloned().collect())
        }
        _ => (request.messages.as_slice(), Vec::new()),
    };
    let lines: Vec<String> = before
        .iter()
        .map(|message| format!("{}: {}", message.role.as_str(), message.plain_text()))
        .collect();
    (lines.join("\n\n"), media)
}

/// The proposals under letters, in an order that tells nothing about who wrote them.
///
/// The order follows from the texts, so that a run can be repeated, and no author of one answer
/// can know it without knowing the others.
pub(super) fn shuffled<'a>(run: &Run<'_>, proposals: &[Proposal<'a>]) -> Vec<Shown<'a>> {
    let texts = proposals
        .iter()
        .map(|proposal| proposal.report.answer.text());
    let question = run.request.last_user_text();
    let seed = fence::digest(texts.chain([question.as_str()]));
    let mut order: Vec<usize> = (0..proposals.len()).collect();
    order.sort_by_cached_key(|at| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(seed.as_bytes());
        hasher.update(&at.to_le_bytes());
        *hasher.finalize().as_bytes()
    });
    let shown = order.into_iter().enumerate().map(|(place, at)| Shown {
        label: letter(place),
        author: (!run.plan.anonymous).then_some(proposals[at].member.label.as_str()),
        text: proposals[at].report.answer.text(),
        position: at,
    });
    shown.collect()
}

/// A, B, …, Z, AA, AB, …
fn letter(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + u8::try_from(place % 26).unwrap_or(0));
        if place < 26 {
            break;
        }
        place = place / 26 - 1;
    }
    letters.iter().rev().map(|byte| char::from(*byte)).collect()
}

/// Changes the question, which is the last message if that is a user's, or else a new one.
fn edit_question(request: &mut ChatRequest, edit: impl FnOnce(&mut Vec<ContentPart>)) {
    let mut messages = std::mem::take(&mut request.messages);
    match messages.last_mut() {
        Some(last) if last.role == Role::User => edit(&mut last.content),
        _ => {
            let mut content = Vec::new();
            edit(&mut content);
            messages.push(Message {
                content,
                ..Message::user("")
            });
        }
    }
    request.set_messages(messages);
}

fn is_text(part: &ContentPart) -> bool {
    matches!(part, ContentPart::Text(_) | ContentPart::Refusal(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::message::{Image, MediaSource};

    #[test]
    fn labels_go_on_after_z() {
        let labels: Vec<String> = [0, 1, 25, 26, 27, 52].map(letter).into();
        assert_eq!(labels, ["A", "B", "Z", "AA", "AB", "BA"]);
    }

    #[test]
    fn words_are_replaced_and_pictures_stay() {
        let mut request = ChatRequest::question("what is this?");
        let picture = ContentPart::Image(Image {
            source: MediaSource::Url("https://example.com/a.png".into()),
            detail: None,
        });
        request.messages[0].content.push(picture.clone());
        let (before, media) = context(&request);
        assert_eq!((before.as_str(), media), ("", vec![picture.clone()]));
        replace(&mut request, "improve it".into());
        assert_eq!(
            request.messages[0].content,
            [ContentPart::Text("improve it".into()), picture]
        );
    }

    #[test]
    fn a_conversation_that_ends_otherwise_gets_a_question_of_its_own() {
        let mut request = ChatRequest::new(vec![Message::user("q"), Message::assistant("a")]);
        assert_eq!(context(&request).0, "user: q\n\nassistant: a");
        append(&mut request, "go on".into());
        assert_eq!(request.messages.len(), 3);
        assert_eq!(request.last_user_text(), "go on");
    }
}
