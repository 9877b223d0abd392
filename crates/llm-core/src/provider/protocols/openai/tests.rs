//! What clients may send, what of it reaches a provider, and hostile replies. The many shapes of
//! ordinary requests and replies are golden cases in `tests/golden/openai`.

mod round_trip;

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::Value;
use url::Url;

use super::*;
use crate::provider::{Frame, ModelDefaults, vendors};
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::failure::FailureKind;
use crate::types::message::ToolChoice;
use crate::types::raw::RawFields;

fn parse(body: &str) -> Result<Parsed, WireError> {
    read_request(RawFields::parse(body.as_bytes()).expect(body))
}

/// A body with one question and `fields` beside it.
fn body(fields: &str) -> String {
    format!(r#"{{"messages":[{{"role":"user","content":"q"}}],{fields}}}"#)
}

/// Where a body is wrong.
fn fault(body: &str) -> String {
    match parse(body) {
        Ok(_) => "nowhere".to_owned(),
        Err(error) if error.missing => format!("{} is missing", error.param),
        Err(error) => error.param,
    }
}

fn encode(vendor: &str, request: &ChatRequest) -> Result<RawFields, Failure> {
    let endpoint = Endpoint {
        base_url: Url::parse("http://localhost:9/v1").unwrap(),
        vendor: vendors::find(vendor).unwrap(),
        headers: HeaderMap::new(),
    };
    let wire = OPENAI.encode(&Call {
        endpoint: &endpoint,
        upstream_model: "upstream",
        request,
        defaults: ModelDefaults::default(),
        stream: request.stream,
    })?;
    Ok(RawFields::parse(&wire.body).unwrap())
}

#[test]
fn mistakes_in_messages_are_named_by_their_place() {
    let messages = |json: &str| fault(&format!(r#"{{"messages":{json}}}"#));
    assert_eq!(fault("{}"), "messages is missing");
    assert_eq!(messages("null"), "messages is missing");
    assert_eq!(messages("[]"), "messages");
    assert_eq!(messages("\"hi\""), "messages");
    assert_eq!(messages("[1]"), "messages[0]");
    assert_eq!(messages("[{}]"), "messages[0].role is missing");
    assert_eq!(
        messages(r#"[{"role":"robot","content":"x"}]"#),
        "messages[0].role"
    );
    assert_eq!(
        messages(r#"[{"role":"function","content":"x"}]"#),
        "messages[0].role"
    );
    assert_eq!(
        messages(r#"[{"role":"user"}]"#),
        "messages[0].content is missing"
    );
    assert_eq!(
        messages(r#"[{"role":"user","content":7}]"#),
        "messages[0].content"
    );
    assert_eq!(
        messages(r#"[{"role":"user","content":"\ud800"}]"#),
        "messages[0].content"
    );
    assert_eq!(
        messages(r#"[{"role":"user","role":"system","content":"x"}]"#),
        "messages[0]"
    );
    let part = |json: &str| messages(&format!(r#"[{{"role":"user","content":[{json}]}}]"#));
    assert_eq!(
        part(r#"{"type":"video_url"}"#),
        "messages[0].content[0].type"
    );
    assert_eq!(
        part(r#"{"type":"text"}"#),
        "messages[0].content[0].text is missing"
    );
    assert_eq!(
        part(r#"{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}"#),
        "messages[0].content[0].image_url.url"
    );
    assert_eq!(
        part(r#"{"type":"image_url","image_url":{"url":"data:image/png,raw"}}"#),
        "messages[0].content[0].image_url.url"
    );
    assert_eq!(
        part(r#"{"type":"input_audio","input_audio":{"data":"x"}}"#),
        "messages[0].content[0].input_audio.format is missing"
    );
    assert_eq!(
        part(r#"{"type":"file","file":{"filename":"a.pdf"}}"#),
        "messages[0].content[0].file.file_data is missing"
    );
    assert_eq!(
        messages(r#"[{"role":"tool","content":"x"}]"#),
        "messages[0].tool_call_id is missing"
    );
    assert_eq!(
        messages(
            r#"[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":{}}}]}]"#
        ),
        "messages[0].tool_calls[0].function.arguments"
    );
    assert_eq!(
        messages(r#"[{"role":"assistant","function_call":{"name":"f"}}]"#),
        "messages[0].function_call"
    );
}

#[test]
fn numbers_are_checked_and_never_wrap() {
    for (field, bad) in [
        ("n", "18446744073686646784"),
        ("n", "0"),
        ("n", "129"),
        ("n", "-1"),
        ("n", "1.5"),
        ("n", "1e400"),
        ("n", "\"2\""),
        ("max_tokens", "0"),
        ("max_tokens", "-5"),
        ("max_tokens", "4294967296"),
        ("max_tokens", "9223372036854775808"),
        ("max_tokens", "1e3"),
        ("max_completion_tokens", "1.0"),
        ("max_completion_tokens", "true"),
        ("temperature", "2.1"),
        ("temperature", "-0.1"),
        ("temperature", "1e400"),
        ("temperature", "\"hot\""),
        ("top_p", "1.0001"),
        ("frequency_penalty", "-3"),
        ("presence_penalty", "3"),
        ("seed", "1.5"),
        ("seed", "9223372036854775808"),
    ] {
        assert_eq!(fault(&body(&format!(r#""{field}":{bad}"#))), field, "{bad}");
    }
    let sampling = parse(&body(
        r#""n":128,"max_tokens":4294967295,"temperature":2,"top_p":0,"seed":-9223372036854775808"#,
    ));
    let sampling = sampling.unwrap().request.sampling;
    assert_eq!(sampling.n, Some(128));
    assert_eq!(sampling.max_tokens, Some(u32::MAX));
    assert_eq!(sampling.temperature, Some(2.0));
    assert_eq!(sampling.seed, Some(i64::MIN));
}

#[test]
fn other_fields_are_checked_where_we_act_on_them() {
    let fault = |fields: &str| fault(&body(fields));
    assert_eq!(fault(r#""stream":"yes""#), "stream");
    assert_eq!(
        fault(r#""stream_options":{"include_usage":1}"#),
        "stream_options.include_usage"
    );
    assert_eq!(fault(r#""stop":[1]"#), "stop[0]");
    assert_eq!(fault(r#""user":5"#), "user");
    assert_eq!(fault(r#""model":5"#), "model");
    assert_eq!(fault(r#""functions":[]"#), "functions");
    assert_eq!(fault(r#""function_call":"auto""#), "function_call");
    assert_eq!(
        fault(r#""max_tokens":5,"max_completion_tokens":6"#),
        "max_tokens"
    );
    assert_eq!(fault(r#""tools":[{"type":"web_search"}]"#), "tools[0].type");
    assert_eq!(
        fault(r#""tools":[{"type":"function","function":{"parameters":{}}}]"#),
        "tools[0].function.name is missing"
    );
    assert_eq!(fault(r#""tool_choice":"required""#), "tool_choice");
    assert_eq!(
        fault(r#""response_format":{"type":"xml"}"#),
        "response_format.type"
    );
    assert_eq!(
        fault(r#""response_format":{"type":"json_schema","json_schema":{"name":"n"}}"#),
        "response_format.json_schema.schema is missing"
    );
    for name in REFUSED_FIELDS {
        assert_eq!(fault(&format!(r#""{name}":"x""#)), *name);
    }
    let crowd = r#"{"role":"user","content":"q"},"#.repeat(20_000);
    let crowd = format!(r#"{{"messages":[{}]}}"#, crowd.trim_end_matches(','));
    assert_eq!(super::tests::fault(&crowd), "messages");
}

#[test]
fn a_null_is_no_value() {
    let parsed = parse(&body(
        r#""model":null,"max_tokens":null,"stop":null,"tools":null,"stream":null,"tool_choice":null,
           "response_format":null,"functions":null,"stream_options":null,"temperature":null"#,
    ));
    let request = parsed.unwrap().request;
    assert_eq!(request.sampling, crate::types::chat::Sampling::default());
    assert_eq!(request.format, ResponseFormat::Text);
    assert!(!request.stream);
}

#[test]
fn typed_fields_are_views_of_what_was_sent() {
    let parsed = parse(&body(
        r#""model":"auto","max_completion_tokens":7,"stop":"END","stream":true,"user":"u",
           "stream_options":{"include_usage":true},"reasoning_effort":"low","parallel_tool_calls":false,
           "tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object"}}}],
           "tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_object"}"#,
    ));
    let Parsed {
        model,
        request,
        own,
    } = parsed.unwrap();
    assert_eq!(model.as_deref(), Some("auto"));
    assert!(own.is_empty());
    assert_eq!(request.sampling.max_tokens, Some(7));
    assert_eq!(request.sampling.stop, ["END"]);
    assert!(request.stream && request.include_usage);
    assert_eq!(request.reasoning_effort.as_deref(), Some("low"));
    assert_eq!(request.parallel_tool_calls, Some(false));
    assert_eq!(request.tools[0].strict, Some(true));
    assert_eq!(request.tool_choice, Some(ToolChoice::Named("f".into())));
    assert_eq!(request.format, ResponseFormat::JsonObject);
    assert_eq!(request.user.as_deref(), Some("u"));
}

#[test]
fn our_own_fields_reach_the_caller_and_no_provider() {
    let fields: Vec<String> = OWN_FIELDS
        .iter()
        .map(|name| format!(r#""{name}":{{"x":1.0}}"#))
        .collect();
    let parsed = parse(&body(&fields.join(","))).unwrap();
    assert_eq!(parsed.own.iter().count(), OWN_FIELDS.len());
    assert_eq!(parsed.own.get("preferences").unwrap().get(), r#"{"x":1.0}"#);
    let sent = encode("openai-compatible", &parsed.request).unwrap();
    for name in OWN_FIELDS {
        assert!(sent.get(name).is_none(), "{name}");
    }
}

#[test]
fn models_are_listed_in_the_forms_services_use() {
    let list = |body: &str| OPENAI.decode_list(body.as_bytes());
    let openai = r#"{"object":"list","data":[{"id":"a","object":"model"},{"id":"b"}]}"#;
    assert_eq!(list(openai).unwrap(), ["a", "b"]);
    assert_eq!(list(r#"[{"id":"a"}]"#).unwrap(), ["a"]);
    assert_eq!(
        list(r#"{"models":[{"name":"x.gguf"}]}"#).unwrap(),
        ["x.gguf"]
    );
    assert_eq!(list(r#"{"data":[]}"#).unwrap(), Vec::<String>::new());
    for bad in [
        "",
        "<html>",
        "{}",
        r#"{"error":{"message":"no"}}"#,
        "[",
        "7",
    ] {
        assert!(list(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_reply_nested_without_end_is_refused_quickly() {
    let deep = format!(r#"{{"choices":{}"#, "[".repeat(200_000));
    let failure = OPENAI.decode(deep.as_bytes()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    let frame = Frame {
        data: deep,
        ..Frame::default()
    };
    let mut out = Vec::new();
    assert!(OPENAI.stream_decoder().frame(&frame, &mut out).is_ok());
    assert!(out.is_empty());
}

#[test]
fn an_upstream_cannot_fill_the_memory_with_fields_or_choices() {
    let mut decoder = OPENAI.stream_decoder();
    let mut out = Vec::new();
    for n in 0..1000 {
        let data = format!(r#"{{"x{n}":1,"choices":[{{"index":0,"delta":{{"content":"a"}}}}]}}"#);
        let frame = Frame {
            data,
            ..Frame::default()
        };
        decoder.frame(&frame, &mut out).unwrap();
    }
    let extras = out.iter().filter(|event| !event.is_content()).count();
    assert!(extras < 100, "{extras}");
    let data = r#"{"choices":[{"index":4000000000,"delta":{"content":"a"}}]}"#.to_owned();
    let frame = Frame {
        data,
        ..Frame::default()
    };
    let before = out.len();
    assert!(decoder.frame(&frame, &mut out).is_ok());
    assert_eq!(out.len(), before);
}

/// JSON text of any value, spelled in ways a parser would not spell it.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1.0".to_owned()),
        Just("-0.0".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        Just("1e400".to_owned()),
        Just(r#""\u00e9\/\ud83d\ude00""#.to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "[a-z ]{0,8}".prop_map(|text| Value::from(text).to_string()),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[ {} ]", items.join(" ,"))),
            proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(|fields| {
                let fields: Vec<String> = fields
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\" : {value}"))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_we_do_not_act_on_arrives_as_the_bytes_it_was(
        fields in proptest::collection::btree_map("x_[a-z]{1,6}", json_text(), 0..6),
        stream in any::<bool>(),
    ) {
        let mut text = format!("\"stream\":{stream}");
        for (name, value) in &fields {
            text.extend([",\"", name, "\":", value]);
        }
        let body = body(&text);
        let request = parse(&body).unwrap().request;
        let sent = encode("openai", &request).unwrap();
        for (name, value) in &fields {
            prop_assert_eq!(sent.get(name).unwrap().get(), value);
        }
        let client = RawFields::parse(body.as_bytes()).unwrap();
        prop_assert_eq!(sent.get("messages").unwrap().get(), client.get("messages").unwrap().get());
        prop_assert_eq!(sent.get("model").unwrap().get(), "\"upstream\"");
    }

    #[test]
    fn any_bytes_are_an_answer_or_a_failure(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        value in json_text(),
    ) {
        let _outcome = OPENAI.decode(&bytes);
        for shape in [
            format!(r#"{{"choices":[{{"message":{value}}}],"usage":{value}}}"#),
            format!(r#"{{"choices":[{{"index":{value},"message":{{"content":{value},"tool_calls":{value}}}}}]}}"#),
            format!(r#"{{"choices":{value},"error":{value}}}"#),
        ] {
            let _outcome = OPENAI.decode(shape.as_bytes());
            let _outcome = OPENAI.decode_error(&ErrorReply {
                status: 500,
                headers: &HeaderMap::new(),
                body: shape.as_bytes(),
            });
            let data = shape.replace("message", "delta");
            let _outcome = OPENAI
                .stream_decoder()
                .frame(&Frame { data, ..Frame::default() }, &mut Vec::new());
        }
    }
}
