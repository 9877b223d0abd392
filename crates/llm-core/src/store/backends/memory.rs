//! Usage sums in memory: exact for the life of the process, gone with it.
//!
//! Bounded: sums are kept by day, user, model and task; when there are too many groups the oldest
//! day is forgotten, and a report over it says that it is not complete.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use parking_lot::Mutex;

use crate::store::{UsageQuery, UsageRecord, UsageReport, UsageStore, UsageSums};

/// Most groups kept.
const MAX_GROUPS: usize = 20_000;

/// Builds an empty store.
pub fn build() -> Arc<dyn UsageStore> {
    Arc::new(MemoryStore::default())
}

/// Usage sums in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    groups: BTreeMap<Group, UsageSums>,
    since: Option<Timestamp>,
    /// The last day that was forgotten.
    forgotten: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    day: Date,
    user: Option<String>,
    model: String,
    task: String,
}

impl UsageStore for MemoryStore {
    fn record(&self, record: UsageRecord) {
        let group = Group {
            day: day_of(record.at),
            user: record.user.clone(),
            model: record.model.to_string(),
            task: record.task.clone(),
        };
        let mut books = self.0.lock();
        books.since = Some(books.since.map_or(record.at, |since| since.min(record.at)));
        if books.groups.len() >= MAX_GROUPS && !books.groups.contains_key(&group) {
            books.forget_oldest_day();
        }
        books.groups.entry(group).or_default().add(&record);
    }

    fn report(&self, query: &UsageQuery) -> UsageReport {
        let books = self.0.lock();
        let from = query.from.map(day_of);
        let mut report = UsageReport {
            complete: books
                .forgotten
                .is_none_or(|day| from.is_some_and(|from| from > day)),
            since: books.since,
            ..UsageReport::default()
        };
        let (mut days, mut models, mut tasks) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (group, sums) in books
            .groups
            .iter()
            .filter(|(group, _)| matches(group, query))
        {
            report.total.merge(sums);
            add(&mut days, &group.day.to_string(), sums);
            add(&mut models, &group.model, sums);
            add(&mut tasks, &group.task, sums);
        }
        report.days = days.into_iter().collect();
        report.models = models.into_iter().collect();
        report.tasks = tasks.into_iter().collect();
        report
    }
}

impl Books {
    fn forget_oldest_day(&mut self) {
        let Some(day) = self.groups.keys().next().map(|group| group.day) else {
            return;
        };
        self.groups.retain(|group, _| group.day != day);
        self.forgotten = Some(day);
    }
}

/// Sums are kept by whole UTC days, so a span is widened to the days it touches.
fn matches(group: &Group, query: &UsageQuery) -> bool {
    query.from.is_none_or(|from| group.day >= day_of(from))
        && query.to.is_none_or(|to| {
            let last = to
                .checked_sub(jiff::Span::new().nanoseconds(1))
                .unwrap_or(to);
            group.day <= day_of(last)
        })
        && query
            .user
            .as_ref()
            .is_none_or(|user| group.user.as_ref() == Some(user))
        && query
            .model
            .as_ref()
            .is_none_or(|model| group.model == *model)
}

fn add(sums: &mut BTreeMap<String, UsageSums>, key: &str, more: &UsageSums) {
    match sums.get_mut(key) {
        Some(sum) => sum.merge(more),
        None => {
            sums.insert(key.to_owned(), more.clone());
        }
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
