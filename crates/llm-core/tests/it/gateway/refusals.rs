//! What the gateway refuses before anything is sent, and how it says so.

use std::sync::Arc;

use llm_core::types::answer::FinishReason;
use llm_core::types::code::Code;
use llm_core::types::money::{Currency, Money};
use llm_testkit::reply::Reply;
use serde_json::json;

use super::{Fixture, question};

#[tokio::test(start_paused = true)]
async fn wrong_requests_reach_no_provider() {
    let fixture = Fixture::new(&["small"], "");
    let code = |model: &'static str, text: &'static str| {
        let inbound = question(model, text);
        let gateway = fixture.gateway.clone();
        async move { gateway.chat(inbound).await.unwrap_err() }
    };
    assert_eq!(code("small", "  \n").await.code, Code::EmptyQuery);
    let unknown = code("smal", "hello").await;
    assert_eq!(unknown.code, Code::ModelNotFound);
    assert!(unknown.message.contains("small"), "{unknown}");
    assert_eq!(
        code("cooperate/magic", "hello").await.code,
        Code::ModelNotFound
    );

    let mut inbound = question("auto", "hello");
    inbound.ask.preferences.strategy = Some("luck".to_owned());
    assert_eq!(
        fixture.gateway.chat(inbound).await.unwrap_err().code,
        Code::UnknownStrategy
    );
    assert!(fixture.provider.attempts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cost_limit_holds_before_anything_is_sent() {
    let priced = "[models.dear]\nprovider = \"scripted\"\nprice = { input = 900, output = 900 }\n";
    let fixture = Fixture::new(&["unpriced"], priced);
    for model in ["dear", "unpriced"] {
        let mut inbound = question(model, "hello");
        inbound.ask.preferences.max_cost = Money::parse("0.000001", Currency::USD).ok();
        let error = fixture.gateway.chat(inbound).await.unwrap_err();
        assert_eq!(error.code, Code::MaxCost, "{model}: {error}");
    }
    assert!(fixture.provider.attempts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_gateway_refuses_at_once() {
    let fixture = Fixture::new(&["a"], "[limits]\nmax_concurrent_requests = 1\n");
    fixture
        .provider
        .on("a")
        .reply(Reply::pieces(["x"]).stall_after(1));
    let mut first = fixture.gateway.stream(question("a", "hello"), false);
    first.head().await.unwrap();
    let error = fixture.ask("a", "hello").await.unwrap_err();
    assert_eq!(error.code, Code::Overloaded);
    drop(first);
    assert_eq!(fixture.gateway.free_places(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_the_schema_is_not_returned() {
    let fixture = Fixture::new(&["a"], "");
    let schema = json!({ "type": "object", "required": ["city"] });
    let ask = || {
        let mut inbound = question("a", "hello");
        inbound.ask.check_schema = Some(Arc::new(schema.clone()));
        inbound
    };
    fixture
        .provider
        .on("a")
        .reply(Reply::text("{\"town\":\"Bonn\"}"));
    let error = fixture.gateway.chat(ask()).await.unwrap_err();
    assert_eq!((error.code, error.row().exit), (Code::SchemaMismatch, 9));
    fixture
        .provider
        .on("a")
        .reply(Reply::text("```json\n{\"city\":\"Bonn\"}\n```"));
    let done = fixture.gateway.chat(ask()).await.unwrap();
    assert_eq!(done.answer.text(), "{\"city\":\"Bonn\"}");
    assert_eq!(*done.answer.finish(), FinishReason::Stop);
}

#[tokio::test(start_paused = true)]
async fn a_model_without_a_key_says_where_to_put_one() {
    let more = "[providers.deepseek]\n[models.d]\nprovider = \"deepseek\"\n";
    let fixture = Fixture::new(&[], more);
    let error = fixture.ask("d", "hello").await.unwrap_err();
    assert_eq!((error.code, error.row().exit), (Code::MissingCredential, 4));
}
