//! Reading the fields of a JSON object one by one, each with its place for the error.
//!
//! A field that is absent or `null` is `None`. A wrong value is refused with the name of the field
//! and what it must be; the value itself is not repeated.

use std::fmt::Display;
use std::time::Duration;

use crate::gateway::error::GatewayError;
use crate::types::code::Code;
use crate::types::money::{Currency, Money};
use crate::types::raw::{MAX_DEPTH, RawError, RawFields};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Most items of a list of names.
const MAX_NAMES: usize = 128;

/// Most objects of a list.
const MAX_OBJECTS: usize = 64;

/// The fields of an object that are still to be read.
#[derive(Debug)]
pub struct Fields {
    raw: RawFields,
    /// What stands before a field's name in errors: empty, or `parent.`.
    prefix: String,
}

impl Fields {
    /// The fields of a body.
    pub fn new(raw: RawFields) -> Self {
        Self {
            raw,
            prefix: String::new(),
        }
    }

    /// A field's name in errors.
    pub fn param(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// An error about a field.
    pub fn wrong(&self, name: &str, must: impl Display) -> GatewayError {
        let param = self.param(name);
        let message = format!("`{param}` must be {must}");
        GatewayError::invalid(param, message)
    }

    /// Whether a field is there.
    pub fn has(&self, name: &str) -> bool {
        self.raw.get(name).is_some_and(|raw| raw.get() != "null")
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, GatewayError> {
        self.value(name, "a text")
    }

    /// A text that must be there.
    pub fn required_text(&mut self, name: &str) -> Result<String, GatewayError> {
        let param = self.param(name);
        self.text(name)?.ok_or_else(|| {
            GatewayError::new(Code::MissingField, format!("`{param}` is missing")).with_param(param)
        })
    }

    /// True or false.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, GatewayError> {
        self.value(name, "true or false")
    }

    /// A number between `least` and `most`.
    pub fn number(
        &mut self,
        name: &str,
        least: f64,
        most: f64,
    ) -> Result<Option<f64>, GatewayError> {
        let must = format!("a number from {least} to {most}");
        match self.value::<f64>(name, &must)? {
            Some(number) if !(least..=most).contains(&number) => Err(self.wrong(name, must)),
            number => Ok(number),
        }
    }

    /// A whole number between `least` and `most`.
    pub fn whole<T>(&mut self, name: &str, least: T, most: T) -> Result<Option<T>, GatewayError>
    where
        T: DeserializeOwned + PartialOrd + Display + Copy,
    {
        let must = format!("a whole number from {least} to {most}");
        match self.value::<T>(name, &must)? {
            Some(number) if number < least || number > most => Err(self.wrong(name, must)),
            number => Ok(number),
        }
    }

    /// Milliseconds, at least one.
    pub fn millis(&mut self, name: &str) -> Result<Option<Duration>, GatewayError> {
        let most = 24 * 3600 * 1000_u64;
        Ok(self.whole(name, 1, most)?.map(Duration::from_millis))
    }

    /// An amount of money: a number of US dollars, or a text with a currency.
    pub fn money(&mut self, name: &str) -> Result<Option<Money>, GatewayError> {
        let Some(raw) = self.take(name) else {
            return Ok(None);
        };
        let text = match serde_json::from_str::<Value>(raw.get()) {
            Ok(Value::String(text)) => Some(text),
            Ok(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        text.and_then(|text| Money::parse(&text, Currency::USD).ok())
            .map(Some)
            .ok_or_else(|| self.wrong(name, "an amount such as 0.02 or \"0.02USD\""))
    }

    /// A list of names, or one text with commas between them.
    pub fn names(&mut self, name: &str) -> Result<Option<Vec<String>>, GatewayError> {
        let must = format!("a list of at most {MAX_NAMES} names");
        let Some(raw) = self.take(name) else {
            return Ok(None);
        };
        let names: Vec<String> = if raw.get().starts_with('"') {
            let text: String =
                serde_json::from_str(raw.get()).map_err(|_| self.wrong(name, &must))?;
            text.split(',').map(str::to_owned).collect()
        } else {
            serde_json::from_str(raw.get()).map_err(|_| self.wrong(name, &must))?
        };
        let names: Vec<String> = names
            .iter()
            .map(|one| one.trim().to_owned())
            .filter(|one| !one.is_empty())
            .collect();
        if names.len() > MAX_NAMES {
            return Err(self.wrong(name, must));
        }
        Ok(Some(names))
    }

    /// An object, whose fields are read in turn.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, GatewayError> {
        let Some(raw) = self.take(name) else {
            return Ok(None);
        };
        self.inner(name, &raw).map(Some)
    }

    /// A list of objects.
    pub fn objects(&mut self, name: &str) -> Result<Vec<Self>, GatewayError> {
        let must = format!("a list of at most {MAX_OBJECTS} objects");
        let Some(raw) = self.take(name) else {
            return Ok(Vec::new());
        };
        let items: Vec<&RawValue> =
            serde_json::from_str(raw.get()).map_err(|_| self.wrong(name, &must))?;
        if items.len() > MAX_OBJECTS {
            return Err(self.wrong(name, must));
        }
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| self.inner(&format!("{name}[{index}]"), item))
            .collect()
    }

    /// An object of any shape.
    pub fn map(&mut self, name: &str) -> Result<Option<Map<String, Value>>, GatewayError> {
        self.value(name, "an object")
    }

    /// Names of the fields nobody has read.
    pub fn rest(&self) -> Vec<String> {
        self.raw.iter().map(|(name, _)| self.param(name)).collect()
    }

    /// Refuses fields nobody has read.
    pub fn finish(self, known: &[&str]) -> Result<(), GatewayError> {
        let Some(param) = self.rest().into_iter().next() else {
            return Ok(());
        };
        let message = format!("there is no field `{param}`");
        Err(GatewayError::invalid(param, message)
            .with_hint(format!("the fields are {}", known.join(", "))))
    }

    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        self.raw.remove(name).filter(|raw| raw.get() != "null")
    }

    fn value<T: DeserializeOwned>(
        &mut self,
        name: &str,
        must: &str,
    ) -> Result<Option<T>, GatewayError> {
        let Some(raw) = self.take(name) else {
            return Ok(None);
        };
        serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|_| self.wrong(name, must))
    }

    fn inner(&self, name: &str, raw: &RawValue) -> Result<Self, GatewayError> {
        if !raw.get().starts_with('{') {
            return Err(self.wrong(name, "an object"));
        }
        let param = self.param(name);
        let fields = RawFields::parse(raw.get().as_bytes())
            .map_err(|error| refused(error, &format!("`{param}`")))?;
        Ok(Self {
            raw: fields,
            prefix: format!("{param}."),
        })
    }
}

/// Why a piece of JSON is refused; `what` names it.
pub fn refused(error: RawError, what: &str) -> GatewayError {
    match error {
        RawError::Invalid(words) => {
            let message = format!("{what} is not a JSON object that can be read: {words}");
            GatewayError::new(Code::InvalidJson, message)
        }
        RawError::Duplicate(key) => {
            let message = format!("the key `{key}` occurs twice in {what}");
            GatewayError::new(Code::DuplicateKey, message).with_param(key)
        }
        RawError::TooDeep => {
            let message = format!("{what} is nested deeper than {MAX_DEPTH} levels");
            GatewayError::new(Code::JsonTooDeep, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::new(RawFields::parse(json.as_bytes()).unwrap())
    }

    #[test]
    fn a_wrong_value_is_named_by_its_place_and_not_repeated() {
        let mut outer = fields(r#"{"a":{"b":"secret words","c":[{"d":1.5}]}}"#);
        let mut inner = outer.object("a").unwrap().unwrap();
        let error = inner.number("b", 0.0, 1.0).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("a.b"));
        assert!(!error.message.contains("secret"), "{error}");
        let mut items = inner.objects("c").unwrap();
        let error = items[0].whole("d", 1_u32, 9).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("a.c[0].d"));
    }

    #[test]
    fn names_are_a_list_or_a_text_with_commas() {
        let names = |json: &str| fields(json).names("m").unwrap();
        let expected = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(names(r#"{"m":["a"," b ",""]}"#), expected);
        assert_eq!(names(r#"{"m":"a, b,"}"#), expected);
        assert_eq!(names(r#"{"m":null}"#), None);
        assert!(fields(r#"{"m":[1]}"#).names("m").is_err());
    }

    #[test]
    fn money_is_exact_and_has_a_currency() {
        let money = |json: &str| {
            let read = fields(json).money("m");
            read.map(|money| money.map(|money| (money.nanos, money.currency)))
        };
        assert_eq!(
            money(r#"{"m":0.02}"#).unwrap(),
            Some((20_000_000, Currency::USD))
        );
        assert_eq!(
            money(r#"{"m":"¥1"}"#).unwrap(),
            Some((1_000_000_000, Currency::CNY))
        );
        for wrong in [
            r#"{"m":-1}"#,
            r#"{"m":1e99}"#,
            r#"{"m":[]}"#,
            r#"{"m":"a"}"#,
        ] {
            assert!(money(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_nobody_reads_is_refused_with_what_there_is() {
        let mut read = fields(r#"{"a":true,"b":1}"#);
        assert_eq!(read.flag("a").unwrap(), Some(true));
        assert_eq!(read.rest(), ["b"]);
        let error = read.finish(&["a"]).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("b"));
        assert!(fields(r#"{"a":null}"#).text("a").unwrap().is_none());
    }
}
