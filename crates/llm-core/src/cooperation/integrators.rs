//! The registry of integrators: one file and one row each.

use super::Integrator;

/// Every integrator.
pub const INTEGRATORS: &[&dyn Integrator] = &[];

/// The integrator of a name or alias.
pub fn find(name: &str) -> Option<&'static dyn Integrator> {
    INTEGRATORS
        .iter()
        .copied()
        .find(|integrator| integrator.name() == name || integrator.aliases().contains(&name))
}
