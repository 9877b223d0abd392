//! Why one exchange with a provider failed, in terms that decide what to do next.
//!
//! Adapters and transport produce these; `gateway` maps them to [`Code`]s for the caller.

use std::fmt;
use std::time::Duration;

use super::code::Code;

/// A failed exchange with a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What happened, as a lowercase fragment without secrets or prompt text.
    pub message: String,
    /// The provider's HTTP status, if it answered.
    pub status: Option<u16>,
    /// How long the provider asked us to wait.
    pub retry_after: Option<Duration>,
    /// The field of the request at fault, where it is one.
    pub param: Option<String>,
}

/// Kinds of failure, by what should be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The provider refused the request as malformed or unsupported.
    Rejected,
    /// This protocol cannot carry something the request needs; nothing was sent.
    Unsupported,
    /// The conversation does not fit the model.
    ContextLength,
    /// The provider's content filter refused it.
    ContentFilter,
    /// The provider does not know the model path.
    ModelNotFound,
    /// The provider rejected our key.
    Auth,
    /// There is no key to send.
    MissingCredential,
    /// Too many requests.
    RateLimited,
    /// The provider's quota or balance is used up.
    Quota,
    /// 5xx, or the provider said it is overloaded.
    Unavailable,
    /// No connection: refused, reset before any reply, unknown host.
    Connect,
    /// The certificate did not verify.
    Tls,
    /// The provider redirected.
    Redirect,
    /// A time limit of the attempt passed.
    Timeout(Limit),
    /// The reply breaks the protocol.
    InvalidResponse,
    /// The reply ended before it was complete.
    Truncated,
    /// The deployment rests after repeated failures; nothing was sent.
    CircuitOpen,
    /// The deadline of the whole request passed.
    Deadline,
    /// The budget of the run is used up; nothing was sent.
    Budget,
    /// The client broke off what was being sent on.
    Interrupted,
    /// No place came free among the calls under way; nothing was sent.
    Busy,
    /// Another attempt at the same call answered first.
    Superseded,
}

/// The limits of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Until the connection stands.
    Connect,
    /// Until the reply's headers.
    FirstByte,
    /// Until the first piece of content.
    FirstToken,
    /// Between two pieces.
    Idle,
    /// The whole attempt.
    Total,
}

impl Limit {
    /// The name in configuration and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::FirstByte => "first-byte",
            Self::FirstToken => "first-token",
            Self::Idle => "idle",
            Self::Total => "total",
        }
    }
}

/// Where a request may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nowhere: the answer would be the same.
    No,
    /// At the same deployment or another.
    Anywhere,
    /// At another deployment only.
    Elsewhere,
}

impl FailureKind {
    /// Where the request may be tried again.
    pub fn retry(self) -> Retry {
        match self {
            Self::Rejected
            | Self::ContentFilter
            | Self::Deadline
            | Self::Budget
            | Self::Superseded
            | Self::Interrupted => Retry::No,
            Self::Unavailable
            | Self::Connect
            | Self::InvalidResponse
            | Self::Truncated
            | Self::RateLimited => Retry::Anywhere,
            Self::Unsupported
            | Self::ContextLength
            | Self::ModelNotFound
            | Self::Auth
            | Self::MissingCredential
            | Self::Quota
            | Self::Tls
            | Self::Redirect
            | Self::Timeout(_)
            | Self::CircuitOpen
            | Self::Busy => Retry::Elsewhere,
        }
    }

    /// Whether the failure says something about the deployment's health.
    pub fn counts_against_health(self) -> bool {
        matches!(
            self,
            Self::Unavailable
                | Self::Connect
                | Self::Tls
                | Self::Redirect
                | Self::Timeout(_)
                | Self::InvalidResponse
                | Self::Truncated
        )
    }

    /// The code the caller sees when this failure decided the outcome.
    pub fn code(self) -> Code {
        match self {
            Self::Rejected => Code::ProviderRejected,
            Self::Unsupported => Code::UnsupportedParameter,
            Self::ContextLength => Code::ContextLength,
            Self::ContentFilter => Code::ContentFilter,
            Self::ModelNotFound => Code::ProviderModelNotFound,
            Self::Auth => Code::ProviderAuth,
            Self::MissingCredential => Code::MissingCredential,
            Self::RateLimited => Code::ProviderRateLimited,
            Self::Quota => Code::ProviderQuota,
            Self::Unavailable | Self::Connect => Code::ProviderError,
            Self::Tls => Code::ProviderTls,
            Self::Redirect => Code::ProviderRedirect,
            Self::Timeout(_) => Code::ProviderTimeout,
            Self::InvalidResponse => Code::ProviderInvalidResponse,
            Self::Truncated => Code::ProviderTruncated,
            Self::CircuitOpen => Code::NoHealthyModel,
            Self::Deadline => Code::DeadlineExceeded,
            Self::Budget => Code::BudgetExhausted,
            Self::Busy => Code::Overloaded,
            Self::Interrupted | Self::Superseded => Code::Cancelled,
        }
    }
}

impl Failure {
    /// A failure without further detail.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            retry_after: None,
            param: None,
        }
    }

    /// A reply that breaks the protocol.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidResponse, message)
    }

    /// A reply that ended early.
    pub fn truncated(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Truncated, message)
    }

    /// Something the protocol cannot carry.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, message)
    }

    /// A time limit that passed.
    pub fn timeout(limit: Limit, after: Duration) -> Self {
        let message = format!(
            "no progress within the {} limit of {after:?}",
            limit.as_str()
        );
        Self::new(FailureKind::Timeout(limit), message)
    }

    /// Names the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Adds the provider's status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.status {
            Some(status) => write!(f, " (HTTP {status})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
