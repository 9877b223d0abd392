//! Which single answer to take when nothing tells them apart.

use super::Proposal;
use crate::types::answer::FinishReason;

/// The first complete answer in the order of the members, or the first where all were cut.
///
/// A plan lists its members best first, so their order is the one preference there is. Speed
/// never counts. Length would choose well too where models are alike, but is easily gamed.
pub(super) fn first_choice(proposals: &[Proposal<'_>]) -> usize {
    proposals
        .iter()
        .position(|proposal| *proposal.report.answer.finish() != FinishReason::Length)
        .unwrap_or(0)
}

/// [`first_choice`] in words.
pub(super) const FIRST_CHOICE: &str = "the first complete one in the order of the members";
