//! `query`: what is printed, what is sent, how it ends.

use std::process::Command;

use llm_testkit::env::{Stdin, TestEnvironment};
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::refused_url;
use serde_json::{Value, json};

use crate::support::{PROGRAM, Place, demo};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

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
fn everything_the_flags_say_is_sent() {
    let place = Place::models(&["small", "other"]);
    place.upstream.on("small").reply_text("ok");
    place.environment.write("notes.txt", "the notes\n");
    let run = place.run(&[
        "query",
        "explain",
        "this",
        "-m",
        "small",
        "-s",
        "be brief",
        "-f",
        "notes.txt",
        "--temperature",
        "0.2",
        "--max-tokens",
        "9",
        "--seed",
        "7",
        "--stop",
        "END",
        "-O",
        "logit_bias={\"1\":2}",
        "--no-stream",
    ]);
    run.assert_code(0);
    let sent = place.upstream.attempts()[0].json();
    assert_eq!(sent["messages"][0]["content"], "be brief");
    let text = sent["messages"][1]["content"].as_str().unwrap();
    assert_eq!(
        text,
        "<document name=\"notes.txt\">\nthe notes\n</document>\n\nexplain this"
    );
    assert_eq!(sent["temperature"], 0.2);
    assert_eq!((&sent["max_tokens"], &sent["seed"]), (&json!(9), &json!(7)));
    assert_eq!(sent["stop"], json!(["END"]));
    assert_eq!(sent["logit_bias"], json!({ "1": 2 }));
    assert_ne!(sent["stream"], true);
    assert!(place.upstream.attempts_of("other").is_empty());
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
    assert!(run.stderr.contains("left out: "), "{run}");
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
fn pictures_go_to_a_model_that_sees() {
    let toml = "[models.blind]\nprovider = \"scripted\"\ncapabilities = []\n\n\
                [models.seeing]\nprovider = \"scripted\"\ncapabilities = [\"vision\"]\n";
    let place = Place::with(&[], toml);
    place.upstream.on("seeing").reply_text("a cat");
    let path = place.environment.write("cat", "");
    write_bytes(&path, PNG);
    let run = place.run(&["query", "what is it?", "-a", "cat"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "a cat\n");
    let sent = place.upstream.attempts()[0].json();
    let part = &sent["messages"][0]["content"][1];
    let address = part["image_url"]["url"].as_str().unwrap();
    assert!(
        address.starts_with("data:image/png;base64,iVBORw0KGgpy"),
        "{address}"
    );
    let run = place.run(&["query", "what is it?", "-m", "blind", "-a", "cat"]);
    assert_ne!(run.code, Some(0), "{run}");
    place.environment.write("odd", "no known bytes");
    let run = place.run(&["query", "what is it?", "-a", "odd"]);
    run.assert_code(2);
    assert!(run.stderr.contains("--attach-type odd"), "{run}");
}

#[test]
fn wrong_input_is_named() {
    let place = Place::models(&["small"]);
    for (arguments, input, code, told) in [
        (&["query", "-q", ""][..], "", 2, "LC2001"),
        (&["query", "-q", "-"][..], " \n", 2, "LC2001"),
        (&["query", "hi", "-f", "none.txt"][..], "", 2, "none.txt"),
        (&["query", "-q", "@none.txt"][..], "", 2, "none.txt"),
        (&["query", "hi", "-q", "ho"][..], "", 2, "LC2040"),
        (
            &["query", "hi", "-s", "-", "-f", "-"][..],
            "x",
            2,
            "--system -",
        ),
        (&["query", "hi", "-p", "a=b"][..], "", 2, "--template"),
        (
            &["query", "hi", "-m", "smal"][..],
            "",
            2,
            "did you mean `small`",
        ),
        (&["query", "hi", "-S", "nonsense"][..], "", 2, "LC2010"),
        (&["query", "hi", "-t", "none_such"][..], "", 2, "LC2013"),
        (
            &["query", "hi", "--quality-priority", "7"][..],
            "",
            2,
            "0 to 1",
        ),
    ] {
        let run = place.environment.command(PROGRAM).args(arguments);
        let run = run.input(input).run();
        assert_eq!(run.code, Some(code), "{arguments:?}: {run}");
        assert!(run.stderr.contains(told), "{arguments:?}: {run}");
    }
    let path = place.environment.write("latin", "");
    write_bytes(&path, b"caf\xe9");
    let run = place.run(&["query", "hi", "-f", "latin"]);
    run.assert_code(2);
    assert!(
        run.stderr.contains("LC2005") && run.stderr.contains("offset 3"),
        "{run}"
    );
    assert!(place.upstream.attempts().is_empty());
}

#[test]
fn a_prompt_above_the_limit_is_refused_with_the_limit() {
    let place = Place::with(&["small"], "[limits]\nmax_prompt_bytes = 1024\n");
    let command = place.environment.command(PROGRAM).arg("query");
    let run = command.input(&"x".repeat(2000)).run();
    run.assert_code(2);
    assert!(
        run.stderr.contains("LC2024") && run.stderr.contains("1 KiB"),
        "{run}"
    );
    assert!(place.upstream.attempts().is_empty());
    // Ten megabytes are within the limit that is set where nothing else is said.
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("long");
    let command = place.environment.command(PROGRAM);
    let run = command.args(&["query", "-q", "-", "-m", "small"]);
    let run = run.input(&"x".repeat(10_000_000)).run();
    assert_eq!(run.stdout, "long\n", "{}", run.stderr);
}

#[test]
fn piped_input_is_a_document_beside_a_question() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("ok");
    let ask = |arguments: &[&str]| {
        let command = place.environment.command(PROGRAM).args(arguments);
        command.input("piped\n").run().assert_code(0);
        let sent = place.upstream.attempts().last().unwrap().json();
        sent["messages"][0]["content"].as_str().unwrap().to_owned()
    };
    let document = "<document name=\"stdin\">\npiped\n</document>";
    assert_eq!(ask(&["query", "why"]), format!("{document}\n\nwhy"));
    assert_eq!(
        ask(&["query", "why", "--stdin", "append"]),
        format!("why\n\n{document}")
    );
    assert_eq!(ask(&["query", "why", "--no-stdin"]), "why");
    assert_eq!(ask(&["query"]), "piped");
}

#[test]
fn a_held_open_pipe_is_not_waited_for_when_it_is_not_wanted() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("ok");
    let command = place.environment.command(PROGRAM);
    let run = command.args(&["query", "hi", "--no-stdin"]);
    run.stdin(Stdin::HeldOpen).run().assert_code(0);
}

#[test]
fn a_template_is_put_around_the_question() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("ok");
    let run = place.run(&["query", "why?", "-t", "general_assistant_en"]);
    run.assert_code(0);
    let sent = place.upstream.attempts()[0].json();
    assert_eq!(sent["messages"][0]["role"], "system");
    assert_eq!(sent["messages"][1]["content"], "why?");
}

#[test]
fn without_a_configuration_it_explains() {
    for (lang, words) in [("en", "--demo"), ("zh", "未配置")] {
        let environment = TestEnvironment::new();
        let run = environment.run(PROGRAM, &["query", "hi", "--lang", lang]);
        run.assert_code(4);
        assert!(run.stderr.contains("LC4010"), "{run}");
        assert!(run.stderr.contains(words), "{run}");
    }
}

#[test]
fn without_a_question_it_shows_its_short_help() {
    let run = demo(&["query"]);
    run.assert_code(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("Usage: llm-cooperation query"), "{run}");
}

#[test]
fn simulated_answers_say_so() {
    let run = demo(&["query", "hi", "-u"]);
    assert!(run.stdout.starts_with("[simulated by "), "{run}");
    assert!(run.stderr.ends_with(" · simulated\n"), "{run}");
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
    runtime.expect("a runtime").block_on(future)
}

#[expect(clippy::disallowed_methods, reason = "tests own their files")]
fn write_bytes(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a written file");
}
