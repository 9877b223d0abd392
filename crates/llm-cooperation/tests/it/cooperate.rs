//! `cooperate`: every mode, the votes, partial failures, events.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{PROGRAM, Place, demo};

const QUESTION: &str = "What is 2+2? Answer with a number.";
const MEMBERS: &str = "qwen3_32b,qwen3_8b,demo-contrarian";

#[test]
fn every_mode_gives_one_answer() {
    for (mode, members, last) in [
        ("single", 1, "4"),
        ("sequential", 3, "5"),
        ("parallel", 3, "4"),
        ("voting", 3, "4"),
        ("pipeline", 3, "5"),
        ("ensemble", 3, "4"),
        ("auto", 3, "4"),
    ] {
        let run = demo(&[
            "cooperate",
            "-q",
            QUESTION,
            "--mode",
            mode,
            "-m",
            MEMBERS,
            "--json",
        ]);
        run.assert_code(0);
        let answer = run.json();
        let text = answer["text"].as_str().unwrap();
        assert!(text.ends_with(&format!("Answer: {last}")), "{mode}: {text}");
        let parts = answer["cooperation"]["members"].as_array().unwrap();
        let own = parts.iter().filter(|part| {
            let stage = part["stage"].as_str().unwrap();
            stage.starts_with("answer") || stage.starts_with("step")
        });
        assert_eq!(own.count(), members, "{mode}");
        if mode != "auto" {
            assert_eq!(answer["cooperation"]["mode"], mode);
        }
        assert_eq!(answer["cost"]["kind"], "billed", "{mode}");
        if mode != "parallel" {
            continue;
        }
        let plain = demo(&["cooperate", "-q", QUESTION, "--mode", mode, "-m", MEMBERS]);
        assert_eq!(plain.stdout, format!("{text}\n"), "{mode}");
        assert_eq!(plain.stderr, "", "{mode}");
    }
}

#[test]
fn votes_are_counted_and_shown() {
    let run = demo(&[
        "cooperate",
        "-q",
        QUESTION,
        "--mode",
        "voting",
        "-m",
        MEMBERS,
        "--json",
    ]);
    let tally = &run.json()["cooperation"]["tally"];
    assert_eq!(tally["winner"], "4");
    assert_eq!(tally["options"][0]["votes"], 2);
    assert_eq!(tally["options"][1]["voters"], json!(["demo-contrarian"]));
    let shown = |what: &str| {
        let run = demo(&[
            "cooperate",
            "-q",
            QUESTION,
            "--mode",
            "voting",
            "-m",
            MEMBERS,
            "--show",
            what,
        ]);
        run.assert_code(0);
        run.stdout
    };
    assert!(shown("votes").contains("66.7%"));
    assert!(shown("members").contains("demo-contrarian (answer_1)"));
    assert!(shown("diff").contains("+ Answer: 5"));
    assert!(shown("trace").contains("tokens in"));
    assert!(shown("all").contains("final answer"));
    let run = demo(&[
        "cooperate",
        "-q",
        QUESTION,
        "--mode",
        "parallel",
        "-m",
        MEMBERS,
        "--show",
        "votes",
        "--lang",
        "zh",
    ]);
    assert_eq!(run.stdout, "parallel 模式没有计票\n");
}

#[test]
fn a_member_that_fails_is_named_and_counts_when_all_are_asked_for() {
    let place = Place::with(&["a", "b"], "[limits]\nretries = 0\n");
    place.upstream.on("a").reply_text("from a").usage(5, 2);
    place.upstream.on("b").reply(Reply::error(500));
    let mut arguments = vec!["cooperate", "hi", "--mode", "parallel", "-m", "a,b"];
    let run = place.run(&arguments);
    run.assert_code(0);
    assert_eq!(run.stdout, "from a\n");
    assert!(run.stderr.contains("b (upstream_error)"), "{run}");
    arguments.push("--strict");
    let run = place.run(&arguments);
    run.assert_code(8);
    assert_eq!(run.stdout, "");
    // What the member that answered has used is not lost.
    arguments.extend(["--format", "jsonl"]);
    let run = place.run(&arguments);
    let last: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "run.failed");
    assert_eq!(last["usage"]["input_tokens"], 5);
    assert!(last["duration_ms"].is_u64());
    place.upstream.on("a").reply(Reply::error(500));
    place.run(&arguments[..6]).assert_code(5);
}

#[test]
fn the_stages_of_a_file_are_a_pipeline() {
    let place = Place::models(&["a", "b"]);
    place.upstream.on("a").reply_text("draft");
    place.upstream.on("b").reply_text("final");
    let stages =
        "[[stages]]\nmodel = \"a\"\n\n[[stages]]\nmodel = \"b\"\nprompt = \"Polish: {previous}\"\n";
    place.environment.write("stages.toml", stages);
    let run = place.run(&["cooperate", "-q", "write", "--pipeline", "stages.toml"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "final\n");
    let sent = place.upstream.attempts_of("b")[0].json().to_string();
    assert!(sent.contains("Polish: draft"), "{sent}");
    place
        .environment
        .write("wrong.toml", "[[stages]]\nmodle = \"a\"\n");
    let run = place.run(&["cooperate", "-q", "write", "--pipeline", "wrong.toml"]);
    run.assert_code(2);
    assert!(run.stderr.contains("modle"), "{run}");
}

#[test]
fn a_mode_in_the_place_of_models_is_recognised() {
    let run = demo(&["cooperate", "-q", "x", "-m", "parallel"]);
    run.assert_code(2);
    assert!(run.stderr.contains("--mode parallel"), "{run}");
    let run = demo(&["cooperate", "-q", "x", "-m", "parallel", "--lang", "zh"]);
    assert!(run.stderr.contains("是一种模式"), "{run}");
    demo(&["cooperate", "-q", "x", "--mode", "paralel"]).assert_code(2);
    demo(&[
        "cooperate",
        "-q",
        "x",
        "--mode",
        "voting",
        "-m",
        "qwen3_8b*0",
    ])
    .assert_code(2);
}

#[test]
fn events_tell_the_whole_run() {
    let run = demo(&[
        "cooperate",
        "-q",
        QUESTION,
        "--mode",
        "voting",
        "-m",
        MEMBERS,
        "--format",
        "jsonl",
    ]);
    run.assert_code(0);
    let events: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event"))
        .collect();
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(
        (of("run.started"), of("model.started"), of("vote.cast")),
        (1, 3, 3)
    );
    assert_eq!((of("integration.started"), of("run.completed")), (1, 1));
    assert!(of("model.delta") > 3 && of("integration.delta") > 0);
    assert!(
        events
            .iter()
            .zip(0..)
            .all(|(event, number)| event["seq"] == number)
    );
    let last = events.last().unwrap();
    assert_eq!(last["result"]["cooperation"]["tally"]["winner"], "4");
}

#[test]
fn an_interrupt_stops_every_member() {
    let place = Place::models(&["a", "b"]);
    place.upstream.on("a").reply(Reply::hang());
    place.upstream.on("b").reply(Reply::hang());
    let command = place.environment.command(PROGRAM);
    let run = command
        .args(&[
            "cooperate",
            "hi",
            "--mode",
            "parallel",
            "-m",
            "a,b",
            "--format",
            "jsonl",
        ])
        .start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(place.upstream.wait_for_attempts(2));
    run.interrupt();
    let run = run.wait();
    run.assert_code(130);
    let last: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "run.cancelled");
    assert_eq!(last["cost"]["kind"], "unknown");
    runtime.block_on(place.upstream.wait_for_aborts(2));
}

#[test]
fn a_deadline_ends_the_whole_run() {
    let place = Place::models(&["a", "b"]);
    place.upstream.on("a").reply(Reply::hang());
    place.upstream.on("b").reply(Reply::hang());
    let run = place.run(&[
        "cooperate",
        "hi",
        "--mode",
        "parallel",
        "-m",
        "a,b",
        "--timeout",
        "300ms",
    ]);
    run.assert_code(7);
}

#[test]
fn a_dry_run_estimates_all_members() {
    let arguments = [
        "cooperate",
        "-q",
        QUESTION,
        "--mode",
        "voting",
        "-m",
        MEMBERS,
        "--dry-run",
    ];
    let run = demo(&arguments);
    run.assert_code(0);
    assert!(
        run.stdout
            .contains("estimated for one answer of each member"),
        "{run}"
    );
    assert!(run.stdout.contains("nothing was sent"), "{run}");
}
