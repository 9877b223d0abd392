//! The one error a caller of the gateway sees, and the only place where the spokes' own errors
//! become codes.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::types::caller::{Attempt, CallFailed};
use crate::types::code::{Code, CodeRow, Source};
use crate::types::failure::{Failure, FailureKind};

/// A failed request: a stable code, the message, and what was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayError {
    /// The stable code; status, type, exit code and meaning follow from it.
    pub code: Code,
    /// What failed for which input, in English, without secrets or prompt text.
    pub message: String,
    /// The field at fault.
    pub param: Option<String>,
    /// What to do next, where the code's meaning does not say it.
    pub hint: Option<String>,
    /// How long to wait before the same call may succeed.
    pub retry_after: Option<Duration>,
    /// Everything that was tried, in order.
    pub attempts: Vec<Attempt>,
}

impl GatewayError {
    /// An error without further detail.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: None,
            hint: None,
            retry_after: None,
            attempts: Vec::new(),
        }
    }

    /// A field that is wrong.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.into()),
            ..Self::new(Code::InvalidValue, message)
        }
    }

    /// A mistake of this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// Names the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The row of the code table.
    pub fn row(&self) -> &'static CodeRow {
        self.code.row()
    }

    /// Who is at fault. A failure that a provider caused is the provider's whatever the code.
    pub fn source(&self) -> Source {
        self.row().source
    }

    /// The error object of HTTP bodies, of `--json` and of events: the `OpenAI` fields and ours.
    pub fn to_json(&self, request_id: &str) -> Value {
        let row = self.row();
        let mut error = json!({
            "message": self.message,
            "type": row.kind,
            "param": self.param,
            "code": row.name,
            "request_id": request_id,
            "source": row.source.as_str(),
            "retryable": row.retryable,
            "doc": self.code.doc(),
        });
        if let Some(hint) = &self.hint {
            error["hint"] = json!(hint);
        }
        if let Some(wait) = self.retry_after {
            error["retry_after_ms"] = json!(millis(wait));
        }
        if !self.attempts.is_empty() {
            error["attempts"] = self.attempts.iter().map(attempt_json).collect();
        }
        error
    }
}

/// The deadline of a whole request passed while it was being worked on.
pub(super) fn deadline_passed() -> GatewayError {
    GatewayError::new(Code::DeadlineExceeded, "the deadline of the request passed")
        .with_hint("allow more time, or ask a faster model")
}

/// One attempt as errors and answers show it.
pub fn attempt_json(attempt: &Attempt) -> Value {
    json!({
        "model": attempt.model,
        "provider": attempt.provider,
        "deployment": attempt.deployment,
        "status": attempt.failure.as_ref().and_then(|failure| failure.status),
        "code": attempt.failure.as_ref().map(|failure| failure.kind.code().name()),
        "message": attempt.failure.as_ref().map(|failure| failure.message.clone()),
        "duration_ms": millis(attempt.duration),
    })
}

/// Whole milliseconds, for machine output.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a call that failed everywhere means to the caller: the one failure where only one model
/// was tried, a summary where several failed for different reasons.
impl From<CallFailed> for GatewayError {
    fn from(failed: CallFailed) -> Self {
        let failures = || {
            failed
                .attempts
                .iter()
                .filter_map(|attempt| attempt.failure.as_ref())
        };
        let kinds: BTreeSet<&str> = failures()
            .map(|failure| failure.kind.code().name())
            .collect();
        let models: BTreeSet<&str> = failed
            .attempts
            .iter()
            .map(|attempt| attempt.model.as_str())
            .collect();
        let final_word = !matches!(
            failed.failure.kind,
            FailureKind::Rejected | FailureKind::ContentFilter | FailureKind::Deadline
        );
        let mut error = if models.len() > 1 && kinds.len() > 1 && final_word {
            let parts = failed.attempts.iter().filter_map(|attempt| {
                let failure = attempt.failure.as_ref()?;
                Some(format!(
                    "{} ({})",
                    attempt.model,
                    failure.kind.code().name()
                ))
            });
            let parts: Vec<String> = parts.collect();
            let message = format!("all candidate models failed: {}", parts.join(", "));
            Self::new(Code::AllCandidatesFailed, message)
        } else {
            let whose = failed.attempts.last().map(|attempt| {
                format!(
                    "model `{}` of provider `{}`: ",
                    attempt.model, attempt.provider
                )
            });
            let message = format!("{}{}", whose.unwrap_or_default(), failed.failure);
            Self {
                param: failed.failure.param.clone(),
                ..Self::new(failed.failure.kind.code(), message)
            }
        };
        error.retry_after = failures().filter_map(|failure| failure.retry_after).min();
        error.attempts = failed.attempts;
        error
    }
}

impl From<Failure> for GatewayError {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind.code(), failure.to_string()).with_retry_after(failure.retry_after)
    }
}

impl fmt::Display for GatewayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GatewayError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::failure::Limit;

    fn attempt(model: &str, kind: FailureKind) -> Attempt {
        Attempt {
            deployment: model.into(),
            model: model.into(),
            provider: "p".into(),
            failure: Some(Failure::new(kind, "reason")),
            duration: Duration::from_millis(5),
        }
    }

    fn error(kinds: &[(&str, FailureKind)]) -> GatewayError {
        let attempts: Vec<_> = kinds
            .iter()
            .map(|(model, kind)| attempt(model, *kind))
            .collect();
        let failure = attempts.last().unwrap().failure.clone().unwrap();
        CallFailed { failure, attempts }.into()
    }

    #[test]
    fn one_model_fails_with_its_own_code_and_several_with_a_summary() {
        use FailureKind::{RateLimited, Rejected, Unavailable};
        let timeout = FailureKind::Timeout(Limit::FirstByte);
        assert_eq!(
            error(&[("a", Unavailable), ("a", timeout)]).code,
            Code::ProviderTimeout
        );
        assert_eq!(
            error(&[("a", RateLimited), ("b", RateLimited)]).code,
            Code::ProviderRateLimited
        );
        assert_eq!(
            error(&[("a", RateLimited), ("b", timeout)]).code,
            Code::AllCandidatesFailed
        );
        assert_eq!(
            error(&[("a", Unavailable), ("b", Rejected)]).code,
            Code::ProviderRejected
        );
    }

    #[test]
    fn the_object_names_every_attempt() {
        let error = error(&[
            ("a", FailureKind::RateLimited),
            ("b", FailureKind::Unavailable),
        ]);
        let json = error.to_json("req_1");
        assert_eq!(json["code"], "all_candidates_failed");
        assert_eq!(json["attempts"][0]["code"], "upstream_rate_limited");
        assert_eq!(json["request_id"], "req_1");
    }
}
