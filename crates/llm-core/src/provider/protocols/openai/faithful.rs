//! Whether a whole reply can reach a client of this dialect as it was written.
//!
//! A service with habits of its own (another name for the thoughts, a finish reason nobody knows,
//! parts where there should be text) is read by `response` and written anew by `outbound`.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::NAME;
use super::wire::Object;
use crate::types::wire_reply::WireReply;

/// The reply as it was written, where it is `chat.completion` to the letter. One with habits of its
/// own is written anew, so that clients meet one dialect.
pub(super) fn faithful(text: &str, reply: &Object<'_>, choices: &[&RawValue]) -> Option<WireReply> {
    let is_plain = |(position, raw): (usize, &&RawValue)| {
        let Ok(choice) = serde_json::from_str::<Plain<'_>>(raw.get()) else {
            return false;
        };
        let message = choice.message;
        let calls = message.tool_calls.unwrap_or_default();
        u32::try_from(position) == Ok(choice.index)
            && ["stop", "length", "tool_calls", "content_filter"].contains(&&*choice.finish_reason)
            && message.role == "assistant"
            && (message.content.is_some() || !calls.is_empty())
            && message.reasoning.is_none()
            && calls
                .iter()
                .all(|call| call.kind == "function" && !call.id.is_empty())
    };
    let is_named = reply.get("object").map(RawValue::get) == Some("\"chat.completion\"");
    if !is_named || !choices.iter().enumerate().all(is_plain) {
        return None;
    }
    WireReply::keep(NAME, text, reply.slices()?)
}

/// A choice without habits of its own.
#[derive(Deserialize)]
struct Plain<'a> {
    index: u32,
    #[serde(borrow)]
    message: PlainMessage<'a>,
    #[serde(borrow)]
    finish_reason: Cow<'a, str>,
}

#[derive(Deserialize)]
struct PlainMessage<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tool_calls: Option<Vec<PlainCall<'a>>>,
    reasoning: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct PlainCall<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "function")]
    _function: PlainFunction<'a>,
}

#[derive(Deserialize)]
struct PlainFunction<'a> {
    #[serde(borrow, rename = "name")]
    _name: Cow<'a, str>,
    #[serde(borrow, rename = "arguments")]
    _arguments: Cow<'a, str>,
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
