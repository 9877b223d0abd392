//! What is measured, and under which names.
//!
//! Receives plain labels and numbers and knows no component. Labels come from the configuration
//! only, so their number is bounded; prompts, answers and keys never get here.

pub mod names;

pub mod metrics;
