//! `--server`: what the commands that look ask a gateway for, and what they make of its replies.

use llm_testkit::env::{Finished, TestEnvironment};
use llm_testkit::reply::Reply;
use llm_testkit::upstream::{ScriptedUpstream, refused_url};
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::PROGRAM;

/// A gateway that says what it is told to say, and a place without any configuration.
struct Gateway {
    environment: TestEnvironment,
    server: ScriptedUpstream,
}

impl Gateway {
    /// Two models, one of which rests; three requests so far.
    fn new() -> Self {
        let server = ScriptedUpstream::start_now();
        for (path, body) in [
            (
                "/version",
                json!({ "version": "9.9.9", "config_schema": 1, "events": 1 }),
            ),
            ("/status", status()),
            ("/models", figures()),
            ("/api/v1/models", prices()),
            ("/v1/models", names()),
            ("/api/v1/usage/stats", usage()),
        ] {
            server.on_path(path).reply(Reply::json(&body));
        }
        Self {
            environment: TestEnvironment::new(),
            server,
        }
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        (self.environment.command(PROGRAM))
            .args(arguments)
            .args(&["--server", &self.server.origin()])
            .env("LLMCOOP_SERVER_KEY", "llmc_0123456789")
            .run()
    }
}

fn status() -> Value {
    json!({
        "system_health": "degraded", "active_models": 1, "total_requests": 3, "uptime": "125s",
        "resource_usage": {
            "total_models": 2, "available_models": 1, "healthy_models": 1,
            "health_percentage": 50.0, "api_endpoints": ["https://a.example/v1"],
            "active_requests": 1, "free_places": 63,
        },
    })
}

fn figures() -> Value {
    let model = |status: &str, requests: u64| {
        json!({
            "status": status, "provider": "a", "request_count": requests, "avg_latency": 1.5,
            "avg_first_token": null, "queue_length": 0, "error_rate": 0.5, "throughput": 0.0,
            "places": 1,
        })
    };
    json!({
        "models": { "large": model("open", 2), "small": model("healthy", 1) },
        "total_requests": 3, "system_uptime": 125.4, "load_balance_strategy": "auto",
    })
}

fn prices() -> Value {
    let model = |id: &str, price: Value| {
        json!({
            "id": id, "object": "model", "provider": "a", "max_tokens": 4096,
            "supports_streaming": true, "cost_per_1k_tokens": price, "strengths": [],
            "best_for": ["math"], "status": "available",
        })
    };
    let price = json!({ "input": 0.000_14, "output": 0.002, "currency": "CNY" });
    json!({ "object": "list", "data": [model("small", price), model("large", Value::Null)] })
}

fn names() -> Value {
    let facts = json!({
        "kind": "model", "status": "healthy", "context": 8192, "capabilities": ["tools"],
        "tasks": ["math"], "quality": 0.5, "places": 1,
    });
    json!({ "object": "list", "data": [
        { "id": "small", "object": "model", "owned_by": "a", "llm_cooperation": facts },
        { "id": "auto", "object": "model", "owned_by": "llm-cooperation",
          "llm_cooperation": { "kind": "auto" } },
    ] })
}

fn usage() -> Value {
    let sums = json!({
        "requests": 3, "failures": 1, "tokens": 30, "input_tokens": 20, "output_tokens": 10,
        "cost": null, "costs": [{ "amount": "0.25", "currency": "CNY" }],
        "cost_kind": "unknown", "duration": 4.5,
    });
    json!({ "success": true, "data": {
        "period": { "start_date": "2030-01-01", "end_date": "2030-01-07", "days": 7 },
        "total": sums, "daily": [], "models": { "small": sums }, "task_types": {},
        "complete": false, "since": null,
    } })
}

#[test]
fn the_status_is_that_of_the_server_and_the_key_goes_to_it() {
    let gateway = Gateway::new();
    let run = gateway.run(&["status"]);
    run.assert_code(0);
    for text in [
        &format!("The server at {} (version 9.9.9)", gateway.server.origin()),
        "degraded: 1 of 2 models",
        "1 circuit open, 1 healthy",
        "3 since the start, 1 under way, room for 63 more",
        "at least 0.25 CNY",
        "2 m 05 s",
    ] {
        assert!(run.stdout.contains(text), "{text}: {run}");
    }
    let attempts = gateway.server.attempts();
    assert!(!attempts.is_empty());
    for attempt in attempts {
        assert!(attempt.carried_key("llmc_0123456789"));
    }
    let json = gateway.run(&["status", "--json", "--fail-on", "degraded"]);
    json.assert_code(10);
    assert_eq!(json.json()["source"], "server");
    assert_eq!(json.json()["requests"]["total"], 3);
}

#[test]
fn watching_is_a_line_for_each_look_and_survives_a_failure() {
    let gateway = Gateway::new();
    (gateway.server.on_path("/status"))
        .reply(Reply::error(503))
        .then(Reply::json(&status()));
    let run = gateway.run(&["status", "--watch", "0.1", "--count", "2"]);
    run.assert_code(0);
    let lines: Vec<Value> = (run.stdout.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{run}");
    assert!(lines[0]["error"]["code"].is_string(), "{run}");
    assert_eq!(lines[1]["system_health"], "degraded");
}

#[test]
fn models_are_put_together_from_what_the_server_tells() {
    let gateway = Gateway::new();
    let run = gateway.run(&[
        "models",
        "--fields",
        "name,context,price_in,price_out,health,requests,latency_ms",
    ]);
    run.assert_code(0);
    assert_eq!(
        run.stdout,
        "name\tcontext\tprice_in\tprice_out\thealth\trequests\tlatency_ms\n\
         small\t8192\t0.14 CNY\t2 CNY\thealthy\t1\t1500\n\
         large\t\tunknown\tunknown\topen\t2\t1500\n"
    );
    let healthy = gateway.run(&["models", "--healthy", "--fields", "name"]);
    assert_eq!(healthy.stdout, "name\nsmall\n");
    let all = gateway.run(&["models", "--all", "--fields", "name,kind"]);
    assert!(all.stdout.contains("auto\tauto\n"), "{all}");
    let shown = gateway.run(&["models", "--show", "small", "--json"]);
    assert_eq!(shown.json()["price_in"]["amount"], 0.14);
}

#[test]
fn usage_says_what_is_not_known() {
    let gateway = Gateway::new();
    let run = gateway.run(&["usage", "--days", "7", "--model", "a/b c"]);
    run.assert_code(0);
    assert_eq!(
        run.stdout,
        "model\trequests\terrors\ttokens_in\ttokens_out\tcost\tduration_ms\n\
         small\t3\t1\t20\t10\t≥ 0.25 CNY\t4500\n"
    );
    assert!(run.stderr.contains("lower bound"), "{run}");
    let asked = gateway.server.attempts().remove(0);
    assert_eq!(asked.query, "days=7&model=a%2Fb%20c");
    let json = gateway.run(&["usage", "--json"]);
    assert_eq!(json.json()["total"]["requests"], 3);
    let nowhere = gateway.environment.run(PROGRAM, &["usage"]);
    nowhere.assert_code(2);
    assert!(nowhere.stderr.contains("--server URL"), "{nowhere}");
}

#[test]
fn another_version_is_odd_and_a_server_that_is_not_there_a_failure() {
    let gateway = Gateway::new();
    let skewed = gateway.run(&["doctor", "--strict"]);
    skewed.assert_code(10);
    assert!(skewed.stdout.contains("is of version 9.9.9"), "{skewed}");
    let environment = TestEnvironment::new();
    let gone = refused_url();
    let run = environment.run(PROGRAM, &["status", "--server", &gone]);
    run.assert_code(5);
    assert!(run.stderr.contains("LC5012"), "{run}");
}

#[test]
fn a_real_server_tells_what_the_scripted_one_does() {
    let server = Served::models(
        &["plain"],
        "[models.priced]\nprovider = \"scripted\"\ncontext = 8192\n\
         price = { input = 1, output = 3, currency = \"CNY\" }\n",
    );
    server
        .upstream()
        .on("priced")
        .reply_text("hi")
        .usage(1000, 100);
    server
        .run(&["query", "-q", "hello", "-m", "priced"])
        .assert_code(0);
    let status = server.run(&["status", "--json"]).json();
    assert_eq!(
        status["models"]["by_state"],
        json!({ "healthy": 1, "untested": 1 })
    );
    assert_eq!(status["requests"]["total"], 1);
    assert_eq!(status["requests"]["active"], 0);
    let spent = json!({ "costs": [{ "amount": "0.0013", "currency": "CNY" }], "kind": "billed" });
    assert_eq!(status["spent_today"], spent);
    assert!(
        status["requests"]["free_places"].as_u64() > Some(0),
        "{status}"
    );
    let fields = "name,provider,context,price_in,price_out,health,requests,error_rate";
    let models = server.run(&["models", "--fields", fields, "--sort", "price"]);
    models.assert_code(0);
    assert_eq!(
        models.stdout.lines().collect::<Vec<_>>()[1..],
        [
            "priced\tscripted\t8192\t1 CNY\t3 CNY\thealthy\t1\t0",
            "plain\tscripted\t\tunknown\tunknown\tuntested\t\t",
        ]
    );
    let usage = server.run(&["usage"]);
    usage.assert_code(0);
    assert!(
        usage
            .stdout
            .contains("priced\t1\t0\t1000\t100\t0.0013 CNY\t"),
        "{usage}"
    );
    let doctor = server.run(&["doctor", "--strict", "--no-network"]);
    doctor.assert_code(0);
    let checked = server.run(&["doctor", "--strict"]);
    assert!(
        checked.stdout.contains("answers and is of this version"),
        "{checked}"
    );
}
