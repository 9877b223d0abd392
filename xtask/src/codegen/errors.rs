//! `docs/reference/errors.md`: every error code, from the table in `llm-core`.

use std::fmt::Write as _;

use llm_core::types::code::{CODES, CodeRow};

/// The exit codes and what they mean, in the order of the page.
const GROUPS: &[(u8, &str)] = &[
    (1, "Other failures"),
    (2, "The request is wrong"),
    (3, "The configuration is wrong"),
    (4, "A credential is missing or was refused"),
    (5, "No model could answer"),
    (6, "A limit was reached"),
    (7, "Time ran out"),
    (8, "Only a part succeeded"),
    (9, "The answer was rejected"),
    (10, "A check failed"),
    (130, "Interrupted"),
];

const INTRODUCTION: &str = "\
<!-- Written by `cargo xtask codegen` from `crates/llm-core/src/types/code.rs`; change it there. -->

# Error codes

Every failure carries one of these codes. It is `error.code` in the body of an HTTP reply, the code in
messages and logs, and it never changes its meaning. The number finds the code in this page and in
messages in any language. The exit code is that of the command-line programs; HTTP is the status of a
reply of the server, and type is its `error.type`.

**Again** tells whether the same call may succeed later without a change. **Fault** tells where to look:
`client` is the caller, `gateway` this program or its configuration, `provider` the service behind a model.
";

/// The page.
pub(super) fn render() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (exit, title) in GROUPS {
        let rows: Vec<&CodeRow> = CODES.iter().filter(|row| row.exit == *exit).collect();
        if rows.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "\n## {title} (exit code {exit})\n\n\
             | Code | Number | HTTP | Type | Fault | Again | Meaning |\n\
             |---|---|---|---|---|---|---|\n",
        );
        for row in rows {
            let again = if row.retryable { "yes" } else { "no" };
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | `{}` | {} | {again} | {} |",
                row.name,
                row.code.doc(),
                row.status,
                row.kind,
                row.source.as_str(),
                row.meaning.replace('|', "\\|"),
            );
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_on_the_page_once() {
        let page = render();
        for row in CODES {
            let cell = format!("| `{}` | {} | {} |", row.name, row.code.doc(), row.status);
            assert_eq!(page.matches(&cell).count(), 1, "{cell}");
        }
    }
}
