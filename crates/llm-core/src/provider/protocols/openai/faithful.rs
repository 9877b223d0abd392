//! Whether a whole reply can reach a client of this dialect as it was written.
//!
//! A service with habits of its own (another name for the thoughts, a finish reason nobody knows,
//! parts where there should be text) is read by `response` and written anew by `outbound`.

use serde_json::value::RawValue;

use super::NAME;
use super::response::Content;
use super::wire::Object;
use crate::types::wire_reply::WireReply;

/// The reply as it was written, where it is `chat.completion` to the letter; `is_plain` says so of
/// its choices. One with habits of its own is written anew, so that clients meet one dialect.
pub(super) fn faithful(text: &str, reply: &Object<'_>, is_plain: bool) -> Option<WireReply> {
    if !is_plain || said(reply, "object") != Some("\"chat.completion\"") {
        return None;
    }
    WireReply::keep(NAME, text, reply.slices()?)
}

/// Whether a choice has no habits of its own. `content` is what was read of its message.
pub(super) fn is_plain(
    choice: &Object<'_>,
    message: &Object<'_>,
    content: &Content,
    position: usize,
) -> bool {
    const FINISHES: [&str; 4] = [
        "\"stop\"",
        "\"length\"",
        "\"tool_calls\"",
        "\"content_filter\"",
    ];
    let calls = message.items("tool_calls");
    let says = match said(message, "content") {
        None => !calls.is_empty(),
        // A text that cannot be read is read as none.
        Some(raw) => raw == "\"\"" || (raw.starts_with('"') && !content.text.is_empty()),
    };
    let index = said(choice, "index").and_then(|raw| raw.parse().ok());
    says && index == Some(position)
        && said(choice, "finish_reason").is_some_and(|raw| FINISHES.contains(&raw))
        && said(message, "role") == Some("\"assistant\"")
        && message.get("reasoning").is_none()
        && calls.iter().all(|raw| is_plain_call(raw))
}

fn is_plain_call(raw: &RawValue) -> bool {
    let Ok(call) = Object::parse(raw.get()) else {
        return false;
    };
    let function = call.child("function");
    let is_text =
        |object: &Object<'_>, name| said(object, name).is_some_and(|raw| raw.starts_with('"'));
    said(&call, "type") == Some("\"function\"")
        && is_text(&call, "id")
        && said(&call, "id") != Some("\"\"")
        && is_text(&function, "name")
        && is_text(&function, "arguments")
}

/// A value as it was written.
fn said<'a>(object: &Object<'a>, name: &str) -> Option<&'a str> {
    object.get(name).map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::super::response::decode;
    use super::super::{Reply, ReplyHead};
    use crate::types::raw::RawFields;

    /// What a client is sent of a provider's reply.
    fn sent(body: &str) -> String {
        let answer = decode(body.as_bytes()).unwrap();
        let head = ReplyHead {
            id: "ours".to_owned(),
            created: 7,
            model: "public".to_owned(),
        };
        let own = RawFields::default();
        let reply = Reply {
            head: &head,
            answer: &answer,
            own: &own,
        };
        reply.to_json()
    }

    #[test]
    fn every_value_but_our_name_for_the_reply_is_the_bytes_it_was() {
        let body = r#"{"id":"theirs","object":"chat.completion","created":1,"model":"theirs",
            "choices":[ {"index":0, "message":{"role":"assistant","content":"caf\u00e9 \/ \ud83d\ude00",
            "annotations":[{"n":12345678901234567890123,"x":1.0e-2}]},"logprobs":null,
            "finish_reason":"stop"} ],"usage":{"prompt_tokens":3,"completion_tokens":4,
            "total_tokens":7,"prompt_tokens_details":{"cached_tokens":1}},"system_fingerprint":"fp\t",
            "service_tier":"default","odd":[1.50,2e3,{"a":{"b":[]}}]}"#;
        let sent = sent(body);
        let (_, rest) = body.split_once("\"choices\":").unwrap();
        let (choices, rest) = rest.split_once(",\"usage\"").unwrap();
        assert!(sent.contains(choices), "{sent}");
        let (_, odd) = rest.split_once("\"odd\":").unwrap();
        assert!(sent.contains(odd), "{sent}");
        assert!(sent.starts_with(
            r#"{"id":"ours","object":"chat.completion","created":7,"model":"public","choices":"#
        ));
    }

    #[test]
    fn a_reply_with_habits_of_its_own_is_written_anew() {
        for (habit, normal) in [
            (
                r#"{"role":"assistant","content":"a","reasoning":"b"}"#,
                r#""reasoning_content":"b""#,
            ),
            (
                r#"{"role":"assistant","content":[{"type":"text","text":"a"}]}"#,
                r#""content":"a""#,
            ),
            (r#"{"content":"a"}"#, r#""role":"assistant""#),
        ] {
            let body = format!(
                r#"{{"object":"chat.completion","choices":[{{"index":0,"message":{habit},
                    "finish_reason":"stop"}}],"usage":{{"prompt_tokens":1,"completion_tokens":1}}}}"#
            );
            let sent = sent(&body);
            assert!(sent.contains(normal), "{sent}");
            assert!(!sent.contains(habit), "{sent}");
        }
    }
}
