//! Reading a line from the user's terminal.
//!
//! While a question is open, Ctrl-C ends the line instead of raising a signal: the terminal gets
//! its settings back in every case, and it makes no difference whether the program has installed
//! a signal handler, which would otherwise swallow the first Ctrl-C.

use std::io;

use console::Term;

use super::Person;

/// The user at the terminal.
#[derive(Debug, Default)]
pub struct AtTerminal;

impl Person for AtTerminal {
    fn line(&mut self, prompt: &str) -> io::Result<Option<String>> {
        Term::stderr().write_str(prompt)?;
        read(Echo::Shown)
    }

    fn hidden(&mut self, prompt: &str) -> io::Result<Option<String>> {
        Term::stderr().write_str(prompt)?;
        read(Echo::Hidden)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Echo {
    Shown,
    Hidden,
}

#[cfg(unix)]
fn read(echo: Echo) -> io::Result<Option<String>> {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut during = before.clone();
    let interrupt = before.special_codes[SpecialCodeIndex::VINTR];
    during.special_codes[SpecialCodeIndex::VEOL] = interrupt;
    during.local_modes.remove(LocalModes::ISIG);
    let when = match echo {
        Echo::Shown => OptionalActions::Now,
        Echo::Hidden => {
            during.local_modes.remove(LocalModes::ECHO);
            during.local_modes.insert(LocalModes::ECHONL);
            // What was typed before the prompt was shown on the screen; it is not the secret.
            OptionalActions::Flush
        }
    };
    tcsetattr(&stdin, when, &during)?;
    let line = until(&mut stdin.lock(), interrupt);
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    if matches!(&line, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
        Term::stderr().write_line("")?;
    }
    line
}

/// Reads to the end of the line. `None` at the end of the input; interrupted by `interrupt`.
#[cfg(unix)]
fn until(input: &mut impl io::BufRead, interrupt: u8) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let ready = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            ready => ready?,
        };
        let is_end = |byte: &u8| *byte == b'\n' || *byte == interrupt;
        let length = ready
            .iter()
            .position(is_end)
            .map_or(ready.len(), |at| at + 1);
        line.extend(&ready[..length]);
        input.consume(length);
        match line.last() {
            Some(byte) if *byte == interrupt => return Err(io::ErrorKind::Interrupted.into()),
            None => return Ok(None),
            Some(b'\n') => break,
            Some(_) if length == 0 => break,
            Some(_) => {}
        }
    }
    String::from_utf8(line)
        .map(Some)
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(not(unix))]
fn read(echo: Echo) -> io::Result<Option<String>> {
    match echo {
        Echo::Shown => {
            let mut line = String::new();
            let length = io::stdin().read_line(&mut line)?;
            Ok((length > 0).then_some(line))
        }
        Echo::Hidden => Term::stderr().read_secure_line().map(Some),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_its_end_at_the_end_of_input_or_at_ctrl_c() {
        let mut input = b"one\ntwo\nthr\x03ee".as_slice();
        let mut next = || until(&mut input, 3);
        assert_eq!(next().unwrap().as_deref(), Some("one\n"));
        assert_eq!(next().unwrap().as_deref(), Some("two\n"));
        assert_eq!(next().unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert_eq!(next().unwrap().as_deref(), Some("ee"));
        assert_eq!(next().unwrap(), None);
    }

    #[test]
    fn a_line_that_arrives_in_pieces_is_one_line() {
        let mut input = io::BufReader::with_capacity(2, "密钥 key\nx".as_bytes());
        assert_eq!(until(&mut input, 3).unwrap().as_deref(), Some("密钥 key\n"));
    }
}
