//! From an unsuccessful reply to a [`Failure`]: the part that is the same for every protocol.
//!
//! An adapter digs its provider's own code and message out of the body and hands them over;
//! the decision what kind of failure they mean is made here, once. Provider text is shortened,
//! stripped of control characters and of anything that looks like a credential.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::ErrorReply;
use crate::types::failure::{Failure, FailureKind};

/// Longest provider message that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Longest `Retry-After` that is believed.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What an adapter found in an error body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorDetail {
    /// The provider's own code or type, lower case.
    pub code: String,
    /// The provider's message.
    pub message: String,
}

/// Classifies an unsuccessful reply.
pub fn classify(reply: &ErrorReply<'_>, detail: &ErrorDetail) -> Failure {
    let kind = kind_of(reply.status, detail);
    let said = scrub(&detail.message);
    let message = if said.is_empty() {
        format!("the provider answered {} without a reason", reply.status)
    } else {
        format!("the provider answered: {said}")
    };
    Failure {
        kind,
        message,
        status: Some(reply.status),
        retry_after: retry_after(reply.headers),
        param: None,
    }
}

/// The kind of failure a status and a provider's own words mean.
pub fn kind_of(status: u16, detail: &ErrorDetail) -> FailureKind {
    let code = detail.code.as_str();
    let message = detail.message.to_lowercase();
    let says = |words: &[&str]| {
        words
            .iter()
            .any(|word| code.contains(word) || message.contains(word))
    };
    match status {
        403 if says(&["quota", "balance", "billing", "arrear", "余额", "欠费"]) => {
            FailureKind::Quota
        }
        403 if says(&["moderation", "content policy", "content_policy", "safety"]) => {
            FailureKind::ContentFilter
        }
        401 | 403 => FailureKind::Auth,
        402 => FailureKind::Quota,
        413 => FailureKind::ContextLength,
        429 if says(&[
            "insufficient_quota",
            "current quota",
            "balance",
            "billing",
            "arrear",
            "余额",
            "欠费",
        ]) =>
        {
            FailureKind::Quota
        }
        429 => FailureKind::RateLimited,
        300..=399 => FailureKind::Redirect,
        408 | 409 | 425 | 500..=599 => FailureKind::Unavailable,
        400..=499 => rejected(status, &says),
        _ => FailureKind::InvalidResponse,
    }
}

fn rejected(status: u16, says: &dyn Fn(&[&str]) -> bool) -> FailureKind {
    if says(&[
        "context_length",
        "context length",
        "context window",
        "context_size",
        "maximum context",
        "too many tokens",
        "prompt is too long",
        "input is too long",
        "range of input length",
        "input token count",
        "超长",
    ]) {
        FailureKind::ContextLength
    } else if says(&[
        "content_filter",
        "content filter",
        "content_policy",
        "content policy",
        "data_inspection_failed",
        "datainspectionfailed",
        "moderation",
        "sensitive",
        "敏感",
    ]) {
        FailureKind::ContentFilter
    } else if says(&[
        "insufficient_quota",
        "arrearage",
        "insufficient balance",
        "余额",
        "欠费",
    ]) {
        FailureKind::Quota
    } else if says(&[
        "api key not valid",
        "invalid api key",
        "invalid_api_key",
        "api_key_invalid",
        "incorrect api key",
    ]) {
        FailureKind::Auth
    } else if status == 404
        || says(&[
            "model_not_found",
            "model not found",
            "model not exist",
            "model does not exist",
            "模型不存在",
            "no such model",
            "unknown model",
        ])
    {
        FailureKind::ModelNotFound
    } else {
        FailureKind::Rejected
    }
}

/// The wait a reply asks for: seconds, milliseconds in `retry-after-ms`, or an HTTP date is ignored.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let wait =
        if let Some(millis) = text("retry-after-ms").and_then(|ms| ms.trim().parse::<f64>().ok()) {
            Duration::try_from_secs_f64(millis / 1000.0).ok()?
        } else {
            let seconds: f64 = text(RETRY_AFTER.as_str())?.trim().parse().ok()?;
            Duration::try_from_secs_f64(seconds).ok()?
        };
    Some(wait.min(LONGEST_WAIT))
}

/// Makes provider text safe to show: one line, bounded, nothing that looks like a credential.
pub fn scrub(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if looks_secret(word) {
            out.push_str("[redacted]");
        } else {
            out.extend(word.chars().filter(|c| !c.is_control()));
        }
        if out.len() > LONGEST_MESSAGE * 4 {
            break;
        }
    }
    if out.chars().count() > LONGEST_MESSAGE {
        out = out.chars().take(LONGEST_MESSAGE).collect();
        out.push('…');
    }
    out
}

/// Whether a word could be a key: a known prefix, a key in a query string, or a long mix of
/// letters and digits.
fn looks_secret(word: &str) -> bool {
    let lower = word.to_lowercase();
    let prefixed = [
        "sk-", "sk_", "key-", "aiza", "gsk_", "xai-", "bearer", "llmc_",
    ]
    .iter()
    .any(|prefix| lower.contains(prefix) && word.len() >= 12);
    let in_query = lower.contains("key=") || lower.contains("token=");
    let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let dense = core.len() >= 32
        && core
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && core.bytes().any(|b| b.is_ascii_digit())
        && core.bytes().any(|b| b.is_ascii_alphabetic());
    prefixed || in_query || dense
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str, message: &str) -> FailureKind {
        kind_of(
            status,
            &ErrorDetail {
                code: code.into(),
                message: message.into(),
            },
        )
    }

    #[test]
    fn what_a_provider_says_decides_what_is_done_about_it() {
        assert_eq!(
            kind(400, "context_length_exceeded", ""),
            FailureKind::ContextLength
        );
        assert_eq!(
            kind(400, "", "prompt is too long: 9 > 8"),
            FailureKind::ContextLength
        );
        assert_eq!(
            kind(400, "data_inspection_failed", ""),
            FailureKind::ContentFilter
        );
        assert_eq!(kind(400, "", "API key not valid."), FailureKind::Auth);
        assert_eq!(kind(404, "", ""), FailureKind::ModelNotFound);
        assert_eq!(kind(429, "insufficient_quota", ""), FailureKind::Quota);
        assert_eq!(kind(429, "", "slow down"), FailureKind::RateLimited);
        assert_eq!(kind(429, "1113", "您的账户已欠费"), FailureKind::Quota);
        assert_eq!(
            kind(400, "1301", "包含不安全或敏感内容"),
            FailureKind::ContentFilter
        );
        assert_eq!(
            kind(400, "20012", "Model does not exist."),
            FailureKind::ModelNotFound
        );
        assert_eq!(kind(503, "", ""), FailureKind::Unavailable);
        assert_eq!(kind(302, "", ""), FailureKind::Redirect);
        assert_eq!(
            kind(400, "", "temperature must be below 2"),
            FailureKind::Rejected
        );
    }

    #[test]
    fn a_key_in_a_provider_message_is_not_passed_on() {
        let shown =
            scrub("Incorrect API key provided: sk-abcdef0123456789. See\nhttps://x/?key=abc");
        assert_eq!(
            shown,
            "Incorrect API key provided: [redacted] See [redacted]"
        );
        assert!(scrub(&"long ".repeat(500)).chars().count() <= LONGEST_MESSAGE + 1);
    }

    #[test]
    fn the_wait_is_read_in_seconds_or_milliseconds_and_bounded() {
        let wait = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, http::HeaderValue::from_static(value));
            retry_after(&headers)
        };
        assert_eq!(wait("retry-after", "2"), Some(Duration::from_secs(2)));
        assert_eq!(
            wait("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(wait("retry-after", "99999999"), Some(LONGEST_WAIT));
        assert_eq!(wait("retry-after", "-1"), None);
        assert_eq!(wait("retry-after", "soon"), None);
    }
}
