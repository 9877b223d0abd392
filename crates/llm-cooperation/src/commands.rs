//! The commands, one file each.

pub(crate) mod completions;
pub(crate) mod models;
pub(crate) mod query;
pub(crate) mod route;
pub(crate) mod status;
pub(crate) mod test;
