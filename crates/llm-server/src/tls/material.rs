//! From PEM texts to what a handshake needs; and until when a certificate is valid.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use llm_core::config::error::ConfigError;
use llm_core::config::tls::{TlsFiles, TlsTexts};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{InconsistentKeys, ServerConfig};

/// Protocols offered to clients, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What a handshake needs.
#[derive(Clone, Debug)]
pub struct Material {
    /// The certificate, its key and the protocols.
    pub config: Arc<ServerConfig>,
    /// When the certificate is no longer valid, if that can be read.
    pub expires: Option<Timestamp>,
}

impl Material {
    /// Understands both files, or says which is wrong and why.
    pub fn of(files: &TlsFiles, texts: &TlsTexts) -> Result<Self, ConfigError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(texts.certificates.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| files.wrong_certificate(&format!("is not PEM: {error}")))?;
        let Some(own) = chain.first() else {
            return Err(files.wrong_certificate("holds no certificate in PEM"));
        };
        let expires = expires(own);
        // What the parser says of a key could repeat a part of it.
        let key = PrivateKeyDer::from_pem_slice(texts.key.expose().as_bytes())
            .map_err(|_| files.wrong_key("holds no private key in PEM that is not encrypted"))?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| files.wrong_certificate(&error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| told(files, &error))?;
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Self {
            config: Arc::new(config),
            expires,
        })
    }
}

fn told(files: &TlsFiles, error: &rustls::Error) -> ConfigError {
    match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            files.wrong_key(&format!(
                "does not belong to the certificate in {}",
                files.certificate().display()
            ))
        }
        rustls::Error::InvalidCertificate(_) => {
            files.wrong_certificate(&format!("cannot be used: {error}"))
        }
        _ => files.wrong_key(&format!("cannot be used: {error}")),
    }
}

/// The one provider of cryptography.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The end of the validity of a certificate.
///
/// Read by hand: `Certificate { TBSCertificate { [0] version?, serial, algorithm, issuer,
/// Validity { notBefore, notAfter } … } … }`. Of all that, only one time is wanted.
fn expires(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    if rest.first() == Some(&0xa0) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (_, validity, _) = element(rest)?;
    let (tag, text, _) = element(element(validity)?.2)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// The first element of DER: its tag, what it holds, and what comes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit));
        (length, rest)
    };
    let (held, rest) = rest.split_at_checked(length)?;
    Some((tag, held, rest))
}

/// `YYMMDDhhmmssZ`, or the same with four digits of the year.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let text = match tag {
        // Years with two digits are 1950 to 2049.
        0x17 if text.get(..2)? < "50" => format!("20{text}"),
        0x17 => format!("19{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let moment = DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        for (year, end) in [
            (2031, "2031-05-06T00:00:00Z"),
            (2077, "2077-05-06T00:00:00Z"),
        ] {
            let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 5, 6);
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = params.self_signed(&key).unwrap();
            let found = expires(certificate.der()).unwrap();
            assert_eq!(found.to_string(), end);
            // A part of a certificate says nothing, and breaks nothing.
            for length in 0..certificate.der().len() {
                assert_eq!(expires(&certificate.der()[..length]), None);
            }
        }
        assert_eq!(time(0x17, "不"), None);
    }
}
