//! Dotted keys: `models.qwen3_8b.max_tokens`, `models."gpt-4.1".context`.

use std::fmt;

use super::error::ConfigError;

/// One step of a [`KeyPath`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// A position in an array.
    Index(usize),
}

/// A place in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPath(Vec<Segment>);

impl KeyPath {
    /// The whole configuration.
    pub fn root() -> Self {
        Self::default()
    }

    /// From the names of its steps.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            names
                .into_iter()
                .map(|name| Segment::Key(name.to_owned()))
                .collect(),
        )
    }

    /// Reads a dotted key. A part with dots in it is quoted; any other character may stand as it is.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |what: &str| {
            ConfigError::invalid(format!("`{text}` is not a key: {what}"))
                .with_hint(r#"write it like server.port or models."gpt-4.1".context"#)
        };
        let mut path = Self::default();
        let mut rest = text.trim();
        loop {
            let (part, after) = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = &rest[1..];
                    let end = inner
                        .find(quote)
                        .ok_or_else(|| wrong("a quote is not closed"))?;
                    (&inner[..end], &inner[end + 1..])
                }
                _ => rest.split_at(rest.find('.').unwrap_or(rest.len())),
            };
            if part.is_empty() {
                return Err(wrong("a part of it is empty"));
            }
            path.0.push(Segment::Key(part.to_owned()));
            if after.is_empty() {
                return Ok(path);
            }
            rest = after
                .strip_prefix('.')
                .ok_or_else(|| wrong("a dot is missing after a quote"))?;
        }
    }

    /// Its steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Its steps as names, where none is a position in an array.
    pub fn names(&self) -> Vec<&str> {
        self.0
            .iter()
            .map_while(|segment| match segment {
                Segment::Key(name) => Some(name.as_str()),
                Segment::Index(_) => None,
            })
            .collect()
    }

    /// The last name.
    pub fn last(&self) -> Option<&str> {
        match self.0.last() {
            Some(Segment::Key(name)) => Some(name),
            _ => None,
        }
    }

    /// The place that holds this one.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// A key below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        self.with(Segment::Key(name.to_owned()))
    }

    /// A position below this one.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// Whether it is this place or below it.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// Whether a value here must never be shown: keys, and headers that carry one.
    pub fn holds_secret(&self) -> bool {
        let Some(last) = self.last() else {
            return false;
        };
        if last == "api_key" {
            return true;
        }
        let in_headers = self.parent().last() == Some("headers");
        let name = last.to_ascii_lowercase();
        in_headers
            && ["auth", "key", "token", "secret", "cookie", "password"]
                .iter()
                .any(|word| name.contains(word))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut path = self.clone();
        path.0.push(segment);
        path
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(name) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(&quoted(name))?;
                }
            }
        }
        Ok(())
    }
}

/// A name as it stands in a dotted key.
pub fn quoted(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if is_bare {
        name.to_owned()
    } else if name.contains('"') {
        format!("'{name}'")
    } else {
        format!("\"{name}\"")
    }
}

/// The nearest of the names there are, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_alike() {
        for text in [
            "server.port",
            r#"models."gpt-4.1".context"#,
            r#"models."Qwen/Qwen3""#,
            "a",
        ] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), text);
        }
        let path = KeyPath::of(["models", "m", "deployments"]).item(1);
        assert_eq!(
            path.child("path").to_string(),
            "models.m.deployments[1].path"
        );
    }

    #[test]
    fn a_broken_key_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b", "\"a", "\"a\"b"] {
            assert!(KeyPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_and_credential_headers_are_secret_and_nothing_else() {
        let secret = |text: &str| KeyPath::parse(text).unwrap().holds_secret();
        assert!(secret("providers.x.api_key"));
        assert!(secret("providers.x.headers.Authorization"));
        assert!(secret("providers.x.headers.x-goog-api-key"));
        assert!(!secret("providers.x.headers.user-agent"));
        assert!(!secret("keys.ci.digest"));
        assert!(!secret("models.m.max_tokens"));
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["max_tokens", "temperature", "path"];
        assert_eq!(did_you_mean("max_token", known), Some("max_tokens"));
        assert_eq!(did_you_mean("temprature", known), Some("temperature"));
        assert_eq!(did_you_mean("Path", known), Some("path"));
        assert_eq!(did_you_mean("colour", known), None);
    }

    proptest::proptest! {
        #[test]
        fn any_name_without_both_quotes_survives(names in proptest::collection::vec("[^\"'\u{0}]{1,12}", 1..4)) {
            // Surrounding white space of the whole text is not part of a key.
            let path = KeyPath::of(names.iter().map(String::as_str));
            proptest::prop_assert_eq!(KeyPath::parse(&path.to_string()).unwrap(), path);
        }
    }
}
