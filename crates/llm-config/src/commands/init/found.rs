//! What there is before anything is set up: keys in the environment, local servers, files.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use llm_console::catalogue::Message;
use llm_console::ui::Ui;
use llm_core::config::detect::{self, FoundKey};
use llm_core::config::import;
use llm_core::config::presets::{self, Preset};

use crate::session::Session;

/// How long a local server may take to accept a connection.
const PATIENCE: Duration = Duration::from_millis(300);

/// What was found.
pub(super) struct Found {
    files: Vec<String>,
    keys: Vec<FoundKey>,
    servers: Vec<&'static Preset>,
    earlier: Vec<String>,
}

impl Found {
    /// Looks. Nothing is sent anywhere; a local server only has to accept a connection.
    pub(super) fn look(session: &Session<'_>) -> Self {
        let loaded = &session.loaded;
        let earlier = import::find_earlier(&loaded.paths.current_dir);
        Self {
            files: loaded
                .files
                .iter()
                .map(|file| file.path.display().to_string())
                .collect(),
            keys: detect::keys(&loaded.variables),
            servers: presets::all()
                .iter()
                .filter(|preset| preset.facts.local && listens(&preset.facts.base_url))
                .collect(),
            earlier: earlier
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
        }
    }

    /// Says what it is.
    pub(super) fn tell(&self, ui: &Ui) {
        for file in &self.files {
            ui.note(Message::new("config.found_file").with("path", file));
        }
        for key in &self.keys {
            ui.note(
                Message::new("config.found_key")
                    .with("variable", &key.variable)
                    .with("preset", key.preset),
            );
        }
        for preset in &self.servers {
            ui.note(
                Message::new("config.found_server")
                    .with("url", &preset.facts.base_url)
                    .with("preset", preset.name),
            );
        }
        for file in &self.earlier {
            ui.note(Message::new("config.found_earlier").with("path", file));
        }
        let is_nothing = self.files.is_empty()
            && self.keys.is_empty()
            && self.servers.is_empty()
            && self.earlier.is_empty();
        if is_nothing {
            ui.note(Message::new("config.found_nothing"));
        }
    }

    /// The preset that what was found speaks for.
    pub(super) fn best(&self) -> Option<&'static str> {
        let key = self.keys.first().map(|key| key.preset);
        key.or_else(|| self.servers.first().map(|preset| preset.name))
    }
}

/// Whether something accepts connections at a local address.
fn listens(address: &str) -> bool {
    let Some(place) = address
        .split_once("://")
        .map(|(_, rest)| rest.split('/').next().unwrap_or_default())
    else {
        return false;
    };
    let Ok(addresses) = place.to_socket_addrs() else {
        return false;
    };
    addresses
        .into_iter()
        .any(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok())
}
