//! The frame around handlers, with handlers that misbehave.

use std::time::Duration;

use axum::body::to_bytes;
use llm_core::config::environment::Environment;
use llm_core::config::load::{LoadOptions, load};
use llm_core::gateway::runtime::Runtime;
use serde_json::Value;

use super::*;
use crate::app::{Options, Sources};
use crate::instruments;
use crate::routes::{Answer, Reply, words};

fn app() -> Arc<App> {
    let loader = || {
        let options = LoadOptions {
            demo: true,
            ..LoadOptions::default()
        };
        load(Environment::empty("/nowhere"), &options)
    };
    let loaded = loader().unwrap();
    let sources = Sources {
        loader: Box::new(loader),
        with_prompts: false,
        metrics: instruments::install(),
        runtime: Runtime::standard(Duration::from_secs(1)),
        options: Options::default(),
    };
    App::start(sources, &loaded).unwrap()
}

fn panics(_: Visit) -> Answer {
    Box::pin(async { panic!("with the caller's words") })
}

fn never_ends(_: Visit) -> Answer {
    Box::pin(std::future::pending())
}

const fn route(handle: fn(Visit) -> Answer) -> Route {
    Route {
        method: Verb::Get,
        path: "/misbehaves",
        door: Door::Public(handle),
        group: Group::Operations,
        summary: words("for tests", "测试"),
        params: &[],
        body: None,
        reply: Reply::Text("text/plain"),
        shape: Shape::Earlier,
    }
}

static PANICS: Route = route(panics);
static NEVER_ENDS: Route = route(never_ends);

async fn answer(app: &Arc<App>, route: &'static Route) -> (u16, Value) {
    let frame = Frame::of(app, Listener::Main, route);
    let response = frame.answer(Request::default()).await;
    let status = response.status().as_u16();
    assert!(response.headers().contains_key(REQUEST_ID));
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn o08_a_panic_ends_its_own_request_and_tells_nothing_of_it() {
    let app = app();
    for _ in 0..2 {
        let (status, body) = answer(&app, &PANICS).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (500, &"internal_error".into())
        );
        assert_eq!(body["success"], false);
        assert!(!body.to_string().contains("words"), "{body}");
    }
}

#[tokio::test]
async fn what_never_ends_is_told_when_the_server_does() {
    let app = app();
    let ending = app.ending().clone();
    let (answer, ()) = tokio::join!(answer(&app, &NEVER_ENDS), async { ending.cut.cancel() });
    assert_eq!(
        (answer.0, &answer.1["error"]["code"]),
        (503, &"server_draining".into())
    );
}
