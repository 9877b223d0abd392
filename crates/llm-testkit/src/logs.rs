//! Captures what is logged and proves that secrets and prompts are not in it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How much of a secret must turn up to count as a leak: a cut-off secret is one too.
const TELLING: usize = 12;

/// Everything logged on this thread since [`capture`], at every level, with fields.
pub struct Logs {
    buffer: Buffer,
    _guard: DefaultGuard,
}

/// Captures what this thread logs until the result is dropped.
///
/// A test that spawns onto other threads sees only its own; use the single-threaded runtime.
pub fn capture() -> Logs {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(buffer.clone())
        .finish();
    Logs {
        buffer,
        _guard: tracing::subscriber::set_default(subscriber),
    }
}

/// A text that occurs nowhere else, to be used as a key or a prompt and looked for afterwards.
pub fn canary(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let seed = format!("{name} {count} {}", std::process::id());
    format!(
        "canary-{name}-{}",
        &blake3::hash(seed.as_bytes()).to_hex()[..24]
    )
}

/// Fails if any of the secrets, or a telling part of one, occurs in the text.
///
/// # Panics
/// With the place in `what` where it occurs, if it does.
pub fn assert_free_of(what: &str, text: &str, secrets: &[&str]) {
    if let Some(leak) = find_leak(text, secrets) {
        panic!("a secret shows in {what}, {leak}");
    }
}

/// The first place where a telling part of a secret occurs.
fn find_leak(text: &str, secrets: &[&str]) -> Option<String> {
    secrets.iter().find_map(|secret| {
        let characters: Vec<char> = secret.chars().collect();
        let parts = characters.windows(TELLING.min(characters.len().max(1)));
        parts.map(String::from_iter).find_map(|part| {
            let mut lines = text.lines().enumerate();
            let (number, line) = lines.find(|(_, line)| line.contains(&part))?;
            Some(format!("line {}, as {part:?}: {line}", number + 1))
        })
    })
}

impl Logs {
    /// What has been logged.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer.0.lock()).into_owned()
    }

    /// Fails if any of the secrets, or a telling part of one, was logged.
    pub fn assert_free_of(&self, secrets: &[&str]) {
        assert_free_of("the log", &self.text(), secrets);
    }

    /// Fails unless this was logged: a log without the text proves nothing if it is empty.
    pub fn assert_contains(&self, text: &str) {
        let log = self.text();
        assert!(log.contains(text), "{text:?} is not in the log:\n{log}");
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_without_the_canary_passes() {
        let logs = capture();
        tracing::debug!(model = "small", "asked");
        logs.assert_contains("small");
        logs.assert_free_of(&[&canary("key")]);
    }

    #[test]
    fn a_field_with_part_of_the_canary_is_found() {
        let logs = capture();
        let key = canary("key");
        tracing::trace!(header = format!("Bearer {}", &key[..20]), "sent");
        let leak = find_leak(&logs.text(), &[&key]).expect("the leak is found");
        assert!(leak.starts_with("line 1, as \"canary-key-"), "{leak}");
        assert_eq!(
            find_leak(&logs.text(), &[&key[13..]]),
            None,
            "too little of it to tell"
        );
    }

    #[test]
    fn every_canary_is_another() {
        assert_ne!(canary("key"), canary("key"));
    }
}
