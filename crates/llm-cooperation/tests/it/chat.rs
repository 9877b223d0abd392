//! `chat`: a conversation at a terminal, made by `script`, which every Debian and macOS has.

use std::process::Command;

use llm_testkit::env::Finished;
use llm_testkit::reply::Reply;

use crate::support::{PROGRAM, Place, demo};

/// Types lines into a chat.
fn talk(place: &Place, typed: &str) -> Finished {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{PROGRAM} chat --lang en"), "/dev/null"]);
    let run = place.environment.adopt(script).env("TERM", "dumb");
    run.input(typed).run()
}

#[test]
fn without_a_terminal_it_points_to_query() {
    for (lang, words) in [("en", "needs a terminal"), ("zh", "需要终端")] {
        let run = demo(&["chat", "--lang", lang]);
        run.assert_code(2);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains(words), "{run}");
        assert!(run.stderr.contains("llm-cooperation query"), "{run}");
    }
}

#[test]
fn a_conversation_goes_on_and_survives_failures() {
    let place = Place::with(&["small"], "[limits]\nretries = 0\n");
    let script = place.upstream.on("small");
    script.reply_text("first answer").usage(5, 2);
    script
        .then(Reply::error(500))
        .then(Reply::text("second answer").usage(5, 2));
    let run = talk(
        &place,
        "/set temperature=0.5\nfirst\nsecond\n/retry\n/usage\n/modle x\n/save talk.md\n/quit\n",
    );
    run.assert_code(0);
    for told in [
        "first answer",
        "LC5001",
        "second answer",
        "2 answers, 10 tokens in",
        "/model",
    ] {
        assert!(run.stdout.contains(told), "{told}: {run}");
    }
    let attempts = place.upstream.attempts();
    assert_eq!(attempts[0].json()["temperature"], 0.5);
    let said = attempts.last().unwrap().json()["messages"].clone();
    let said: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["first", "first answer", "second"]);
    assert_eq!(
        place.environment.read("talk.md"),
        "## user\n\nfirst\n\n## assistant\n\nfirst answer\n\n## user\n\nsecond\n\n\
         ## assistant\n\nsecond answer\n"
    );
}
