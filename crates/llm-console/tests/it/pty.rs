//! Running the probe on a pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::run::probe;

/// A probe at a terminal.
pub(crate) struct AtTerminal {
    child: Child,
    master: File,
    shown: String,
}

impl AtTerminal {
    /// Starts it with all three streams on a terminal of this width.
    pub(crate) fn start(args: &[&str], env: &[(&str, &str)], columns: u16) -> Self {
        Self::start_with(probe(args, env), columns, |command, slave| {
            command.stdin(slave());
            command.stdout(slave());
            command.stderr(slave());
        })
    }

    /// Starts it with the streams `connect` puts on the terminal.
    pub(crate) fn start_with(
        mut command: Command,
        columns: u16,
        connect: impl FnOnce(&mut Command, &dyn Fn() -> Stdio),
    ) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = name.to_str().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).unwrap();
        connect(&mut command, &|| {
            Stdio::from(OwnedFd::from(slave.try_clone().unwrap()))
        });
        let child = command.spawn().unwrap();
        // The command holds copies of the slave; while they are open, the master never ends.
        drop((command, slave));
        Self {
            child,
            master: File::from(master),
            shown: String::new(),
        }
    }

    /// Reads until the terminal shows a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut byte = [0; 1];
        let mut bytes = self.shown.clone().into_bytes();
        while !String::from_utf8_lossy(&bytes).contains(text) {
            let length = self.master.read(&mut byte).unwrap();
            assert!(length > 0, "{}", String::from_utf8_lossy(&bytes));
            bytes.extend(&byte[..length]);
        }
        self.shown = String::from_utf8_lossy(&bytes).into_owned();
    }

    /// Waits until the program has put the terminal into the mode in which it asks.
    pub(crate) fn wait_until_asking(&self) {
        while modes(&self.master).contains(LocalModes::ISIG) {
            thread::yield_now();
        }
    }

    /// Waits for the end and checks that the terminal is as it was.
    pub(crate) fn finish_with_echo(self) -> (i32, String) {
        let terminal = self.master.try_clone().unwrap();
        let finished = self.finish();
        assert!(modes(&terminal).contains(LocalModes::ECHO | LocalModes::ISIG));
        finished
    }

    /// Types.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Waits for the end: the exit code and everything the terminal got.
    pub(crate) fn finish(mut self) -> (i32, String) {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        // Linux reports the end of a terminal as an error.
        while let Ok(length @ 1..) = self.master.read(&mut buffer) {
            bytes.extend(&buffer[..length]);
        }
        self.shown.push_str(&String::from_utf8_lossy(&bytes));
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.shown)
    }
}

fn modes(terminal: &File) -> LocalModes {
    tcgetattr(terminal).unwrap().local_modes
}
