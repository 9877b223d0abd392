//! What is worth a word about certificate and descriptors, for whoever starts or checks a server.

use jiff::{SignedDuration, Timestamp};
use llm_console::catalogue::Message;
use llm_console::ui::Ui;
use llm_core::config::load::Loaded;
use llm_core::config::tls::TlsFiles;
use serde_json::{Value, json};

use crate::descriptors::Descriptors;
use crate::tls::Tls;

/// A certificate that ends sooner is warned about.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What stands between the network and the requests.
pub(super) struct Edge<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) tls: Option<&'a Tls>,
    pub(super) descriptors: Descriptors,
    pub(super) now: Timestamp,
}

impl Edge<'_> {
    /// Warns of what will hurt.
    pub(super) fn warn(&self, ui: &Ui) {
        let open = TlsFiles::of(self.loaded).ok().flatten();
        if let Some(finding) = open.and_then(|files| files.open_key()) {
            ui.warn(finding.to_string());
        }
        if let Some(expires) = self.tls.and_then(Tls::expires) {
            if expires <= self.now {
                ui.warn(Message::new("server.certificate_expired").with("time", expires));
            } else if expires.duration_since(self.now) < SOON {
                ui.warn(Message::new("server.certificate_ends").with("time", expires));
            }
        }
        let (wanted, possible) = self.connections();
        if possible < wanted {
            let limit = self.descriptors.limit.unwrap_or_default();
            ui.warn(
                Message::new("server.fewer_connections")
                    .with("limit", limit)
                    .with("n", possible)
                    .with("wanted", wanted),
            );
        }
    }

    /// Tells what there is.
    pub(super) fn tell(&self, ui: &Ui) {
        if let Some(expires) = self.tls.and_then(Tls::expires) {
            ui.note(Message::new("server.certificate").with("time", expires));
        }
        if let Some(limit) = self.descriptors.limit {
            let (_, possible) = self.connections();
            ui.note(
                Message::new("server.descriptors")
                    .with("limit", limit)
                    .with("n", possible),
            );
        }
    }

    /// The same for programs.
    pub(super) fn machine(&self) -> Value {
        let files = TlsFiles::of(self.loaded).ok().flatten();
        let tls = files.map(|files| {
            json!({
                "cert": files.certificate().display().to_string(),
                "expires": self.tls.and_then(Tls::expires).map(|time| time.to_string()),
            })
        });
        let server = &self.loaded.config.server;
        json!({
            "host": server.host,
            "port": server.port,
            "tls": tls,
            "descriptors": self.descriptors.limit,
            "connections": self.connections().1,
        })
    }

    /// Connections that are wanted, and those that are possible.
    fn connections(&self) -> (usize, usize) {
        let wanted = self.loaded.config.server.max_connections as usize;
        (wanted, self.descriptors.connections(wanted))
    }
}
