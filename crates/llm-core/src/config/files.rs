//! Reading files: bounded, as UTF-8, with a message that says which file and where.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::error::ConfigError;
use super::tree::LineIndex;
use crate::types::code::Code;

/// Most bytes of a configuration file; far beyond any real one.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The text of a file, `None` when there is none.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ConfigError::unreadable(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| ConfigError::unreadable(path, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ConfigError::new(Code::ConfigUnreadable, "is larger than 4 MiB").in_file(path));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let (line, column) = LineIndex::of(&text).position(valid);
        ConfigError::new(Code::ConfigSyntax, "is not valid UTF-8 text")
            .in_file(path)
            .at_line(line, column)
    })
}

/// The text of a file that has to be there.
pub(super) fn read_required(path: &Path) -> Result<String, ConfigError> {
    read_text(path)?.ok_or_else(|| {
        ConfigError::new(Code::ConfigUnreadable, "there is no such file").in_file(path)
    })
}

/// Whether users other than the owner may read a file that only the owner should.
#[cfg(unix)]
pub(super) fn readable_by(path: &Path, mask: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & mask != 0)
}

/// Other platforms have no such bits; their directories are private to the user.
#[cfg(not(unix))]
pub(super) fn readable_by(_: &Path, _: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_that_is_not_text_is_refused_with_its_line() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("c.toml");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"a = 1\nb = \"\xff\"\n").unwrap();
        let error = read_text(&path).unwrap_err();
        assert_eq!((error.line, error.column), (Some(2), Some(6)), "{error}");
        assert_eq!(read_text(&temp.path().join("none")).unwrap(), None);
    }
}
