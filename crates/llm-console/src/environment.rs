//! The environment variables of the process, read once and handed on as a value.
//!
//! Nothing else in this crate reads the environment, so every decision that depends on it can be
//! tested with a list of pairs. What the variables mean is decided by those who ask for them.

use std::collections::BTreeMap;
use std::fmt;

/// The environment as it was when the program started.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    values: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the environment of this process. Called once, in `main`.
    ///
    /// A variable whose name is not UTF-8 is left out; in a value, what is not UTF-8 is replaced.
    pub fn capture() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok()?;
                Some((name, value.to_string_lossy().into_owned()))
            })
            .collect()
    }

    /// The value of a variable. One that is set to nothing counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a switch is on: set, and to something other than `0`, `false`, `no` or `off`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| {
            !["0", "false", "no", "off"]
                .iter()
                .any(|off| value.eq_ignore_ascii_case(off))
        })
    }

    /// All variables, for handing them on to the configuration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}

/// Names only: values may be keys.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset_and_switches_can_be_turned_off() {
        let env = Environment::from_iter([("A", ""), ("B", "1"), ("C", "False"), ("D", "x")]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("D"), Some("x"));
        assert!(env.is_on("B") && env.is_on("D"));
        assert!(!env.is_on("A") && !env.is_on("C") && !env.is_on("missing"));
    }

    #[test]
    fn debug_output_has_no_values() {
        let env = Environment::from_iter([("LLMCOOP_SERVER_KEY", "sk-canary")]);
        let text = format!("{env:?}");
        assert!(text.contains("LLMCOOP_SERVER_KEY") && !text.contains("canary"));
    }

    #[test]
    fn capture_sees_the_process() {
        assert!(Environment::capture().get("PATH").is_some());
    }
}
