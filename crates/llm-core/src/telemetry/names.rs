//! Every metric: its name, type, unit, labels and meaning, once.

/// What kind of metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it counts.
    pub help: &'static str,
}

macro_rules! metric_names {
    ($($konst:ident $name:literal $kind:ident [$($label:literal),*] $help:literal;)*) => {
        $(#[doc = $help] pub const $konst: &str = $name;)*

        /// Every metric there is, for the reference and for `/metrics` descriptions.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        },)*];
    };
}

metric_names! {
    BUILD_INFO "llmcoop_build_info" Gauge ["version"] "Always 1; carries the version.";
    HTTP_REQUESTS "llmcoop_http_requests_total" Counter ["route", "method", "code"] "HTTP requests answered.";
    HTTP_DURATION "llmcoop_http_request_duration_seconds" Histogram ["route", "method"] "Time until the reply's head.";
    HTTP_IN_FLIGHT "llmcoop_http_requests_in_flight" Gauge [] "HTTP requests being answered.";
    INFERENCE_REQUESTS "llmcoop_inference_requests_total" Counter ["mode", "outcome"] "Requests for an answer, by mode and outcome.";
    INFERENCE_DURATION "llmcoop_inference_duration_seconds" Histogram ["model", "provider"] "Time a successful model call took.";
    FIRST_TOKEN "llmcoop_time_to_first_token_seconds" Histogram ["model", "provider"] "Time until the first content of a streamed call.";
    TOKENS "llmcoop_tokens_total" Counter ["model", "provider", "kind"] "Tokens used; kind is `input`, `output`, `cached_input` or `reasoning_output`.";
    COST "llmcoop_cost_nanos_total" Counter ["model", "provider", "currency", "kind"] "Money spent, in 1e-9 of the currency; kind is estimated or billed.";
    ATTEMPTS "llmcoop_upstream_attempts_total" Counter ["model", "provider", "outcome"] "Exchanges with providers; outcome is ok or an error code.";
    EXTRA_ATTEMPTS "llmcoop_upstream_extra_attempts_total" Counter ["model", "provider", "kind"] "Attempts beside the first of a call; kind is retry, failover or hedge.";
    BUDGET_EXHAUSTED "llmcoop_retry_budget_exhausted_total" Counter ["model", "provider"] "Extra attempts that were not made because the retry budget of the address was spent.";
    CALLS_WAITING "llmcoop_upstream_waiting" Gauge ["model", "provider"] "Calls waiting for a place at the model.";
    CALLS_IN_FLIGHT "llmcoop_upstream_in_flight" Gauge ["model", "provider"] "Calls under way at the model.";
    ROUTE_DECISIONS "llmcoop_route_decisions_total" Counter ["strategy", "model"] "Requests by the strategy that decided and the model it put first.";
    ROUTE_DURATION "llmcoop_route_decision_duration_seconds" Histogram [] "Time spent deciding.";
    COOP_RUNS "llmcoop_cooperation_runs_total" Counter ["mode", "outcome"] "Runs of several models; outcome is ok, degraded or an error code.";
    COOP_DURATION "llmcoop_cooperation_duration_seconds" Histogram ["mode"] "Time a run took.";
    MODEL_HEALTHY "llmcoop_model_healthy" Gauge ["model", "provider"] "1 while calls are let through, 0 while the deployment rests.";
    TASKS "llmcoop_tasks" Gauge [] "Tasks alive on the threads that serve.";
    TLS_EXPIRES "llmcoop_tls_certificate_expires_timestamp_seconds" Gauge [] "When the certificate at work is no longer valid, as a Unix time.";
    DESCRIPTORS_LIMIT "llmcoop_descriptors_limit" Gauge [] "How many files and sockets the server may have open.";
    RELOADS "llmcoop_config_reloads_total" Counter ["result"] "Reloads of the configuration.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        for metric in METRICS {
            assert!(metric.name.starts_with("llmcoop_"), "{}", metric.name);
            let is_total = metric.name.ends_with("_total");
            assert_eq!(is_total, metric.kind == Kind::Counter, "{}", metric.name);
        }
    }
}
