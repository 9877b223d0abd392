//! Remembers what a request was found to be, for as long as nothing that matters has changed.
//!
//! What is kept is the [`TaskProfile`]: the part of a decision that depends on the text alone.
//! Candidates, health, load, prices and order are worked out anew every time. The key holds
//! everything the profile may depend on, and more ([`key`]).
//!
//! The map is moka's: bounded, least recently used goes first, and no lock that all requests
//! share. Expiry is ours, by the time the caller hands in, so that tests can move it.

pub mod key;

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::time::Instant;

use crate::types::task::TaskProfile;
use key::DecisionKey;

/// A bounded map from requests to what they were found to be.
#[derive(Debug)]
pub struct DecisionCache {
    /// `None` when nothing is to be kept.
    entries: Option<Cache<DecisionKey, Entry>>,
    ttl: Duration,
}

#[derive(Clone, Debug)]
struct Entry {
    profile: Arc<TaskProfile>,
    stored: Instant,
}

impl DecisionCache {
    /// A cache for so many decisions, each kept so long. Zero of either keeps nothing.
    pub fn new(entries: u64, ttl: Duration) -> Self {
        let keeps = entries > 0 && !ttl.is_zero();
        Self {
            entries: keeps.then(|| {
                Cache::builder()
                    .max_capacity(entries)
                    .eviction_policy(EvictionPolicy::lru())
                    .build()
            }),
            ttl,
        }
    }

    /// Whether anything is kept at all.
    pub fn keeps(&self) -> bool {
        self.entries.is_some()
    }

    /// What a request was found to be, unless that is too long ago.
    pub fn get(&self, key: &DecisionKey, now: Instant) -> Option<Arc<TaskProfile>> {
        let entries = self.entries.as_ref()?;
        let entry = entries.get(key)?;
        if now.saturating_duration_since(entry.stored) < self.ttl {
            return Some(entry.profile);
        }
        entries.invalidate(key);
        None
    }

    /// Remembers what a request was found to be.
    pub fn put(&self, key: DecisionKey, profile: Arc<TaskProfile>, now: Instant) {
        if let Some(entries) = &self.entries {
            entries.insert(
                key,
                Entry {
                    profile,
                    stored: now,
                },
            );
        }
    }

    /// How many decisions are kept, about.
    pub fn len(&self) -> u64 {
        self.entries.as_ref().map_or(0, |entries| {
            entries.run_pending_tasks();
            entries.entry_count()
        })
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::*;
    use crate::types::chat::ChatRequest;
    use crate::types::plan::Ask;

    fn key(text: &str) -> DecisionKey {
        DecisionKey::of(&Ask::auto(ChatRequest::question(text)), "", 0)
    }

    #[tokio::test]
    async fn a_decision_is_found_until_it_expires() {
        let cache = DecisionCache::new(10, Duration::from_secs(60));
        let start = Instant::now();
        cache.put(key("a"), Arc::new(profile()), start);
        assert!(
            cache
                .get(&key("a"), start + Duration::from_secs(59))
                .is_some()
        );
        assert!(cache.get(&key("b"), start).is_none());
        assert!(
            cache
                .get(&key("a"), start + Duration::from_secs(60))
                .is_none()
        );
        assert!(
            cache.get(&key("a"), start).is_none(),
            "an expired entry is gone"
        );
    }

    #[tokio::test]
    async fn no_more_is_kept_than_was_said() {
        let cache = DecisionCache::new(8, Duration::from_secs(60));
        let now = Instant::now();
        for number in 0..500 {
            cache.put(key(&number.to_string()), Arc::new(profile()), now);
        }
        assert!((1..=8).contains(&cache.len()), "{}", cache.len());
        assert!(cache.get(&key("499"), now).is_some(), "the latest is kept");
    }

    #[tokio::test]
    async fn zero_keeps_nothing() {
        let now = Instant::now();
        for cache in [
            DecisionCache::new(0, Duration::from_secs(60)),
            DecisionCache::new(10, Duration::ZERO),
        ] {
            cache.put(key("a"), Arc::new(profile()), now);
            assert!(!cache.keeps() && cache.is_empty());
            assert!(cache.get(&key("a"), now).is_none());
        }
    }
}
