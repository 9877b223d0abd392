//! The languages a person can be spoken to in, and how one is chosen.
//!
//! Machine output, codes, logs and field names are English whatever is chosen here.

use crate::environment::Environment;

/// A language of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
    /// English made longer and wider, to find texts that were never put into the catalogue and
    /// layouts that depend on the length of English. Only `LLMCOOP_LANG=pseudo` chooses it.
    Pseudo,
}

impl Lang {
    /// The languages offered to people.
    pub const OFFERED: [Self; 2] = [Self::En, Self::Zh];

    /// The name `--lang` takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
            Self::Pseudo => "pseudo",
        }
    }

    /// Reads a language tag or a POSIX locale: `zh`, `zh-Hans`, `zh_CN.UTF-8`, `en_GB`, `C`.
    ///
    /// `None` for a language there is no catalogue for.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" | "c" | "posix" => Some(Self::En),
            "zh" => Some(Self::Zh),
            "pseudo" => Some(Self::Pseudo),
            _ => None,
        }
    }

    /// Chooses: the flag, then `LLMCOOP_LANG`, then the locale of messages, then English.
    ///
    /// A flag or variable that names no language we speak is passed over here; reading the
    /// command line reports it.
    pub fn detect(flag: Option<&str>, env: &Environment) -> Self {
        flag.and_then(Self::from_tag)
            .or_else(|| env.get("LLMCOOP_LANG").and_then(Self::from_tag))
            .or_else(|| locale(env, "LC_MESSAGES").and_then(Self::from_tag))
            .unwrap_or_default()
    }
}

/// The locale of one category by the rules of POSIX: the first of `LC_ALL`, the category's own
/// variable and `LANG` that is set decides, even when it names a language we do not speak.
pub(crate) fn locale<'a>(env: &'a Environment, category: &str) -> Option<&'a str> {
    env.get("LC_ALL")
        .or_else(|| env.get(category))
        .or_else(|| env.get("LANG"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(flag: Option<&str>, env: &[(&str, &str)]) -> Lang {
        Lang::detect(flag, &env.iter().copied().collect())
    }

    #[test]
    fn the_flag_wins_then_our_variable_then_the_locale() {
        let all = [("LLMCOOP_LANG", "en"), ("LANG", "zh_CN.UTF-8")];
        assert_eq!(detect(Some("zh"), &all), Lang::Zh);
        assert_eq!(detect(None, &all), Lang::En);
        assert_eq!(detect(None, &all[1..]), Lang::Zh);
        assert_eq!(detect(None, &[]), Lang::En);
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let c = [("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")];
        assert_eq!(detect(None, &c), Lang::En);
        let french = [("LC_MESSAGES", "fr_FR.UTF-8"), ("LANG", "zh_CN.UTF-8")];
        assert_eq!(detect(None, &french), Lang::En);
        let empty = [("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")];
        assert_eq!(detect(None, &empty), Lang::Zh);
    }

    #[test]
    fn tags_and_locales_are_read() {
        for tag in [
            "zh",
            "ZH",
            "zh-Hans",
            "zh_CN",
            "zh_CN.UTF-8",
            "zh_SG@pinyin",
        ] {
            assert_eq!(Lang::from_tag(tag), Some(Lang::Zh), "{tag}");
        }
        for tag in ["en", "en_GB.UTF-8", "C", "C.UTF-8", "POSIX"] {
            assert_eq!(Lang::from_tag(tag), Some(Lang::En), "{tag}");
        }
        assert_eq!(Lang::from_tag("de_DE"), None);
        assert_eq!(Lang::from_tag(""), None);
    }
}
