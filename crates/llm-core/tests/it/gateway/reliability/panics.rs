//! A mistake in the program hurts the one request it happens in.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use llm_core::gateway::Gateway;
use llm_core::gateway::runtime::Runtime;
use llm_core::provider::WireResponse;
use llm_core::provider::transport::{Dispatch, Transport};
use llm_core::store::backends;
use llm_core::types::clock::SystemClock;
use llm_core::types::failure::Failure;

use super::question;
use crate::gateway::loaded;

/// A transport with a mistake: it panics when its reply is read, or at once.
struct Panics {
    at_once: bool,
}

impl Transport for Panics {
    fn send<'a>(&'a self, _: Dispatch<'a>) -> BoxFuture<'a, Result<WireResponse, Failure>> {
        Box::pin(async move {
            assert!(!self.at_once, "a mistake");
            let body = futures_util::stream::once(async { panic!("a mistake") });
            Ok(WireResponse {
                status: 200,
                headers: http::HeaderMap::new(),
                body: body.boxed(),
            })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn o08_a_panic_in_a_call_gives_back_its_places_and_is_booked() {
    for at_once in [true, false] {
        let runtime = Runtime::new(
            Arc::new(SystemClock),
            Arc::new(Panics { at_once }),
            backends::memory::build(),
        );
        let gateway = Gateway::assemble(&loaded(&["a"], ""), &runtime).unwrap();
        let free = gateway.free_places();
        let whole = AssertUnwindSafe(gateway.chat(question("a", "hello"))).catch_unwind();
        assert!(whole.await.is_err());
        let mut stream = gateway.stream(question("a", "hello"), false);
        let head = AssertUnwindSafe(stream.head()).catch_unwind();
        assert!(head.await.is_err());
        drop(stream);
        assert_eq!(gateway.free_places(), free);
        let health = gateway.models()[0].health;
        assert_eq!((health.in_flight, health.waiting), (0, 0));
        let usage = gateway.usage(&llm_core::store::UsageQuery::default()).total;
        assert_eq!((usage.requests, usage.failures), (2, 2));
        assert_eq!(gateway.stats().requests.figures().active, 0);
    }
}
