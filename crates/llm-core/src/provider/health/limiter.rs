//! What a provider's own words keep us from: a rate limit that runs, a quota that is used up, a key
//! it does not take. Apart from the breaker, because a provider that says so is in good health. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// The longest limit that is kept, whatever the provider asks for.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// The first limit where the provider gives none; doubles while limits follow each other.
const FIRST: Duration = Duration::from_secs(1);

/// How long a key that was rejected, or an account without quota, is stepped around.
const STEPPED_AROUND: Duration = Duration::from_secs(60);

/// What is known of a provider's limits for one deployment.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    until: Option<Instant>,
    /// Limits in a row that named no time.
    run: u32,
    quota_until: Option<Instant>,
    key_until: Option<Instant>,
}

impl Limiter {
    /// The provider said "too many requests".
    pub(super) fn limited(&mut self, now: Instant, retry_after: Option<Duration>) {
        let wait = retry_after.unwrap_or_else(|| {
            let doubled = FIRST.saturating_mul(1 << self.run.min(10));
            self.run = self.run.saturating_add(1);
            doubled
        });
        let until = now + wait.min(LONGEST);
        self.until = Some(self.until.map_or(until, |known| known.max(until)));
    }

    /// The provider said that quota or balance is used up.
    pub(super) fn out_of_quota(&mut self, now: Instant) {
        self.quota_until = Some(now + STEPPED_AROUND);
    }

    /// The provider does not take our key. Whether that is news.
    pub(super) fn key_rejected(&mut self, now: Instant) -> bool {
        let is_news = !self.rejects_key(now);
        self.key_until = Some(now + STEPPED_AROUND);
        is_news
    }

    /// A call went through. Limits that still run stay: the call may have been sent before them.
    pub(super) fn answered(&mut self) {
        self.run = 0;
        self.quota_until = None;
        self.key_until = None;
    }

    /// The configuration was read again: the key may be another one.
    pub(super) fn forgive_key(&mut self) {
        self.quota_until = None;
        self.key_until = None;
    }

    /// How long no call may be made.
    pub(super) fn waits(&self, now: Instant) -> Option<Duration> {
        left(self.until, now)
    }

    /// How long other deployments are preferred because of a limit or a used-up quota.
    pub(super) fn limits(&self, now: Instant) -> Option<Duration> {
        self.waits(now).max(left(self.quota_until, now))
    }

    /// Whether the key was rejected not long ago.
    pub(super) fn rejects_key(&self, now: Instant) -> bool {
        left(self.key_until, now).is_some()
    }
}

fn left(until: Option<Instant>, now: Instant) -> Option<Duration> {
    until
        .map(|until| until.saturating_duration_since(now))
        .filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::clock::{Clock as _, SystemClock};

    #[test]
    fn limits_without_a_time_double_and_end_at_a_minute() {
        let mut now = SystemClock.now();
        let mut limiter = Limiter::default();
        let mut waits = Vec::new();
        for _ in 0..8 {
            limiter.limited(now, None);
            let wait = limiter.waits(now).unwrap();
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        limiter.answered();
        limiter.limited(now, None);
        assert_eq!(limiter.waits(now), Some(FIRST));
    }

    #[test]
    fn a_rejected_key_is_news_once_and_forgiven_with_a_new_configuration() {
        let now = SystemClock.now();
        let mut limiter = Limiter::default();
        assert!(limiter.key_rejected(now));
        assert!(!limiter.key_rejected(now));
        assert_eq!(
            limiter.waits(now),
            None,
            "whoever has no other may still try"
        );
        limiter.forgive_key();
        assert!(limiter.key_rejected(now));
    }

    proptest::proptest! {
        #[test]
        fn a_limit_is_kept_and_never_longer_than_a_minute(asked in proptest::option::of(0_u64..100_000)) {
            let now = SystemClock.now();
            let mut limiter = Limiter::default();
            limiter.limited(now, asked.map(Duration::from_secs));
            let wait = limiter.waits(now).unwrap_or_default();
            proptest::prop_assert!(wait <= LONGEST);
            let least = asked.map_or(FIRST, Duration::from_secs).min(LONGEST);
            proptest::prop_assert!(wait >= least);
        }
    }
}
