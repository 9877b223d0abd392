//! Routing, cooperation and providers behind one gateway.
//!
//! The modules in reading order, lowest layer first. A module imports only from layers below its
//! own, never sideways; `cargo xtask tidy` checks it.
//!
//! | layer | module | owns |
//! |---|---|---|
//! | 0 | [`types`] | the nouns: requests, answers, plans, money, failures |
//! | 1 | [`telemetry`] | names and instruments of metrics and spans |
//! | 2 | [`config`] | the configuration: layers, origins, presets, secrets, editing |
//! | 3 | [`provider`] | protocols, vendors, the transport, health |
//! | 3 | [`routing`] | request analysis and strategies; pure |
//! | 3 | [`cooperation`] | modes and integrators |
//! | 3 | [`store`] | where usage is kept |
//! | 4 | [`gateway`] | the flow of a request through all of the above |
//! | 5 | [`services`] | document analysis, data insight, decision support on top of the gateway |
#![warn(missing_docs)]

pub mod types;

pub mod telemetry;

pub mod config;

pub mod provider;

pub mod routing;

pub mod cooperation;

pub mod store;

pub mod gateway;

pub mod services;
