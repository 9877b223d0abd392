//! Secrets as types that cannot be printed.

use std::fmt;

use zeroize::Zeroizing;

/// A text that neither `Debug` nor `Display` nor `Serialize` shows. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every call is a place to review: headers and digests only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Enough to recognise a secret by: its last four characters, where it is long enough that
    /// they give nothing away.
    pub fn hint(&self) -> String {
        let count = self.0.chars().count();
        if count < 12 {
            return "…".to_owned();
        }
        let tail: String = self.0.chars().skip(count - 4).collect();
        format!("…{tail}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Two secrets are compared in constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_to_nobody() {
        let secret = Secret::new("sk-0123456789abcdef");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.hint(), "…cdef");
        assert_eq!(Secret::new("short").hint(), "…");
    }
}
