//! What we write, we read again, and so does another implementation of the protocol.

use async_openai::types::chat::{CreateChatCompletionResponse, CreateChatCompletionStreamResponse};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::provider::protocols::openai::message::{read_messages, write_messages};
use crate::provider::protocols::openai::wire::Place;
use crate::provider::vendors::Quirks;
use crate::types::answer::{Answer, Choice, FinishReason, Gather};
use crate::types::event::StreamEvent;
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Reasoning, Role,
    ToolCall,
};
use crate::types::usage::Usage;

/// A vendor that takes everything.
const ALL: Quirks = Quirks {
    developer_role: true,
    reasoning_back: Some("reasoning_content"),
    ..Quirks::NONE
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{1,12}", "[你好\n\"\\\\\u{2028}😀]{1,6}"]
}

fn part() -> impl Strategy<Value = ContentPart> {
    let image = |source| {
        ContentPart::Image(Image {
            source,
            detail: Some("high".to_owned()),
        })
    };
    prop_oneof![
        text().prop_map(ContentPart::Text),
        Just(image(MediaSource::Url("https://example.org/a.png".into()))),
        Just(image(MediaSource::Inline {
            mime: "image/png".into(),
            data: "aGk=".into()
        })),
        Just(ContentPart::Audio(Audio {
            data: "aGk=".into(),
            format: "wav".into()
        })),
        Just(ContentPart::File(FilePart {
            name: Some("a.pdf".into()),
            source: FileSource::Inline {
                mime: "application/pdf".into(),
                data: "aGk=".into()
            },
        })),
        Just(ContentPart::File(FilePart {
            name: None,
            source: FileSource::Id("file-1".into()),
        })),
    ]
}

fn call() -> impl Strategy<Value = ToolCall> {
    (text(), "[a-z_]{1,8}", text()).prop_map(|(id, name, arguments)| ToolCall {
        id,
        name,
        arguments,
    })
}

fn message() -> impl Strategy<Value = Message> {
    let user = (
        proptest::collection::vec(part(), 1..4),
        proptest::option::of("[a-z]{1,5}"),
    )
        .prop_map(|(content, name)| Message {
            content,
            name,
            ..Message::user("")
        });
    let assistant = (
        proptest::option::of(text()),
        proptest::collection::vec(call(), 0..3),
        proptest::option::of(text()),
    )
        .prop_map(|(said, tool_calls, thought)| Message {
            content: said.into_iter().map(ContentPart::Text).collect(),
            tool_calls,
            reasoning: thought.map(|text| Reasoning {
                text,
                signature: None,
            }),
            ..Message::assistant("")
        });
    let tool = (text(), text()).prop_map(|(said, id)| Message {
        tool_call_id: Some(id),
        ..Message::text(Role::Tool, said)
    });
    let refusal = text().prop_map(|said| Message {
        content: vec![ContentPart::Refusal(said)],
        ..Message::assistant("")
    });
    prop_oneof![
        text().prop_map(Message::system),
        text().prop_map(|said| Message::text(Role::Developer, said)),
        user,
        assistant,
        tool,
        refusal,
    ]
}

/// Several texts alone are written as one.
fn joined(mut message: Message) -> Message {
    let texts = |part: &ContentPart| matches!(part, ContentPart::Text(_));
    if message.content.len() > 1 && message.content.iter().all(texts) {
        message.content = vec![ContentPart::Text(message.plain_text())];
    }
    message
}

fn choice() -> impl Strategy<Value = Choice> {
    (
        text(),
        proptest::option::of(text()),
        proptest::collection::vec(call(), 0..3),
        proptest::option::of(text()),
    )
        .prop_map(|(text, thought, tool_calls, refusal)| Choice {
            text,
            refusal,
            reasoning: thought.map(|text| Reasoning {
                text,
                signature: None,
            }),
            finish: if tool_calls.is_empty() {
                FinishReason::Stop
            } else {
                FinishReason::ToolCalls
            },
            tool_calls,
            ..Choice::empty(0)
        })
}

fn answer() -> impl Strategy<Value = Answer> {
    (proptest::collection::vec(choice(), 1..3), 1_u64..100_000).prop_map(|(mut choices, tokens)| {
        for (index, choice) in (0..).zip(&mut choices) {
            choice.index = index;
        }
        Answer {
            id: "chatcmpl-1".into(),
            upstream_model: "public".into(),
            choices,
            usage: Usage::reported(tokens, tokens * 2),
            wire: None,
            extra: RawFields::parse(br#"{"system_fingerprint":"fp"}"#).unwrap(),
        }
    })
}

fn head() -> ReplyHead {
    ReplyHead {
        id: "chatcmpl-1".into(),
        created: 1_790_000_000,
        model: "public".into(),
    }
}

/// The events that make up an answer, texts in two pieces.
fn events(answer: &Answer) -> Vec<StreamEvent> {
    let mut events = vec![
        StreamEvent::Start {
            id: answer.id.clone(),
            model: answer.upstream_model.clone(),
        },
        StreamEvent::Extra {
            choice: None,
            fields: answer.extra.clone(),
        },
    ];
    for choice in &answer.choices {
        let index = choice.index;
        if let Some(reasoning) = &choice.reasoning {
            events.push(StreamEvent::Reasoning {
                choice: index,
                text: reasoning.text.clone(),
            });
        }
        let middle = choice.text.char_indices().nth(1).map_or(0, |(at, _)| at);
        for piece in [&choice.text[..middle], &choice.text[middle..]] {
            events.push(StreamEvent::Text {
                choice: index,
                text: piece.to_owned(),
            });
        }
        if let Some(refusal) = &choice.refusal {
            events.push(StreamEvent::Refusal {
                choice: index,
                text: refusal.clone(),
            });
        }
        for (position, call) in (0..).zip(&choice.tool_calls) {
            let piece =
                |id: Option<&str>, name: Option<&str>, arguments: &str| StreamEvent::ToolCall {
                    choice: index,
                    index: position,
                    id: id.map(str::to_owned),
                    name: name.map(str::to_owned),
                    arguments: arguments.to_owned(),
                };
            events.push(piece(Some(&call.id), Some(&call.name), ""));
            events.push(piece(None, None, &call.arguments));
        }
        events.push(StreamEvent::Finish {
            choice: index,
            reason: choice.finish.clone(),
        });
    }
    events.push(StreamEvent::Usage(answer.usage));
    events
}

fn gather(events: &[StreamEvent]) -> Answer {
    let mut gather = Gather::default();
    for event in events {
        gather.push(event);
    }
    gather.finish()
}

proptest! {
    #[test]
    fn messages(messages in proptest::collection::vec(message(), 1..5)) {
        let wire = write_messages(&messages, &ALL).to_string();
        let raw = RawValue::from_string(wire).unwrap();
        let read = read_messages(&raw, &Place::Field("messages")).unwrap();
        let expected: Vec<Message> = messages.into_iter().map(joined).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn whole_replies(answer in answer()) {
        let own = RawFields::parse(br#"{"llm_cooperation":{"cost":"unknown"}}"#).unwrap();
        let json = Reply { head: &head(), answer: &answer, own: &own }.to_json();
        let mut read = OPENAI.decode(json.as_bytes()).unwrap();
        // Read again and passed on under the same name, it is the same text.
        if read.wire.is_some() {
            let again = Reply { head: &head(), answer: &read, own: &own }.to_json();
            prop_assert_eq!(&again, &json);
        }
        read.wire = None;
        prop_assert!(read.extra.remove("llm_cooperation").is_some());
        prop_assert_eq!(format!("{read:?}"), format!("{answer:?}"));

        let oracle: CreateChatCompletionResponse = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&oracle.object, "chat.completion");
        prop_assert_eq!(u64::from(oracle.usage.unwrap().prompt_tokens), answer.usage.input);
        for (theirs, ours) in oracle.choices.iter().zip(&answer.choices) {
            prop_assert_eq!(theirs.message.content.as_deref(), Some(ours.text.as_str()));
            prop_assert_eq!(theirs.message.refusal.as_ref(), ours.refusal.as_ref());
        }
    }

    #[test]
    fn streams(answer in answer()) {
        let events = events(&answer);
        let mut writer = ChunkWriter::new(head(), true);
        let mut chunks: Vec<String> = events.iter().filter_map(|event| writer.event(event)).collect();
        chunks.extend(writer.end(&RawFields::default()));
        let mut decoder = OPENAI.stream_decoder();
        let mut read = Vec::new();
        let mut contents = vec![String::new(); answer.choices.len()];
        for data in chunks {
            let oracle: CreateChatCompletionStreamResponse = serde_json::from_str(&data).unwrap();
            for choice in oracle.choices {
                let text = choice.delta.content.unwrap_or_default();
                contents[choice.index as usize].push_str(&text);
            }
            decoder.frame(&Frame { data, ..Frame::default() }, &mut read).unwrap();
        }
        decoder.end(&mut read).unwrap();
        prop_assert_eq!(format!("{:?}", gather(&read)), format!("{answer:?}"));
        let texts: Vec<String> = answer.choices.iter().map(|choice| choice.text.clone()).collect();
        prop_assert_eq!(contents, texts);
    }
}

#[test]
fn usage_is_sent_to_clients_that_ask_and_additions_to_all() {
    let usage = StreamEvent::Usage(Usage::reported(3, 4));
    let own = RawFields::parse(br#"{"llm_cooperation":{"attempts":1}}"#).unwrap();
    let mut writer = ChunkWriter::new(head(), false);
    assert_eq!(writer.event(&usage), None);
    assert_eq!(writer.end(&RawFields::default()), None);
    let last = writer.end(&own).unwrap();
    assert!(
        last.contains(r#""choices":[]"#) && last.contains(r#""llm_cooperation":{"attempts":1}"#)
    );
    assert!(!last.contains("usage"));

    let mut writer = ChunkWriter::new(head(), true);
    assert_eq!(writer.event(&usage), None);
    let last = writer.end(&RawFields::default()).unwrap();
    assert!(last.contains(r#""total_tokens":7"#), "{last}");
}

#[test]
fn a_chunk_is_one_line_whatever_the_model_wrote() {
    let mut writer = ChunkWriter::new(head(), false);
    let chunk = writer.event(&StreamEvent::Text {
        choice: 0,
        text: "a\n\ndata: [DONE]\r\nevent: x\u{0}".to_owned(),
    });
    let chunk = chunk.unwrap();
    assert!(!chunk.contains(['\n', '\r', '\0']), "{chunk}");
    assert!(chunk.contains(r#""role":"assistant""#));
    let next = writer.event(&StreamEvent::Finish {
        choice: 0,
        reason: FinishReason::Length,
    });
    let next = next.unwrap();
    assert!(
        next.contains(r#""finish_reason":"length""#) && !next.contains("role"),
        "{next}"
    );
}

#[test]
fn a_provider_cannot_speak_in_our_name() {
    let mut answer = Answer::of_text("hi", Usage::default());
    answer.extra = RawFields::parse(br#"{"llm_cooperation":1,"usage":2,"id":3}"#).unwrap();
    let own = RawFields::parse(br#"{"llm_cooperation":{"cost":"billed"}}"#).unwrap();
    let json = Reply {
        head: &head(),
        answer: &answer,
        own: &own,
    }
    .to_json();
    let fields = RawFields::parse(json.as_bytes()).unwrap();
    assert_eq!(
        fields.get("llm_cooperation").unwrap().get(),
        r#"{"cost":"billed"}"#
    );
    assert_eq!(fields.get("id").unwrap().get(), "\"chatcmpl-1\"");
    assert!(fields.get("usage").is_none(), "nobody counted");
}
