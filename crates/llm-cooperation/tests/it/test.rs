//! `test`: one small call for each model, and what is told of it.

use llm_testkit::builders::TEST_KEY;
use llm_testkit::reply::Reply;
use serde_json::json;

use crate::support::{Place, demo};

#[test]
fn the_documented_call_works() {
    let run = demo(&["test", "--model", "qwen3_8b"]);
    run.assert_code(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("model\tprovider\tkind\tverdict\tlatency_ms"),
        "{run}"
    );
    assert!(lines[1].starts_with("qwen3_8b\tdemo\tchat\tok\t"), "{run}");
    assert_eq!(lines.len(), 2, "{run}");
    assert!(run.stderr.contains("1 of 1 calls succeeded"), "{run}");
}

#[test]
fn each_model_is_called_once_and_no_other_in_its_place() {
    let place = Place::models(&["good", "bad"]);
    place.upstream.on("good").reply_text("ok").usage(7, 1);
    place.upstream.on("bad").reply(Reply::error(400));
    let run = place.run(&["test", "--json"]);
    run.assert_code(5);
    let rows = run.json();
    let verdicts: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["verdict"])
        .collect();
    assert_eq!(verdicts, [&json!("ok"), &json!("failed")]);
    assert_eq!(
        (&rows[0]["tokens_in"], &rows[0]["tokens_out"]),
        (&json!(7), &json!(1))
    );
    assert_eq!(
        rows[0]["cost"]["kind"], "unknown",
        "no price is no zero: {run}"
    );
    assert_eq!(rows[1]["code"], "provider_rejected");
    assert!(rows[1]["hint"].is_string(), "{run}");
    assert_eq!(place.upstream.attempts_of("good").len(), 1);
    assert_eq!(place.upstream.attempts_of("bad").len(), 1);
}

#[test]
fn a_key_that_is_refused_goes_before_other_failures() {
    let place = Place::models(&["down", "locked"]);
    place.upstream.on("down").reply(Reply::error(400));
    place.upstream.on("locked").reply(Reply::error(401));
    let run = place.run(&["test"]);
    run.assert_code(4);
    assert!(run.stdout.contains("upstream_auth"), "{run}");
    assert!(run.stderr.contains("0 of 2 calls succeeded"), "{run}");
    assert!(!run.to_string().contains(TEST_KEY), "{run}");
}

#[test]
fn abilities_are_tried_only_where_they_are_claimed() {
    let run = demo(&[
        "test",
        "qwen3_8b",
        "--kind",
        "stream,tools,json,vision",
        "--json",
    ]);
    run.assert_code(0);
    let rows = run.json();
    let verdicts: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["verdict"])
        .collect();
    assert_eq!(verdicts, ["ok", "ok", "ok", "skipped"]);
    assert!(rows[0]["first_token_ms"].is_number(), "{run}");
}

#[test]
fn an_answer_that_is_not_what_was_asked_for_is_a_failure() {
    let place = Place::with(
        &[],
        "[models.sloppy]\nprovider = \"scripted\"\ncapabilities = [\"json\", \"tools\"]\n",
    );
    place
        .upstream
        .on("sloppy")
        .reply_text("Sure! Here you are.")
        .usage(7, 5);
    let run = place.run(&["test", "sloppy", "--kind", "chat,json,tools", "--json"]);
    run.assert_code(5);
    let rows = run.json();
    assert_eq!(rows[0]["verdict"], "ok");
    for row in [&rows[1], &rows[2]] {
        assert_eq!(row["verdict"], "failed", "{run}");
        assert_eq!(row["code"], "upstream_invalid_response", "{run}");
    }
}

#[test]
fn lists_cost_nothing_and_tell_of_names_that_do_not_exist() {
    let place = Place::models(&["small", "gone"]);
    let list = json!({ "object": "list", "data": [{ "id": "small" }] });
    place
        .upstream
        .on_path("/v1/models")
        .reply(Reply::json(&list));
    let run = place.run(&["test", "--no-cost", "--json"]);
    run.assert_code(5);
    let rows = run.json();
    assert_eq!(rows[0]["verdict"], "ok");
    assert_eq!(rows[1]["code"], "upstream_model_not_found");
    assert_eq!(place.upstream.attempts().len(), 1, "one list, no question");
}

#[test]
fn wrong_names_and_servers_are_refused_before_anything_is_called() {
    let place = Place::models(&["small"]);
    place.run(&["test", "smaller"]).assert_code(2);
    let remote = place.run(&["test", "--server", "http://127.0.0.1:1"]);
    remote.assert_code(2);
    assert!(remote.stderr.contains("--local"), "{remote}");
    let wrong = place.run(&["test", "--format", "text"]);
    wrong.assert_code(2);
    assert_eq!(place.upstream.attempts().len(), 0);
}

#[test]
fn people_read_it_in_chinese() {
    let run = demo(&["test", "demo-down", "--format", "table", "--lang", "zh"]);
    run.assert_code(5);
    assert!(run.stdout.contains("失败"), "{run}");
    assert!(run.stderr.contains("1 次调用中 0 次成功"), "{run}");
}
