//! What tests fetch once and keep outside the clone: model weights, a runner, client libraries.
//!
//! `$LLMCOOP_TEST_CACHE`, else `~/.cache/llm-cooperation-tests`. An entry's name carries its version,
//! so an entry never changes. It is made beside its place under a lock and then renamed: an entry
//! is whole or absent, and two runs at once make it once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The directory of the cache; it need not exist yet.
pub fn directory() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(directory) = set("LLMCOOP_TEST_CACHE") {
        return Ok(directory.into());
    }
    let home = set("HOME").context("neither LLMCOOP_TEST_CACHE nor HOME is set")?;
    Ok(Path::new(&home).join(".cache/llm-cooperation-tests"))
}

/// The entry of a name, if it is there.
pub fn find(name: &str) -> Result<Option<PathBuf>> {
    let entry = directory()?.join(name);
    Ok(entry.is_dir().then_some(entry))
}

/// The entry of a name; `make` fills an empty directory with it where it is absent.
pub fn ensure(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    ensure_in(&directory()?, name, make)
}

fn ensure_in(cache: &Path, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let entry = cache.join(name);
    if entry.is_dir() {
        return Ok(entry);
    }
    fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let lock = fs::File::create(cache.join(format!("{name}.lock")))?;
    // Released when the file is closed, also by a run that is killed.
    lock.lock().with_context(|| format!("cannot lock {name}"))?;
    if entry.is_dir() {
        return Ok(entry);
    }
    let partial = cache.join(format!("{name}.partial"));
    if partial.is_dir() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir(&partial)?;
    make(&partial).with_context(|| format!("cannot make {name} in {}", cache.display()))?;
    fs::rename(&partial, &entry)?;
    Ok(entry)
}

/// Runs a program to its end; what it printed is part of the error.
pub fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {name}; is it installed?"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed ({}):\n{stdout}{stderr}", output.status);
    }
    Ok(stdout)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn an_entry_is_made_once_by_many_at_once() {
        let cache = tempfile::tempdir().expect("a directory");
        let (made, start) = (AtomicUsize::new(0), Barrier::new(4));
        let make = |directory: &Path| {
            made.fetch_add(1, Ordering::Relaxed);
            Ok(fs::write(directory.join("file"), "whole")?)
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    let entry = ensure_in(cache.path(), "thing-1", make).expect("an entry");
                    assert_eq!(
                        fs::read_to_string(entry.join("file")).ok().as_deref(),
                        Some("whole")
                    );
                });
            }
        });
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn an_entry_is_made_under_a_lock() {
        let cache = tempfile::tempdir().expect("a directory");
        let other = || {
            let lock = fs::File::open(cache.path().join("thing-1.lock")).expect("a lock");
            lock.try_lock().is_ok()
        };
        ensure_in(cache.path(), "thing-1", |_| {
            assert!(!other(), "another run could have begun as well");
            Ok(())
        })
        .expect("an entry");
        assert!(other(), "the lock outlives the making");
    }

    #[test]
    fn what_could_not_be_made_is_absent_and_made_anew() {
        let cache = tempfile::tempdir().expect("a directory");
        let failed = ensure_in(cache.path(), "thing-1", |directory| {
            fs::write(directory.join("half"), "")?;
            bail!("the network is down")
        });
        let message = format!("{:#}", failed.expect_err("a failure"));
        assert!(message.contains("the network is down"), "{message}");
        assert!(!cache.path().join("thing-1").exists());
        let entry = ensure_in(cache.path(), "thing-1", |_| Ok(())).expect("an entry");
        assert_eq!(
            fs::read_dir(entry).expect("a directory").count(),
            0,
            "half is left"
        );
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let script = ["-c", "echo said >&2; exit 3"];
        let error = run(Command::new("sh").args(script)).expect_err("a failure");
        let message = format!("{error:#}");
        assert!(
            message.contains("said") && message.contains('3'),
            "{message}"
        );
        assert!(run(&mut Command::new("no-such-program-here")).is_err());
    }
}
