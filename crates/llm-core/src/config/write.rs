//! Writing files: one writer at a time, all or nothing, and never for nothing.
//!
//! A change reads the file under a lock, and replaces it by a complete new one that has been
//! synchronised to disk. A crash leaves the old file or the new one, never half of either, and two
//! processes that change a file at once lose nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{ConfigError, ConfigErrors};
use super::files::read_text;
use crate::types::code::Code;

/// How often, and how long each time, another writer is waited for: ten seconds in all.
const LOCK_ATTEMPTS: u32 = 500;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever the user's own settings allow.
    Usual,
    /// The owner alone; also enforced on a file that is there.
    Owner,
}

/// Changes a file. `change` gets its text, empty when there is none, and returns the new text and
/// a result. Returns the result and whether anything was written.
pub(super) fn update<T>(
    path: &Path,
    access: Access,
    change: impl FnOnce(&str) -> Result<(String, T), ConfigErrors>,
) -> Result<(T, bool), ConfigErrors> {
    // A link, as dotfile managers make them, stays a link: its target is replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = target.parent().map_or_else(PathBuf::new, Path::to_owned);
    std::fs::create_dir_all(&directory).map_err(|error| ConfigError::unwritable(path, &error))?;
    let _lock = lock(&target).map_err(ConfigErrors::from)?;
    let before = read_text(&target)?;
    let (after, result) = change(before.as_deref().unwrap_or_default())?;
    let is_new = before.as_ref() != Some(&after);
    let is_open = access == Access::Owner && super::files::readable_by(&target, 0o077);
    let writes = (is_new && !(before.is_none() && after.is_empty())) || is_open;
    if writes {
        replace(&target, &directory, access, &after)
            .map_err(|error| ConfigError::unwritable(path, &error))?;
    }
    Ok((result, writes))
}

fn replace(target: &Path, directory: &Path, access: Access, text: &str) -> std::io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".llm-cooperation-").suffix(".tmp");
    let permissions = permissions(target, access);
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions.filter(|_| target.exists()) {
        // The mode given at creation is cut by the process's mask; a kept mode is kept in full.
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    sync_directory(directory);
    Ok(())
}

/// The mode of the new file; platforms without modes inherit from the directory.
#[cfg_attr(
    unix,
    expect(clippy::unnecessary_wraps, reason = "other platforms have none")
)]
fn permissions(target: &Path, access: Access) -> Option<std::fs::Permissions> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let usual = std::fs::Permissions::from_mode(0o666);
        let kept = std::fs::metadata(target).map(|meta| meta.permissions());
        Some(match access {
            Access::Owner => std::fs::Permissions::from_mode(0o600),
            Access::Usual => kept.unwrap_or(usual),
        })
    }
    #[cfg(not(unix))]
    {
        let _ = (target, access);
        None
    }
}

/// Makes the rename itself survive a loss of power, where directories can be synchronised.
fn sync_directory(directory: &Path) {
    if cfg!(unix)
        && let Ok(directory) = File::open(directory)
    {
        // The file is in place; that its name may be lost with the power is not worth failing for.
        drop(directory.sync_all());
    }
}

/// A lock file next to the target. It stays: taking it away would race with the next writer.
fn lock(target: &Path) -> Result<File, ConfigError> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let path = target.with_file_name(format!(".{name}.lock"));
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| ConfigError::unwritable(&path, &error))?;
    for _ in 0..LOCK_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(ConfigError::unwritable(&path, &error)),
        }
    }
    Err(ConfigError::new(
        Code::ConfigUnwritable,
        "another process has been changing this file for ten seconds",
    )
    .in_file(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path, access: Access, text: &str) -> bool {
        update(path, access, |_| Ok((text.to_owned(), ())))
            .unwrap()
            .1
    }

    #[test]
    fn a_file_and_its_directory_are_made_and_the_same_text_is_not_written_twice() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b/c.toml");
        assert!(put(&path, Access::Usual, "x = 1\n"));
        let modified = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        let first = modified(&path);
        assert!(!put(&path, Access::Usual, "x = 1\n"));
        assert_eq!(modified(&path), first);
        assert_eq!(read_text(&path).unwrap().as_deref(), Some("x = 1\n"));
    }

    #[test]
    fn a_refused_change_leaves_the_file_and_nothing_beside_it() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("c.toml");
        put(&path, Access::Usual, "x = 1\n");
        let refused = update(&path, Access::Usual, |_| {
            Err::<(String, ()), _>(ConfigError::invalid("no").into())
        });
        assert!(refused.is_err());
        assert_eq!(read_text(&path).unwrap().as_deref(), Some("x = 1\n"));
        let names: Vec<_> = std::fs::read_dir(temp.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains(".tmp"))
            .collect();
        assert!(names.is_empty(), "{names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn modes_are_kept_and_secrets_belong_to_their_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = temp.path().join("c.toml");
        put(&path, Access::Usual, "x = 1\n");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
        put(&path, Access::Usual, "x = 2\n");
        assert_eq!(mode(&path), 0o664);
        let secrets = temp.path().join("s.toml");
        put(&secrets, Access::Owner, "x = 1\n");
        assert_eq!(mode(&secrets), 0o600);
        std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(put(&secrets, Access::Owner, "x = 1\n"), "closed again");
        assert_eq!(mode(&secrets), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let temp = tempfile::tempdir().unwrap();
        let (real, link) = (temp.path().join("real.toml"), temp.path().join("link.toml"));
        put(&real, Access::Usual, "x = 1\n");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        put(&link, Access::Usual, "x = 2\n");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read_text(&real).unwrap().as_deref(), Some("x = 2\n"));
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("c.toml");
        std::thread::scope(|scope| {
            for writer in 0..20 {
                let path = &path;
                scope.spawn(move || {
                    update(path, Access::Usual, |text| {
                        Ok((format!("{text}{writer}\n"), ()))
                    })
                    .unwrap()
                });
            }
        });
        let text = read_text(&path).unwrap().unwrap();
        let mut lines: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
        lines.sort_unstable();
        assert_eq!(lines, (0..20).collect::<Vec<_>>());
    }
}
