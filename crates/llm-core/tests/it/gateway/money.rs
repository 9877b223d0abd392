//! Every call is booked once, at its own price, or as unknown.

use llm_core::types::money::Currency;
use llm_testkit::reply::Reply;

use super::Fixture;

const PRICED: &str = "
[models.priced]
provider = \"scripted\"
price = { input = 2, output = 8, currency = \"CNY\" }
";

#[tokio::test(start_paused = true)]
async fn a_call_costs_what_the_provider_counted_at_the_configured_price() {
    let fixture = Fixture::new(&[], PRICED);
    fixture
        .provider
        .on("priced")
        .reply(Reply::text("hi").usage(1000, 500));
    let done = fixture.ask("priced", "hello").await.unwrap();
    let money = done.bill.as_cost().money().unwrap();
    assert_eq!(
        (money.decimal().as_str(), money.currency),
        ("0.006", Currency::CNY)
    );
    assert_eq!(done.metadata()["cost"]["kind"], "billed");
    assert_eq!(fixture.usage().total.bill.in_currency(Currency::CNY), money);
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_does_not_count_is_estimated_and_marked() {
    let fixture = Fixture::new(&[], PRICED);
    fixture
        .provider
        .on("priced")
        .reply(Reply::text("several words of an answer").no_usage());
    let done = fixture.ask("priced", "hello").await.unwrap();
    assert_eq!(done.metadata()["cost"]["kind"], "estimated");
    assert!(done.answer.usage.output > 0);
}

#[tokio::test(start_paused = true)]
async fn a_model_without_a_price_costs_an_unknown_amount_not_zero() {
    let fixture = Fixture::new(&["free"], "");
    fixture
        .provider
        .on("free")
        .reply(Reply::text("hi").usage(1000, 500));
    let done = fixture.ask("free", "hello").await.unwrap();
    assert_eq!(done.metadata()["cost"]["kind"], "unknown");
    assert!(done.metadata()["cost"]["amount"].is_null());
}

#[tokio::test(start_paused = true)]
async fn invalid_counts_are_never_a_credit() {
    let fixture = Fixture::new(&[], PRICED);
    fixture
        .provider
        .on("priced")
        .reply(Reply::text("hi").usage(-5, -7));
    let done = fixture.ask("priced", "hello").await.unwrap();
    assert_eq!(done.metadata()["cost"]["kind"], "estimated");
    assert!(done.bill.as_cost().money().unwrap().nanos > 0);
}
