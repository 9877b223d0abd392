//! The one table of error codes: HTTP status, `OpenAI` error type, exit code and meaning.
//!
//! Everything that reports a failure (HTTP bodies, exit codes, the reference page, translated
//! messages) is derived from these rows. A code never changes its meaning and is never translated.

use std::fmt;

/// Who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The caller.
    Client,
    /// This program or its configuration.
    Gateway,
    /// A provider.
    Provider,
}

impl Source {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Gateway => "gateway",
            Self::Provider => "provider",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// The code.
    pub code: Code,
    /// The stable text of the code, in `error.code`.
    pub name: &'static str,
    /// The documentation number, printed as `LC` and four digits.
    pub number: u16,
    /// HTTP status.
    pub status: u16,
    /// `error.type` of the `OpenAI` envelope.
    pub kind: &'static str,
    /// Exit code of the command-line programs.
    pub exit: u8,
    /// Who is at fault.
    pub source: Source,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// What it means and what to do, for the reference page.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($code:ident $name:literal $number:literal $status:literal $kind:literal $exit:literal $source:ident $retry:literal $meaning:literal;)*) => {
        /// A stable error code; see [`CodeRow`] for what each carries.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the table gives every code its meaning")]
        pub enum Code { $($code,)* }

        /// Every code, in the order of the reference page.
        pub const CODES: &[CodeRow] = &[$(CodeRow {
            code: Code::$code,
            name: $name,
            number: $number,
            status: $status,
            kind: $kind,
            exit: $exit,
            source: Source::$source,
            retryable: $retry,
            meaning: $meaning,
        },)*];
    };
}

codes! {
    // The caller's input. Exit code 2.
    EmptyQuery "empty_query" 2001 400 "invalid_request_error" 2 Client false "The query or the list of messages is empty. Send at least one non-blank user message.";
    InvalidJson "invalid_json" 2002 400 "invalid_request_error" 2 Client false "The body is not valid JSON, or not an object. The message names line and column.";
    JsonTooDeep "json_too_deep" 2003 400 "invalid_request_error" 2 Client false "The JSON is nested deeper than 64 levels.";
    DuplicateKey "duplicate_key" 2004 400 "invalid_request_error" 2 Client false "A key occurs twice in an object, so it is not clear which one is meant.";
    InvalidUtf8 "invalid_utf8" 2005 400 "invalid_request_error" 2 Client false "The input is not valid UTF-8 text.";
    MissingField "missing_field" 2006 400 "invalid_request_error" 2 Client false "A required field is absent; `param` names it.";
    InvalidValue "invalid_value" 2007 400 "invalid_request_error" 2 Client false "A field has the wrong type or is out of range; `param` names it.";
    UnsupportedParameter "unsupported_parameter" 2008 400 "invalid_request_error" 2 Client false "The chosen model or mode cannot honour this field; remove it or choose another model.";
    UnknownMode "unknown_mode" 2009 400 "invalid_request_error" 2 Client false "There is no cooperation mode of this name; the message lists the modes there are.";
    UnknownStrategy "unknown_strategy" 2010 400 "invalid_request_error" 2 Client false "There is no routing strategy of this name; the message lists the strategies there are.";
    UnknownIntegrator "unknown_integrator" 2011 400 "invalid_request_error" 2 Client false "There is no integration strategy of this name; the message lists those there are.";
    UnknownService "unknown_service" 2012 400 "invalid_request_error" 2 Client false "There is no service or service variant of this name; the message lists those there are.";
    UnknownTemplate "unknown_template" 2013 404 "invalid_request_error" 2 Client false "There is no prompt template of this name.";
    TooFewMembers "too_few_members" 2014 400 "invalid_request_error" 2 Client false "The cooperation mode needs more members than were given.";
    ContextLength "context_length_exceeded" 2015 400 "invalid_request_error" 2 Client false "The conversation is longer than the model's context window. Shorten it or choose a larger model.";
    ContentFilter "content_filter" 9002 400 "invalid_request_error" 9 Provider false "The provider's content filter refused the request. It is not tried elsewhere.";
    ProviderRejected "provider_rejected" 2016 400 "invalid_request_error" 2 Provider false "The provider refused the request as invalid; the message carries its reason.";
    InvalidApiKey "invalid_api_key" 4001 401 "invalid_request_error" 4 Client false "The gateway key is absent, wrong, expired or revoked.";
    AmbiguousCredentials "ambiguous_credentials" 4002 400 "invalid_request_error" 4 Client false "The request carries two different credentials. Send one.";
    PermissionDenied "permission_denied" 4003 403 "permission_error" 4 Client false "The key is valid but may not do this.";
    ModelNotFound "model_not_found" 2020 404 "invalid_request_error" 2 Client false "There is no model of this name, or the key may not use it. `llm-cooperation models` lists them.";
    NotFound "not_found" 2021 404 "invalid_request_error" 2 Client false "There is no such endpoint or object.";
    MethodNotAllowed "method_not_allowed" 2022 405 "invalid_request_error" 2 Client false "The endpoint exists but not for this method; the `allow` header names those it has.";
    RequestTimeout "request_timeout" 2023 408 "invalid_request_error" 2 Client true "The request body did not arrive in time.";
    RequestTooLarge "request_too_large" 2024 413 "invalid_request_error" 2 Client false "The body is larger than `server.max_body_bytes`.";
    UnsupportedMediaType "unsupported_media_type" 2025 415 "invalid_request_error" 2 Client false "The body is not of a media type this endpoint reads.";
    HeadersTooLarge "headers_too_large" 2026 431 "invalid_request_error" 2 Client false "The request's headers are too large.";
    IdempotencyMismatch "idempotency_mismatch" 2027 422 "idempotency_error" 2 Client false "The `Idempotency-Key` was used before with another body. Use a new key for a new request.";
    IdempotencyInProgress "idempotency_in_progress" 2028 409 "idempotency_error" 2 Client true "A request with the same `Idempotency-Key` is still being answered. Repeat it a little later.";
    InputUnreadable "input_unreadable" 2030 400 "invalid_request_error" 2 Client false "A file or standard input could not be read.";
    InvalidUsage "invalid_usage" 2040 400 "invalid_request_error" 2 Client false "The command line is wrong; `--help` after the command shows how it is meant.";
    InputRequired "input_required" 2041 400 "invalid_request_error" 2 Client false "A command needs an answer but nobody can be asked; the message names the flag to pass.";

    // Configuration. Exit code 3.
    ConfigUnreadable "config_unreadable" 3001 500 "server_error" 3 Gateway false "A configuration file could not be read.";
    ConfigSyntax "config_syntax" 3002 500 "server_error" 3 Gateway false "A configuration file is not valid TOML; the message names file, line and column.";
    ConfigInvalid "config_invalid" 3003 500 "server_error" 3 Gateway false "A configuration value is wrong; the message names file, line and key.";
    ConfigUnwritable "config_unwritable" 3004 500 "server_error" 3 Gateway false "A configuration file could not be written. It is unchanged.";
    UnknownPreset "unknown_preset" 3005 400 "invalid_request_error" 3 Client false "There is no preset of this name; `llm-config preset list` lists them.";
    ConfigConflict "config_conflict" 3006 409 "conflict_error" 3 Client false "An entry of this name exists and differs, or is still referred to. Nothing was changed.";

    // Credentials. Exit code 4.
    NotConfigured "not_configured" 4010 503 "service_unavailable_error" 4 Gateway false "No provider is configured. Apply a preset with `llm-config preset`, or try `--demo`.";
    MissingCredential "missing_credential" 4011 503 "service_unavailable_error" 4 Gateway false "The provider needs an API key and none is configured. `llm-config keys set` stores one.";
    ProviderAuth "upstream_auth" 4012 502 "upstream_error" 4 Provider false "The provider rejected our API key. `llm-config keys which` tells where the key came from.";

    // No model could answer. Exit code 5.
    ProviderError "upstream_error" 5001 502 "upstream_error" 5 Provider true "The provider failed or could not be reached.";
    ProviderInvalidResponse "upstream_invalid_response" 5002 502 "upstream_error" 5 Provider true "The provider's reply is not what its protocol promises; it is never passed off as an answer.";
    AllCandidatesFailed "all_candidates_failed" 5003 502 "upstream_error" 5 Provider true "Every model of the plan failed; `attempts` lists each with its own reason.";
    ProviderTruncated "upstream_truncated" 5004 502 "upstream_error" 5 Provider true "The provider's reply ended before it was complete.";
    StreamInterrupted "upstream_stream_interrupted" 5005 502 "upstream_error" 5 Provider true "The provider's stream broke off after part of the answer had been sent.";
    ProviderTls "upstream_tls" 5006 502 "upstream_error" 5 Provider false "The provider's certificate could not be verified.";
    ProviderRedirect "upstream_redirect" 5007 502 "upstream_error" 5 Provider false "The provider answered with a redirect, which is not followed. Correct its base URL.";
    ProviderModelNotFound "upstream_model_not_found" 5008 502 "upstream_error" 5 Provider false "The provider does not know the configured model path.";
    NoHealthyModel "no_healthy_upstream" 5009 503 "upstream_error" 5 Provider true "Every candidate is resting after repeated failures; `retry_after_ms` says when the next is tried.";
    NoCandidate "no_candidate" 5010 400 "invalid_request_error" 5 Client false "No configured model satisfies the request; the message says what excluded each.";
    CooperationFailed "cooperation_failed" 5011 502 "upstream_error" 5 Provider true "No member of the cooperation gave an answer; `attempts` lists each with its reason.";
    ServerUnreachable "server_unreachable" 5012 502 "upstream_error" 5 Gateway true "The gateway named by --server does not answer.";
    Overloaded "server_is_overloaded" 5020 503 "service_unavailable_error" 5 Gateway true "The gateway, or every deployment the request may go to, has as many requests under way as it may have. Nothing was sent; try again shortly.";
    Draining "server_draining" 5021 503 "service_unavailable_error" 5 Gateway true "The gateway is shutting down.";

    // Limits. Exit code 6.
    ProviderRateLimited "upstream_rate_limited" 6001 429 "rate_limit_error" 6 Provider true "The provider's rate limit was reached; `retry_after_ms` says when to try again.";
    ProviderQuota "upstream_quota" 6002 429 "insufficient_quota" 6 Provider false "The provider's quota or balance is used up.";
    MaxCost "max_cost_exceeded" 6003 400 "invalid_request_error" 6 Client false "The estimated cost is above the caller's maximum, or the cost cannot be estimated. Nothing was sent.";
    BudgetExhausted "budget_exhausted" 6004 429 "insufficient_quota" 6 Client false "The budget of the cooperation is used up before it reached an answer.";

    // Time. Exit code 7.
    ProviderTimeout "upstream_timeout" 7001 504 "upstream_error" 7 Provider true "The provider did not answer within the limits of connect, first byte, first token or idle time.";
    DeadlineExceeded "deadline_exceeded" 7002 504 "timeout_error" 7 Gateway true "The deadline of the whole request passed.";

    // Partial results and rejected output. Exit codes 8 and 9.
    QuorumNotMet "quorum_not_met" 8001 422 "output_error" 8 Provider true "Fewer members answered than the quorum asks for.";
    PartialResult "partial_result" 8002 422 "output_error" 8 Provider true "Some members failed, and the call asked for all of them.";
    SchemaMismatch "schema_mismatch" 9001 422 "output_error" 9 Provider true "The answer does not follow the JSON schema that was asked for.";
    Refused "model_refused" 9003 422 "output_error" 9 Provider false "The model declined to answer.";
    CheckFailed "check_failed" 1010 500 "server_error" 10 Gateway false "A check that was asked for failed.";

    // Everything else. Exit code 1.
    OutputUnwritable "output_unwritable" 1001 500 "server_error" 1 Gateway false "The result could not be written.";
    Internal "internal_error" 1002 500 "server_error" 1 Gateway false "A mistake in this program. Report it with the request id.";
    Cancelled "cancelled" 1003 499 "cancelled" 130 Client false "The caller left or interrupted the run.";
}

impl Code {
    /// The row of this code.
    pub fn row(self) -> &'static CodeRow {
        // The enum and the table are written by one macro, in one order.
        &CODES[self as usize]
    }

    /// The stable text of the code.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The documentation number, such as `LC4012`.
    pub fn doc(self) -> String {
        format!("LC{:04}", self.row().number)
    }

    /// Finds a code by its text or documentation number.
    pub fn find(text: &str) -> Option<Self> {
        let number = text
            .strip_prefix("LC")
            .and_then(|digits| digits.parse::<u16>().ok());
        CODES
            .iter()
            .find(|row| row.name == text || Some(row.number) == number)
            .map(|row| row.code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_are_unique_and_found() {
        for row in CODES {
            assert_eq!(row.code.row().name, row.name);
            assert_eq!(Code::find(row.name), Some(row.code));
            assert_eq!(Code::find(&row.code.doc()), Some(row.code), "{}", row.name);
            assert!((400..=599).contains(&row.status), "{}", row.name);
        }
    }
}
