//! Answers that are kept for a while, so that a later request can refer to one instead of sending
//! the conversation again. Kept in memory only: they are prompts and answers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use llm_core::types::answer::Answer;
use llm_core::types::ids::KeyId;
use llm_core::types::message::{ContentPart, FileSource, MediaSource, Message, Role};
use parking_lot::Mutex;
use tokio::time::Instant;

/// Bytes of everything that is kept together.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Whose an answer is: the key that asked, or nobody's in particular.
pub type Owner = Option<KeyId>;

/// Where answers are kept. What is absent, expired and somebody else's cannot be told apart.
pub trait ResponseStore: Send + Sync {
    /// Keeps an answer; older ones make room for it.
    fn put(&self, kept: Kept, limits: Limits, now: Instant);

    /// An answer of this owner.
    fn get(&self, id: &str, owner: &Owner, now: Instant) -> Option<Arc<Kept>>;

    /// Forgets an answer of this owner; whether there was one.
    fn remove(&self, id: &str, owner: &Owner, now: Instant) -> bool;
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most answers.
    pub count: usize,
    /// How long each.
    pub time: Duration,
}

/// An answer that is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The body of its reply.
    pub body: String,
    /// The conversation with the answer at its end, without instructions.
    pub conversation: Vec<Message>,
}

impl Kept {
    fn bytes(&self) -> usize {
        let messages: usize = self.conversation.iter().map(message_bytes).sum();
        self.body.len() + messages
    }
}

fn message_bytes(message: &Message) -> usize {
    let parts: usize = message.content.iter().map(part_bytes).sum();
    let calls: usize = message
        .tool_calls
        .iter()
        .map(|call| call.name.len() + call.arguments.len())
        .sum();
    let thoughts = message.reasoning.as_ref().map_or(0, |thoughts| {
        thoughts.text.len() + thoughts.signature.as_deref().map_or(0, str::len)
    });
    size_of::<Message>() + parts + calls + thoughts
}

fn part_bytes(part: &ContentPart) -> usize {
    match part {
        ContentPart::Text(text) | ContentPart::Refusal(text) => text.len(),
        ContentPart::Audio(audio) => audio.data.len(),
        ContentPart::Image(image) => match &image.source {
            MediaSource::Url(text) | MediaSource::Inline { data: text, .. } => text.len(),
        },
        ContentPart::File(file) => match &file.source {
            FileSource::Id(text) | FileSource::Inline { data: text, .. } => text.len(),
        },
    }
}

/// What the model said, as a turn of a conversation.
pub fn turn(answer: &Answer) -> Message {
    let mut message = Message::assistant("");
    message.content.clear();
    if let Some(choice) = answer.choices.first() {
        if !choice.text.is_empty() {
            message.content.push(ContentPart::Text(choice.text.clone()));
        }
        let refusal = choice.refusal.clone().map(ContentPart::Refusal);
        message.content.extend(refusal);
        message.tool_calls.clone_from(&choice.tool_calls);
        message.reasoning.clone_from(&choice.reasoning);
    }
    debug_assert_eq!(message.role, Role::Assistant);
    message
}

/// Keeps answers in memory.
#[derive(Default)]
pub struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    kept: HashMap<String, Entry>,
    /// Ids in the order they came; those of forgotten answers are passed over.
    order: VecDeque<String>,
    bytes: usize,
}

struct Entry {
    kept: Arc<Kept>,
    until: Instant,
}

impl State {
    fn forget(&mut self, id: &str) -> bool {
        let found = self.kept.remove(id);
        if let Some(entry) = &found {
            self.bytes -= entry.kept.bytes();
            self.order.retain(|one| one != id);
        }
        found.is_some()
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some(id) = self.order.front().cloned() {
            let is_over = self.kept.get(&id).is_none_or(|entry| entry.until <= now);
            if !is_over {
                break;
            }
            self.forget(&id);
        }
    }

    fn find(&self, id: &str, owner: &Owner) -> Option<&Arc<Kept>> {
        let entry = self.kept.get(id)?;
        (entry.kept.owner == *owner).then_some(&entry.kept)
    }
}

impl ResponseStore for Memory {
    fn put(&self, kept: Kept, limits: Limits, now: Instant) {
        let bytes = kept.bytes();
        if limits.count == 0 || bytes > MOST_BYTES {
            return;
        }
        let mut state = self.0.lock();
        state.forget_expired(now);
        while state.kept.len() >= limits.count || state.bytes + bytes > MOST_BYTES {
            let Some(oldest) = state.order.front().cloned() else {
                break;
            };
            state.forget(&oldest);
        }
        state.bytes += bytes;
        state.order.push_back(kept.id.clone());
        let entry = Entry {
            until: now + limits.time,
            kept: Arc::new(kept),
        };
        state.kept.insert(entry.kept.id.clone(), entry);
    }

    fn get(&self, id: &str, owner: &Owner, now: Instant) -> Option<Arc<Kept>> {
        let mut state = self.0.lock();
        state.forget_expired(now);
        state.find(id, owner).cloned()
    }

    fn remove(&self, id: &str, owner: &Owner, now: Instant) -> bool {
        let mut state = self.0.lock();
        state.forget_expired(now);
        state.find(id, owner).is_some() && state.forget(id)
    }
}

#[cfg(test)]
mod tests {
    use llm_core::types::clock::{Clock as _, SystemClock};

    use super::*;

    fn kept(id: &str, owner: Option<&str>, text: &str) -> Kept {
        Kept {
            id: id.into(),
            owner: owner.map(Into::into),
            body: text.into(),
            conversation: Vec::new(),
        }
    }

    const TWO: Limits = Limits {
        count: 2,
        time: Duration::from_secs(60),
    };

    #[tokio::test(start_paused = true)]
    async fn what_expired_was_pushed_out_or_is_anothers_is_absent() {
        let (store, now) = (Memory::default(), SystemClock.now());
        store.put(kept("a", Some("k1"), "1"), TWO, now);
        assert!(store.get("a", &Some("k1".into()), now).is_some());
        assert!(store.get("a", &Some("k2".into()), now).is_none());
        assert!(store.get("a", &None, now).is_none());
        assert!(!store.remove("a", &None, now));
        let later = now + Duration::from_secs(61);
        assert!(store.get("a", &Some("k1".into()), later).is_none());
        for id in ["b", "c", "d"] {
            store.put(kept(id, None, "1"), TWO, later);
        }
        assert!(store.get("b", &None, later).is_none());
        assert!(store.get("d", &None, later).is_some());
        assert!(store.remove("d", &None, later) && !store.remove("d", &None, later));
    }

    #[tokio::test(start_paused = true)]
    async fn large_answers_make_room_for_each_other() {
        let (store, now) = (Memory::default(), SystemClock.now());
        let many = Limits {
            count: 1_000,
            ..TWO
        };
        let third = "x".repeat(MOST_BYTES / 3 + 1);
        for id in ["a", "b", "c"] {
            store.put(kept(id, None, &third), many, now);
        }
        assert!(store.get("a", &None, now).is_none());
        assert!(store.get("c", &None, now).is_some());
        store.put(kept("huge", None, &"x".repeat(MOST_BYTES + 1)), many, now);
        assert!(store.get("huge", &None, now).is_none());
        assert!(store.get("c", &None, now).is_some());
    }
}
