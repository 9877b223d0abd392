//! Whether a question gains from several models, and in which mode they should work.
//!
//! Several models cost several times as much, so the rule is narrow: open questions that ask to
//! explain, analyse, compare or advise, and that are either very demanding or demanding and
//! expressly about depth. Exact work (mathematics, code, translation) is left to one strong model:
//! its answers cannot be woven together.

use super::kind::Kind;
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::task::Difficulty;

/// The mode: the members answer side by side and the answers become one.
const PARALLEL: &str = "parallel";

/// The mode the question would gain from.
pub(super) fn mode(
    chat: &ChatRequest,
    kind: Kind,
    difficulty: Difficulty,
    asks_for_depth: bool,
) -> Option<&'static str> {
    let open = matches!(
        kind,
        Kind::Knowledge | Kind::Analysis | Kind::Comparison | Kind::Advice
    );
    let demanding = difficulty == Difficulty::VeryHigh
        || (difficulty == Difficulty::High && asks_for_depth && kind != Kind::Advice);
    (open && demanding && is_plain(chat)).then_some(PARALLEL)
}

/// Whether nothing asks for an answer in exactly one model's form.
fn is_plain(chat: &ChatRequest) -> bool {
    chat.tools.is_empty()
        && chat.sampling.stop.is_empty()
        && chat.sampling.n.unwrap_or(1) <= 1
        && matches!(chat.format, ResponseFormat::Text)
}
