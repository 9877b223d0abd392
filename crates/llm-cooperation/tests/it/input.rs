//! What is asked: words, files, standard input, attachments, templates; and what is wrong with it.

use llm_testkit::env::{Stdin, TestEnvironment};
use serde_json::json;

use crate::support::{PROGRAM, Place, demo};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

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
        (&["query", "hi", "-O", "n=3"][..], "", 2, "-O cannot set n"),
        (&["query", "hi", "-O", "preferences={}"][..], "", 2, "-O"),
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

#[expect(clippy::disallowed_methods, reason = "tests own their files")]
fn write_bytes(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
