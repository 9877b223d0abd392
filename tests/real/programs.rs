//! The command line against the local model: a question, and several models on one, in every mode.

use std::path::PathBuf;

use llm_testkit::env::TestEnvironment;
use llm_testkit::real_model::{self, MODEL};
use serde_json::Value;

use crate::alone;

/// The program built beside these tests. `cargo xtask ci` builds everything before it runs them.
fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("the path of this test");
    let target = tests.ancestors().nth(2).expect("the target folder");
    let program = target.join("llm-cooperation");
    assert!(
        program.exists(),
        "build it first: cargo build --bin llm-cooperation"
    );
    program
}

/// A home with the local model under two names, so that several can work together.
fn environment() -> TestEnvironment {
    let environment = TestEnvironment::new();
    let url = real_model::base_url();
    environment.write_config(&format!(
        "schema_version = 1\n\n[providers.local]\nkind = \"openai-compatible\"\nbase_url = \"{url}\"\n\
         api_key = \"unused\"\n\n[models.one]\npath = \"{MODEL}\"\nmax_tokens = 24\n\n\
         [models.two]\npath = \"{MODEL}\"\nmax_tokens = 24\n"
    ));
    environment
}

fn answer(arguments: &[&str]) -> Value {
    let program = program();
    let run = environment().run(program.to_str().expect("a plain path"), arguments);
    run.assert_code(0);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
}

#[tokio::test]
async fn a_question_is_answered_whole_and_as_a_stream_with_what_the_model_counted() {
    let _turn = alone().await;
    let asked = [
        "-m",
        "one",
        "--temperature",
        "0",
        "-q",
        "Name a city in France.",
    ];
    let said = answer(&[&["query", "--json"], &asked[..]].concat());
    assert_eq!(said["usage"]["source"], "reported", "{said:#}");
    assert!(
        said["usage"]["input_tokens"].as_u64() > Some(10),
        "{said:#}"
    );
    let text = said["text"].as_str().unwrap_or_default();
    assert!(!text.is_empty(), "{said:#}");
    let streamed = environment().run(
        program().to_str().expect("a plain path"),
        &[&["query", "--stream"], &asked[..]].concat(),
    );
    streamed.assert_code(0);
    assert_eq!(streamed.stdout.trim_end(), text.trim_end());
}

#[tokio::test]
async fn several_models_work_together_in_every_mode() {
    let _turn = alone().await;
    for mode in [
        "single",
        "sequential",
        "parallel",
        "voting",
        "pipeline",
        "ensemble",
    ] {
        let members = if mode == "single" { "one" } else { "one,two" };
        let said = answer(&[
            "cooperate",
            "--json",
            "--mode",
            mode,
            "-m",
            members,
            "-q",
            "Is the sky blue? Say yes or no.",
        ]);
        assert_eq!(said["mode"], mode, "{said:#}");
        assert!(
            said["text"].as_str().is_some_and(|text| !text.is_empty()),
            "{mode}: {said:#}"
        );
    }
}
