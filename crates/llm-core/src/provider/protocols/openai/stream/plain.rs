//! The chunk nearly all chunks are: one more piece of text in the only answer.
//!
//! Read in one go. Whatever else a chunk says is left to the patient reader in `stream`, which
//! also decides what it means.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// A chunk with a piece of text and nothing else that matters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlainChunk<'a> {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "object")]
    _object: Option<IgnoredAny>,
    #[serde(rename = "created")]
    _created: Option<IgnoredAny>,
    #[serde(rename = "model")]
    _model: Option<IgnoredAny>,
    #[serde(rename = "obfuscation")]
    _obfuscation: Option<IgnoredAny>,
    #[serde(rename = "usage")]
    _usage: Option<Nothing>,
    #[serde(borrow)]
    system_fingerprint: Option<&'a RawValue>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: [PlainChoice<'a>; 1],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainChoice<'a> {
    index: u32,
    #[serde(borrow)]
    delta: PlainDelta<'a>,
    #[serde(rename = "finish_reason")]
    _finish_reason: Option<Nothing>,
    #[serde(rename = "logprobs")]
    _logprobs: Option<Nothing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainDelta<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(rename = "refusal")]
    _refusal: Option<Nothing>,
    #[serde(rename = "tool_calls")]
    _tool_calls: Option<Nothing>,
}

/// Only `null` is read as this.
enum Nothing {}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("there is something"))
    }
}

impl<'a> PlainChunk<'a> {
    /// Reads a chunk; `None` when it says more than this reader knows.
    pub(super) fn read(data: &'a str) -> Option<Self> {
        let chunk: Self = serde_json::from_str(data).ok()?;
        (!chunk.choices[0].delta.content.is_empty()).then_some(chunk)
    }

    /// Which answer goes on.
    pub(super) fn index(&self) -> u32 {
        self.choices[0].index
    }

    /// Other fields of the reply, by name.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'static str, &'a RawValue)> {
        [
            ("system_fingerprint", self.system_fingerprint),
            ("service_tier", self.service_tier),
        ]
        .into_iter()
        .filter_map(|(name, raw)| Some((name, raw.filter(|raw| raw.get() != "null")?)))
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        let [choice] = self.choices;
        choice.delta.content.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_chunk_that_says_nothing_else_is_plain() {
        let plain = |choice: &str, rest: &str| {
            let data = format!(
                r#"{{"id":"1","object":"chat.completion.chunk","created":1,"model":"m"{rest},
                    "choices":[{choice}]}}"#
            );
            PlainChunk::read(&data).map(PlainChunk::into_text)
        };
        let choice =
            r#"{"index":0,"delta":{"content":"a\nb"},"logprobs":null,"finish_reason":null}"#;
        assert_eq!(plain(choice, "").as_deref(), Some("a\nb"));
        assert!(plain(choice, r#","usage":null,"service_tier":"default""#).is_some());
        assert!(plain(choice, r#","usage":{"prompt_tokens":1}"#).is_none());
        assert!(plain(choice, r#","error":{"message":"no"}"#).is_none());
        for other in [
            r#"{"index":0,"delta":{"content":""},"finish_reason":null}"#,
            r#"{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}"#,
            r#"{"index":0,"delta":{"content":"a","reasoning_content":"b"}}"#,
            r#"{"index":0,"delta":{"content":"a","tool_calls":[]}}"#,
            r#"{"index":0,"delta":{"content":"a"},"logprobs":{"content":[]}}"#,
            r#"{"index":0,"delta":{"role":"assistant","content":"a"}}"#,
            r#"{"index":0,"delta":{"content":[{"type":"text","text":"a"}]}}"#,
        ] {
            assert_eq!(plain(other, ""), None, "{other}");
        }
        assert_eq!(plain(&format!("{choice},{choice}"), ""), None);
    }
}
