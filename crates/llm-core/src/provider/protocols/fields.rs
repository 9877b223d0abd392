//! Which top-level fields of an `OpenAI` chat body the hub's typed view stands for, and which are
//! left over.
//!
//! An `OpenAI`-speaking provider receives the leftovers as the bytes they were; the other
//! protocols have no place for them. They are not refused one by one, because most are
//! book-keeping of one vendor, but they are never lost in silence: [`untranslatable`] names them
//! and the gateway tells the caller.

use serde_json::value::RawValue;

use crate::types::chat::ChatRequest;
use crate::types::message::{ContentPart, Message, Role};

/// The fields [`ChatRequest`] carries in typed form, in alphabetical order.
pub const TYPED: &[&str] = &[
    "frequency_penalty",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "user",
];

/// Whether the typed view carries a field.
pub fn is_typed(name: &str) -> bool {
    TYPED.binary_search(&name).is_ok()
}

/// What a request holds that no protocol but `OpenAI`'s has a place for, as field names for a
/// warning to the caller.
///
/// Top-level fields come first, in the order they were sent, without those whose value asks for
/// nothing (`null`, `false`, `{}`, `[]`, `modalities: ["text"]`). Then the two hints of messages
/// that are dropped everywhere else: participants' names and the detail of pictures.
pub fn untranslatable(request: &ChatRequest) -> Vec<String> {
    let mut names: Vec<String> = request
        .wire
        .iter()
        .filter(|(name, value)| !is_typed(name) && !asks_for_nothing(name, value))
        .map(|(name, _)| name.to_owned())
        .collect();
    // A tool message's name is what its result is matched by; only people's names are dropped.
    let named = |message: &Message| message.name.is_some() && message.role != Role::Tool;
    if request.messages.iter().any(named) {
        names.push("messages[].name".to_owned());
    }
    let detailed = |part: &ContentPart| match part {
        ContentPart::Image(image) => image.detail.as_deref().is_some_and(|how| how != "auto"),
        _ => false,
    };
    let parts = || request.messages.iter().flat_map(|message| &message.content);
    if parts().any(detailed) {
        names.push("messages[].content[].image_url.detail".to_owned());
    }
    names
}

/// What the hub's own view holds that this protocol has no way of saying.
pub fn unsayable(request: &ChatRequest, protocol: &str) -> Option<String> {
    let says = matches!(protocol, "anthropic" | "gemini");
    let failed = request.messages.iter().any(|message| message.failed);
    (failed && !says).then(|| "is_error of a tool result".to_owned())
}

fn asks_for_nothing(name: &str, value: &RawValue) -> bool {
    let compact: String = value
        .get()
        .chars()
        .take(16)
        .filter(|c| !c.is_whitespace())
        .collect();
    matches!(compact.as_str(), "null" | "false" | "{}" | "[]")
        || (name == "modalities" && compact == "[\"text\"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::message::{Image, MediaSource};
    use crate::types::raw::RawFields;

    fn with_wire(body: &str) -> ChatRequest {
        ChatRequest {
            wire: RawFields::parse(body.as_bytes()).unwrap(),
            ..ChatRequest::question("q")
        }
    }

    #[test]
    fn the_list_is_sorted_so_that_it_can_be_searched() {
        assert!(TYPED.is_sorted());
        assert!(TYPED.iter().all(|name| is_typed(name)));
    }

    #[test]
    fn a_leftover_is_named_unless_it_asks_for_nothing() {
        let request = with_wire(
            r#"{"model":"m","logprobs":true,"top_logprobs":null,"store":false,"logit_bias":{ },
                "modalities":[ "text" ],"service_tier":"flex","messages":[]}"#,
        );
        assert_eq!(untranslatable(&request), ["logprobs", "service_tier"]);
        let audio = with_wire(r#"{"modalities":["text","audio"]}"#);
        assert_eq!(untranslatable(&audio), ["modalities"]);
    }

    #[test]
    fn hints_inside_messages_are_named_once() {
        let mut person = Message::user("hello");
        person.name = Some("ann".into());
        person.content.push(ContentPart::Image(Image {
            source: MediaSource::Url("https://x/y.png".into()),
            detail: Some("high".into()),
        }));
        let request = ChatRequest::new(vec![person.clone(), person]);
        assert_eq!(
            untranslatable(&request),
            ["messages[].name", "messages[].content[].image_url.detail"]
        );
        let mut tool = Message::text(Role::Tool, "5");
        tool.name = Some("add".into());
        assert!(untranslatable(&ChatRequest::new(vec![tool])).is_empty());
    }
}
