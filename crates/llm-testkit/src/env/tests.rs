//! The environment against programs every machine has.

use super::*;

#[test]
fn a_run_sees_its_own_home_and_nothing_of_ours() {
    let mut environment = TestEnvironment::new();
    environment.set("GREETING", "hello");
    let run = environment
        .command("sh")
        .args(&["-c", "env; pwd"])
        .env("ONCE", "1")
        .run();
    run.assert_code(0);
    assert!(run.stdout.contains("GREETING=hello\n"), "{run}");
    assert!(run.stdout.contains("ONCE=1\n"), "{run}");
    assert!(
        run.stdout
            .contains(&format!("HOME={}", environment.home().display())),
        "{run}"
    );
    assert!(!run.stdout.contains("CARGO_"), "{run}");
    assert!(run.snapshot().contains("\n[WORK]\n"), "{}", run.snapshot());
}

#[test]
fn input_output_and_exit_code_are_told_apart() {
    let environment = TestEnvironment::new();
    let script = "read line; echo \"got $line\"; echo oops >&2; exit 7";
    let run = environment
        .command("sh")
        .args(&["-c", script])
        .input("first\nsecond\n")
        .run();
    insta::assert_snapshot!(run.snapshot(), @r"
    exit code: 7
    --- stdout ---
    got first
    --- stderr ---
    oops
    ");
}

#[test]
fn a_pipe_held_open_never_ends() {
    let environment = TestEnvironment::new();
    let script = "echo at http://127.0.0.1:1; cat; echo ended";
    let held = environment
        .command("sh")
        .args(&["-c", script])
        .stdin(Stdin::HeldOpen)
        .serve();
    assert_eq!(held.kill().stdout, "at http://127.0.0.1:1\n");
    let closed = environment.run("sh", &["-c", script]);
    assert_eq!(closed.stdout, "at http://127.0.0.1:1\nended\n");
}

#[test]
fn a_server_is_found_by_its_address_and_stopped_by_term() {
    let environment = TestEnvironment::new();
    let script = "trap 'echo bye; exit 3' TERM; echo starting; \
                  echo listening on http://0.0.0.0:4711/v1 >&2; read never";
    let server = environment
        .command("sh")
        .args(&["-c", script])
        .stdin(Stdin::HeldOpen)
        .serve();
    assert_eq!(server.url("/v1/models"), "http://127.0.0.1:4711/v1/models");
    assert_eq!(
        server.wait_for_line("listening"),
        "listening on http://0.0.0.0:4711/v1"
    );
    let run = server.stop();
    run.assert_code(3);
    assert_eq!(run.stdout, "starting\nbye\n");
}

#[test]
fn a_server_that_ends_at_once_fails_with_what_it_said() {
    let environment = TestEnvironment::new();
    let serve = || environment.serve("sh", &["-c", "echo no port left >&2; exit 1"]);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(serve)).err();
    let message = panic
        .and_then(|panic| panic.downcast::<String>().ok())
        .expect("a message");
    assert!(message.contains("no port left"), "{message}");
}

#[test]
fn files_go_where_the_programs_look() {
    let environment = TestEnvironment::new();
    environment.write_config("schema_version = 1\n");
    let run = environment.run(
        "sh",
        &["-c", "cat $XDG_CONFIG_HOME/llm-cooperation/config.toml"],
    );
    assert_eq!(run.stdout, "schema_version = 1\n");
    environment.write("docs/a.txt", "text");
    assert_eq!(
        environment.run("cat", &["docs/a.txt"]).stdout,
        environment.read("docs/a.txt")
    );
}

#[test]
fn what_differs_from_run_to_run_is_taken_out() {
    let mut environment = TestEnvironment::new();
    environment.filter("seed [0-9]+", "seed [SEED]");
    let text = format!(
        "{} at http://127.0.0.1:8081 took 1.25 s, 17ms, on 2026-11-22T10:00:00Z for \
         req_0123456789abcdef0123456789abcdef, seed 42, 8 models",
        environment.config_dir().display(),
    );
    insta::assert_snapshot!(
        environment.filtered(&text),
        @"[HOME]/.config/llm-cooperation at http://127.0.0.1:[PORT] took [TIME], [TIME], on [WHEN] for [REQUEST], seed [SEED], 8 models"
    );
}
