//! `-a`: pictures, sound and documents beside the text.
//!
//! The type comes from `--attach-type`, else from the first bytes, else from the name. Addresses
//! of pictures are passed on for the provider to fetch; nothing is fetched here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use llm_console::catalogue::Message;
use llm_console::input::{Sources as _, System};
use llm_console::program::Console;
use llm_console::report::Report;
use serde_json::{Value, json};

use super::conflict;

/// What is attached.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AttachFlags {
    /// A picture, sound or document for models that can take it; may be repeated, - is standard input
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<String>,
    /// The same with its media type, where it cannot be told
    #[arg(long, num_args = 2, value_names = ["FILE", "TYPE"])]
    attach_type: Vec<String>,
}

/// One attachment.
#[derive(Clone, Debug)]
pub(crate) enum Attachment {
    /// A picture at an address.
    Address(String),
    /// Bytes.
    Inline {
        /// The name to show to the model.
        name: String,
        /// The media type.
        mime: String,
        /// Base64 text.
        data: String,
    },
}

impl AttachFlags {
    /// Whether one of them is standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.named().any(|(path, _)| path == "-")
    }

    /// Reads all of them, each at most `limit` bytes.
    pub(crate) fn read(&self, console: &Console, limit: u64) -> Result<Vec<Attachment>, Report> {
        if self.named().filter(|(path, _)| *path == "-").count() > 1 {
            return Err(conflict("--attach -", "--attach -"));
        }
        self.named()
            .map(|(path, mime)| Attachment::read(console, path, mime, limit))
            .collect()
    }

    /// Each path with its type where that was said.
    fn named(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let typed = self.attach_type.chunks_exact(2);
        let plain = self.attach.iter().map(|path| (path.as_str(), None));
        plain.chain(typed.map(|pair| (pair[0].as_str(), Some(pair[1].as_str()))))
    }
}

impl Attachment {
    /// Reads one, at most `limit` bytes.
    pub(crate) fn read(
        console: &Console,
        path: &str,
        mime: Option<&str>,
        limit: u64,
    ) -> Result<Self, Report> {
        if path.starts_with("http://") || path.starts_with("https://") {
            return Ok(Self::Address(path.to_owned()));
        }
        let mut sources = System::new(&console.ui);
        let most = limit.saturating_add(1);
        let bytes = if path == "-" {
            sources.stdin(most, true)
        } else {
            sources.file(path, most)
        };
        let bytes = bytes.map_err(|error| {
            let words = error.to_string();
            let reason = words.split(" (os error").next().unwrap_or_default();
            let message = Message::new("common.input.unreadable")
                .with("path", path)
                .with("reason", reason);
            Report::new("input_unreadable", message).with("path", path)
        })?;
        if bytes.is_empty() {
            let message = Message::new("cooperation.ask.attachment_empty").with("path", path);
            return Err(Report::new("empty_query", message).with("path", path));
        }
        if bytes.len() as u64 > limit {
            let message = Message::new("cooperation.ask.attachment_too_large")
                .with("path", path)
                .with("limit", limit);
            return Err(Report::new("request_too_large", message).with("limit", limit));
        }
        let mime = mime
            .map(str::to_owned)
            .or_else(|| sniffed(&bytes).map(str::to_owned))
            .or_else(|| mime_guess::from_path(path).first_raw().map(str::to_owned))
            .ok_or_else(|| {
                let message = Message::new("cooperation.ask.unknown_type").with("path", path);
                Report::usage(message).hint(format!("--attach-type {path} image/png"))
            })?;
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        Ok(Self::Inline {
            name: if path == "-" { "stdin" } else { name }.to_owned(),
            mime,
            data: STANDARD.encode(bytes),
        })
    }

    /// The part of a message in the `OpenAI` dialect.
    pub(crate) fn part(&self) -> Value {
        match self {
            Self::Address(url) => json!({ "type": "image_url", "image_url": { "url": url } }),
            Self::Inline { name, mime, data } => {
                let address = format!("data:{mime};base64,{data}");
                if mime.starts_with("image/") {
                    return json!({ "type": "image_url", "image_url": { "url": address } });
                }
                if let Some(format) = sound(mime) {
                    let sound = json!({ "data": data, "format": format });
                    return json!({ "type": "input_audio", "input_audio": sound });
                }
                json!({ "type": "file", "file": { "filename": name, "file_data": address } })
            }
        }
    }
}

/// The format of a sound, as the dialect names it.
fn sound(mime: &str) -> Option<&str> {
    match mime.strip_prefix("audio/")? {
        "wav" | "x-wav" | "wave" | "vnd.wave" => Some("wav"),
        "mpeg" | "mp3" => Some("mp3"),
        other => Some(other),
    }
}

/// The type the first bytes tell.
fn sniffed(bytes: &[u8]) -> Option<&'static str> {
    let within = |start: &[u8], at: usize, inner: &[u8]| {
        bytes.starts_with(start) && bytes.get(at..at + inner.len()) == Some(inner)
    };
    Some(match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => "image/png",
        _ if bytes.starts_with(b"\xff\xd8\xff") => "image/jpeg",
        _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => "image/gif",
        _ if within(b"RIFF", 8, b"WEBP") => "image/webp",
        _ if within(b"RIFF", 8, b"WAVE") => "audio/wav",
        _ if bytes.starts_with(b"ID3") => "audio/mpeg",
        _ if bytes.starts_with(b"%PDF-") => "application/pdf",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_type() {
        assert_eq!(sniffed(b"\x89PNG\r\n\x1a\n..."), Some("image/png"));
        assert_eq!(sniffed(b"RIFF\0\0\0\0WAVEfmt "), Some("audio/wav"));
        assert_eq!(sniffed(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(sniffed(b"RIFF"), None);
        assert_eq!(sniffed(b"hello"), None);
    }

    #[test]
    fn every_kind_has_its_part() {
        let part = |mime: &str| {
            let attachment = Attachment::Inline {
                name: "n".into(),
                mime: mime.into(),
                data: "AA==".into(),
            };
            attachment.part()["type"].as_str().unwrap().to_owned()
        };
        assert_eq!(part("image/png"), "image_url");
        assert_eq!(part("audio/mpeg"), "input_audio");
        assert_eq!(part("application/pdf"), "file");
    }
}
