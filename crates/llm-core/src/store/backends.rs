//! The registry of stores: one file and one row each.
