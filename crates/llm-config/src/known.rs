//! The names of all components, for checks of a configuration.

use llm_core::config::validate::KnownNames;
use llm_core::cooperation::integrators::INTEGRATORS;
use llm_core::cooperation::modes::MODES;
use llm_core::provider::vendors::VENDORS;
use llm_core::routing::strategies::STRATEGIES;

/// The names, as long as a check borrows them.
#[derive(Debug)]
pub(crate) struct Names {
    vendors: Vec<&'static str>,
    strategies: Vec<&'static str>,
    modes: Vec<&'static str>,
    integrators: Vec<&'static str>,
}

impl Names {
    /// From the registries.
    pub(crate) fn collect() -> Self {
        let mut strategies = Vec::new();
        for strategy in STRATEGIES {
            strategies.push(strategy.name());
            strategies.extend(strategy.aliases());
        }
        let mut integrators = Vec::new();
        for integrator in INTEGRATORS {
            integrators.push(integrator.name());
            integrators.extend(integrator.aliases());
        }
        Self {
            vendors: VENDORS.iter().map(|vendor| vendor.name).collect(),
            strategies,
            modes: MODES.iter().map(|mode| mode.name()).collect(),
            integrators,
        }
    }

    /// For a check.
    pub(crate) fn known(&self) -> KnownNames<'_> {
        KnownNames {
            vendors: &self.vendors,
            strategies: &self.strategies,
            modes: &self.modes,
            integrators: &self.integrators,
        }
    }
}
