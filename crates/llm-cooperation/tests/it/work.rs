//! `embed`, `speak`, `transcribe` and `draw` write what they are given, wherever it is made, and
//! leave nothing behind when it fails.

use std::path::Path;

use llm_testkit::env::TestEnvironment;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::{PROGRAM, Place, demo};

const WORKER: &str = "[models.worker]\nprovider = \"scripted\"\n\
     capabilities = [\"embeddings\", \"speech\", \"transcription\", \"speech_translation\", \"image_generation\"]\n";

#[expect(clippy::disallowed_methods, reason = "tests own their files")]
fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn each_can_be_tried_without_a_key() {
    let place = Place::models(&[]);
    let environment = &place.environment;
    let run = environment
        .command(PROGRAM)
        .args(&["--demo", "speak", "hello", "there", "-o", "hello.wav"])
        .run();
    run.assert_code(0);
    let sound = bytes(&environment.work().join("hello.wav"));
    assert!(sound.starts_with(b"RIFF") && sound.len() > 1_000);
    assert!(String::from_utf8_lossy(&sound).contains("[simulated]"));

    let run = environment
        .command(PROGRAM)
        .args(&["--demo", "transcribe", "hello.wav"])
        .run();
    run.assert_code(0);
    assert!(
        run.stdout.starts_with("[simulated] ") && run.stdout.ends_with(".\n"),
        "{run}"
    );
    let run = environment
        .command(PROGRAM)
        .args(&[
            "--demo",
            "transcribe",
            "hello.wav",
            "--translate",
            "--as",
            "vtt",
        ])
        .run();
    run.assert_code(0);
    assert!(run.stdout.starts_with("WEBVTT\n"), "{run}");

    let run = environment
        .command(PROGRAM)
        .args(&["--demo", "draw", "a", "cat", "-o", "cat.png"])
        .run();
    run.assert_code(0);
    let picture = bytes(&environment.work().join("cat.png"));
    assert!(picture.starts_with(b"\x89PNG"), "{run}");

    let run = demo(&["embed", "hello", "--dimensions", "8"]);
    run.assert_code(0);
    let vector: Vec<f64> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(vector.len(), 8);
    let run = demo(&["embed", "hello", "--json"]);
    assert_eq!(run.json()["llm_cooperation"]["operation"], "embeddings");
}

#[test]
fn what_is_said_reaches_the_provider() {
    let place = Place::with(&[], WORKER);
    place
        .upstream
        .next(Reply::json(&json!({ "text": "guten Tag" })));
    place.environment.write("talk.mp3", "sound");
    let run = place.run(&[
        "transcribe",
        "talk.mp3",
        "--language",
        "de",
        "--hint",
        "Ada",
    ]);
    run.assert_code(0);
    assert_eq!(run.stdout, "guten Tag\n");
    let sent = place.upstream.attempts().remove(0);
    let body = String::from_utf8_lossy(&sent.body).into_owned();
    for part in [
        "name=\"language\"\r\n\r\nde\r\n",
        "name=\"prompt\"\r\n\r\nAda\r\n",
        "filename=\"talk.mp3\"\r\ncontent-type: audio/mpeg\r\n\r\nsound\r\n",
    ] {
        assert!(body.contains(part), "{part:?} in {body}");
    }

    place
        .upstream
        .next(Reply::chunks("audio/mpeg", ["so", "und"]));
    let run = place.run(&["speak", "hello", "--voice", "nova", "--as", "mp3"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "sound", "in a pipe the sound is the result");
    let sent = place.upstream.attempts().remove(1).json();
    let expected = json!({
        "model": "worker", "input": "hello", "voice": "nova", "response_format": "mp3",
    });
    assert_eq!(sent, expected);
}

#[test]
fn a_failure_leaves_no_file_and_says_what_went_wrong() {
    let place = Place::with(&["talker"], &format!("{WORKER}[limits]\nretries = 0\n"));
    place.environment.write("old.mp3", "old");
    place
        .upstream
        .next(Reply::chunks("audio/mpeg", ["so", "und"]).cut_after(1));
    let run = place.run(&["speak", "hello", "-m", "worker", "-o", "old.mp3"]);
    run.assert_code(5);
    assert!(run.stderr.contains("LC5004"), "{run}");
    let kept = bytes(&place.environment.work().join("old.mp3"));
    assert_eq!(kept, b"old", "half a speech took the place of a whole one");

    let run = place.run(&["speak", "hello", "-m", "talker"]);
    run.assert_code(5);
    assert!(run.stderr.contains("these do: `worker`"), "{run}");
    let run = place.run(&["transcribe", "none.mp3"]);
    run.assert_code(2);
    assert!(run.stderr.contains("none.mp3"), "{run}");
    let run = place.run(&["transcribe"]);
    run.assert_code(2);

    let elsewhere = json!({ "data": [{ "url": "https://cdn.example/p.png" }] });
    place.upstream.next(Reply::json(&elsewhere));
    let run = place.run(&["draw", "a cat", "-o", "cat.png"]);
    run.assert_code(1);
    assert!(run.stderr.contains("https://cdn.example/p.png"), "{run}");
    assert!(!place.environment.work().join("cat.png").exists());
}

#[test]
fn a_recording_beside_a_question_is_heard_by_a_model_that_can() {
    let hearer =
        "[models.hearer]\nprovider = \"scripted\"\ncapabilities = [\"audio\", \"vision\"]\n";
    let place = Place::with(&[], hearer);
    place.upstream.on("hearer").reply_text("a bell");
    place.environment.write("talk.mp3", "ID3sound");
    let run = place.run(&["query", "what is this?", "-a", "talk.mp3"]);
    run.assert_code(0);
    let sent = place.upstream.attempts().remove(0).json();
    let parts: &Value = &sent["messages"][0]["content"];
    let sound = json!({ "type": "input_audio", "input_audio": { "data": "SUQzc291bmQ=", "format": "mp3" } });
    assert!(parts.as_array().unwrap().contains(&sound), "{parts:#}");
}

#[test]
fn through_a_server_it_is_the_same() {
    let served = Served::models(&["talker"], WORKER);
    let upstream = served.upstream();
    let place = TestEnvironment::new();
    let recording = place.write("talk.mp3", "sound");
    upstream.next(Reply::json(&json!({ "text": "hello" })));
    let run = served.run(&["transcribe", recording.to_str().unwrap()]);
    run.assert_code(0);
    assert_eq!(run.stdout, "hello\n");
    upstream.next(Reply::chunks("audio/mpeg", ["so", "und"]));
    let run = served.run(&["speak", "hello"]);
    assert_eq!(run.stdout, "sound", "{run}");
    upstream.next(Reply::json(
        &json!({ "data": [{ "embedding": [0.5, 1.5] }], "usage": { "prompt_tokens": 1, "total_tokens": 1 } }),
    ));
    let run = served.run(&["embed", "hello"]);
    assert_eq!(run.stdout, "[0.5,1.5]\n", "{run}");
    let run = served.run(&["embed", "hello", "-m", "talker"]);
    run.assert_code(5);
    assert!(run.stderr.contains("these do: `worker`"), "{run}");
    upstream.next(Reply::chunks("audio/mpeg", ["so", "und"]).cut_after(1));
    let run = served.run(&["speak", "hello"]);
    assert_ne!(
        run.code,
        Some(0),
        "half a speech passes for a whole one: {run}"
    );
}
