//! The list of error codes this crate has texts for: name, documentation number, exit code.
//!
//! The codes themselves belong to `llm-core`; this crate does not import it, so the list is a
//! copy, and the programs' tests compare the two ([`CodeInfo`] has what they need).

/// One error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The stable text, `error.code` of machine output.
    pub name: &'static str,
    /// The documentation number, printed as `LC` and four digits.
    pub number: u16,
    /// The exit code.
    pub exit: u8,
}

impl CodeInfo {
    /// The documentation number as printed, such as `LC4012`.
    pub fn doc(&self) -> String {
        format!("LC{:04}", self.number)
    }
}

/// The file the list is kept in: name, number and exit code, one code a line.
pub const LIST: &str = include_str!("../locales/codes.tsv");

/// Every code, in the order of the list.
pub fn all() -> impl Iterator<Item = CodeInfo> {
    LIST.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        Some(CodeInfo {
            name: fields.next()?,
            number: fields.next()?.parse().ok()?,
            exit: fields.next()?.parse().ok()?,
        })
    })
}

/// The code of a name (`upstream_auth`) or documentation number (`LC4012`, any case).
pub fn find(text: &str) -> Option<CodeInfo> {
    all().find(|code| code.name == text || code.doc().eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::{check, find as text, has};
    use crate::exit;
    use crate::lang::Lang;

    #[test]
    fn the_list_is_read_completely_and_codes_are_unique() {
        assert_eq!(all().count(), LIST.lines().count());
        let names: BTreeSet<_> = all().map(|code| code.name).collect();
        let numbers: BTreeSet<_> = all().map(|code| code.number).collect();
        assert_eq!((names.len(), numbers.len()), (all().count(), all().count()));
        for code in all() {
            assert!(exit::CODES.iter().any(|(exit, _)| *exit == code.exit));
            assert_eq!(find(code.name), find(&code.doc().to_lowercase()));
        }
        assert_eq!(find("LC9999"), None);
    }

    #[test]
    fn every_code_has_a_title_that_needs_no_arguments_and_a_hint() {
        let mut used = BTreeSet::new();
        for code in all() {
            for kind in ["error", "hint"] {
                let key = format!("{kind}.{}", code.name);
                for lang in Lang::OFFERED {
                    assert!(has(lang, &key), "{key}");
                    assert!(text(lang, &key, &[]).is_some(), "{key} needs arguments");
                }
                used.insert(key);
            }
        }
        check::assert_complete(&used, "error.");
        let problems = check::problems(&used, "hint.");
        assert_eq!(problems, Vec::<String>::new());
    }
}
