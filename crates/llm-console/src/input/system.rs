//! The real standard input and the real files.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::Sources;
use crate::catalogue::Message;
use crate::ui::Ui;

/// How long standard input may be silent before the user is told what is being waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads from this process's standard input and from files. Blocks; call it before the first
/// asynchronous work, or where blocking is allowed.
pub struct System<'a> {
    ui: &'a Ui,
}

impl<'a> System<'a> {
    /// Sources whose notices go to this user.
    pub fn new(ui: &'a Ui) -> Self {
        Self { ui }
    }
}

impl Sources for System<'_> {
    fn stdin(&mut self, limit: u64, notice: bool) -> io::Result<Vec<u8>> {
        let mut stdin = io::stdin().lock();
        if !notice {
            return read_all(&mut stdin, limit);
        }
        let ui = self.ui;
        read_with_notice(&mut stdin, limit, PATIENCE, || {
            ui.note(Message::new("common.input.waiting"));
        })
    }

    fn file(&mut self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        read_all(&mut file, limit)
    }
}

/// Reads to the end or to the limit, and calls `notice` once when nothing has arrived for as long
/// as `patience`. It goes on waiting: a slow producer is not an error.
pub fn read_with_notice(
    reader: &mut impl Read,
    limit: u64,
    patience: Duration,
    notice: impl FnOnce() + Send,
) -> io::Result<Vec<u8>> {
    thread::scope(|scope| {
        // Nothing is ever sent: dropping the sender says that something arrived.
        let (arrived, silence) = sync_channel::<()>(1);
        scope.spawn(move || {
            if silence.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                notice();
            }
        });
        let mut first = [0; 8192];
        let length = loop {
            match reader.read(&mut first) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        drop(arrived);
        let mut bytes = first[..length].to_vec();
        if length > 0 && length as u64 <= limit {
            bytes.extend(read_all(reader, limit - length as u64)?);
        }
        Ok(bytes)
    })
}

fn read_all(reader: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
