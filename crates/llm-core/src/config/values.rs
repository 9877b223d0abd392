//! Values as people write them on the command line and in variables: TOML, with quotes left out
//! where the key says what is meant.

use super::error::ConfigError;
use super::key::KeyPath;
use super::schema::{self, Kind};

/// Reads a value for a key.
///
/// Text needs no quotes, a list may be separated by commas, and true and false may be `1`, `0`,
/// `yes`, `no`, `on` and `off`. A key that does not exist takes any TOML value, else the text.
pub fn parse(path: &KeyPath, text: &str) -> Result<toml::Value, ConfigError> {
    let Some(known) = schema::at(path) else {
        return Ok(toml_value(text).unwrap_or_else(|| text.to_owned().into()));
    };
    let kind = known.kind();
    of_kind(&kind, text).ok_or_else(|| {
        let shown = if path.holds_secret() {
            String::new()
        } else {
            format!(", found `{text}`")
        };
        ConfigError::invalid(format!("expected {}{shown}", kind.describe()))
            .at_key(path.to_string())
    })
}

fn of_kind(kind: &Kind, text: &str) -> Option<toml::Value> {
    let value = toml_value(text);
    match kind {
        Kind::Text | Kind::OneOf(_) => Some(match value {
            Some(value @ toml::Value::String(_)) => value,
            _ => text.to_owned().into(),
        }),
        Kind::Secret => Some(match value {
            Some(value @ (toml::Value::String(_) | toml::Value::Table(_))) => value,
            _ => text.to_owned().into(),
        }),
        Kind::Integer { .. } => value.filter(toml::Value::is_integer),
        Kind::Number => value.filter(|value| value.is_integer() || value.is_float()),
        Kind::Boolean => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true.into()),
            "false" | "0" | "no" | "off" => Some(false.into()),
            _ => None,
        },
        Kind::List(item) => match value {
            Some(value @ toml::Value::Array(_)) => Some(value),
            _ => text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| of_kind(item, part))
                .collect::<Option<Vec<_>>>()
                .map(toml::Value::Array),
        },
        Kind::Section | Kind::Names => value.filter(toml::Value::is_table),
    }
}

/// A text that is one TOML value and nothing else.
fn toml_value(text: &str) -> Option<toml::Value> {
    let mut table: toml::Table = toml::from_str(&format!("value = {text}\n")).ok()?;
    let value = table.remove("value")?;
    table.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, text: &str) -> Result<String, String> {
        parse(&KeyPath::parse(key).unwrap(), text)
            .map(|value| value.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_key_decides_what_a_bare_word_is() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(read("server.port", "80"), ok("80"));
        assert_eq!(read("models.x.path", "123"), ok("\"123\""));
        assert_eq!(read("models.x.path", "\"123\""), ok("\"123\""));
        assert_eq!(
            read("models.x.path", "Qwen/Qwen3-8B"),
            ok("\"Qwen/Qwen3-8B\"")
        );
        assert_eq!(read("models.x.temperature", "1"), ok("1"));
        assert_eq!(
            read("models.x.tasks", "math, code"),
            ok("[\"math\", \"code\"]")
        );
        assert_eq!(read("models.x.tasks", "[\"a,b\"]"), ok("[\"a,b\"]"));
        assert_eq!(read("server.metrics", "off"), ok("false"));
        assert_eq!(
            read("providers.p.api_key", "{ env = \"K\" }"),
            ok("{ env = \"K\" }")
        );
        assert_eq!(read("not.there", "5"), ok("5"));
        assert_eq!(read("not.there", "word"), ok("\"word\""));
    }

    #[test]
    fn a_wrong_value_says_what_was_expected() {
        assert_eq!(
            read("server.port", "eighty").unwrap_err(),
            "server.port: expected whole number, 0 to 65535, found `eighty`"
        );
        assert!(read("server.metrics", "perhaps").is_err());
        assert!(read("server", "5").is_err());
        assert!(read("server.port", "1\nx = 2").is_err(), "one value only");
    }
}
