//! A child process under control: its output is read as it comes, it never outlives its owner, and
//! waiting for it always ends.

use std::io::{Read, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rustix::process::{Pid, Signal, kill_process};

use crate::patience;

/// What a program reads from standard input.
#[derive(Clone, Debug, Default)]
pub enum Stdin {
    /// The null device.
    #[default]
    Null,
    /// A pipe with this text, closed after it.
    Text(String),
    /// A pipe that nothing is written to and that stays open as long as the program runs.
    HeldOpen,
}

/// A running child. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    name: String,
    output: Arc<Output>,
    input: Option<ChildStdin>,
}

#[derive(Default)]
struct Output {
    text: Mutex<Text>,
    changed: Condvar,
}

/// What a program has printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    open: usize,
}

impl Process {
    /// Starts a program.
    ///
    /// # Panics
    /// If it cannot be started.
    pub(crate) fn start(mut command: Command, stdin: Stdin) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let pipe = match stdin {
            Stdin::Null => Stdio::null(),
            Stdin::Text(_) | Stdin::HeldOpen => Stdio::piped(),
        };
        command
            .stdin(pipe)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {name}: {error}"),
        };
        let mut input = child.stdin.take();
        if let Stdin::Text(text) = stdin
            && let Some(mut pipe) = input.take()
        {
            // On a thread, because a program need not read its input before it prints. It may also
            // end without reading it, which is no failure of the test.
            std::thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
        }
        let output = Arc::new(Output::default());
        output.text.lock().open = 2;
        read(child.stdout.take(), &output, |text| &mut text.stdout);
        read(child.stderr.take(), &output, |text| &mut text.stderr);
        Self {
            child,
            name,
            output,
            input,
        }
    }

    /// What it has printed so far.
    pub(crate) fn printed(&self) -> Text {
        self.output.text.lock().clone()
    }

    /// Waits until it has printed what `find` looks for; `None` when it ended without.
    ///
    /// # Panics
    /// If the patience ends.
    pub(crate) fn wait_for<T>(&self, find: impl Fn(&Text) -> Option<T>) -> Option<T> {
        let mut text = self.output.text.lock();
        loop {
            if let Some(found) = find(&text) {
                return Some(found);
            }
            if text.open == 0 {
                return None;
            }
            let waited = self.output.changed.wait_for(&mut text, patience::LIMIT);
            assert!(
                !waited.timed_out(),
                "{} printed nothing more: {text:?}",
                self.name
            );
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended by itself.
        let _sent = kill_process(self.pid(), signal);
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// If the patience ends first; it is killed then.
    pub(crate) fn wait(mut self) -> (ExitStatus, Text) {
        let (over, keep) = patience::timer(patience::LIMIT);
        let pid = self.pid();
        let watchdog = std::thread::spawn(move || {
            let fired = over.blocking_recv().is_ok();
            if fired {
                let _sent = kill_process(pid, Signal::KILL);
            }
            fired
        });
        let status = self.child.wait();
        drop(keep);
        let killed = watchdog.join().unwrap_or(true);
        // Its own children may still hold the outputs, and wait for the input.
        drop(self.input.take());
        self.wait_for(|text| (text.open == 0).then_some(()));
        let text = self.printed();
        assert!(!killed, "{} did not end: {text:?}", self.name);
        (status.expect("a child that can be waited for"), text)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only where it has ended, and then there is nothing to do.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&self.stdout), text(&self.stderr));
        write!(
            f,
            "--- standard output:\n{stdout}--- standard error:\n{stderr}"
        )
    }
}

fn read(
    pipe: Option<impl Read + Send + 'static>,
    output: &Arc<Output>,
    side: fn(&mut Text) -> &mut Vec<u8>,
) {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        let mut pipe = pipe.expect("a piped child");
        // A broken pipe ends the output as a closed one does.
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            side(&mut output.text.lock()).extend_from_slice(&buffer[..count]);
            output.changed.notify_all();
        }
        output.text.lock().open -= 1;
        output.changed.notify_all();
    });
}
