//! What the protocols that are not `OpenAI`'s share when they write a call: refusing what they
//! cannot carry, reading tool arguments, matching tool results, ranking reasoning effort, and
//! marking reasoning as a protocol's own.
//!
//! Shapes on the wire belong to each protocol's own files.

use std::collections::HashMap;
use std::fmt::Display;

use url::Url;

use crate::provider::Endpoint;
use crate::types::failure::Failure;
use crate::types::message::{ContentPart, Message, ToolCall};
use crate::types::raw::{RawError, RawFields};

/// How much a model should think, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// A fair amount.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// All it can.
    Max,
}

impl Effort {
    /// Reads `reasoning_effort`; a word nobody knows is refused rather than guessed at.
    pub(super) fn read(text: Option<&str>) -> Result<Option<Self>, Failure> {
        let Some(text) = text else { return Ok(None) };
        let effort = match text {
            "none" => Self::None,
            "minimal" => Self::Minimal,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "xhigh" => Self::XHigh,
            "max" => Self::Max,
            _ => {
                return Err(refuse(
                    "reasoning_effort",
                    "it is none of none, minimal, low, medium, high, xhigh and max",
                ));
            }
        };
        Ok(Some(effort))
    }
}

/// The failure for something a protocol or model cannot carry. Nothing has been sent.
pub(super) fn refuse(field: impl Display, why: impl Display) -> Failure {
    let message = format!("`{field}` cannot be sent to this model: {why}");
    Failure::unsupported(message).with_param(field.to_string())
}

/// The name of a part of the conversation, as `messages[2].content[0]`.
pub(super) fn part_name(message: usize, part: usize) -> String {
    format!("messages[{message}].content[{part}]")
}

/// Refuses more than one answer.
pub(super) fn only_one_answer(n: Option<u32>, protocol: &str) -> Result<(), Failure> {
    match n {
        Some(n) if n != 1 => Err(refuse(
            "n",
            format_args!("{protocol} gives one answer a call"),
        )),
        _ => Ok(()),
    }
}

/// The arguments of a call as the JSON object the other protocols want, values untouched.
///
/// The hub keeps them as the text the model wrote, which need not be JSON at all. A call without
/// arguments is written `""` by some models.
pub(super) fn arguments(
    call: &ToolCall,
    message: usize,
    index: usize,
) -> Result<RawFields, Failure> {
    if call.arguments.trim().is_empty() {
        return Ok(RawFields::default());
    }
    RawFields::parse(call.arguments.as_bytes()).map_err(|error| {
        let why = match error {
            RawError::Invalid(_) => "it is not a JSON object",
            RawError::Duplicate(_) => "a key occurs twice in it",
            RawError::TooDeep => "it is nested too deep",
        };
        let field = format!("messages[{message}].tool_calls[{index}].function.arguments");
        refuse(field, why)
    })
}

/// Which tool each call was for, while a conversation is walked from its beginning.
///
/// Two calls may have the same id, as in conversations put together from several; a result then
/// belongs to the nearer one.
#[derive(Debug, Default)]
pub(super) struct ToolNames<'a>(HashMap<&'a str, &'a str>);

impl<'a> ToolNames<'a> {
    /// Notes the calls a message makes.
    pub(super) fn note(&mut self, message: &'a Message) {
        let calls = message.tool_calls.iter();
        self.0
            .extend(calls.map(|call| (call.id.as_str(), call.name.as_str())));
    }

    /// The tool whose result the message at `index` carries: the name it gives itself, else that
    /// of the call it answers.
    pub(super) fn of(&self, message: &'a Message, index: usize) -> Result<&'a str, Failure> {
        let id = message.tool_call_id.as_deref().unwrap_or_default();
        let known = message.name.as_deref().or_else(|| self.0.get(id).copied());
        known.ok_or_else(|| {
            let field = format!("messages[{index}].tool_call_id");
            refuse(field, "no earlier call has this id, so its tool is unknown")
        })
    }
}

/// The text of a message that may hold nothing else, part by part.
pub(super) fn texts<'a>(
    message: &'a Message,
    index: usize,
    what: &'static str,
) -> impl Iterator<Item = Result<&'a str, Failure>> {
    let read = move |(part, content): (usize, &'a ContentPart)| match content {
        ContentPart::Text(text) | ContentPart::Refusal(text) => Ok(text.as_str()),
        _ => {
            let why = format!("{what} can only be text");
            Err(refuse(part_name(index, part), why))
        }
    };
    message.content.iter().enumerate().map(read)
}

/// Marks a proof of reasoning with the protocol it belongs to.
///
/// A conversation can move from one provider to another. A provider refuses a proof it did not
/// make, so each protocol takes back its own and leaves the others' alone.
pub(super) fn seal(protocol: &str, proof: &str) -> String {
    format!("{protocol}:{proof}")
}

/// The proof in a signature, if it is this protocol's.
pub(super) fn unseal<'a>(protocol: &str, signature: Option<&'a str>) -> Option<&'a str> {
    signature?.strip_prefix(protocol)?.strip_prefix(':')
}

/// The version in a model's name, such as (4, 6) in `claude-sonnet-4-6` or (2, 5) in
/// `gemini-2.5-pro`: the first one or two numbers of at most two digits. Dates are longer.
pub(super) fn version(name: &str) -> Option<(u32, u32)> {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let number = |word: &str| {
        let plausible = (1..=2).contains(&word.len());
        word.parse::<u32>().ok().filter(|_| plausible)
    };
    let major = words.by_ref().find_map(number)?;
    Some((major, words.next().and_then(number).unwrap_or(0)))
}

/// The address of a resource below a version of the API, whether the base URL names a version
/// (`…/v1`) or leaves it to its user, as the vendors' own clients want it.
pub(super) fn versioned_url<'a>(
    endpoint: &Endpoint,
    version: &'a str,
    segments: impl IntoIterator<Item = &'a str>,
) -> Url {
    let names_version = |segment: &str| {
        let mut chars = segment.chars();
        chars.next() == Some('v') && chars.next().is_some_and(|c| c.is_ascii_digit())
    };
    let mut path = endpoint.base_url.path_segments();
    let last = path.as_mut().and_then(Iterator::last).unwrap_or_default();
    let version = (!names_version(last)).then_some(version);
    endpoint.url(version.into_iter().chain(segments))
}

/// Whether a number is 1, the value that asks a sampler for nothing.
pub(super) fn is_one(value: f64) -> bool {
    (value - 1.0).abs() < 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::failure::FailureKind;
    use crate::types::message::Role;

    fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
        ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
        }
    }

    #[test]
    fn versions_are_read_from_every_way_models_are_named() {
        for (name, expected) in [
            ("claude-sonnet-4-6", Some((4, 6))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-3-5-sonnet-20241022", Some((3, 5))),
            ("claude-opus-5", Some((5, 0))),
            ("anthropic.claude-opus-4-6-v1", Some((4, 6))),
            ("gemini-2.5-pro", Some((2, 5))),
            ("models/gemini-3-pro-preview", Some((3, 0))),
            ("gemini-flash-latest", None),
        ] {
            assert_eq!(version(name), expected, "{name}");
        }
    }

    #[test]
    fn arguments_keep_their_bytes_or_are_refused_by_name() {
        let exact = arguments(&call("1", "f", r#"{"n":12345678901234567890123}"#), 0, 0).unwrap();
        assert_eq!(
            serde_json::to_string(&exact).unwrap(),
            r#"{"n":12345678901234567890123}"#
        );
        assert!(arguments(&call("1", "f", " "), 0, 0).unwrap().is_empty());
        for bad in ["[1]", "{", "5", r#"{"a":1,"a":2}"#] {
            let failure = arguments(&call("1", "f", bad), 3, 1).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Unsupported, "{bad}");
            assert!(
                failure
                    .message
                    .contains("messages[3].tool_calls[1].function.arguments"),
                "{failure}"
            );
        }
    }

    #[test]
    fn a_result_belongs_to_the_nearest_call_of_its_id() {
        let mut first = Message::assistant("");
        first.tool_calls = vec![call("call_0", "old", "{}")];
        let mut second = first.clone();
        second.tool_calls[0].name = "new".into();
        let mut result = Message::text(Role::Tool, "5");
        result.tool_call_id = Some("call_0".into());
        let mut names = ToolNames::default();
        assert!(names.of(&result, 0).is_err());
        names.note(&first);
        names.note(&second);
        assert_eq!(names.of(&result, 2).unwrap(), "new");
    }

    #[test]
    fn a_foreign_proof_is_left_alone() {
        let signature = seal("gemini", "abc");
        assert_eq!(unseal("gemini", Some(&signature)), Some("abc"));
        assert_eq!(unseal("anthropic", Some(&signature)), None);
        assert_eq!(unseal("gemini", Some("abc")), None);
    }
}
