//! The registry of cooperation modes: one file and one row each.

pub mod ensemble;

pub mod parallel;

pub mod pipeline;

pub mod sequential;

pub mod single;

pub mod voting;

use super::CooperationMode;

/// Every mode.
pub const MODES: &[&dyn CooperationMode] = &[
    &single::Single,
    &sequential::Sequential,
    &parallel::Parallel,
    &voting::Voting,
    &pipeline::Pipeline,
    &ensemble::Ensemble,
];

/// The mode of a name.
pub fn find(name: &str) -> Option<&'static dyn CooperationMode> {
    MODES.iter().copied().find(|mode| mode.name() == name)
}

/// Calls for this many members and rounds, and for the integrator.
fn calls(members: usize, rounds: u32) -> u32 {
    u32::try_from(members)
        .unwrap_or(u32::MAX)
        .saturating_mul(rounds.max(1))
        .saturating_add(super::integrators::MOST_CALLS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cooperation::integrators;

    #[test]
    fn every_mode_is_found_and_names_an_integrator_there_is() {
        for mode in MODES {
            assert_eq!(find(mode.name()).unwrap().name(), mode.name());
            let integrator = integrators::find(mode.default_integrator()).unwrap();
            assert_eq!(integrator.name(), mode.default_integrator());
            assert!(mode.max_calls(mode.min_members(), 1) as usize >= mode.min_members());
        }
    }
}
