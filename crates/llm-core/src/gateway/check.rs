//! Holds a configuration against the components there are, before anything is built from it.

use crate::config::error::ConfigErrors;
use crate::config::load::Loaded;
use crate::config::validate::{KnownNames, validate};
use crate::cooperation::integrators::INTEGRATORS;
use crate::cooperation::modes::MODES;
use crate::provider::vendors::VENDORS;
use crate::routing::strategies::STRATEGIES;

/// Everything that is wrong with a configuration, each with its file, line and key.
pub(super) fn check(loaded: &Loaded) -> Result<(), ConfigErrors> {
    let vendors: Vec<&str> = VENDORS.iter().map(|vendor| vendor.name).collect();
    let modes: Vec<&str> = MODES.iter().map(|mode| mode.name()).collect();
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
    let known = KnownNames {
        vendors: &vendors,
        strategies: &strategies,
        modes: &modes,
        integrators: &integrators,
    };
    validate(loaded, &known).into_result().map(drop)
}
