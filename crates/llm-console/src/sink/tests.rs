//! Pieces, files that appear when complete, permissions, and readers that leave.

#![expect(
    clippy::disallowed_methods,
    reason = "tests look at the files that were written"
)]

use std::fs;
use std::sync::{Arc, Mutex};

use super::*;

/// A writer that keeps what it got, piece by piece.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.0.lock().unwrap().push(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().push("<flush>".to_owned());
        Ok(())
    }
}

/// A pipe nobody reads.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a terminal or a pipe gets for these pieces.
fn written(neutralise: bool, pieces: &[&str]) -> Vec<String> {
    let kept = Kept::default();
    let mut sink = Sink::writer(Box::new(kept.clone()), neutralise);
    for piece in pieces {
        sink.text(piece).unwrap();
    }
    sink.finish_answer().unwrap();
    let pieces = kept.0.lock().unwrap();
    pieces.clone()
}

#[test]
fn every_piece_is_shown_at_once_and_one_line_break_ends_the_answer() {
    assert_eq!(
        written(false, &["Hel", "lo\n"]),
        [
            "Hel", "<flush>", "lo\n", "<flush>", "\n", "<flush>", "<flush>"
        ]
    );
}

#[test]
fn escapes_are_harmless_on_a_terminal_and_raw_in_a_pipe() {
    let pieces = ["a\u{1b}", "[31mb\r", "\nc\r"];
    let shown = written(true, &pieces).concat().replace("<flush>", "");
    assert_eq!(shown, "a␛[31mb\nc␍\n");
    let piped = written(false, &pieces).concat().replace("<flush>", "");
    assert_eq!(piped, "a\u{1b}[31mb\r\nc\r\n");
}

#[test]
fn a_reader_that_left_is_not_a_failure() {
    let mut sink = Sink::writer(Box::new(Gone), false);
    assert!(matches!(sink.text("x"), Err(Halt::Closed)));
}

#[test]
fn a_file_appears_only_when_it_is_complete() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("answer.txt");
    fs::write(&path, "old").unwrap();

    let mut sink = Sink::file(&path).unwrap();
    sink.text("half").unwrap();
    drop(sink);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");

    let mut sink = Sink::file(&path).unwrap();
    sink.text("whole\u{1b}").unwrap();
    sink.finish_answer().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "whole\u{1b}\n");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn permissions_links_and_devices_are_respected() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let directory = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let write = |path: &Path| {
        let mut sink = Sink::file(path).unwrap();
        sink.text("x").unwrap();
        sink.finish().unwrap();
    };

    let private = directory.path().join("private");
    fs::write(&private, "").unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o640)).unwrap();
    write(&private);
    assert_eq!(mode(&private), 0o640);

    // A new file is as readable as one made by any other program.
    let (ours, theirs) = (
        directory.path().join("ours"),
        directory.path().join("theirs"),
    );
    write(&ours);
    File::create(&theirs).unwrap();
    assert_eq!(mode(&ours), mode(&theirs));

    let link = directory.path().join("link");
    symlink(&private, &link).unwrap();
    write(&link);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

    write(Path::new("/dev/null"));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_place_that_cannot_be_written_is_named_before_anything_runs() {
    let directory = tempfile::tempdir().unwrap();
    for path in [
        directory.path().join("missing").join("answer"),
        directory.path().to_owned(),
    ] {
        let report = Sink::file(&path).err().unwrap();
        assert_eq!(report.name(), "output_unwritable");
        assert!(report.english().contains(path.to_str().unwrap()));
    }
}
