//! The commands, one file each.

pub(crate) mod asking;
pub(crate) mod compat;
pub(crate) mod completions;
pub(crate) mod cooperate;
pub(crate) mod doctor;
pub(crate) mod help;
pub(crate) mod models;
pub(crate) mod query;
pub(crate) mod route;
pub(crate) mod service;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod usage;
