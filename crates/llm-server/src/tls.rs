//! Serving over TLS: the handshake, and certificates that are replaced while connections go on.
//!
//! A connection keeps the certificate it began with; what is read later is for those that come
//! after. A file that is no good leaves the old certificate at work. Where the files are is the
//! configuration's business, what they mean is [`material`]'s.

pub mod material;
pub mod probe;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use llm_core::config::error::ConfigError;
use llm_core::config::load::Loaded;
use llm_core::config::tls::{TlsFiles, TlsTexts};
use llm_core::telemetry::names;
use metrics::gauge;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use material::Material;

/// Time a client has to finish the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The certificate at work.
pub struct Tls {
    current: ArcSwap<Serving>,
    /// What was last wrong with the files, so that it is told once.
    trouble: Mutex<Option<String>>,
}

struct Serving {
    files: TlsFiles,
    texts: TlsTexts,
    material: Material,
}

impl Serving {
    fn read(files: TlsFiles) -> Result<Self, ConfigError> {
        let texts = files.read()?;
        let material = Material::of(&files, &texts)?;
        Ok(Self {
            files,
            texts,
            material,
        })
    }
}

impl Tls {
    /// The certificate a configuration names; `None` where it asks for plain HTTP.
    pub fn of(loaded: &Loaded) -> Result<Option<Arc<Self>>, ConfigError> {
        let Some(files) = TlsFiles::of(loaded)? else {
            return Ok(None);
        };
        let tls = Self {
            current: ArcSwap::from_pointee(Serving::read(files)?),
            trouble: Mutex::new(None),
        };
        tls.tell_expiry();
        Ok(Some(Arc::new(tls)))
    }

    /// Reads what another configuration names, without using it yet. One that names nothing keeps
    /// what there is: whether TLS is spoken is decided at the start.
    pub fn prepare(&self, loaded: &Loaded) -> Result<Option<Prepared>, ConfigError> {
        let files = TlsFiles::of(loaded)?;
        files
            .map(|files| Serving::read(files).map(Prepared))
            .transpose()
    }

    /// Uses what was read, for connections that come from now on.
    pub fn use_from_now(&self, prepared: Prepared) {
        *self.trouble.lock() = None;
        self.current.store(Arc::new(prepared.0));
        self.tell_expiry();
    }

    /// Reads the files again and uses them where they changed. Logs what is wrong, once.
    pub fn refresh(&self) {
        let current = self.current.load_full();
        match changed(&current) {
            Ok(None) => *self.trouble.lock() = None,
            Ok(Some(serving)) => {
                let expires = serving.material.expires;
                self.use_from_now(Prepared(serving));
                tracing::info!(expires = %shown(expires), "certificate replaced");
            }
            Err(error) => {
                let text = error.to_string();
                let mut trouble = self.trouble.lock();
                if trouble.as_ref() != Some(&text) {
                    tracing::warn!(error = %text, "the certificate was not replaced, the old one stays");
                    *trouble = Some(text);
                }
            }
        }
    }

    /// When the certificate at work is no longer valid, if it says so.
    pub fn expires(&self) -> Option<Timestamp> {
        self.current.load().material.expires
    }

    /// The handshake of one connection.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.current.load().material.config);
        let handshake = TlsAcceptor::from(config).accept(stream);
        tokio::time::timeout(HANDSHAKE, handshake)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    fn tell_expiry(&self) {
        if let Some(expires) = self.expires() {
            gauge!(names::TLS_EXPIRES).set(expires.as_second() as f64);
        }
    }
}

/// A certificate that was read and is good, not yet used.
pub struct Prepared(Serving);

/// The files as they are now, if they hold anything else than what is used.
fn changed(current: &Serving) -> Result<Option<Serving>, ConfigError> {
    let texts = current.files.read()?;
    if texts == current.texts {
        return Ok(None);
    }
    let material = Material::of(&current.files, &texts)?;
    Ok(Some(Serving {
        files: current.files.clone(),
        texts,
        material,
    }))
}

/// A time people can read, of a certificate that may say none.
fn shown(expires: Option<Timestamp>) -> String {
    expires.map_or_else(|| "unknown".to_owned(), |time| time.to_string())
}
