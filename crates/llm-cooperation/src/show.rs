//! Printing what came of a run: the answer on standard output, everything about it on standard
//! error.
//!
//! | file | owns |
//! |---|---|
//! | `answer` | the answer, in pieces or whole, in every format |
//! | `records` | the events of `--format jsonl` |
//! | `usage` | the line about tokens, time and cost |
//! | `explain` | the decision behind the answer |
//! | `extract` | code blocks of an answer |
//! | `live` | the view of members at work |
//! | `members`, `diff` | what each member said, the votes, where answers differ |

pub(crate) mod answer;
mod diff;
pub(crate) mod explain;
pub(crate) mod extract;
pub(crate) mod live;
pub(crate) mod members;
pub(crate) mod records;
pub(crate) mod usage;

use llm_console::ui::Ui;
use serde_json::Value;

/// A text of an object; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// What stands between the parts of a line.
pub(crate) fn between(ui: &Ui) -> &'static str {
    if ui.ascii { " - " } else { " · " }
}
