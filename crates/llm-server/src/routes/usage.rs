//! The second earlier system's list of models and its usage statistics.

use std::collections::BTreeMap;

use axum::response::Response;
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inspect::ModelView;
use llm_core::store::{UsageQuery, UsageReport, UsageSums};
use llm_core::types::money::{Bill, Price};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Door, Group, Param, Route, get, handler, query_param, reply, words};
use crate::error::{ApiError, Shape};
use crate::schema::Amount;
use crate::visit::{Call, json};

pub(super) const ROUTES: &[Route] = &[
    Route {
        shape: Shape::Earlier,
        ..get(
            "/api/v1/models",
            Door::Needs(Permission::Inference, handler!(list_models)),
            Group::Service,
            words("Models with prices and strengths", "模型及其价格与特长"),
            reply::<ModelList>(),
        )
    },
    Route {
        shape: Shape::Earlier,
        params: PARAMS,
        ..get(
            "/api/v1/usage/stats",
            Door::Needs(Permission::Inference, handler!(show_usage)),
            Group::Service,
            words(
                "Tokens and money by day, model and task",
                "按日期、模型和任务统计的用量与费用",
            ),
            reply::<UsageReply>(),
        )
    },
];

const PARAMS: &[Param] = &[
    query_param(
        "user_id",
        "string",
        words("Only this end user", "仅统计该用户"),
    ),
    query_param("model", "string", words("Only this model", "仅统计该模型")),
    query_param(
        "days",
        "integer",
        words(
            "The last so many days, today included; default 7",
            "最近的天数，含今天，默认 7",
        ),
    ),
];

/// The days of a report that names none.
const DEFAULT_DAYS: i64 = 7;

/// Most days of a report.
const MAX_DAYS: i64 = 366;

/// Models with prices and strengths.
#[derive(Serialize, JsonSchema)]
struct ModelList {
    /// `list`.
    object: &'static str,
    /// The models.
    data: Vec<Model>,
}

/// A model with its price and strengths.
#[derive(Serialize, JsonSchema)]
struct Model {
    /// Its public name.
    id: String,
    /// `model`.
    object: &'static str,
    /// Whose it is.
    provider: String,
    /// Most tokens it writes; `null` when that is not known.
    max_tokens: Option<u64>,
    /// Whether it can be streamed; every model can.
    supports_streaming: bool,
    /// What 1000 tokens cost; `null` when that is not known.
    cost_per_1k_tokens: Option<PriceView>,
    /// What it can do, and the words it is tagged with.
    strengths: Vec<String>,
    /// The tasks it suits.
    best_for: Vec<String>,
    /// `available`, or `disabled` when no call is let through.
    status: &'static str,
    /// Why not, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// What 1000 tokens cost.
#[derive(Serialize, JsonSchema)]
struct PriceView {
    /// Tokens read.
    input: f64,
    /// Tokens written.
    output: f64,
    /// ISO 4217.
    currency: String,
}

/// Usage by day, model and task.
#[derive(Serialize, JsonSchema)]
struct UsageReply {
    /// Always true here.
    success: bool,
    /// The figures.
    data: UsageData,
}

/// Usage by day, model and task. A request of several models is one call for each of them.
#[derive(Serialize, JsonSchema)]
struct UsageData {
    /// The days that were looked at, in UTC.
    period: Period,
    /// Over all of them.
    total: Sums,
    /// Day by day, days without calls included.
    daily: Vec<DaySums>,
    /// By model.
    models: BTreeMap<String, Sums>,
    /// By task type.
    task_types: BTreeMap<String, Sums>,
    /// Whether nothing of the period has been forgotten; otherwise the figures are a lower bound.
    complete: bool,
    /// The oldest moment anything is known of; `null` before the first call.
    since: Option<String>,
}

/// The days that were looked at, in UTC.
#[derive(Serialize, JsonSchema)]
struct Period {
    /// The first.
    start_date: String,
    /// The last.
    end_date: String,
    /// How many.
    days: i64,
}

/// Sums of one day.
#[derive(Serialize, JsonSchema)]
struct DaySums {
    /// `YYYY-MM-DD`, UTC.
    date: String,
    #[serde(flatten)]
    sums: Sums,
}

/// Sums of one group.
#[derive(Serialize, JsonSchema)]
struct Sums {
    /// Calls, failed ones included.
    requests: u64,
    /// Calls that gave no answer.
    failures: u64,
    /// Tokens read and written.
    tokens: u64,
    /// Tokens read.
    input_tokens: u64,
    /// Tokens written.
    output_tokens: u64,
    /// The money, where all of it is known and in one currency; else `null`, and `costs` has what is
    /// known.
    cost: Option<f64>,
    /// The same exactly, one sum for each currency.
    costs: Vec<Amount>,
    /// `billed`, `estimated`, or `unknown` when some call has no price.
    cost_kind: &'static str,
    /// Seconds spent in calls.
    duration: f64,
}

async fn list_models(call: Call) -> Result<Response, ApiError> {
    let gateway = call.visit.app.gateway();
    let views = gateway.models();
    let data = views
        .iter()
        .filter(|view| call.grant.allows_model(view.deployment.model.as_str()))
        .map(model);
    json(&ModelList {
        object: "list",
        data: data.collect(),
    })
}

async fn show_usage(call: Call) -> Result<Response, ApiError> {
    let days = days(call.visit.query_value("days"))?;
    let app = &call.visit.app;
    let today = app.clock().wall().to_zoned(TimeZone::UTC).date();
    let first = today.saturating_sub((days - 1).days());
    let report = app.gateway().usage(&UsageQuery {
        from: Some(start_of(first)?),
        to: Some(start_of(today.saturating_add(1.day()))?),
        user: call.visit.query_value("user_id"),
        model: call.visit.query_value("model"),
    });
    json(&UsageReply {
        success: true,
        data: UsageData {
            period: Period {
                start_date: first.to_string(),
                end_date: today.to_string(),
                days,
            },
            total: sums(&report.total),
            daily: daily(&report, first, days),
            models: named(&report.models),
            task_types: named(&report.tasks),
            complete: report.complete,
            since: report.since.map(|since| since.to_string()),
        },
    })
}

fn model(view: &ModelView<'_>) -> Model {
    let facts = &view.deployment.facts;
    let abilities = facts.capabilities.names().map(str::to_owned);
    Model {
        id: view.deployment.model.to_string(),
        object: "model",
        provider: view.deployment.provider.to_string(),
        max_tokens: facts.max_output,
        supports_streaming: true,
        cost_per_1k_tokens: facts.price.as_deref().map(price),
        strengths: abilities.chain(facts.tags.iter().cloned()).collect(),
        best_for: facts.tasks.to_vec(),
        status: if view.is_available() {
            "available"
        } else {
            "disabled"
        },
        reason: (!view.is_available()).then(|| view.state()),
    }
}

/// A price is kept for a token, in 1e-12 of its currency.
fn price(price: &Price) -> PriceView {
    let thousand = |picos: i64| picos as f64 / 1e9;
    PriceView {
        input: thousand(price.input),
        output: thousand(price.output),
        currency: price.currency.to_string(),
    }
}

fn days(text: Option<String>) -> Result<i64, GatewayError> {
    let Some(text) = text else {
        return Ok(DEFAULT_DAYS);
    };
    match text.trim().parse() {
        Ok(days) if (1..=MAX_DAYS).contains(&days) => Ok(days),
        _ => {
            let message = format!("`days` must be a whole number from 1 to {MAX_DAYS}");
            Err(GatewayError::invalid("days", message))
        }
    }
}

fn start_of(day: Date) -> Result<Timestamp, GatewayError> {
    day.to_zoned(TimeZone::UTC)
        .map(|start| start.timestamp())
        .map_err(|error| GatewayError::internal(format!("a day without a start: {error}")))
}

fn daily(report: &UsageReport, first: Date, days: i64) -> Vec<DaySums> {
    let nothing = UsageSums::default();
    (0..days)
        .map(|offset| first.saturating_add(offset.days()).to_string())
        .map(|date| {
            let found = report.days.iter().find(|(day, _)| *day == date);
            DaySums {
                sums: sums(found.map_or(&nothing, |(_, sums)| sums)),
                date,
            }
        })
        .collect()
}

fn named(groups: &[(String, UsageSums)]) -> BTreeMap<String, Sums> {
    let pairs = groups.iter();
    pairs
        .map(|(name, group)| (name.clone(), sums(group)))
        .collect()
}

fn sums(group: &UsageSums) -> Sums {
    let costs = group.bill.sums().map(|money| Amount {
        amount: money.decimal(),
        currency: money.currency.to_string(),
    });
    Sums {
        requests: group.requests,
        failures: group.failures,
        tokens: group.usage.total(),
        input_tokens: group.usage.input,
        output_tokens: group.usage.output,
        cost: number(&group.bill),
        costs: costs.collect(),
        cost_kind: group.bill.kind(),
        duration: group.seconds,
    }
}

/// The money as one number; none at all is 0, some that is unknown is not.
fn number(bill: &Bill) -> Option<f64> {
    let mut sums = bill.sums();
    match (bill.is_incomplete(), sums.next(), sums.next()) {
        (false, None, _) => Some(0.0),
        (false, Some(money), None) => Some(money.to_f64()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use llm_core::types::money::{Cost, Currency, Money};

    use super::*;

    #[test]
    fn money_that_is_not_wholly_known_is_no_number() {
        let money = |nanos, currency| Cost::Billed(Money { nanos, currency });
        let of = |costs: &[Cost]| {
            let mut bill = Bill::default();
            for cost in costs {
                bill.add(*cost);
            }
            number(&bill)
        };
        assert_eq!(of(&[]), Some(0.0));
        assert_eq!(of(&[money(500_000_000, Currency::USD)]), Some(0.5));
        assert_eq!(of(&[Cost::Unknown]), None);
        assert_eq!(of(&[money(1, Currency::USD), Cost::Unknown]), None);
        assert_eq!(
            of(&[money(1, Currency::USD), money(1, Currency::CNY)]),
            None
        );
    }

    #[test]
    fn days_are_within_a_year() {
        let read = |text: &str| days(Some(text.to_owned())).ok();
        assert_eq!(days(None).unwrap(), 7);
        assert_eq!(read("30"), Some(30));
        for wrong in ["0", "-1", "367", "week", "1.5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
