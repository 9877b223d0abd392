//! Spellings of the earlier program.

use crate::support::demo;

#[test]
fn earlier_spellings_work_and_name_todays() {
    let info = demo(&["info"]);
    info.assert_code(0);
    assert!(
        info.stdout.starts_with("LLM Cooperation System v"),
        "{info}"
    );
    let health = demo(&["health", "--json"]);
    health.assert_code(0);
    assert_eq!(health.json()["system_health"], "healthy");
    assert!(health.stderr.contains("llm-cooperation status"), "{health}");
    let infer = demo(&["infer", "--prompt", "What is 2+2?", "--model", "qwen3_8b"]);
    infer.assert_code(0);
    assert!(infer.stdout.contains('4'), "{infer}");
    assert!(infer.stderr.contains("llm-cooperation query"), "{infer}");
}

#[test]
fn what_another_program_does_is_named_and_keys_are_not_repeated() {
    for (arguments, command) in [
        (&["serve", "--port", "80"][..], "llm-server --port 80"),
        (&["server"], "llm-server"),
        (&["config", "show"], "llm-config show"),
        (&["config", "list-models"], "llm-config list"),
        (
            &[
                "configure",
                "--base-url",
                "http://x",
                "--api-key",
                "sk-secret",
            ],
            "llm-config global --base-url URL --api-key KEY",
        ),
    ] {
        let run = demo(arguments);
        run.assert_code(2);
        assert!(run.stderr.contains(command), "{run}");
        assert!(!run.stderr.contains("sk-secret"), "{run}");
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn they_are_not_in_the_help() {
    let help = demo(&["--help"]);
    help.assert_code(0);
    for name in ["infer", "configure", "health "] {
        let listed = |line: &str| line.trim_start().starts_with(name);
        assert!(!help.stdout.lines().any(listed), "{name}: {help}");
    }
    assert!(help.stdout.contains("doctor"), "{help}");
}
