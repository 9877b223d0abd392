//! One suite for every store: what is recorded comes back, summed the same way everywhere.

use super::backends::BACKENDS;
use super::{UsageQuery, UsageRecord, UsageStore};
use crate::types::money::{Cost, Currency, Money};
use crate::types::usage::Usage;

fn record(at: &str, user: Option<&str>, model: &str, nanos: i64) -> UsageRecord {
    UsageRecord {
        request: "req_1".into(),
        at: at.parse().unwrap(),
        key: None,
        user: user.map(str::to_owned),
        model: model.into(),
        provider: "p".into(),
        deployment: model.into(),
        task: "math".to_owned(),
        usage: Usage::reported(10, 5),
        cost: Cost::Billed(Money {
            nanos,
            currency: Currency::USD,
        }),
        seconds: 0.5,
        succeeded: true,
    }
}

fn each_store(check: impl Fn(&dyn UsageStore)) {
    for (_, build) in BACKENDS {
        let store = build();
        store.record(record("2026-01-01T23:59:59Z", Some("ann"), "a", 1));
        store.record(record("2026-01-02T00:00:00Z", Some("bob"), "a", 2));
        store.record(record("2026-01-02T12:00:00Z", Some("ann"), "b", 4));
        check(&*store);
    }
}

#[test]
fn sums_agree_however_they_are_grouped() {
    each_store(|store| {
        let report = store.report(&UsageQuery::default());
        assert_eq!(report.total.requests, 3);
        assert_eq!(report.total.usage.total(), 45);
        assert_eq!(report.total.bill.in_currency(Currency::USD).nanos, 7);
        for groups in [&report.days, &report.models, &report.tasks] {
            assert_eq!(groups.iter().map(|(_, sums)| sums.requests).sum::<u64>(), 3);
        }
        assert_eq!(report.days[0].0, "2026-01-01");
        assert!(report.complete);
    });
}

#[test]
fn a_span_is_half_open_and_filters_apply_together() {
    each_store(|store| {
        let ask = |from: Option<&str>, to: Option<&str>, user: Option<&str>| {
            let query = UsageQuery {
                from: from.map(|at| at.parse().unwrap()),
                to: to.map(|at| at.parse().unwrap()),
                user: user.map(str::to_owned),
                model: None,
            };
            store
                .report(&query)
                .total
                .bill
                .in_currency(Currency::USD)
                .nanos
        };
        assert_eq!(ask(None, Some("2026-01-02T00:00:00Z"), None), 1);
        assert_eq!(ask(Some("2026-01-02T00:00:00Z"), None, None), 6);
        assert_eq!(ask(Some("2026-01-02T00:00:00Z"), None, Some("ann")), 4);
        assert_eq!(ask(None, None, Some("nobody")), 0);
    });
}
