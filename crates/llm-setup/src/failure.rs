//! A failed request as a report: the code, what was tried, what to try next.

use llm_console::report::Report;
use llm_core::gateway::error::GatewayError;
use llm_core::types::ids::RequestId;

/// The report of a failed request. Every attempt that failed is a cause of its own.
pub fn report(error: &GatewayError, id: Option<&RequestId>) -> Report {
    let mut report =
        Report::new(error.code.name(), error.message.clone()).source(error.source().as_str());
    if error.attempts.len() > 1 {
        for attempt in &error.attempts {
            if let Some(failure) = &attempt.failure {
                report = report.cause(format!("{}: {failure}", attempt.model));
            }
        }
    }
    if let Some(last) = error.attempts.last() {
        report = report
            .with("model", &last.model)
            .with("provider", &last.provider);
        if let Some(status) = last.failure.as_ref().and_then(|failure| failure.status) {
            report = report.with("status", status);
        }
    }
    if let Some(param) = &error.param {
        report = report.with("param", param);
    }
    if let Some(hint) = &error.hint {
        report = report.hint(hint.clone());
    }
    if let Some(wait) = error.retry_after {
        report = report.retry_after(wait);
    }
    match id {
        Some(id) => report.request_id(id.to_string()),
        None => report,
    }
}
