//! What a model must be able to do, and what the text merely speaks of.

use super::lexicon::Found;
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::message::ToolChoice;
use crate::types::task::Capabilities;

/// What the request itself demands, whatever its words.
pub(super) fn hard(chat: &ChatRequest) -> Capabilities {
    let uses_tools = !chat.tools.is_empty() && chat.tool_choice != Some(ToolChoice::None);
    let format = match chat.format {
        ResponseFormat::Text => Capabilities::NONE,
        ResponseFormat::JsonObject => Capabilities::JSON,
        ResponseFormat::JsonSchema(_) => Capabilities::JSON_SCHEMA,
    };
    [
        (chat.has_images(), Capabilities::VISION),
        (chat.has_audio(), Capabilities::AUDIO),
        (chat.has_files(), Capabilities::FILES),
        (uses_tools, Capabilities::TOOLS),
    ]
    .into_iter()
    .filter(|(wanted, _)| *wanted)
    .fold(format, |all, (_, ability)| all.with(ability))
}

/// What the words point at although it is not attached.
pub(super) fn mentioned(found: &Found<'_>, hard: Capabilities) -> Capabilities {
    [
        (found.picture, Capabilities::VISION),
        (found.sound, Capabilities::AUDIO),
        (found.document, Capabilities::FILES),
    ]
    .into_iter()
    .filter(|(cue, _)| cue.is_some())
    .fold(Capabilities::NONE, |all, (_, ability)| all.with(ability))
    .without(hard)
}
