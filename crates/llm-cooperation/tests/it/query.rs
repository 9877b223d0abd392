//! `query`: what is printed, what is sent, how it ends.

use std::process::Command;

use llm_testkit::env::TestEnvironment;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::refused_url;
use serde_json::{Value, json};

use crate::support::{PROGRAM, Place, demo};

#[test]
fn the_answer_alone_is_on_standard_output_and_comes_in_pieces() {
    let place = Place::models(&["small"]);
    let gate = Gate::new();
    let reply = Reply::pieces(["It ", "is ", "4.\n"]).hold_before(2, &gate);
    place.upstream.on("small").reply(reply);
    let command = place.environment.command(PROGRAM);
    let run = command.args(&["query", "-q", "What is 2+2?"]).start();
    run.wait_for_stdout("It is ");
    gate.open();
    let run = run.wait();
    run.assert_code(0);
    assert_eq!(run.stdout, "It is 4.\n\n", "the text and one line break");
    assert_eq!(run.stderr, "");
    let attempts = place.upstream.attempts();
    assert_eq!(attempts[0].json()["stream"], true);
    assert_eq!(
        attempts[0].json()["messages"],
        json!([{ "role": "user", "content": "What is 2+2?" }])
    );
}

#[test]
fn a_pinned_model_is_not_replaced_in_silence() {
    let place = Place::with(&["small", "other"], "[limits]\nretries = 0\n");
    place.upstream.on("small").reply(Reply::error(500));
    place.upstream.on("other").reply_text("from the other");
    let run = place.run(&["query", "hi", "-m", "small"]);
    run.assert_code(5);
    assert_eq!(run.stdout, "");
    assert!(place.upstream.attempts_of("other").is_empty());
    let run = place.run(&["query", "hi", "-m", "small", "--fallback", "other", "-u"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "from the other\n");
    assert!(run.stderr.contains("after another model failed"), "{run}");
}

#[test]
fn failures_have_their_code_and_are_never_an_answer() {
    let cases: [(&str, Reply, i32, &str); 7] = [
        ("401", Reply::error(401), 4, "upstream_auth"),
        ("429", Reply::error(429), 6, "upstream_rate_limited"),
        ("500", Reply::error(500), 5, "upstream_error"),
        ("html", Reply::html(), 5, "upstream_invalid_response"),
        ("reset", Reply::reset(), 5, "upstream_error"),
        ("hang", Reply::hang(), 7, "deadline_exceeded"),
        (
            "filter",
            Reply::text("x").finish("content_filter"),
            9,
            "content_filter",
        ),
    ];
    for (name, reply, exit, code) in cases {
        let place = Place::with(&["small"], "[limits]\nretries = 0\n");
        place.upstream.on("small").reply(reply);
        let mut arguments = vec!["query", "hi", "-m", "small", "--json"];
        if name == "hang" {
            arguments.extend(["--timeout", "200ms"]);
        }
        let run = place.run(&arguments);
        assert_eq!(run.code, Some(exit), "{name}: {run}");
        if name == "filter" {
            continue;
        }
        let body = run.json();
        assert_eq!(body["error"]["code"], code, "{name}: {run}");
        assert_eq!(body["error"]["exit_code"], exit, "{name}");
        assert!(run.stderr.contains("try:"), "{name}: {run}");
        assert!(!run.stderr.contains("sk-test"), "{name}: {run}");
    }
    let refused = TestEnvironment::new();
    refused.write_config(&llm_testkit::builders::config_toml(
        &refused_url(),
        &["small"],
    ));
    refused.run(PROGRAM, &["query", "hi"]).assert_code(5);
}

#[test]
fn half_a_stream_is_shown_and_is_a_failure_all_the_same() {
    let place = Place::models(&["small"]);
    let reply = || Reply::pieces(["half ", "an answer", "!"]).cut_after(2);
    place.upstream.on("small").reply(reply());
    let run = place.run(&["query", "hi"]);
    run.assert_code(5);
    assert_eq!(run.stdout, "half an answer\n");
    assert!(run.stderr.contains("LC5005"), "{run}");
    // A file that is not complete does not appear.
    place.environment.write("out.txt", "old");
    place.upstream.on("small").reply(reply());
    place.run(&["query", "hi", "-o", "out.txt"]).assert_code(5);
    assert_eq!(place.environment.read("out.txt"), "old");
}

#[test]
fn an_interrupt_stops_the_call_and_keeps_what_arrived() {
    let place = Place::models(&["small"]);
    place
        .upstream
        .on("small")
        .reply(Reply::pieces(["so ", "far", "!"]).stall_after(2));
    let command = place.environment.command(PROGRAM);
    let run = command.args(&["query", "hi"]).start();
    run.wait_for_stdout("so far");
    run.interrupt();
    let run = run.wait();
    run.assert_code(130);
    assert_eq!(run.stdout, "so far\n");
    assert_eq!(run.stderr, "interrupted\n");
    wait(place.upstream.wait_for_abort());
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let place = Place::models(&["small"]);
    let text = "word ".repeat(50_000);
    place.upstream.on("small").reply_text(&text);
    let script = format!("{PROGRAM} query hi | head -c 4; echo \" ${{PIPESTATUS[0]}}\"");
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]);
    let run = place.environment.adopt(shell).run();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("word 0\n", ""));
}

#[test]
fn json_is_one_document_with_answer_cost_and_decision() {
    let place = Place::with(&["small"], "[models.small.price]\ninput = 1\noutput = 2\n");
    place.upstream.on("small").reply_text("四").usage(1000, 500);
    let run = place.run(&["query", "2+2", "--json", "--explain=json"]);
    run.assert_code(0);
    let answer = run.json();
    assert_eq!(answer["text"], "四");
    assert_eq!(answer["model"], "small");
    assert_eq!(answer["provider"], "scripted");
    assert_eq!(
        answer["cost"],
        json!({ "amount": "0.002", "currency": "USD", "kind": "billed" })
    );
    assert_eq!(answer["usage"]["input_tokens"], 1000);
    assert_eq!(answer["route"]["steps"][0]["model"], "small");
    let told: Value = serde_json::from_str(&run.stderr).expect("the decision on standard error");
    assert_eq!(told["requested"], "auto");
}

#[test]
fn a_cost_nobody_knows_is_said_to_be_unknown() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("ok").usage(8, 2);
    let run = place.run(&["query", "hi", "-u"]);
    assert!(
        run.stderr
            .starts_with("small via scripted · 8 in / 2 out · "),
        "{run}"
    );
    assert!(run.stderr.ends_with(" · cost unknown\n"), "{run}");
    let run = place.run(&["query", "hi", "-u", "--lang", "zh"]);
    assert!(
        run.stderr
            .starts_with("small（经 scripted） · 输入 8 / 输出 2 · "),
        "{run}"
    );
    assert!(run.stderr.ends_with(" · 费用未知\n"), "{run}");
    let run = place.run(&["query", "hi", "-u=json"]);
    let line: Value = serde_json::from_str(&run.stderr).expect("one line of JSON");
    assert_eq!(line["cost"]["kind"], "unknown");
    assert_eq!(line["cost"]["amount"], Value::Null);
}

#[test]
fn events_are_numbered_and_end_with_the_result() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").stream(["a", "b"]);
    let events = |arguments: &[&str]| -> Vec<Value> {
        let run = place.run(arguments);
        run.assert_code(0);
        let lines = run.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("an event"))
            .collect()
    };
    let all = events(&["query", "hi", "--format", "jsonl"]);
    for (event, number) in all.iter().zip(0..) {
        assert_eq!((&event["v"], &event["seq"]), (&json!(1), &json!(number)));
        assert_eq!(event["run_id"], all[0]["run_id"]);
        assert!(event["ts"].as_str().is_some_and(|ts| ts.ends_with('Z')));
    }
    assert_eq!(all[0]["type"], "route.decided");
    let text = |event: &Value| event["text"].as_str().unwrap_or_default().to_owned();
    let deltas = all.iter().filter(|event| event["type"] == "model.delta");
    assert_eq!(deltas.map(text).collect::<String>(), "ab");
    let last = all.last().expect("an end");
    assert_eq!(last["type"], "run.completed");
    assert_eq!(last["result"]["text"], "ab");
    let few = events(&["query", "hi", "--format", "jsonl", "--events-no-delta"]);
    assert!(few.iter().all(|event| event["type"] != "model.delta"));
    place.upstream.on("small").reply(Reply::error(401));
    let run = place.run(&["query", "hi", "--format", "jsonl"]);
    run.assert_code(4);
    let last: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "run.failed");
    assert_eq!(last["error"]["code"], "upstream_auth");
}

#[test]
fn an_answer_is_held_to_its_schema() {
    let place = Place::models(&["small"]);
    let schema = r#"{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}"#;
    place.environment.write("schema.json", schema);
    place
        .upstream
        .on("small")
        .reply_text("```json\n{\"n\": 4}\n```");
    let run = place.run(&["query", "2+2", "-m", "small", "--schema", "schema.json"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "{\"n\": 4}\n");
    let sent = place.upstream.attempts()[0].json();
    assert_eq!(
        sent["response_format"]["json_schema"]["schema"]["required"],
        json!(["n"])
    );
    place.upstream.on("small").reply_text("{\"n\": \"four\"}");
    let run = place.run(&["query", "2+2", "-m", "small", "--schema", schema]);
    run.assert_code(9);
    assert_eq!(run.stdout, "");
    let sent = place.upstream.attempts().len();
    let run = place.run(&["query", "2+2", "--schema", "{\"type\": \"none\"}"]);
    run.assert_code(2);
    assert_eq!(place.upstream.attempts().len(), sent);
}

#[test]
fn a_code_block_can_be_had_alone() {
    let place = Place::models(&["small"]);
    place
        .upstream
        .on("small")
        .reply_text("so:\n```sh\nls\n```\nor\n```\npwd\n```\n");
    assert_eq!(place.run(&["query", "how", "-x"]).stdout, "ls\n");
    assert_eq!(
        place.run(&["query", "how", "--extract=last"]).stdout,
        "pwd\n"
    );
    assert_eq!(place.run(&["query", "how", "-x=all"]).stdout, "ls\n\npwd\n");
    let run = place.run(&["query", "how", "-x=3"]);
    run.assert_code(10);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("pwd"), "the answer is not lost: {run}");
}

#[test]
fn thoughts_are_shown_only_when_asked() {
    let events = [
        r#"{"id":"1","object":"chat.completion.chunk","created":1,"model":"small","choices":[{"index":0,"delta":{"reasoning_content":"hmm"}}]}"#,
        r#"{"id":"1","object":"chat.completion.chunk","created":1,"model":"small","choices":[{"index":0,"delta":{"content":"4"},"finish_reason":"stop"}]}"#,
        "[DONE]",
    ];
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply(Reply::events(events));
    assert_eq!(place.run(&["query", "hi"]).stdout, "4\n");
    let run = place.run(&["query", "hi", "--reasoning", "show"]);
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str()),
        ("hmm\n\n4\n", "")
    );
}

#[test]
fn the_decision_is_explained_in_both_languages() {
    let run = demo(&["query", "Prove that sqrt(2) is irrational", "--explain"]);
    assert!(
        run.stderr
            .starts_with("auto → qwen3_32b_reasoning via demo"),
        "{run}"
    );
    assert!(run.stderr.contains("task math"), "{run}");
    assert!(run.stderr.contains(" more left out"), "{run}");
    let run = demo(&[
        "query",
        "Prove that sqrt(2) is irrational",
        "--explain=full",
        "--lang",
        "zh",
    ]);
    assert!(run.stderr.contains("策略 auto"), "{run}");
    assert!(run.stderr.contains("排除："), "{run}");
}

#[test]
fn a_dry_run_sends_nothing() {
    let place = Place::with(&["small"], "[models.small.price]\ninput = 1\noutput = 2\n");
    let run = place.run(&["query", "hello there", "--dry-run"]);
    run.assert_code(0);
    assert!(run.stdout.contains("1 message, 11 bytes of text"), "{run}");
    assert!(run.stdout.contains("nothing was sent"), "{run}");
    let run = place.run(&["query", "hello there", "-n", "--json"]);
    assert_eq!(run.json()["route"]["steps"][0]["model"], "small");
    assert!(place.upstream.attempts().is_empty());
}

#[test]
fn a_limit_on_cost_refuses_before_sending() {
    let place = Place::with(
        &["small"],
        "[models.small.price]\ninput = 1000\noutput = 1000\n",
    );
    let run = place.run(&["query", "hello", "--max-cost", "0.0001USD"]);
    run.assert_code(6);
    assert!(place.upstream.attempts().is_empty());
    let run = place.run(&["query", "hello", "--max-cost", "cheap", "--lang", "zh"]);
    run.assert_code(2);
    assert!(run.stderr.contains("金额"), "{run}");
}

#[test]
fn simulated_answers_say_so() {
    let run = demo(&["query", "hi", "-u"]);
    assert!(run.stdout.starts_with("[simulated by "), "{run}");
    assert!(run.stderr.ends_with(" · simulated\n"), "{run}");
}

#[test]
fn a_file_gets_the_answer_and_standard_output_nothing() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").stream(["It is", " 4."]);
    let run = place.run(&["query", "2+2", "-o", "out.md", "--format", "md"]);
    run.assert_code(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert_eq!(place.environment.read("out.md"), "It is 4.\n");
    let sent = place.upstream.attempts().len();
    place
        .run(&["query", "2+2", "-o", "no/such/place"])
        .assert_code(1);
    assert_eq!(
        place.upstream.attempts().len(),
        sent,
        "found out before asking"
    );
}

#[test]
fn offline_nothing_but_this_machine_is_called() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("near");
    let run = place.run(&["query", "hi", "--offline"]);
    assert_eq!(run.stdout, "near\n", "{run}");
    let far = TestEnvironment::new();
    let config = llm_testkit::builders::config_toml("https://api.example.invalid/v1", &["small"]);
    far.write_config(&config);
    let run = far.run(PROGRAM, &["query", "hi", "--offline"]);
    run.assert_code(5);
    assert!(run.stderr.contains("is not on this machine"), "{run}");
}

#[test]
fn an_empty_answer_is_pointed_out() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply(Reply::text(""));
    let run = place.run(&["query", "hi", "-m", "small"]);
    assert!(run.stderr.contains("the model's answer is empty"), "{run}");
}

/// Waits for something of the provider's.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}
