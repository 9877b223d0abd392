//! One turn of a conversation: who speaks, and what it is made of.
//!
//! Shaped after the `OpenAI` chat format because most clients and providers speak it; other
//! dialects are translated at the boundary.

use serde_json::Value;

/// Who a message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions to the model from the program.
    System,
    /// The newer name some providers use for [`Role::System`]; kept apart so it is forwarded as sent.
    Developer,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

impl Role {
    /// The name on the `OpenAI` wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// Whether the message carries instructions rather than conversation.
    pub fn is_instruction(self) -> bool {
        matches!(self, Self::System | Self::Developer)
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order. Empty for an assistant message that only calls tools.
    pub content: Vec<ContentPart>,
    /// The participant's name, where the client gave one.
    pub name: Option<String>,
    /// Calls the assistant made.
    pub tool_calls: Vec<ToolCall>,
    /// For [`Role::Tool`]: which call this answers.
    pub tool_call_id: Option<String>,
    /// For [`Role::Tool`]: whether the call failed and this says why.
    pub failed: bool,
    /// Reasoning text an earlier answer carried, for providers that want it back.
    pub reasoning: Option<Reasoning>,
}

impl Message {
    /// A message of plain text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            content: vec![ContentPart::Text(text.into())],
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            failed: false,
            reasoning: None,
        }
    }

    /// A system message.
    pub fn system(text: impl Into<String>) -> Self {
        Self::text(Role::System, text)
    }

    /// A user message.
    pub fn user(text: impl Into<String>) -> Self {
        Self::text(Role::User, text)
    }

    /// An assistant message.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::text(Role::Assistant, text)
    }

    /// All text parts joined by line breaks; media are left out.
    pub fn plain_text(&self) -> String {
        let mut out = String::new();
        for part in &self.content {
            if let ContentPart::Text(text) | ContentPart::Refusal(text) = part {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(text);
            }
        }
        out
    }
}

/// A piece of a message's content.
#[derive(Clone, Debug, PartialEq)]
pub enum ContentPart {
    /// Text.
    Text(String),
    /// A picture.
    Image(Image),
    /// Sound.
    Audio(Audio),
    /// A document, such as a PDF.
    File(FilePart),
    /// The assistant declined to answer.
    Refusal(String),
}

/// A picture, given by address or inline.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Where the picture is.
    pub source: MediaSource,
    /// `low`, `high` or `auto` where the client chose.
    pub detail: Option<String>,
}

/// Sound, inline.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// Base64 text as the client sent it.
    pub data: String,
    /// `wav`, `mp3` and so on.
    pub format: String,
}

/// A document, inline or by the provider's own file id.
#[derive(Clone, Debug, PartialEq)]
pub struct FilePart {
    /// The name to show to the model.
    pub name: Option<String>,
    /// Where the document is.
    pub source: FileSource,
}

/// Where a document comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum FileSource {
    /// In the message itself.
    Inline {
        /// The media type, such as `application/pdf`.
        mime: String,
        /// Base64 text.
        data: String,
    },
    /// Stored at the provider beforehand.
    Id(String),
}

/// Where a picture comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaSource {
    /// An address for the provider to fetch; the gateway does not fetch it.
    Url(String),
    /// In the message itself.
    Inline {
        /// The media type, such as `image/png`.
        mime: String,
        /// Base64 text.
        data: String,
    },
}

/// A tool the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// The function's name.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    pub parameters: Option<Value>,
    /// Whether arguments must follow the schema exactly.
    pub strict: Option<bool>,
}

/// Which tool the model should use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// Any tool, but one of them.
    Required,
    /// This one.
    Named(String),
}

/// A call the model made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id for the call, repeated in the tool message that answers it.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments as the JSON text the model wrote, which need not be valid JSON.
    pub arguments: String,
}

/// Thoughts a model shares apart from its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasoning {
    /// The text.
    pub text: String,
    /// The provider's proof that the text is its own, needed to send it back.
    pub signature: Option<String>,
}
