//! Configurations that change under a running server.

use std::time::Duration;

use llm_testkit::gate::Gate;
use llm_testkit::logs;
use llm_testkit::reply::Reply;

use super::CHAT;
use crate::support::{Setup, TestServer, question, streamed};

async fn server() -> TestServer {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four");
    server
}

fn models(server: &TestServer) -> Vec<String> {
    let gateway = server.app.gateway();
    let views = gateway.models();
    views
        .iter()
        .map(|view| view.deployment.model.to_string())
        .collect()
}

#[tokio::test]
async fn l03_a_file_cut_off_anywhere_leaves_the_old_configuration_at_work() {
    let server = server().await;
    let mut whole = String::new();
    server.rewrite(|text| {
        whole.clone_from(&text);
        text
    });
    let mut refused = 0;
    for end in 0..whole.len() {
        server.rewrite(|_| whole[..end].to_owned());
        match server.app.reload().await {
            Err(errors) => {
                refused += 1;
                let told = errors.to_string();
                let has_place = errors
                    .into_vec()
                    .iter()
                    .all(|error| error.line.is_some() || error.key.is_some());
                // What is missing altogether has no line.
                assert!(has_place || told.contains("no provider"), "{end}: {told}");
                assert_eq!(models(&server), ["small"], "{end}");
            }
            // Cut between two entries it is a smaller configuration, and a valid one.
            Ok(_) => assert!(!models(&server).is_empty(), "{end}"),
        }
        if end % 16 == 0 {
            server.ask("small", 200).await;
        }
    }
    assert!(refused > whole.len() / 2, "{refused} of {}", whole.len());
}

#[tokio::test]
async fn l04_a_file_that_reads_well_and_is_wrong_changes_nothing() {
    let server = server().await;
    for (wrong, key) in [
        ("[aliases]\nx = \"y\"\ny = \"x\"\n", "aliases"),
        ("[models.lost]\nprovider = \"nobody\"\n", "models.lost"),
        (
            "[models.odd]\nprovider = \"scripted\"\nprice = { input = -1, output = 1 }\n",
            "models.odd.price",
        ),
        ("[routes.r]\nmodels = [\"nothing\"]\n", "routes.r.models"),
        (
            "[routes.r]\nfallback = [\"nothing\"]\n",
            "routes.r.fallback",
        ),
        ("[routing]\nbalance = \"fairly\"\n", "routing.balance"),
        ("[limits]\nfirst_byte_ms = 0\n", "limits.first_byte_ms"),
        (
            "[limits]\nretry_budget_percent = 200\n",
            "limits.retry_budget_percent",
        ),
        ("[limits]\nhedge = \"always\"\n", "limits.hedge"),
        ("[models.small]\nprovider = \"scripted\"\n", ""),
    ] {
        let mut whole = String::new();
        server.rewrite(|text| {
            whole.clone_from(&text);
            format!("{text}\n{wrong}")
        });
        let Err(errors) = server.app.reload().await else {
            panic!("used: {wrong}");
        };
        let found = errors.into_vec();
        assert!(
            found.iter().any(|error| {
                error.line.is_some() && error.key.as_deref().unwrap_or_default().starts_with(key)
            }),
            "{wrong}: {found:#?}"
        );
        assert_eq!(models(&server), ["small"]);
        server.ask("small", 200).await;
        server.rewrite(|_| whole);
    }
}

#[tokio::test]
async fn l05_a_stream_outlives_the_provider_that_is_taken_away() {
    let server = server().await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]).hold_before(1, &gate));
    let mut stream = server.post(CHAT, &streamed("small")).send().await;
    stream.event().await.unwrap();
    server.rewrite(|text| text.replace("[models.\"small\"]", "[models.\"large\"]"));
    server.app.reload().await.unwrap();
    server.ask("small", 404).await;
    gate.open();
    let events = stream.events().await.unwrap();
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
}

#[tokio::test]
async fn l06_a_file_that_changes_is_read_again_and_a_wrong_one_is_not_used() {
    let server = Setup::models(&["small"])
        .look_every(Duration::from_millis(5))
        .start()
        .await;
    server.upstream.on("small").reply_text("four");
    server.rewrite(|text| text.replace("[models.\"small\"]", "[models.\"large\"]"));
    until(&server, "large").await;
    server.rewrite(|text| text.replace("[models.\"large\"]", "[models.\"large\""));
    server.rewrite(|text| text.replace("[models.\"large\"", "[models.\"small\"]"));
    until(&server, "small").await;
    server.ask("small", 200).await;
}

/// Waits until the server has this model.
async fn until(server: &TestServer, model: &str) {
    for _ in 0..10_000 {
        if models(server) == [model] {
            return;
        }
        server.get("/livez").send().await;
    }
    panic!("the server still has {:?}", models(server));
}

#[tokio::test]
async fn l08_a_key_that_was_changed_is_used_and_neither_is_logged() {
    let logs = logs::capture();
    let server = server().await;
    let old = llm_testkit::builders::TEST_KEY;
    let new = logs::canary("key");
    assert_eq!(
        server.post(CHAT, &question("small")).send().await.status,
        200
    );
    server.upstream.next(Reply::error(401));
    assert_eq!(
        server.post(CHAT, &question("small")).send().await.status,
        502
    );
    server.rewrite(|text| text.replace(old, &new));
    server.app.reload().await.unwrap();
    let state = server.app.gateway().models()[0].health.state;
    assert_eq!(state.as_str(), "healthy", "the new key was not rejected");
    assert_eq!(
        server.post(CHAT, &question("small")).send().await.status,
        200
    );
    let attempts = server.upstream.attempts();
    assert!(attempts[0].carried_key(old));
    assert!(attempts[2].carried_key(&new) && !attempts[2].carried_key(old));
    logs.assert_contains("the provider rejects the configured key");
    logs.assert_free_of(&[old, &new]);
}
