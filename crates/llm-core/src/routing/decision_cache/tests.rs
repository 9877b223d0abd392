//! Finding, expiring and pushing out.

use std::collections::HashMap as Model;

use proptest::prelude::*;

use super::super::fixtures::{now, profile};
use super::*;
use crate::types::chat::ChatRequest;
use crate::types::plan::Ask;

const MINUTE: Duration = Duration::from_mins(1);

fn key(text: &str) -> DecisionKey {
    DecisionKey::of(&Ask::auto(ChatRequest::question(text)), "", 0)
}

fn found(tokens: u64) -> Arc<TaskProfile> {
    let mut profile = profile();
    profile.input_tokens = tokens;
    Arc::new(profile)
}

#[test]
fn a_decision_is_found_until_it_expires() {
    let cache = DecisionCache::new(10, MINUTE);
    let start = now();
    cache.put(key("a"), found(1), start);
    let almost = start + Duration::from_secs(59);
    assert_eq!(cache.get(&key("a"), almost), Some(found(1)));
    assert_eq!(cache.get(&key("b"), start), None);
    assert_eq!(cache.get(&key("a"), start + MINUTE), None);
    assert!(
        cache.is_empty(),
        "an expired entry is gone once it was asked for"
    );
}

#[test]
fn a_second_decision_takes_the_place_of_the_first() {
    let cache = DecisionCache::new(10, MINUTE);
    let start = now();
    cache.put(key("a"), found(1), start);
    let later = start + Duration::from_secs(50);
    cache.put(key("a"), found(2), later);
    assert_eq!(cache.len(), 1);
    assert_eq!(
        cache.get(&key("a"), later + Duration::from_secs(50)),
        Some(found(2))
    );
}

#[test]
fn what_is_used_stays_and_what_is_not_goes() {
    let cache = DecisionCache::new(64, MINUTE);
    let now = now();
    cache.put(key("kept"), found(7), now);
    for number in 0..2_000_u32 {
        assert_eq!(cache.get(&key("kept"), now), Some(found(7)), "{number}");
        cache.put(key(&number.to_string()), found(0), now);
    }
    assert!((32..=64).contains(&cache.len()), "{}", cache.len());
    assert_eq!(cache.get(&key("0"), now), None);
    assert!(cache.get(&key("1999"), now).is_some());
}

#[test]
fn zero_keeps_nothing() {
    let now = now();
    for cache in [
        DecisionCache::new(0, MINUTE),
        DecisionCache::new(10, Duration::ZERO),
    ] {
        cache.put(key("a"), found(1), now);
        assert!(!cache.keeps() && cache.is_empty());
        assert_eq!(cache.get(&key("a"), now), None);
    }
}

proptest! {
    #[test]
    fn it_never_grows_and_never_tells_anything_but_the_latest(
        entries in 1..40_u64,
        steps in prop::collection::vec((0..60_u8, any::<bool>(), 0..20_u64), 1..200),
    ) {
        let cache = DecisionCache::new(entries, Duration::from_secs(10));
        let mut now = now();
        let mut latest: Model<u8, (u64, Instant)> = Model::new();
        for (count, (name, is_put, wait)) in (0_u64..).zip(steps) {
            now += Duration::from_secs(wait) / 4;
            if is_put {
                cache.put(key(&name.to_string()), found(count), now);
                latest.insert(name, (count, now));
                let again = cache.get(&key(&name.to_string()), now);
                prop_assert_eq!(again, Some(found(count)));
            } else if let Some(profile) = cache.get(&key(&name.to_string()), now) {
                let (tokens, stored) = latest[&name];
                prop_assert_eq!(profile.input_tokens, tokens);
                prop_assert!(now - stored < Duration::from_secs(10));
            }
            prop_assert!(cache.len() as u64 <= entries);
        }
    }
}
