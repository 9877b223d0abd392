//! What outlives a configuration: the way out, the clock, the books, and how each deployment has
//! been doing. A reload builds a new gateway on the same runtime.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::stats::Stats;
use crate::cooperation::modes::MODES;
use crate::provider::SharedTransport;
use crate::provider::concurrency::GateRules;
use crate::provider::demo::DemoTransport;
use crate::provider::health::{BreakerRules, Health};
use crate::provider::transport::{HttpTransport, LocalOnly};
use crate::provider::upstream::{Upstream, UpstreamRules};
use crate::routing::strategies::STRATEGIES;
use crate::store::{UsageStore, backends};
use crate::types::clock::{Clock, SystemClock};

/// What outlives a configuration.
pub struct Runtime {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way out.
    pub transport: SharedTransport,
    /// Where usage is booked.
    pub store: Arc<dyn UsageStore>,
    /// Running totals.
    pub stats: Arc<Stats>,
    /// By what a deployment really is: a model that now points elsewhere starts afresh.
    healths: Mutex<HashMap<Identity, Arc<Health>>>,
    /// By address.
    upstreams: Mutex<HashMap<String, Arc<Upstream>>>,
}

/// What a deployment really is, whatever it is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The address.
    pub base_url: String,
    /// The name the provider knows the model by.
    pub upstream_model: String,
    /// The deployment's own name: two of them at one place are counted apart.
    pub deployment: String,
}

impl Runtime {
    /// The machine's clock, real connections that must stand within `connect`, books in memory.
    pub fn standard(connect: Duration) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let http = HttpTransport::new(Arc::clone(&clock), connect);
        let transport = Arc::new(DemoTransport::new(Arc::clone(&clock)).over(Arc::new(http)));
        Self::new(clock, transport, backends::memory::build())
    }

    /// The same without any way out of this machine.
    pub fn offline(connect: Duration) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let http = HttpTransport::new(Arc::clone(&clock), connect);
        let local = LocalOnly::over(Arc::new(http));
        let transport = Arc::new(DemoTransport::new(Arc::clone(&clock)).over(Arc::new(local)));
        Self::new(clock, transport, backends::memory::build())
    }

    /// A runtime of these parts.
    pub fn new(
        clock: Arc<dyn Clock>,
        transport: SharedTransport,
        store: Arc<dyn UsageStore>,
    ) -> Self {
        let stats = Stats::new(
            clock.now(),
            STRATEGIES.iter().map(|strategy| strategy.name()),
            MODES.iter().map(|mode| mode.name()),
        );
        Self {
            clock,
            transport,
            store,
            stats: Arc::new(stats),
            healths: Mutex::default(),
            upstreams: Mutex::default(),
        }
    }

    /// The health of a deployment, carried over from the configuration before.
    pub(super) fn health(
        &self,
        identity: Identity,
        rules: BreakerRules,
        gate: GateRules,
    ) -> Arc<Health> {
        let mut healths = self.healths.lock();
        let health = healths
            .entry(identity)
            .or_insert_with(|| Health::new(rules, gate));
        Arc::clone(health)
    }

    /// What the deployments at an address share, carried over likewise.
    pub(super) fn upstream(&self, address: &str, rules: UpstreamRules) -> Arc<Upstream> {
        let mut upstreams = self.upstreams.lock();
        let upstream = upstreams
            .entry(address.to_owned())
            .or_insert_with(|| Upstream::new(rules));
        Arc::clone(upstream)
    }

    /// Forgets deployments and addresses that no configuration has any more.
    pub(super) fn keep(
        &self,
        in_use: impl Fn(&Identity) -> bool,
        address_in_use: impl Fn(&str) -> bool,
    ) {
        self.healths.lock().retain(|identity, _| in_use(identity));
        self.upstreams
            .lock()
            .retain(|address, _| address_in_use(address));
    }
}
