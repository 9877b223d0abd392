//! What is measured of HTTP: one set of instruments for each route, resolved once, so that counting
//! a request hashes no label. The names are `telemetry::names`'.

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use llm_core::telemetry::names::{self, Kind};
use llm_core::types::code::CODES;
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The label of requests that fit no route.
pub const OTHER: &str = "other";

/// Buckets of durations, in seconds: 10 ms doubled up to 82 s, the boundaries the GenAI
/// conventions recommend.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// Buckets of the time spent deciding: 10 µs to 40 ms.
const DECISION_SECONDS: [f64; 7] = [
    0.000_01, 0.000_04, 0.000_16, 0.000_64, 0.002_56, 0.010_24, 0.040_96,
];

/// Installs the recorder of this process the first time, and hands it out every time.
pub fn install() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = recorder();
            let handle = recorder.handle();
            // Somebody else's recorder stays; ours then shows nothing.
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed; /metrics will be empty");
            }
            describe();
            gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            handle
        })
        .clone()
}

fn recorder() -> metrics_exporter_prometheus::PrometheusRecorder {
    let decision = Matcher::Full(names::ROUTE_DURATION.to_owned());
    // Only an empty list of buckets is refused.
    let builder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(decision, &DECISION_SECONDS));
    builder
        .unwrap_or_else(|_| PrometheusBuilder::new())
        .build_recorder()
}

fn describe() {
    for metric in names::METRICS {
        let unit = if metric.name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, unit, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, unit, metric.help),
            Kind::Histogram => describe_histogram!(metric.name, unit, metric.help),
        }
    }
}

/// The instruments of one route.
#[derive(Clone)]
pub struct RouteInstruments(Arc<Inner>);

struct Inner {
    route: &'static str,
    method: &'static str,
    duration: Histogram,
    in_flight: Gauge,
    /// One for each of [`STATUSES`], made when it first occurs.
    answered: Box<[OnceLock<Counter>]>,
}

/// Every status a reply of ours can have, in order.
static STATUSES: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let errors = CODES.iter().map(|row| row.status);
    let mut statuses: Vec<u16> = errors.chain([200]).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
});

impl RouteInstruments {
    /// Resolves the instruments of a route.
    pub fn new(route: &'static str, method: &'static str) -> Self {
        Self(Arc::new(Inner {
            route,
            method,
            duration: histogram!(names::HTTP_DURATION, "route" => route, "method" => method),
            in_flight: gauge!(names::HTTP_IN_FLIGHT),
            answered: STATUSES.iter().map(|_| OnceLock::new()).collect(),
        }))
    }

    /// A request began.
    pub fn begin(&self) -> InFlight {
        self.0.in_flight.increment(1.0);
        InFlight(self.0.in_flight.clone())
    }

    /// The head of its reply is there.
    pub fn answered(&self, status: u16, took: Duration) {
        self.0.duration.record(took);
        let Ok(place) = STATUSES.binary_search(&status) else {
            return;
        };
        self.0.answered[place]
            .get_or_init(|| {
                counter!(
                    names::HTTP_REQUESTS,
                    "route" => self.0.route,
                    "method" => self.0.method,
                    "code" => status.to_string()
                )
            })
            .increment(1);
    }
}

/// A request under way.
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
