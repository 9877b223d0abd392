//! Every dialect in, every protocol out, every feature: what a client asks is what the provider is
//! asked, and what the provider says is what the client is told. The result is the table of
//! `docs/reference/dialects.md`, which this test keeps true:
//!
//! ```text
//! LLMCOOP_BLESS=1 cargo test -p llm-server --test it matrix
//! ```

mod clients;
mod facts;
mod openai;
mod providers;
mod table;

use llm_testkit::http::Response;
use serde_json::Value;

use self::clients::{CLIENTS, Client};
use self::facts::{FEATURES, Facts, Feature};
use self::providers::{PROVIDERS, Provider};
use crate::support::{Setup, TestServer};

/// What comes of one feature on one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Everything arrives.
    Carried,
    /// The dialect has no such thing.
    Absent,
    /// Refused before anything is sent, with the field at fault.
    Refused(String),
}

#[tokio::test]
async fn what_is_asked_and_said_arrives_whatever_is_spoken_on_either_side() {
    let server = start().await;
    let mut table = table::Table::default();
    for client in CLIENTS {
        for provider in PROVIDERS {
            for feature in FEATURES {
                let cell = cell(&server, client, provider, feature).await;
                table.set(client.name, provider.name, feature.name, cell);
            }
        }
    }
    table.compare();
}

async fn start() -> TestServer {
    Setup::models(&[])
        .toml_of(|upstream| {
            let mut text = "[limits]\nretries = 0\n".to_owned();
            for provider in PROVIDERS {
                text.push_str(&provider.config(upstream));
            }
            text
        })
        .start()
        .await
}

/// Asks once for a whole answer and once for a stream, which must fare alike.
async fn cell(
    server: &TestServer,
    client: &Client,
    provider: &Provider,
    feature: &Feature,
) -> Cell {
    if client.lacks.iter().any(|want| feature.ask.has(*want)) {
        return Cell::Absent;
    }
    let mut outcomes = Vec::new();
    for streamed in [false, true] {
        let place = format!(
            "{} -> {}, {}, streamed: {streamed}",
            client.name, provider.name, feature.name
        );
        let body = (client.body)(&feature.ask, provider.model, streamed);
        let reply = (provider.reply)(&feature.say, streamed);
        server.upstream.on_anything().reply(reply);
        let before = server.upstream.attempts().len();
        let path = (client.path)(provider.model, streamed);
        let mut response = server.post(&path, &body).send().await;
        if response.status == 400 {
            outcomes.push(refused(&mut response, &place).await);
            assert_eq!(server.upstream.attempts().len(), before, "{place}");
            continue;
        }
        let status = response.status;
        let text = response.text().await;
        assert_eq!(status, 200, "{place}: {text}");
        let attempts = server.upstream.attempts();
        let asked = (provider.asked)(&attempts[before].json());
        assert_eq!(asked, Facts::asked(&feature.ask), "{place}");
        let said = if streamed {
            (client.read_stream)(&text)
        } else {
            (client.read)(&serde_json::from_str::<Value>(&text).unwrap())
        };
        assert_eq!(said, Facts::said(&feature.say), "{place}: {text}");
        outcomes.push(Cell::Carried);
    }
    assert_eq!(outcomes[0], outcomes[1], "{} {}", client.name, feature.name);
    outcomes.remove(0)
}

async fn refused(response: &mut Response, place: &str) -> Cell {
    let body = response.json().await;
    let text = body.to_string();
    assert!(text.contains("unsupported_parameter"), "{place}: {text}");
    let error = &body["error"];
    let params = [&error["param"], &error["llm_cooperation"]["param"]];
    let param = params.into_iter().find_map(Value::as_str);
    Cell::Refused(param.unwrap().to_owned())
}
