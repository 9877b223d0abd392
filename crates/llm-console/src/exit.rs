//! The exit codes of the three programs and the page that explains them.
//!
//! A code never changes its meaning, whatever the language.

use crate::catalogue::tr;
use crate::lang::Lang;
use crate::table::{Cell, Column, Table};

/// Success, a degraded cooperation included unless `--strict`.
pub const OK: u8 = 0;
/// A failure that has no code of its own.
pub const FAILED: u8 = 1;
/// The command line or its input is wrong.
pub const USAGE: u8 = 2;
/// The configuration is missing, unreadable or invalid.
pub const CONFIG: u8 = 3;
/// There is no credential, or it was rejected.
pub const CREDENTIAL: u8 = 4;
/// No model could answer.
pub const UNAVAILABLE: u8 = 5;
/// A rate, quota, budget or `--max-cost` was reached.
pub const LIMIT: u8 = 6;
/// The deadline passed.
pub const DEADLINE: u8 = 7;
/// Some members failed and the call asked for all.
pub const PARTIAL: u8 = 8;
/// The answer was rejected: schema, content filter, refusal.
pub const REJECTED: u8 = 9;
/// A threshold or check that was asked for failed.
pub const CHECK: u8 = 10;
/// Interrupted from the keyboard.
pub const INTERRUPTED: u8 = 130;
/// Terminated by the system.
pub const TERMINATED: u8 = 143;

/// Every code with the names of its texts: `exit.<name>.meaning` and `exit.<name>.reaction`.
pub const CODES: &[(u8, &str)] = &[
    (OK, "ok"),
    (FAILED, "failed"),
    (USAGE, "usage"),
    (CONFIG, "config"),
    (CREDENTIAL, "credential"),
    (UNAVAILABLE, "unavailable"),
    (LIMIT, "limit"),
    (DEADLINE, "deadline"),
    (PARTIAL, "partial"),
    (REJECTED, "rejected"),
    (CHECK, "check"),
    (INTERRUPTED, "interrupted"),
    (TERMINATED, "terminated"),
];

/// What `help exit-codes` shows.
pub fn table(lang: Lang) -> Table {
    let mut table = Table::new(vec![
        Column::number("exit_code"),
        Column::prose("meaning"),
        Column::prose("reaction"),
    ]);
    for (code, name) in CODES {
        table.push(vec![
            Cell::from(u64::from(*code)),
            Cell::from(tr(lang, &format!("exit.{name}.meaning"), &[])),
            Cell::from(tr(lang, &format!("exit.{name}.reaction"), &[])),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{check, has};

    #[test]
    fn every_code_is_explained_in_every_language() {
        for (_, name) in CODES {
            for part in ["meaning", "reaction"] {
                for lang in Lang::OFFERED {
                    assert!(has(lang, &format!("exit.{name}.{part}")), "{name} {part}");
                }
            }
        }
        let used = CODES
            .iter()
            .flat_map(|(_, name)| ["meaning", "reaction"].map(|part| format!("exit.{name}.{part}")))
            .collect();
        check::assert_complete(&used, "exit.");
    }

    #[test]
    fn codes_are_in_order_and_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
