//! Where usage is kept. The traits, and the records they take; backends are one file each.

pub mod backends;

use jiff::Timestamp;

use crate::types::ids::{DeploymentId, KeyId, ModelName, ProviderName, RequestId};
use crate::types::money::Cost;
use crate::types::usage::Usage;

/// Keeps one record for each finished model call and sums them up.
pub trait UsageStore: Send + Sync {
    /// Adds one record. Never waits: it may be called while a dropped request is torn down.
    fn record(&self, record: UsageRecord);

    /// Sums over a half-open span of time.
    fn report(&self, query: &UsageQuery) -> UsageReport;
}

/// One finished model call.
#[derive(Clone, Debug)]
pub struct UsageRecord {
    /// The request it belongs to; several calls share one when models cooperate.
    pub request: RequestId,
    /// When it ended.
    pub at: Timestamp,
    /// The gateway key, if one was shown.
    pub key: Option<KeyId>,
    /// The end user the caller named.
    pub user: Option<String>,
    /// The model that answered, or was to.
    pub model: ModelName,
    /// Whose it is.
    pub provider: ProviderName,
    /// What was called.
    pub deployment: DeploymentId,
    /// What kind of work it was.
    pub task: String,
    /// Tokens.
    pub usage: Usage,
    /// What it cost.
    pub cost: Cost,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Whether it gave an answer.
    pub succeeded: bool,
}

/// What to sum up.
#[derive(Clone, Debug, Default)]
pub struct UsageQuery {
    /// From here on.
    pub from: Option<Timestamp>,
    /// Up to, but not including.
    pub to: Option<Timestamp>,
    /// Only this user.
    pub user: Option<String>,
    /// Only this model.
    pub model: Option<String>,
}

/// Sums.
#[derive(Clone, Debug, Default)]
pub struct UsageReport {
    /// Over everything.
    pub total: UsageSums,
    /// By day, `YYYY-MM-DD` in UTC.
    pub days: Vec<(String, UsageSums)>,
    /// By model.
    pub models: Vec<(String, UsageSums)>,
    /// By task.
    pub tasks: Vec<(String, UsageSums)>,
    /// Whether the store has everything of the span asked for; otherwise the sums are a lower bound.
    pub complete: bool,
    /// The oldest moment the store knows of.
    pub since: Option<Timestamp>,
}

/// Sums of one group.
#[derive(Clone, Debug, Default)]
pub struct UsageSums {
    /// Calls, failed ones included.
    pub requests: u64,
    /// Calls that gave no answer.
    pub failures: u64,
    /// Tokens.
    pub usage: Usage,
    /// Money, one sum for each currency.
    pub bill: crate::types::money::Bill,
    /// Seconds spent in calls.
    pub seconds: f64,
}

impl UsageSums {
    /// Adds one call.
    pub fn add(&mut self, record: &UsageRecord) {
        self.requests += 1;
        self.failures += u64::from(!record.succeeded);
        self.usage += record.usage;
        self.bill.add(record.cost);
        self.seconds += record.seconds;
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.usage += other.usage;
        self.bill.merge(&other.bill);
        self.seconds += other.seconds;
    }
}

#[cfg(test)]
mod tests;
