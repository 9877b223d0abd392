//! `init`, and questions at a terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use llm_testkit::env::TestEnvironment;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::{KEY, PROGRAM, config, fails, mode, ok, secrets};

#[test]
fn the_first_run_says_what_it_found_and_sets_up_what_is_named() {
    let mut environment = TestEnvironment::new();
    let nothing = fails(&environment, &["init"], (2, "--preset NAME | --demo"));
    assert!(
        nothing.stderr.contains("found no configuration"),
        "{nothing}"
    );
    let demo = ok(&environment, &["init", "--demo"]);
    assert!(
        demo.stderr.contains("needs no key and no network"),
        "{demo}"
    );
    assert!(demo.stderr.contains("next: llm-config test"), "{demo}");
    ok(&environment, &["test"]);
    environment.set("DEEPSEEK_API_KEY", KEY);
    let found = ok(&environment, &["init", "--yes", "--no-test"]);
    assert!(
        found
            .stderr
            .contains("found a key in DEEPSEEK_API_KEY: preset deepseek"),
        "{found}"
    );
    assert!(config(&environment).contains("DEEPSEEK_API_KEY"));
    assert!(!found.to_string().contains(KEY));
    assert!(
        config(&environment).contains("disabled = true"),
        "the demonstration gives way"
    );
}

#[test]
fn the_first_run_takes_a_key_from_where_it_is_told() {
    let environment = TestEnvironment::new();
    let run = environment
        .command(PROGRAM)
        .args(&[
            "init",
            "--preset",
            "openai",
            "--key-from",
            "stdin",
            "--no-test",
        ])
        .input(KEY)
        .run();
    run.assert_code(0);
    assert!(secrets(&environment).contains(KEY));
    assert_eq!(mode(&environment.config_dir().join("secrets.toml")), 0o600);
    fails(
        &environment,
        &["init", "--preset", "openai", "--key-from", "file"],
        (2, "--api-key-file"),
    );
    fails(
        &environment,
        &["init", "--preset", "opnai"],
        (3, "did you mean `openai`?"),
    );
    fails(
        &environment,
        &["init", "--preset", "openai", "--key-from", "prompt"],
        (2, "--api-key-stdin"),
    );
}

#[test]
fn a_provider_that_does_not_answer_is_no_failure_of_the_first_run() {
    let environment = TestEnvironment::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let run = ok(
        &environment,
        &["init", "--preset", "ollama", "--base-url", &url],
    );
    assert!(run.stderr.contains("does not answer as it should"), "{run}");
    assert!(config(&environment).contains("[providers.ollama]"));
}

#[test]
fn at_a_terminal_the_first_run_asks() {
    let environment = TestEnvironment::new();
    let mut terminal = AtTerminal::start(&environment, &["init", "--no-test"]);
    terminal.wait_for("[demo]: ");
    terminal.type_in("openai\n");
    terminal.wait_for("API key of OpenAI: ");
    terminal.wait_until_asking();
    terminal.type_in(&format!("{KEY}\n"));
    let (code, shown) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
    assert!(secrets(&environment).contains(KEY));
}

#[test]
fn at_a_terminal_a_different_model_is_asked_about() {
    let environment = TestEnvironment::new();
    ok(&environment, &["preset", "--name", "demo"]);
    ok(&environment, &["add-model", "--name", "m", "--path", "one"]);
    let add = ["add-model", "--name", "m", "--path", "two", "--lang", "zh"];
    let mut terminal = AtTerminal::start(&environment, &add);
    terminal.wait_for("是否替换");
    terminal.type_in("n\n");
    assert_eq!(terminal.finish().0, 3);
    assert!(config(&environment).contains("\"one\""));
    let mut terminal = AtTerminal::start(&environment, &add);
    terminal.wait_for("是否替换");
    terminal.type_in("是\n");
    let (code, shown) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    assert!(config(&environment).contains("\"two\""));
}

#[test]
fn a_list_at_a_terminal_is_a_table() {
    let environment = TestEnvironment::new();
    ok(&environment, &["preset", "--name", "demo"]);
    let (code, shown) = AtTerminal::start(&environment, &["list"]).finish();
    assert_eq!(code, 0);
    assert!(
        shown.contains("max tokens") && !shown.contains('\t'),
        "{shown}"
    );
}

/// The program with all three streams on a pseudo-terminal.
struct AtTerminal {
    child: Child,
    master: File,
    shown: Vec<u8>,
}

impl AtTerminal {
    fn start(environment: &TestEnvironment, arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let stream = || Stdio::from(OwnedFd::from(slave.try_clone().unwrap()));
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", environment.home())
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .current_dir(environment.work())
            .stdin(stream())
            .stdout(stream())
            .stderr(stream());
        let child = command.spawn().unwrap();
        // The command holds copies of the slave; while they are open, the master never ends.
        drop((command, slave));
        Self {
            child,
            master: File::from(master),
            shown: Vec::new(),
        }
    }

    fn wait_for(&mut self, text: &str) {
        let mut byte = [0; 1];
        while !String::from_utf8_lossy(&self.shown).contains(text) {
            let length = self.master.read(&mut byte).unwrap_or(0);
            assert!(
                length > 0,
                "{text}: {}",
                String::from_utf8_lossy(&self.shown)
            );
            self.shown.extend(&byte[..length]);
        }
    }

    /// Waits until the program has put the terminal into the mode in which it asks for secrets;
    /// what is typed before is thrown away.
    fn wait_until_asking(&self) {
        while tcgetattr(&self.master)
            .unwrap()
            .local_modes
            .contains(LocalModes::ISIG)
        {
            std::thread::yield_now();
        }
    }

    fn type_in(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    fn finish(mut self) -> (i32, String) {
        let mut buffer = [0; 4096];
        // Linux reports the end of a terminal as an error.
        while let Ok(length @ 1..) = self.master.read(&mut buffer) {
            self.shown.extend(&buffer[..length]);
        }
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, String::from_utf8_lossy(&self.shown).into_owned())
    }
}
