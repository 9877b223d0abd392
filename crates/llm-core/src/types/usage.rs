//! Tokens used by one or several calls.

use std::ops::AddAssign;

/// Tokens of one or several calls, as the provider counted them.
///
/// `cached_input` and `cache_write` are parts of `input`; `reasoning` is a part of `output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All tokens read, cached ones included.
    pub input: u64,
    /// All tokens written, reasoning included.
    pub output: u64,
    /// Tokens read from the provider's prompt cache.
    pub cached_input: u64,
    /// Tokens written to the provider's prompt cache.
    pub cache_write: u64,
    /// Tokens spent on reasoning.
    pub reasoning: u64,
    /// Who counted.
    pub source: UsageSource,
}

/// Who counted the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsageSource {
    /// Nobody yet: the numbers are zero because nothing is known.
    #[default]
    Unknown,
    /// The provider.
    Reported,
    /// We did, because the provider sent nothing usable.
    Estimated,
}

impl UsageSource {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Reported => "reported",
            Self::Estimated => "estimated",
        }
    }
}

impl Usage {
    /// Numbers a provider reported.
    pub fn reported(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            source: UsageSource::Reported,
            ..Self::default()
        }
    }

    /// Numbers we estimated.
    pub fn estimated(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            source: UsageSource::Estimated,
            ..Self::default()
        }
    }

    /// Input and output together.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Whether anybody counted.
    pub fn is_known(&self) -> bool {
        self.source != UsageSource::Unknown
    }
}

/// A sum is only as certain as its least certain part.
impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        let nothing_yet = *self == Self::default();
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cached_input = self.cached_input.saturating_add(other.cached_input);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.reasoning = self.reasoning.saturating_add(other.reasoning);
        self.source = match (self.source, other.source) {
            (_, source) if nothing_yet => source,
            (UsageSource::Unknown, _) | (_, UsageSource::Unknown) => UsageSource::Unknown,
            (UsageSource::Estimated, _) | (_, UsageSource::Estimated) => UsageSource::Estimated,
            (UsageSource::Reported, UsageSource::Reported) => UsageSource::Reported,
        };
    }
}
