//! Whether a loaded configuration makes sense: names that refer to something, values in range,
//! addresses, money and dates that can be read. Every finding has its file, line and key.
//!
//! Names of components come in as an argument; nothing here knows one.

mod references;

mod values;

mod secrets;

use super::Config;
use super::error::{ConfigError, ConfigErrors};
use super::key::{KeyPath, did_you_mean};
use super::load::Loaded;

pub use secrets::check_secrets;

/// The names of the components there are, with their aliases.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownNames<'a> {
    /// Vendors, for `kind`.
    pub vendors: &'a [&'a str],
    /// Routing strategies.
    pub strategies: &'a [&'a str],
    /// Cooperation modes.
    pub modes: &'a [&'a str],
    /// Integration strategies.
    pub integrators: &'a [&'a str],
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What keeps the configuration from being used.
    pub errors: Vec<ConfigError>,
    /// What is odd.
    pub warnings: Vec<ConfigError>,
}

impl Findings {
    /// `Err` with the errors, `Ok` with the warnings when there are none.
    pub fn into_result(self) -> Result<Vec<ConfigError>, ConfigErrors> {
        ConfigErrors::check(self.errors)?;
        Ok(self.warnings)
    }
}

/// Checks a loaded configuration. Keys are not resolved; [`check_secrets`] does that.
pub fn validate(loaded: &Loaded, known: &KnownNames<'_>) -> Findings {
    let mut check = Check {
        loaded,
        config: &loaded.config,
        known,
        findings: Findings::default(),
    };
    check.references();
    check.values();
    check.findings
}

/// Prices that changed tenfold or more between two configurations, which is more often a slip of
/// the unit than a new price.
pub fn price_jumps(old: &Config, new: &Loaded) -> Vec<ConfigError> {
    let mut found = Vec::new();
    for (name, model) in &new.config.models {
        let before = old.models.get(name).and_then(|model| model.price.as_ref());
        if let (Some(before), Some(after)) = (before, &model.price)
            && before.currency == after.currency
            && (values::is_tenfold(before.input, after.input)
                || values::is_tenfold(before.output, after.output))
        {
            let key = KeyPath::of(["models", name, "price"]);
            found.push(
                new.finding(&key, "differs tenfold or more from the price before")
                    .with_hint("prices are per million tokens"),
            );
        }
    }
    found
}

struct Check<'a> {
    loaded: &'a Loaded,
    config: &'a Config,
    known: &'a KnownNames<'a>,
    findings: Findings,
}

impl Check<'_> {
    fn error(&mut self, key: &KeyPath, message: impl Into<String>) -> &mut ConfigError {
        let finding = self.loaded.finding(key, message);
        last(&mut self.findings.errors, finding)
    }

    fn warn(&mut self, key: &KeyPath, message: impl Into<String>) -> &mut ConfigError {
        let finding = self.loaded.finding(key, message);
        last(&mut self.findings.warnings, finding)
    }

    /// A name that is none of those there are.
    fn unknown(&mut self, key: &KeyPath, what: &str, name: &str, known: &[&str]) {
        let hint = match did_you_mean(name, known.iter().copied()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if known.is_empty() || known.len() > 30 => None,
            None => Some(format!("one of {}", known.join(", "))),
        };
        self.error(key, format!("there is no {what} `{name}`")).hint = hint;
    }
}

fn last(list: &mut Vec<ConfigError>, finding: ConfigError) -> &mut ConfigError {
    let index = list.len();
    list.push(finding);
    &mut list[index]
}

#[cfg(test)]
mod tests;
