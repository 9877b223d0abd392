//! The files of `[server.tls]`: where they are, what they hold, and who else may read the key.
//!
//! What the text means is the server's business; here it is only text.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::files::{read_text, readable_by};
use super::key::KeyPath;
use super::load::Loaded;
use super::secrets::MOUNTED;
use crate::types::code::Code;
use crate::types::secret::Secret;

/// Where certificate and key are.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    certificate: Place,
    key: Place,
}

/// A file, and the finding that everything wrong with it becomes.
#[derive(Clone, Debug)]
struct Place {
    path: PathBuf,
    finding: ConfigError,
}

/// What the files hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsTexts {
    /// The certificates, in PEM.
    pub certificates: String,
    /// The private key, in PEM.
    pub key: Secret,
}

impl TlsFiles {
    /// The files a configuration names; `None` where the server speaks plain HTTP.
    pub fn of(loaded: &Loaded) -> Result<Option<Self>, ConfigError> {
        let tls = &loaded.config.server.tls;
        match (&tls.cert, &tls.key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Self {
                certificate: Place::of(loaded, "cert", certificate),
                key: Place::of(loaded, "key", key),
            })),
            (certificate, _) => {
                let (this, other) = match certificate {
                    Some(_) => ("cert", "key"),
                    None => ("key", "cert"),
                };
                let key = KeyPath::of(["server", "tls", this]);
                Err(loaded.finding(&key, format!("needs `{other}` beside it")))
            }
        }
    }

    /// Reads both.
    pub fn read(&self) -> Result<TlsTexts, ConfigError> {
        Ok(TlsTexts {
            certificates: self.certificate.read()?,
            key: Secret::new(self.key.read()?),
        })
    }

    /// Where the certificate is.
    pub fn certificate(&self) -> &Path {
        &self.certificate.path
    }

    /// Says that the certificate's file is no good.
    pub fn wrong_certificate(&self, message: &str) -> ConfigError {
        self.certificate.wrong(Code::ConfigInvalid, message)
    }

    /// Says that the key's file is no good.
    pub fn wrong_key(&self, message: &str) -> ConfigError {
        self.key.wrong(Code::ConfigInvalid, message)
    }

    /// The warning that other users may read the key, if they may.
    pub fn open_key(&self) -> Option<ConfigError> {
        let path = &self.key.path;
        let is_mounted = MOUNTED.iter().any(|mount| path.starts_with(mount));
        (!is_mounted && readable_by(path, 0o007)).then(|| {
            self.wrong_key("holds a private key and can be read by other users")
                .with_hint(format!("chmod 600 {}", path.display()))
        })
    }
}

impl Place {
    /// A path in a file is meant from that file, any other from the current directory.
    fn of(loaded: &Loaded, name: &str, path: &str) -> Self {
        let finding = loaded.finding(&KeyPath::of(["server", "tls", name]), "");
        let environment = &loaded.variables.environment;
        let base = finding
            .file
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(&environment.current_dir);
        Self {
            path: environment.expand(Path::new(path.trim()), base),
            finding,
        }
    }

    fn read(&self) -> Result<String, ConfigError> {
        let missing = || self.wrong(Code::ConfigUnreadable, "there is no such file");
        read_text(&self.path)
            .map_err(|error| self.wrong(error.code, &error.message))?
            .ok_or_else(missing)
    }

    fn wrong(&self, code: Code, message: &str) -> ConfigError {
        let mut finding = self.finding.clone();
        finding.code = code;
        finding.message = format!("{}: {message}", self.path.display());
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::Place as Home;

    const NAMED: &str = "[server.tls]\ncert = \"tls/c.pem\"\nkey = \"tls/k.pem\"\n";

    #[test]
    fn the_files_are_meant_from_the_file_that_names_them() {
        let home = Home::new().user(NAMED);
        let files = TlsFiles::of(&home.load().unwrap()).unwrap().unwrap();
        let error = files.read().unwrap_err();
        assert_eq!(error.code, Code::ConfigUnreadable);
        assert_eq!(error.line, Some(2));
        assert_eq!(error.key.as_deref(), Some("server.tls.cert"));
        let path = home.target().config.with_file_name("tls").join("c.pem");
        let words = format!("{}: there is no such file", path.display());
        assert!(error.to_string().contains(&words), "{error}");
    }

    #[test]
    fn one_file_alone_is_refused_and_none_is_plain_http() {
        let half = Home::new().user("[server.tls]\nkey = \"k.pem\"\n");
        let error = TlsFiles::of(&half.load().unwrap()).unwrap_err();
        assert!(error.to_string().contains("needs `cert`"), "{error}");
        let none = Home::new().load().unwrap();
        assert!(TlsFiles::of(&none).unwrap().is_none());
    }
}
