//! The registry of integrators: one file and one row each.

pub mod concatenate;

pub mod judge;

pub mod last;

pub mod majority;

pub mod synthesize;

use super::Integrator;

/// Most calls an integrator makes: a judge whose model cannot be held to a schema is asked again
/// in plain words.
pub const MOST_CALLS: u32 = 2;

/// Every integrator.
pub const INTEGRATORS: &[&dyn Integrator] = &[
    &synthesize::Synthesize,
    &judge::Judge,
    &majority::Majority,
    &concatenate::Concatenate,
    &last::Last,
];

/// The integrator of a name or alias.
pub fn find(name: &str) -> Option<&'static dyn Integrator> {
    INTEGRATORS
        .iter()
        .copied()
        .find(|integrator| integrator.name() == name || integrator.aliases().contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<&str> = INTEGRATORS
            .iter()
            .flat_map(|integrator| {
                std::iter::once(integrator.name()).chain(integrator.aliases().iter().copied())
            })
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for (alias, name) in [
            ("ensemble", "synthesize"),
            ("merge", "synthesize"),
            ("vote", "majority"),
            ("voting", "majority"),
            ("best", "judge"),
        ] {
            assert_eq!(find(alias).unwrap().name(), name);
        }
    }
}
