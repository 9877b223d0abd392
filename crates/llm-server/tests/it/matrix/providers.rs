//! The protocols: how each provider answers, and what it is asked.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use super::facts::{CALLS, End, Facts, INPUT, OUTPUT, Say};

/// A provider that speaks a protocol.
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    /// Its model, whose generation has all features.
    pub(crate) model: &'static str,
    /// The vendor's name in the configuration, and what follows the origin in its address.
    kind: &'static str,
    base: &'static str,
    /// What it answers.
    pub(crate) reply: fn(&Say, bool) -> Reply,
    /// What a request asks.
    pub(crate) asked: fn(&Value) -> Facts,
}

pub(crate) const PROVIDERS: &[Provider] = &[
    Provider {
        name: "openai",
        model: "gpt-5",
        kind: "openai-compatible",
        base: "/v1",
        reply: openai_reply,
        asked: openai_asked,
    },
    Provider {
        name: "anthropic",
        model: "claude-sonnet-4-6",
        kind: "anthropic",
        base: "/v1",
        reply: anthropic_reply,
        asked: anthropic_asked,
    },
    Provider {
        name: "gemini",
        model: "gemini-3-pro",
        kind: "gemini",
        base: "/v1beta",
        reply: gemini_reply,
        asked: gemini_asked,
    },
    Provider {
        name: "ollama",
        model: "llama4",
        kind: "ollama",
        base: "",
        reply: ollama_reply,
        asked: ollama_asked,
    },
];

impl Provider {
    /// Its part of a configuration.
    pub(crate) fn config(&self, origin: &str) -> String {
        let Self {
            name,
            model,
            kind,
            base,
            ..
        } = self;
        format!(
            "\n[providers.{name}]\nkind = \"{kind}\"\nbase_url = \"{origin}{base}\"\n\
             api_key = \"k\"\n\n[models.\"{model}\"]\nprovider = \"{name}\"\n\
             capabilities = [\"vision\", \"tools\", \"json\", \"json_schema\", \"reasoning\"]\n"
        )
    }
}

fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn openai_finish(end: End) -> &'static str {
    match end {
        End::Stop => "stop",
        End::Length => "length",
        End::Calls => "tool_calls",
    }
}

fn openai_reply(say: &Say, streamed: bool) -> Reply {
    let usage = json!({
        "prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT,
    });
    let call = |index: usize, (id, text): (&str, &str)| {
        json!({
            "index": index, "id": id, "type": "function",
            "function": { "name": "add", "arguments": text },
        })
    };
    if !streamed {
        let mut message = json!({ "role": "assistant", "content": say.pieces.concat() });
        if say.thought {
            message["reasoning_content"] = json!("hm");
        }
        if say.calls {
            message["tool_calls"] = (0..).zip(CALLS).map(|(at, it)| call(at, it)).collect();
        }
        let choice = json!({
            "index": 0, "message": message, "finish_reason": openai_finish(say.finish),
        });
        return Reply::json(&json!({
            "id": "up", "object": "chat.completion", "created": 1, "model": "up",
            "choices": [choice], "usage": usage,
        }));
    }
    let chunk = |delta: Value, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        json!({
            "id": "up", "object": "chat.completion.chunk", "created": 1, "model": "up",
            "choices": [choice],
        })
    };
    let mut events = vec![chunk(json!({ "role": "assistant" }), None)];
    if say.thought {
        events.push(chunk(json!({ "reasoning_content": "hm" }), None));
    }
    events.extend(
        say.pieces
            .iter()
            .map(|text| chunk(json!({ "content": text }), None)),
    );
    if say.calls {
        for (index, (id, text)) in CALLS.into_iter().enumerate() {
            let (first, rest) = text.split_at(3);
            events.push(chunk(
                json!({ "tool_calls": [call(index, (id, first))] }),
                None,
            ));
            let rest = json!({ "index": index, "function": { "arguments": rest } });
            events.push(chunk(json!({ "tool_calls": [rest] }), None));
        }
    }
    events.push(chunk(json!({}), Some(openai_finish(say.finish))));
    let mut last = chunk(json!({}), None);
    last["choices"] = json!([]);
    last["usage"] = usage;
    events.push(last);
    let mut events: Vec<String> = events.iter().map(Value::to_string).collect();
    events.push("[DONE]".to_owned());
    Reply::events(events)
}

fn anthropic_reply(say: &Say, streamed: bool) -> Reply {
    let stop = match say.finish {
        End::Stop => "end_turn",
        End::Length => "max_tokens",
        End::Calls => "tool_use",
    };
    let usage = json!({ "input_tokens": INPUT, "output_tokens": OUTPUT });
    let mut blocks = Vec::new();
    if say.thought {
        blocks.push(json!({ "type": "thinking", "thinking": "hm", "signature": "c2ln" }));
    }
    if !say.pieces.is_empty() {
        blocks.push(json!({ "type": "text", "text": say.pieces.concat() }));
    }
    if say.calls {
        blocks.extend(CALLS.map(|(id, text)| {
            json!({ "type": "tool_use", "id": id, "name": "add", "input": arguments(text) })
        }));
    }
    let message = json!({
        "id": "msg_up", "type": "message", "role": "assistant", "model": "up",
        "content": blocks, "stop_reason": stop, "stop_sequence": null, "usage": usage,
    });
    if !streamed {
        return Reply::json(&message);
    }
    let mut start = message.clone();
    start["content"] = json!([]);
    start["stop_reason"] = Value::Null;
    let mut events = vec![("message_start", json!({ "message": start }))];
    for (index, block) in blocks.into_iter().enumerate() {
        let mut empty = block.clone();
        let deltas = match block["type"].as_str().unwrap() {
            "text" => {
                empty["text"] = json!("");
                say.pieces
                    .iter()
                    .map(|text| json!({ "type": "text_delta", "text": text }))
                    .collect()
            }
            "thinking" => {
                empty["thinking"] = json!("");
                empty["signature"] = json!("");
                vec![
                    json!({ "type": "thinking_delta", "thinking": "hm" }),
                    json!({ "type": "signature_delta", "signature": "c2ln" }),
                ]
            }
            _ => {
                empty["input"] = json!({});
                let text = block["input"].to_string();
                let (first, rest) = text.split_at(3);
                [first, rest]
                    .map(|part| json!({ "type": "input_json_delta", "partial_json": part }))
                    .to_vec()
            }
        };
        let start = json!({ "index": index, "content_block": empty });
        events.push(("content_block_start", start));
        events.extend(deltas.into_iter().map(|delta| {
            (
                "content_block_delta",
                json!({ "index": index, "delta": delta }),
            )
        }));
        events.push(("content_block_stop", json!({ "index": index })));
    }
    let delta = json!({ "stop_reason": stop, "stop_sequence": null });
    events.push(("message_delta", json!({ "delta": delta, "usage": usage })));
    events.push(("message_stop", json!({})));
    for (name, event) in &mut events {
        event["type"] = json!(*name);
    }
    Reply::named_events(events)
}

fn gemini_reply(say: &Say, streamed: bool) -> Reply {
    let finish = match say.finish {
        End::Stop | End::Calls => "STOP",
        End::Length => "MAX_TOKENS",
    };
    let mut parts = Vec::new();
    if say.thought {
        parts.push(json!({ "text": "hm", "thought": true }));
    }
    parts.extend(say.pieces.iter().map(|text| json!({ "text": text })));
    if say.calls {
        parts.extend(CALLS.map(|(id, text)| {
            json!({ "functionCall": { "id": id, "name": "add", "args": arguments(text) } })
        }));
    }
    let reply = |parts: &[Value], finish: Option<&str>| {
        json!({
            "candidates": [{
                "index": 0,
                "content": { "role": "model", "parts": parts },
                "finishReason": finish,
            }],
            "usageMetadata": {
                "promptTokenCount": INPUT, "candidatesTokenCount": OUTPUT,
                "totalTokenCount": INPUT + OUTPUT,
            },
            "modelVersion": "up", "responseId": "up",
        })
    };
    if !streamed {
        return Reply::json(&reply(&parts, Some(finish)));
    }
    let mut events: Vec<String> = parts
        .iter()
        .map(|part| reply(std::slice::from_ref(part), None).to_string())
        .collect();
    events.push(reply(&[json!({ "text": "" })], Some(finish)).to_string());
    Reply::events(events)
}

fn ollama_reply(say: &Say, streamed: bool) -> Reply {
    let reason = if say.finish == End::Length {
        "length"
    } else {
        "stop"
    };
    let calls: Vec<Value> = CALLS
        .iter()
        .map(|(id, text)| {
            json!({ "id": id, "function": { "name": "add", "arguments": arguments(text) } })
        })
        .collect();
    let line = |message: Value, done: bool| {
        let mut line = json!({
            "model": "up", "created_at": "2026-10-26T17:21:21Z", "message": message, "done": done,
        });
        line["message"]["role"] = json!("assistant");
        if done {
            line["done_reason"] = json!(reason);
            line["prompt_eval_count"] = json!(INPUT);
            line["eval_count"] = json!(OUTPUT);
        }
        line
    };
    if !streamed {
        let mut message = json!({ "content": say.pieces.concat() });
        if say.thought {
            message["thinking"] = json!("hm");
        }
        if say.calls {
            message["tool_calls"] = calls.into();
        }
        return Reply::json(&line(message, true));
    }
    let mut lines = Vec::new();
    if say.thought {
        lines.push(line(json!({ "content": "", "thinking": "hm" }), false));
    }
    lines.extend(
        say.pieces
            .iter()
            .map(|text| line(json!({ "content": text }), false)),
    );
    if say.calls {
        lines.push(line(json!({ "content": "", "tool_calls": calls }), false));
    }
    lines.push(line(json!({ "content": "" }), true));
    Reply::lines(lines)
}

fn each<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// What both shapes of `messages` with text and calls have in common.
fn add_text(facts: &mut Facts, role: &str, text: &Value) {
    if let Some(text) = text.as_str().filter(|text| !text.is_empty()) {
        facts.add(role, text);
    }
}

fn openai_asked(body: &Value) -> Facts {
    let mut facts = Facts::default();
    for message in each(body, "messages") {
        let role = match message["role"].as_str().unwrap() {
            "tool" => "result",
            role => role,
        };
        add_text(&mut facts, role, &message["content"]);
        for part in each(message, "content") {
            add_text(&mut facts, role, &part["text"]);
            if let Some(url) = part["image_url"]["url"].as_str() {
                facts.add("picture", url.rsplit(',').next().unwrap());
            }
        }
        for call in each(message, "tool_calls") {
            let function = &call["function"];
            facts.call("called", &function["name"], &function["arguments"]);
        }
    }
    for tool in each(body, "tools") {
        let function = &tool["function"];
        let name = function["name"].as_str().unwrap();
        facts.add("tool", format_args!("{name} {}", function["parameters"]));
    }
    if body["tool_choice"] == "required" {
        facts.add("choice", "any");
    }
    let limit = [&body["max_tokens"], &body["max_completion_tokens"]];
    for limit in limit.into_iter().filter(|limit| !limit.is_null()) {
        facts.add("limit", limit);
    }
    add_text(&mut facts, "stop", &body["stop"]);
    for stop in each(body, "stop") {
        add_text(&mut facts, "stop", stop);
    }
    let schema = &body["response_format"]["json_schema"]["schema"];
    if !schema.is_null() {
        facts.add_json("schema", schema);
    }
    add_text(&mut facts, "effort", &body["reasoning_effort"]);
    facts
}

fn anthropic_asked(body: &Value) -> Facts {
    let mut facts = Facts::default();
    for block in each(body, "system") {
        add_text(&mut facts, "system", &block["text"]);
    }
    for turn in each(body, "messages") {
        for block in each(turn, "content") {
            add_text(&mut facts, turn["role"].as_str().unwrap(), &block["text"]);
            add_text(&mut facts, "picture", &block["source"]["data"]);
            if block["type"] == "tool_use" {
                facts.call("called", &block["name"], &block["input"]);
            }
            for result in each(block, "content") {
                add_text(&mut facts, "result", &result["text"]);
            }
        }
    }
    for tool in each(body, "tools") {
        let name = tool["name"].as_str().unwrap();
        facts.add("tool", format_args!("{name} {}", tool["input_schema"]));
    }
    add_text(&mut facts, "choice", &body["tool_choice"]["type"]);
    facts.add("limit", &body["max_tokens"]);
    for stop in each(body, "stop_sequences") {
        add_text(&mut facts, "stop", stop);
    }
    let schema = &body["output_config"]["format"]["schema"];
    if !schema.is_null() {
        facts.add_json("schema", schema);
    }
    add_text(&mut facts, "effort", &body["output_config"]["effort"]);
    facts
}

fn gemini_asked(body: &Value) -> Facts {
    let mut facts = Facts::default();
    for part in each(&body["systemInstruction"], "parts") {
        add_text(&mut facts, "system", &part["text"]);
    }
    for turn in each(body, "contents") {
        for part in each(turn, "parts") {
            add_text(&mut facts, turn["role"].as_str().unwrap(), &part["text"]);
            add_text(&mut facts, "picture", &part["inlineData"]["data"]);
            let call = &part["functionCall"];
            if !call.is_null() {
                facts.call("called", &call["name"], &call["args"]);
            }
            let result = &part["functionResponse"]["response"]["output"];
            add_text(&mut facts, "result", result);
        }
    }
    for tool in each(body, "tools") {
        for function in each(tool, "functionDeclarations") {
            let (name, schema) = (&function["name"], &function["parametersJsonSchema"]);
            facts.add("tool", format_args!("{} {schema}", name.as_str().unwrap()));
        }
    }
    if body["toolConfig"]["functionCallingConfig"]["mode"] == "ANY" {
        facts.add("choice", "any");
    }
    let options = &body["generationConfig"];
    facts.add("limit", &options["maxOutputTokens"]);
    for stop in each(options, "stopSequences") {
        add_text(&mut facts, "stop", stop);
    }
    if !options["responseJsonSchema"].is_null() {
        facts.add_json("schema", &options["responseJsonSchema"]);
    }
    add_text(
        &mut facts,
        "effort",
        &options["thinkingConfig"]["thinkingLevel"],
    );
    facts
}

fn ollama_asked(body: &Value) -> Facts {
    let mut facts = Facts::default();
    for message in each(body, "messages") {
        let role = match message["role"].as_str().unwrap() {
            "tool" => "result",
            role => role,
        };
        add_text(&mut facts, role, &message["content"]);
        for picture in each(message, "images") {
            add_text(&mut facts, "picture", picture);
        }
        for call in each(message, "tool_calls") {
            let function = &call["function"];
            facts.call("called", &function["name"], &function["arguments"]);
        }
    }
    for tool in each(body, "tools") {
        let function = &tool["function"];
        let name = function["name"].as_str().unwrap();
        facts.add("tool", format_args!("{name} {}", function["parameters"]));
    }
    facts.add("limit", &body["options"]["num_predict"]);
    for stop in each(&body["options"], "stop") {
        add_text(&mut facts, "stop", stop);
    }
    if body["format"].is_object() {
        facts.add_json("schema", &body["format"]);
    }
    add_text(&mut facts, "effort", &body["think"]);
    facts
}
