//! The registry of stores: one file and one row each.

use std::sync::Arc;

use super::UsageStore;

pub mod memory;

/// Makes a store.
pub type Build = fn() -> Arc<dyn UsageStore>;

/// Every store by the name it has in the configuration.
pub const BACKENDS: &[(&str, Build)] = &[("memory", memory::build)];
