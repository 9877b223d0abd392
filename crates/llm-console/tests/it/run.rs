//! Running the probe with pipes for streams and an environment of our own.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The probe with an empty environment.
pub(crate) fn probe(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_console-probe"));
    command.args(args).env_clear().envs(env.iter().copied());
    command
}

/// Runs the probe without standard input.
pub(crate) fn run(args: &[&str], env: &[(&str, &str)]) -> Ran {
    finish(probe(args, env).stdin(Stdio::null()))
}

/// Runs the probe with bytes piped into it.
pub(crate) fn run_with(args: &[&str], stdin: &[u8]) -> Ran {
    let mut command = probe(args, &[]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let writer = std::thread::scope(|scope| {
        let writer = scope.spawn(move || pipe.write_all(stdin));
        let output = child.wait_with_output().unwrap();
        // A program that does not read everything closes the pipe; that is its right.
        drop(writer.join().unwrap());
        output
    });
    ran(&writer)
}

pub(crate) fn finish(command: &mut Command) -> Ran {
    ran(&command.output().unwrap())
}

fn ran(output: &std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}
