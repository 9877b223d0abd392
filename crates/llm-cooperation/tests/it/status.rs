//! `status`: what is described, and when it is a failure.

use llm_testkit::reply::Reply;
use llm_testkit::upstream::{ScriptedUpstream, refused_url};
use serde_json::json;

use crate::support::{Place, demo};

/// A configuration whose server would be at this address.
fn server_at(url: &str) -> String {
    let port = url
        .split([':', '/'])
        .find_map(|part| part.parse::<u16>().ok());
    format!("[server]\nport = {}\n", port.unwrap())
}

#[test]
fn without_a_server_it_describes_the_configuration_and_says_so() {
    let place = Place::with(&["small", "large"], &server_at(&refused_url()));
    let run = place.run(&["status"]);
    run.assert_code(0);
    assert!(run.stdout.contains("without a server"), "{run}");
    assert!(run.stdout.contains("2 of 2 models"), "{run}");
    assert!(run.stdout.contains("config.toml"), "{run}");
    assert!(run.stdout.contains("--server URL"), "{run}");
    assert_eq!(place.upstream.attempts().len(), 0, "nothing is called");
    let json = place.run(&["status", "--json"]).json();
    assert_eq!(json["source"], "local");
    assert_eq!(json["system_health"], "healthy");
    assert_eq!(json["models"]["by_state"]["untested"], 2);
    assert!(json["requests"].is_null(), "nobody counted: {json}");
}

#[test]
fn a_threshold_is_a_failure_of_its_own() {
    let place = Place::with(
        &["small"],
        "[providers.keyless]\nkind = \"openai\"\n[models.one]\nprovider = \"keyless\"\n",
    );
    let fine = place.run(&["status", "--fail-on", "unhealthy"]);
    fine.assert_code(0);
    let degraded = place.run(&["status", "--fail-on", "degraded"]);
    degraded.assert_code(10);
    assert!(degraded.stdout.contains("1 no key"), "{degraded}");
    assert!(
        degraded.stderr.contains("the system is degraded"),
        "{degraded}"
    );
    let json = place.run(&["status", "--fail-on", "degraded", "--json"]);
    json.assert_code(10);
    assert_eq!(json.json()["system_health"], "degraded", "one document");
}

#[test]
fn people_read_it_in_chinese() {
    let run = demo(&["status", "--lang", "zh"]);
    run.assert_code(0);
    assert!(run.stdout.contains("个模型中有"), "{run}");
}

#[test]
fn a_server_where_this_configuration_would_start_one_is_pointed_to() {
    let server = ScriptedUpstream::start_now();
    let version = json!({ "version": "9.9.9", "config_schema": 1, "events": 1 });
    server.on_path("/version").reply(Reply::json(&version));
    let place = Place::with(&["small"], &server_at(&server.origin()));
    let run = place.run(&["status"]);
    run.assert_code(0);
    assert!(run.stdout.contains("without a server"), "{run}");
    let command = format!("llm-cooperation status --server {}", server.origin());
    assert!(run.stdout.contains(&command), "{run}");
    let attempts = server.attempts();
    assert_eq!(attempts.len(), 1, "only its version is asked for");
    assert_eq!(
        attempts[0].header("authorization"),
        None,
        "and no key is sent"
    );
}
