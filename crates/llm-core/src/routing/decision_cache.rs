//! Remembers what a request was found to be, for as long as nothing that matters has changed.
//!
//! What is kept is the [`TaskProfile`]: the part of a decision that depends on the text alone.
//! Candidates, health, load, prices and order are worked out anew every time. The key holds
//! everything the profile may depend on, and more ([`key`]).
//!
//! The map is our own because of the bound on a decision's time: a ready-made concurrent cache
//! evicts in batches on the thread of some unlucky caller (0.2 ms on one insertion in fifty, as
//! measured with moka), which alone is four times what a decision may take. Here an insertion
//! evicts one entry. Sixteen shards with a lock each, held for one look-up; in a full shard the
//! hand of a clock passes over entries that were used since it last came by and takes the first
//! that was not. Expiry is by the time the caller hands in, so that tests can move it.

pub mod key;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::types::task::TaskProfile;
use key::DecisionKey;

/// Shards of a cache large enough to have several.
const SHARDS: u64 = 16;

/// A bounded map from requests to what they were found to be.
#[derive(Debug)]
pub struct DecisionCache {
    /// Empty when nothing is to be kept.
    shards: Vec<Mutex<Shard>>,
    ttl: Duration,
}

#[derive(Debug)]
struct Shard {
    /// Where in `slots` a key is.
    places: HashMap<DecisionKey, usize>,
    slots: Vec<Slot>,
    /// Most slots.
    most: usize,
    /// The slot that is looked at first when one must go.
    hand: usize,
}

#[derive(Debug)]
struct Slot {
    key: DecisionKey,
    profile: Arc<TaskProfile>,
    stored: Instant,
    /// Whether it was found since the hand last came by.
    used: bool,
}

impl DecisionCache {
    /// A cache for so many decisions, each kept so long. Zero of either keeps nothing.
    pub fn new(entries: u64, ttl: Duration) -> Self {
        let shards = if ttl.is_zero() {
            0
        } else {
            entries.min(SHARDS)
        };
        let most = entries.checked_div(shards).unwrap_or(0);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self {
            shards: (0..shards).map(|_| Mutex::new(Shard::new(most))).collect(),
            ttl,
        }
    }

    /// Whether anything is kept at all.
    pub fn keeps(&self) -> bool {
        !self.shards.is_empty()
    }

    /// What a request was found to be, unless that is too long ago.
    pub fn get(&self, key: &DecisionKey, now: Instant) -> Option<Arc<TaskProfile>> {
        self.shard(key)?.lock().get(key, now, self.ttl)
    }

    /// Remembers what a request was found to be.
    pub fn put(&self, key: DecisionKey, profile: Arc<TaskProfile>, now: Instant) {
        let Some(shard) = self.shard(&key) else {
            return;
        };
        let slot = Slot {
            key,
            profile,
            stored: now,
            used: false,
        };
        // What had to go is dropped after the lock is given back.
        let _gone = shard.lock().put(slot);
    }

    /// How many decisions are kept, expired ones included until they are asked for or pushed out.
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.lock().slots.len())
            .sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, key: &DecisionKey) -> Option<&Mutex<Shard>> {
        let at = usize::from(key.first_byte()).checked_rem(self.shards.len())?;
        self.shards.get(at)
    }
}

impl Shard {
    fn new(most: usize) -> Self {
        Self {
            places: HashMap::new(),
            slots: Vec::new(),
            most,
            hand: 0,
        }
    }

    fn get(&mut self, key: &DecisionKey, now: Instant, ttl: Duration) -> Option<Arc<TaskProfile>> {
        let at = *self.places.get(key)?;
        let slot = self.slots.get_mut(at)?;
        if now.saturating_duration_since(slot.stored) >= ttl {
            self.remove(at);
            return None;
        }
        slot.used = true;
        Some(Arc::clone(&slot.profile))
    }

    /// Puts a slot in, in place of the one of its key or, when full, of one that was not used.
    fn put(&mut self, slot: Slot) -> Option<Slot> {
        if let Some(same) = self
            .places
            .get(&slot.key)
            .and_then(|at| self.slots.get_mut(*at))
        {
            return Some(std::mem::replace(same, slot));
        }
        if self.slots.len() < self.most {
            self.places.insert(slot.key, self.slots.len());
            self.slots.push(slot);
            return None;
        }
        let at = self.unused();
        self.places.insert(slot.key, at);
        let gone = std::mem::replace(&mut self.slots[at], slot);
        self.places.remove(&gone.key);
        Some(gone)
    }

    /// Moves the hand to the next slot that was not used, and past it.
    fn unused(&mut self) -> usize {
        loop {
            let at = self.hand % self.slots.len();
            self.hand = at + 1;
            if !std::mem::take(&mut self.slots[at].used) {
                return at;
            }
        }
    }

    fn remove(&mut self, at: usize) {
        let gone = self.slots.swap_remove(at);
        self.places.remove(&gone.key);
        if let Some(moved) = self.slots.get(at) {
            self.places.insert(moved.key, at);
        }
    }
}

#[cfg(test)]
mod tests;
