//! Every change that could change the decision changes the key, and nothing else does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::types::message::Reasoning;
use crate::types::money::Currency;

fn ask() -> Ask {
    let mut ask = Ask::auto(ChatRequest::new(vec![
        Message::system("be brief"),
        Message::user("what is this?"),
    ]));
    ask.cooperation = Some(CooperationRequest::default());
    ask
}

const SEVEN: Option<Money> = Some(Money {
    nanos: 7,
    currency: Currency::USD,
});

type Change = fn(&mut Ask);

fn coop(ask: &mut Ask) -> &mut CooperationRequest {
    ask.cooperation.get_or_insert_default()
}

const IMAGE: ContentPart = ContentPart::Image(Image {
    source: MediaSource::Url(String::new()),
    detail: None,
});

/// One change for each field that counts.
const CHANGES: &[(&str, Change)] = &[
    ("model", |a| {
        a.model = "m".into();
    }),
    ("task", |a| {
        a.task = Some("math".into());
    }),
    ("check_schema", |a| {
        a.check_schema = Some(Arc::new(json!({})));
    }),
    ("no cooperation", |a| {
        a.cooperation = None;
    }),
    ("text", |a| {
        a.chat.messages[1] = Message::user("what is that?");
    }),
    ("instructions", |a| {
        a.chat.messages[0] = Message::system("be long");
    }),
    ("role", |a| {
        a.chat.messages[0].role = Role::Developer;
    }),
    ("turn", |a| {
        a.chat.messages.push(Message::assistant("a thing"));
    }),
    ("name", |a| {
        a.chat.messages[1].name = Some("Li".into());
    }),
    ("image", |a| {
        a.chat.messages[1].content.push(IMAGE);
    }),
    ("audio", |a| {
        a.chat.messages[1].content.push(ContentPart::Audio(Audio {
            data: String::new(),
            format: "wav".into(),
        }));
    }),
    ("file", |a| {
        a.chat.messages[1].content.push(ContentPart::File(FilePart {
            name: None,
            source: FileSource::Id("f".into()),
        }));
    }),
    ("refusal", |a| {
        a.chat.messages[1]
            .content
            .push(ContentPart::Refusal("no".into()));
    }),
    ("call", |a| {
        a.chat.messages[1].tool_calls.push(ToolCall {
            id: "1".into(),
            name: "f".into(),
            arguments: "{}".into(),
        });
    }),
    ("call id", |a| {
        a.chat.messages[1].tool_call_id = Some("1".into());
    }),
    ("tools", |a| {
        a.chat.tools.push(Tool {
            name: "f".into(),
            description: None,
            parameters: Some(json!({"a": [1, true, null]})),
            strict: None,
        });
    }),
    ("tool_choice", |a| {
        a.chat.tool_choice = Some(ToolChoice::Named("f".into()));
    }),
    ("parallel_tool_calls", |a| {
        a.chat.parallel_tool_calls = Some(true);
    }),
    ("json", |a| {
        a.chat.format = ResponseFormat::JsonObject;
    }),
    ("schema", |a| {
        a.chat.format = ResponseFormat::JsonSchema(JsonSchema {
            name: "s".into(),
            description: None,
            schema: json!({}),
            strict: Some(true),
        });
    }),
    ("effort", |a| {
        a.chat.reasoning_effort = Some("high".into());
    }),
    ("max_tokens", |a| {
        a.chat.sampling.max_tokens = Some(7);
    }),
    ("temperature", |a| {
        a.chat.sampling.temperature = Some(0.5);
    }),
    ("top_p", |a| {
        a.chat.sampling.top_p = Some(0.5);
    }),
    ("seed", |a| {
        a.chat.sampling.seed = Some(7);
    }),
    ("stop", |a| {
        a.chat.sampling.stop = vec!["x".into()];
    }),
    ("frequency_penalty", |a| {
        a.chat.sampling.frequency_penalty = Some(0.5);
    }),
    ("presence_penalty", |a| {
        a.chat.sampling.presence_penalty = Some(0.5);
    }),
    ("n", |a| {
        a.chat.sampling.n = Some(7);
    }),
    ("strategy", |a| {
        a.preferences.strategy = Some("cost".into());
    }),
    ("quality_priority", |a| {
        a.preferences.quality_priority = Some(0.9);
    }),
    ("max_latency", |a| {
        a.preferences.max_latency = Some(Duration::from_millis(7));
    }),
    ("max_cost", |a| {
        a.preferences.max_cost = SEVEN;
    }),
    ("models", |a| {
        a.preferences.models = vec!["m".into()];
    }),
    ("fallback", |a| {
        a.preferences.fallback = Fallback::None;
    }),
    ("fallback models", |a| {
        a.preferences.fallback = Fallback::Models(vec!["m".into()]);
    }),
    ("mode", |a| {
        coop(a).mode = Some("voting".into());
    }),
    ("members", |a| {
        coop(a).members.push(MemberSpec {
            model: "m".into(),
            role: None,
            count: 1,
        });
    }),
    ("integrator", |a| {
        coop(a).integrator = Some("x".into());
    }),
    ("judge", |a| {
        coop(a).judge = Some("x".into());
    }),
    ("rounds", |a| {
        coop(a).rounds = Some(7);
    }),
    ("quorum", |a| {
        coop(a).quorum = Some(7);
    }),
    ("deadline", |a| {
        coop(a).deadline = Some(Duration::from_secs(7));
    }),
    ("run max_cost", |a| {
        coop(a).max_cost = SEVEN;
    }),
    ("max_calls", |a| {
        coop(a).max_calls = Some(7);
    }),
    ("run max_tokens", |a| {
        coop(a).max_tokens = Some(7);
    }),
    ("early_stop", |a| {
        coop(a).early_stop = Some(true);
    }),
    ("anonymous", |a| {
        coop(a).anonymous = Some(true);
    }),
    ("strict", |a| {
        coop(a).strict = true;
    }),
    ("stages", |a| {
        coop(a).stages.push(StageSpec {
            model: "m".into(),
            prompt: None,
        });
    }),
];

#[test]
fn every_field_that_counts_changes_the_key() {
    let mut seen = HashMap::from([(DecisionKey::of(&ask(), "", 0), "nothing")]);
    for (name, change) in CHANGES {
        let mut changed = ask();
        change(&mut changed);
        if let Some(other) = seen.insert(DecisionKey::of(&changed, "", 0), name) {
            panic!("changing {name} gives the key of changing {other}");
        }
    }
    assert_eq!(
        seen.insert(DecisionKey::of(&ask(), "tenant", 0), "scope"),
        None
    );
    assert_eq!(
        seen.insert(DecisionKey::of(&ask(), "", 1), "generation"),
        None
    );
}

#[test]
fn what_does_not_count_does_not_change_the_key() {
    let key = DecisionKey::of(&ask(), "", 0);
    let same: &[(&str, Change)] = &[
        ("user", |a| {
            a.chat.user = Some("u".into());
        }),
        ("stream", |a| {
            a.chat.stream = true;
        }),
        ("include_usage", |a| {
            a.chat.include_usage = true;
        }),
        ("reasoning", |a| {
            a.chat.messages[1].reasoning = Some(Reasoning::default());
        }),
        ("blanks", |a| {
            a.chat.messages[1] = Message::user("  what is this?\n");
        }),
    ];
    for (name, change) in same {
        let mut changed = ask();
        change(&mut changed);
        assert_eq!(DecisionKey::of(&changed, "", 0), key, "{name}");
    }
}

#[test]
fn texts_cannot_run_into_each_other() {
    let of = |scope, text: &str| DecisionKey::of(&Ask::auto(ChatRequest::question(text)), scope, 0);
    assert_ne!(of("ab", "c"), of("a", "bc"));
    let split = |parts: &[&str]| {
        let mut ask = Ask::auto(ChatRequest::default());
        ask.preferences.models = parts.iter().map(|part| (*part).to_owned()).collect();
        DecisionKey::of(&ask, "", 0)
    };
    assert_ne!(split(&["ab"]), split(&["a", "b"]));
    assert_ne!(split(&["a", ""]), split(&["", "a"]));
}
