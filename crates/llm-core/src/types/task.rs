//! What a request is about: task, language, difficulty, size and needs.
//!
//! The types only; how they are found out is `routing/profile`.

use std::fmt;
use std::sync::Arc;

/// The name of a task type: one of [`KNOWN_TASKS`] or one the configuration adds.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskName(Arc<str>);

impl TaskName {
    /// What a request is when nothing more particular is known.
    pub const GENERAL: &'static str = "general";

    /// Wraps a name.
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// The task types the program knows without configuration.
///
/// The first group is what analysis can find out; the second is only ever named by a caller.
pub const KNOWN_TASKS: &[&str] = &[
    "math",
    "code",
    "reasoning",
    "translation",
    "summarization",
    "extraction",
    "classification",
    "comparison",
    "writing",
    "rewriting",
    "roleplay",
    "chat",
    "knowledge",
    "advice",
    "analysis",
    "vision",
    TaskName::GENERAL,
    // Named by callers.
    "financial_analysis",
    "stock_analysis",
    "market_research",
    "tool_calling",
    "data_extraction",
    "code_generation",
    "chinese_tasks",
];

/// How demanding a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difficulty {
    /// A small model does it.
    #[default]
    Low,
    /// An ordinary model does it.
    Medium,
    /// Wants a strong model.
    High,
    /// Wants the strongest, or several.
    VeryHigh,
}

impl Difficulty {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very_high",
        }
    }
}

/// The language a request is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
    /// Chinese and Latin text in earnest amounts.
    Mixed,
    /// Another language, or too little text to tell.
    #[default]
    Other,
}

impl Language {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
            Self::Mixed => "mixed",
            Self::Other => "other",
        }
    }
}

/// Abilities a request needs or a model has.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u16);

/// Each ability with its name in configuration and output.
const CAPABILITY_NAMES: &[(Capabilities, &str)] = &[
    (Capabilities::VISION, "vision"),
    (Capabilities::AUDIO, "audio"),
    (Capabilities::FILES, "files"),
    (Capabilities::TOOLS, "tools"),
    (Capabilities::JSON, "json"),
    (Capabilities::JSON_SCHEMA, "json_schema"),
    (Capabilities::REASONING, "reasoning"),
    (Capabilities::CHAT, "chat"),
    (Capabilities::EMBEDDINGS, "embeddings"),
    (Capabilities::RERANK, "rerank"),
    (Capabilities::SPEECH, "speech"),
    (Capabilities::TRANSCRIPTION, "transcription"),
    (Capabilities::SPEECH_TRANSLATION, "speech_translation"),
    (Capabilities::IMAGE_GENERATION, "image_generation"),
    (Capabilities::IMAGE_EDITING, "image_editing"),
];

impl Capabilities {
    /// None.
    pub const NONE: Self = Self(0);
    /// Sees pictures.
    pub const VISION: Self = Self(1);
    /// Hears sound.
    pub const AUDIO: Self = Self(1 << 1);
    /// Reads documents such as PDF.
    pub const FILES: Self = Self(1 << 2);
    /// Calls tools.
    pub const TOOLS: Self = Self(1 << 3);
    /// Can be held to a JSON object.
    pub const JSON: Self = Self(1 << 4);
    /// Can be held to a JSON schema.
    pub const JSON_SCHEMA: Self = Self(1 << 5);
    /// Thinks before it answers.
    pub const REASONING: Self = Self(1 << 6);
    /// Holds conversations, although it does other work too.
    pub const CHAT: Self = Self(1 << 7);
    /// Turns texts into vectors.
    pub const EMBEDDINGS: Self = Self(1 << 8);
    /// Orders documents by how well they answer a query.
    pub const RERANK: Self = Self(1 << 9);
    /// Speaks.
    pub const SPEECH: Self = Self(1 << 10);
    /// Writes down what is said.
    pub const TRANSCRIPTION: Self = Self(1 << 11);
    /// Writes down in English what is said.
    pub const SPEECH_TRANSLATION: Self = Self(1 << 12);
    /// Draws.
    pub const IMAGE_GENERATION: Self = Self(1 << 13);
    /// Changes pictures.
    pub const IMAGE_EDITING: Self = Self(1 << 14);

    /// The work besides conversations.
    pub const WORK: Self = Self::EMBEDDINGS
        .with(Self::RERANK)
        .with(Self::SPEECH)
        .with(Self::TRANSCRIPTION)
        .with(Self::SPEECH_TRANSLATION)
        .with(Self::IMAGE_GENERATION)
        .with(Self::IMAGE_EDITING);

    /// All abilities with their names.
    pub fn all() -> &'static [(Self, &'static str)] {
        CAPABILITY_NAMES
    }

    /// The ability of a name.
    pub fn named(name: &str) -> Option<Self> {
        CAPABILITY_NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(bit, _)| *bit)
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of `self` that `other` lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` are here.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a model of these abilities is one to talk to. One that does other work is not,
    /// unless it says so.
    pub const fn holds_conversations(self) -> bool {
        self.has(Self::CHAT) || self.common(Self::WORK).is_empty()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CAPABILITY_NAMES
            .iter()
            .filter(move |(bit, _)| self.has(*bit))
            .map(|(_, name)| *name)
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// What routing knows about a request.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskProfile {
    /// What kind of work it is.
    pub task: TaskName,
    /// Whether the caller said so; otherwise it was found out from the text.
    pub task_is_given: bool,
    /// 0 to 1: how clear the text was about its task. Not a probability.
    pub clarity: f64,
    /// The language of the question.
    pub language: Language,
    /// How demanding it is.
    pub difficulty: Difficulty,
    /// Estimated tokens of the whole conversation.
    pub input_tokens: u64,
    /// Tokens to expect in the answer: the caller's maximum or a figure by task.
    pub output_tokens: u64,
    /// What a model must be able to do.
    pub needs: Capabilities,
    /// What the text speaks of without needing it, such as a picture that is not attached.
    pub mentions: Capabilities,
    /// What the decision rests on, in words for `--explain`.
    pub evidence: Vec<String>,
    /// The cooperation mode the question would gain from, if any.
    pub cooperation: Option<&'static str>,
}
