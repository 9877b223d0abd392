//! Runs of the program, and what its files hold afterwards.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use llm_testkit::env::{Finished, TestEnvironment};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-config");

/// A key that no provider knows and nothing may show.
pub(crate) const KEY: &str = "sk-canary-0123456789abcdef";

/// Runs the program.
pub(crate) fn run(environment: &TestEnvironment, arguments: &[&str]) -> Finished {
    environment.run(PROGRAM, arguments)
}

/// Runs the program, which must succeed.
#[track_caller]
pub(crate) fn ok(environment: &TestEnvironment, arguments: &[&str]) -> Finished {
    let run = run(environment, arguments);
    run.assert_code(0);
    run
}

/// Runs the program, which must fail with this code, saying this on standard error.
#[track_caller]
pub(crate) fn fails(
    environment: &TestEnvironment,
    arguments: &[&str],
    (code, says): (i32, &str),
) -> Finished {
    let run = run(environment, arguments);
    run.assert_code(code);
    assert!(run.stderr.contains(says), "{says}: {run}");
    run
}

/// The user's configuration file.
pub(crate) fn config(environment: &TestEnvironment) -> String {
    environment.read(environment.config_dir().join("config.toml"))
}

/// The user's file with keys.
pub(crate) fn secrets(environment: &TestEnvironment) -> String {
    environment.read(environment.config_dir().join("secrets.toml"))
}

/// Who may read a file.
pub(crate) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
