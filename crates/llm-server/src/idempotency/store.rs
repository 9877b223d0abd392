//! The answers that are kept, and the requests that are being answered: bounded in bytes and in time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::time::Instant;

/// What stands for a caller, an endpoint and a key.
pub(super) type Slot = [u8; 32];

/// What stands for a body.
pub(super) type Digest = [u8; 32];

/// What an entry takes besides its body.
const OVERHEAD: usize = 1024;

/// The largest answer that is kept, as a part of all room.
const LARGEST: usize = 8;

/// Answers by caller, endpoint and key.
#[derive(Clone, Debug)]
pub struct Answers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most_bytes: usize,
    lasts: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Slot, Entry>,
    /// Kept answers, the oldest first, with the moment each expires.
    order: VecDeque<(Instant, Slot)>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    body: Digest,
    /// `None` while it is being answered.
    kept: Option<Arc<Kept>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

/// What is known of a key.
pub(super) enum Claim {
    /// Nothing: answer the request.
    Fresh(Pending),
    /// The answer.
    Kept(Arc<Kept>),
    /// It belongs to another body.
    Mismatch,
    /// The same request is being answered.
    InProgress,
}

impl Answers {
    /// Room for so many bytes of answers, each kept for so long.
    pub fn new(most_bytes: usize, lasts: Duration) -> Self {
        Self(Arc::new(Inner {
            most_bytes,
            lasts,
            state: Mutex::default(),
        }))
    }

    /// Looks a request up, and takes its key when it is new.
    pub(super) fn claim(&self, slot: Slot, body: Digest, now: Instant) -> Claim {
        let mut state = self.0.state.lock();
        state.expire(now);
        match state.entries.get(&slot) {
            Some(entry) if entry.body != body => return Claim::Mismatch,
            Some(Entry {
                kept: Some(kept), ..
            }) => return Claim::Kept(Arc::clone(kept)),
            Some(_) => return Claim::InProgress,
            None => {}
        }
        state.entries.insert(slot, Entry { body, kept: None });
        Claim::Fresh(Pending {
            answers: self.clone(),
            slot,
            expires: now + self.0.lasts,
            is_over: false,
        })
    }
}

impl State {
    fn expire(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(until, _)| *until <= now) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((_, slot)) = self.order.pop_front() else {
            return;
        };
        if let Some(kept) = self.entries.remove(&slot).and_then(|entry| entry.kept) {
            self.bytes = self.bytes.saturating_sub(size(&kept));
        }
    }
}

fn size(kept: &Kept) -> usize {
    kept.bytes.len() + OVERHEAD
}

/// A request that is being answered. Dropped without an answer its key is free again.
#[derive(Debug)]
pub(super) struct Pending {
    answers: Answers,
    slot: Slot,
    expires: Instant,
    is_over: bool,
}

impl Pending {
    /// The largest answer that is kept.
    pub(super) fn most_bytes(&self) -> usize {
        self.answers.0.most_bytes / LARGEST
    }

    /// Keeps the answer, in the place of the oldest ones where there is no room. One that is too
    /// large is not kept, and the key is free again.
    pub(super) fn keep(mut self, kept: Kept) {
        if size(&kept) > self.most_bytes() {
            return;
        }
        self.is_over = true;
        let mut state = self.answers.0.state.lock();
        let most = self.answers.0.most_bytes;
        state.bytes += size(&kept);
        if let Some(entry) = state.entries.get_mut(&self.slot) {
            entry.kept = Some(Arc::new(kept));
        }
        // Answers end in another order than they began; the order of expiry is kept.
        let at = state
            .order
            .partition_point(|(until, _)| *until <= self.expires);
        state.order.insert(at, (self.expires, self.slot));
        while state.bytes > most {
            state.drop_oldest();
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_over {
            self.answers.0.state.lock().entries.remove(&self.slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use llm_core::types::clock::{Clock as _, SystemClock};

    use super::*;

    const LASTS: Duration = Duration::from_secs(60);

    fn kept(bytes: usize) -> Kept {
        Kept {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            bytes: Bytes::from(vec![b'x'; bytes]),
        }
    }

    fn fresh(answers: &Answers, slot: u8, now: Instant) -> Option<Pending> {
        match answers.claim([slot; 32], [0; 32], now) {
            Claim::Fresh(pending) => Some(pending),
            _ => None,
        }
    }

    #[test]
    fn a_key_is_one_request_until_it_expires() {
        let (answers, now) = (Answers::new(1 << 20, LASTS), SystemClock.now());
        let pending = fresh(&answers, 1, now).unwrap();
        assert!(matches!(
            answers.claim([1; 32], [0; 32], now),
            Claim::InProgress
        ));
        assert!(matches!(
            answers.claim([1; 32], [9; 32], now),
            Claim::Mismatch
        ));
        pending.keep(kept(3));
        assert!(matches!(
            answers.claim([1; 32], [0; 32], now),
            Claim::Kept(_)
        ));
        assert!(matches!(
            answers.claim([1; 32], [9; 32], now),
            Claim::Mismatch
        ));
        assert!(fresh(&answers, 1, now + LASTS).is_some());
    }

    #[test]
    fn a_request_that_failed_may_be_made_again() {
        let (answers, now) = (Answers::new(1 << 20, LASTS), SystemClock.now());
        drop(fresh(&answers, 1, now).unwrap());
        let pending = fresh(&answers, 1, now).unwrap();
        pending.keep(kept(1 << 20));
        assert!(fresh(&answers, 1, now).is_some(), "too large to keep");
    }

    #[test]
    fn the_oldest_answers_make_room() {
        let (answers, now) = (Answers::new(64 * 1024, LASTS), SystemClock.now());
        for slot in 0..100 {
            fresh(&answers, slot, now).unwrap().keep(kept(3 * 1024));
        }
        let state = answers.0.state.lock();
        assert!(state.bytes <= 64 * 1024, "{}", state.bytes);
        assert_eq!(state.entries.len(), state.order.len());
        assert_eq!(state.entries.len(), 16);
        assert!(state.entries.contains_key(&[99; 32]));
    }
}
