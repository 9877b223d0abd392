//! One thing that was looked at, and how it is.

use llm_console::catalogue::Say;
use llm_console::lang::Lang;
use serde_json::{Value, json};

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) level: Level,
    /// What was found.
    pub(super) detail: Say,
    /// What to do about it.
    pub(super) hint: Option<Say>,
}

/// What is looked at, in the order it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Program,
    Terminal,
    Configuration,
    Permissions,
    Secrets,
    Proxy,
    Provider,
    LocalServer,
    Server,
}

impl Check {
    /// The name in machine output.
    fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Terminal => "terminal",
            Self::Configuration => "configuration",
            Self::Permissions => "permissions",
            Self::Secrets => "secrets",
            Self::Proxy => "proxy",
            Self::Provider => "provider",
            Self::LocalServer => "local_server",
            Self::Server => "server",
        }
    }

    /// The text people know it by.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Program => "cooperation.doctor.program",
            Self::Terminal => "cooperation.doctor.terminal",
            Self::Configuration => "cooperation.doctor.configuration",
            Self::Permissions => "cooperation.doctor.permissions",
            Self::Secrets => "cooperation.doctor.secrets",
            Self::Proxy => "cooperation.doctor.proxy",
            Self::Provider => "cooperation.doctor.provider",
            Self::LocalServer => "cooperation.doctor.local_server",
            Self::Server => "cooperation.doctor.server",
        }
    }
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing, neither good nor bad.
    Note,
    /// Odd, and maybe not what was meant.
    Warning,
    /// Broken.
    Failed,
}

impl Level {
    pub(super) const ALL: [Self; 4] = [Self::Ok, Self::Note, Self::Warning, Self::Failed];

    /// The name in machine output.
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }

    /// The text people know it by.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Ok => "state.ok",
            Self::Note => "cooperation.doctor.note",
            Self::Warning => "common.warning",
            Self::Failed => "state.failed",
        }
    }
}

impl Finding {
    /// Something that was found, without advice.
    pub(super) fn new(check: Check, level: Level, detail: impl Into<Say>) -> Self {
        Self {
            check,
            level,
            detail: detail.into(),
            hint: None,
        }
    }

    /// Says what to do about it.
    pub(super) fn hint(mut self, hint: impl Into<Say>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// For programs, in English.
    pub(super) fn machine(&self) -> Value {
        json!({
            "check": self.check.as_str(),
            "level": self.level.as_str(),
            "detail": self.detail.to(Lang::En),
            "hint": self.hint.as_ref().map(|hint| hint.to(Lang::En)),
        })
    }
}
