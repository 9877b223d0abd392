//! Where a result goes: standard output or a file, whole or in pieces.
//!
//! A file appears only when it is complete: it is written beside its place and moved there at the
//! end, so a run that fails leaves the old file as it was. A reader of standard output that has
//! gone away (`| head -1`) is not a failure; it comes back as [`Halt::Closed`].

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::catalogue::Message;
use crate::report::{Halt, Report};
use crate::sanitise::Sanitiser;

/// An open output.
pub struct Sink {
    writer: Writer,
    /// Present when a person reads the text on a terminal.
    sanitiser: Option<Sanitiser>,
}

enum Writer {
    /// Standard output, or what stands for it in a test.
    Stream(Box<dyn Write + Send>),
    /// Something that cannot be replaced, such as `/dev/null` or a named pipe.
    Device(File, PathBuf),
    /// A file that appears when it is complete.
    File(Box<BufWriter<NamedTempFile>>, PathBuf),
}

impl Sink {
    /// Standard output. `neutralise` says whether control characters in [`Sink::text`] are made
    /// harmless; [`crate::ui::Ui::sink`] decides it.
    pub fn stdout(neutralise: bool) -> Self {
        Self::writer(Box::new(io::stdout()), neutralise)
    }

    /// Any writer in the place of standard output.
    pub fn writer(writer: Box<dyn Write + Send>, neutralise: bool) -> Self {
        Self {
            writer: Writer::Stream(writer),
            sanitiser: neutralise.then(Sanitiser::new),
        }
    }

    /// A file. Opening it early finds a wrong path before anything has been paid for.
    pub fn file(path: &Path) -> Result<Self, Report> {
        open(path)
            .map(|writer| Self {
                writer,
                sanitiser: None,
            })
            .map_err(|error| unwritable(path, &error))
    }

    /// Writes a piece of text that others wrote and shows it at once.
    pub fn text(&mut self, piece: &str) -> Result<(), Halt> {
        match &mut self.sanitiser {
            None => self.write(piece),
            Some(sanitiser) => {
                let harmless = sanitiser.push(piece);
                self.write(&harmless)
            }
        }
    }

    /// Writes text of our own, which may carry colour, and shows it at once.
    pub fn own(&mut self, text: &str) -> Result<(), Halt> {
        self.write(text)
    }

    /// Writes bytes that are no text.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Halt> {
        self.put(bytes)
    }

    /// Ends an answer: one line break after the model's text, whatever the text ends with.
    pub fn finish_answer(mut self) -> Result<(), Halt> {
        let rest = self.sanitiser.as_mut().map(Sanitiser::finish);
        self.write(&(rest.unwrap_or_default() + "\n"))?;
        self.finish()
    }

    /// Ends the output; a file takes its place now.
    pub fn finish(self) -> Result<(), Halt> {
        match self.writer {
            Writer::Stream(mut stream) => stream.flush().map_err(|e| stream_error(&e)),
            Writer::Device(mut device, path) => {
                device.flush().map_err(|e| unwritable(&path, &e).into())
            }
            Writer::File(file, path) => {
                put_in_place(*file, &path).map_err(|e| unwritable(&path, &e).into())
            }
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Halt> {
        self.put(text.as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Halt> {
        match &mut self.writer {
            Writer::Stream(stream) => stream
                .write_all(bytes)
                .and_then(|()| stream.flush())
                .map_err(|e| stream_error(&e)),
            Writer::Device(device, path) => device
                .write_all(bytes)
                .map_err(|e| unwritable(path, &e).into()),
            Writer::File(file, path) => file
                .write_all(bytes)
                .map_err(|e| unwritable(path, &e).into()),
        }
    }
}

fn stream_error(error: &io::Error) -> Halt {
    if error.kind() == ErrorKind::BrokenPipe {
        return Halt::Closed;
    }
    unwritable(Path::new("stdout"), error).into()
}

fn unwritable(path: &Path, error: &io::Error) -> Report {
    let message = Message::new("common.output.unwritable")
        .with("path", path.display())
        .with("reason", error);
    Report::new("output_unwritable", message)
}

fn open(path: &Path) -> io::Result<Writer> {
    // A link is followed, so that the file it points to is replaced and not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let existing = match target.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => {
            let device = File::options().write(true).open(&target)?;
            return Ok(Writer::Device(device, path.to_owned()));
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if existing
        .as_ref()
        .is_some_and(std::fs::Permissions::readonly)
    {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let file = temporary(parent.unwrap_or(Path::new(".")))?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(Writer::File(Box::new(BufWriter::new(file)), target))
}

/// A temporary file that ends up with the permissions any new file gets.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".llmcoop-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

fn put_in_place(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}

#[cfg(test)]
mod tests;
