//! A price per million tokens, read exactly: `0.14` is never a float that is nearly 0.14.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::money::parse_decimal;

/// A price per million tokens, held in pico-units (10⁻¹²) per token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerMillion(i64);

impl PerMillion {
    /// Above this a price is taken for a slip of the unit.
    const HIGHEST: i64 = 1_000_000_000;

    /// Reads a decimal with at most six decimals.
    pub fn parse(text: &str) -> Result<Self, String> {
        match parse_decimal(text, 6) {
            Some(picos) if picos <= Self::HIGHEST => Ok(Self(picos)),
            Some(_) => Err(format!(
                "{text} is above 1000 per million tokens; is it per token?"
            )),
            None => Err(format!(
                "`{text}` is not a price such as 0.14, with at most six decimals"
            )),
        }
    }

    /// Pico-units per token.
    pub fn picos_per_token(self) -> i64 {
        self.0
    }

    /// The decimal text.
    pub fn decimal(self) -> String {
        let (whole, fraction) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if fraction == 0 {
            return whole.to_string();
        }
        format!("{whole}.{}", format!("{fraction:06}").trim_end_matches('0'))
    }
}

impl Serialize for PerMillion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1_000_000.0)
    }
}

impl<'de> Deserialize<'de> for PerMillion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Price;

        impl Visitor<'_> for Price {
            type Value = PerMillion;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price per million tokens, such as 0.14")
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<PerMillion, E> {
                // The shortest text that names this float is the text it was read from.
                PerMillion::parse(&value.to_string()).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<PerMillion, E> {
                PerMillion::parse(&value.to_string()).map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<PerMillion, E> {
                PerMillion::parse(&value.to_string()).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<PerMillion, E> {
                PerMillion::parse(value).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Price)
    }
}

impl JsonSchema for PerMillion {
    fn schema_name() -> Cow<'static, str> {
        "PerMillion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A price per million tokens, with at most six decimals.",
            "type": "number",
            "minimum": 0,
            "maximum": 1000
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly_and_written_back() {
        for text in ["0.14", "0", "2.5", "15", "0.000001"] {
            assert_eq!(PerMillion::parse(text).unwrap().decimal(), text);
        }
        let value: toml::Value = toml::from_str::<toml::Table>("p = 0.14").unwrap()["p"].clone();
        assert_eq!(
            value.try_into::<PerMillion>().unwrap().picos_per_token(),
            140_000
        );
    }

    #[test]
    fn a_price_per_token_or_a_negative_one_is_refused() {
        for text in ["-1", "1001", "1e3", "0.0000001"] {
            assert!(PerMillion::parse(text).is_err(), "{text}");
        }
    }
}
