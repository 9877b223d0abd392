//! The dialects: what each client sends, and what it reads out of its answer.

use serde_json::{Value, json};

use super::facts::{Ask, CALLS, Facts, PICTURE, QUESTION, RESULTS, SYSTEM, Want, schema};
use super::openai;

/// A client that speaks a dialect.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// Where it sends a request for a model.
    pub(crate) path: fn(&str, bool) -> String,
    /// What it has no way of saying.
    pub(crate) lacks: &'static [Want],
    /// What it sends.
    pub(crate) body: fn(&Ask, &str, bool) -> Value,
    /// What a whole answer says.
    pub(crate) read: fn(&Value) -> Facts,
    /// What a stream says.
    pub(crate) read_stream: fn(&str) -> Facts,
}

pub(crate) const CLIENTS: &[Client] = &[
    Client {
        name: "openai",
        path: |_, _| "/v1/chat/completions".to_owned(),
        lacks: &[],
        body: chat_body,
        read: chat_read,
        read_stream: chat_stream,
    },
    Client {
        name: "anthropic",
        path: |_, _| "/v1/messages".to_owned(),
        lacks: &[],
        body: messages_body,
        read: messages_read,
        read_stream: messages_stream,
    },
    Client {
        name: "gemini",
        path: |model, streamed| {
            let method = if streamed {
                "streamGenerateContent?alt=sse"
            } else {
                "generateContent"
            };
            format!("/v1beta/models/{model}:{method}")
        },
        lacks: &[],
        body: gemini_body,
        read: gemini_read,
        read_stream: gemini_stream,
    },
    Client {
        name: "responses",
        path: |_, _| "/v1/responses".to_owned(),
        lacks: &[Want::Stop],
        body: openai::responses_body,
        read: openai::responses_read,
        read_stream: openai::responses_stream,
    },
    Client {
        name: "completions",
        path: |_, _| "/v1/completions".to_owned(),
        lacks: &[
            Want::System,
            Want::Picture,
            Want::Tools,
            Want::MustCall,
            Want::History,
            Want::Schema,
            Want::Effort,
        ],
        body: openai::completions_body,
        read: openai::completions_read,
        read_stream: openai::completions_stream,
    },
];

pub(super) fn each<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// The data of every event.
pub(super) fn events(stream: &str) -> Vec<Value> {
    let lines = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    lines
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn input(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Adds a text to one under way.
pub(super) fn append(text: &mut Value, more: &Value) {
    let more = more.as_str().unwrap_or_default();
    *text = json!(format!("{}{more}", text.as_str().unwrap_or_default()));
}

pub(super) fn add_text(facts: &mut Facts, kind: &str, text: &Value) {
    if let Some(text) = text.as_str().filter(|text| !text.is_empty()) {
        facts.add(kind, text);
    }
}

fn chat_body(ask: &Ask, model: &str, streamed: bool) -> Value {
    let mut messages = Vec::new();
    if ask.has(Want::System) {
        messages.push(json!({ "role": "system", "content": SYSTEM }));
    }
    let mut content = vec![json!({ "type": "text", "text": QUESTION })];
    if ask.has(Want::Picture) {
        let url = format!("data:image/png;base64,{PICTURE}");
        content.push(json!({ "type": "image_url", "image_url": { "url": url } }));
    }
    messages.push(json!({ "role": "user", "content": content }));
    if ask.has(Want::History) {
        let calls: Value = CALLS
            .iter()
            .map(|(id, text)| {
                let function = json!({ "name": "add", "arguments": text });
                json!({ "id": id, "type": "function", "function": function })
            })
            .collect();
        messages.push(json!({ "role": "assistant", "content": null, "tool_calls": calls }));
        messages.extend(
            CALLS.iter().zip(RESULTS).map(
                |((id, _), text)| json!({ "role": "tool", "tool_call_id": id, "content": text }),
            ),
        );
    }
    let mut body = json!({ "model": model, "messages": messages, "max_tokens": 50 });
    if streamed {
        body["stream"] = json!(true);
        body["stream_options"] = json!({ "include_usage": true });
    }
    if ask.has(Want::Tools) {
        let function = json!({ "name": "add", "parameters": schema() });
        body["tools"] = json!([{ "type": "function", "function": function }]);
    }
    if ask.has(Want::MustCall) {
        body["tool_choice"] = json!("required");
    }
    if ask.has(Want::Schema) {
        let inner = json!({ "name": "answer", "schema": schema() });
        body["response_format"] = json!({ "type": "json_schema", "json_schema": inner });
    }
    if ask.has(Want::Effort) {
        body["reasoning_effort"] = json!("high");
    }
    if ask.has(Want::Stop) {
        body["stop"] = json!("END");
    }
    body
}

/// The reason an answer ended, in the words of the facts.
pub(super) fn end(word: &Value, known: &[(&str, &str)]) -> String {
    let word = word.as_str().unwrap_or_default();
    let found = known.iter().find(|(theirs, _)| *theirs == word);
    found.map_or_else(|| format!("? {word}"), |(_, ours)| (*ours).to_owned())
}

pub(super) const CHAT_ENDS: &[(&str, &str)] = &[
    ("stop", "Stop"),
    ("length", "Length"),
    ("tool_calls", "Calls"),
];

fn chat_read(body: &Value) -> Facts {
    let mut facts = Facts::default();
    let choice = &body["choices"][0];
    let message = &choice["message"];
    add_text(&mut facts, "text", &message["content"]);
    add_text(&mut facts, "thought", &message["reasoning_content"]);
    for call in each(message, "tool_calls") {
        assert!(call["id"].is_string(), "{call}");
        let function = &call["function"];
        facts.call("call", &function["name"], &function["arguments"]);
    }
    facts.add("end", end(&choice["finish_reason"], CHAT_ENDS));
    let usage = &body["usage"];
    facts.usage(&usage["prompt_tokens"], &usage["completion_tokens"]);
    facts
}

fn chat_stream(stream: &str) -> Facts {
    let mut message = json!({ "content": "", "reasoning_content": "", "tool_calls": [] });
    let mut whole = json!({});
    for event in events(stream) {
        if !event["usage"].is_null() {
            whole["usage"] = event["usage"].clone();
        }
        let choice = &event["choices"][0];
        let delta = &choice["delta"];
        for name in ["content", "reasoning_content"] {
            append(&mut message[name], &delta[name]);
        }
        for piece in each(delta, "tool_calls") {
            let index = usize::try_from(piece["index"].as_u64().unwrap()).unwrap();
            let calls = message["tool_calls"].as_array_mut().unwrap();
            if calls.len() == index {
                calls.push(piece.clone());
            } else {
                let more = &piece["function"]["arguments"];
                append(&mut calls[index]["function"]["arguments"], more);
            }
        }
        if !choice["finish_reason"].is_null() {
            whole["finish"] = choice["finish_reason"].clone();
        }
    }
    let choice = json!({ "message": message, "finish_reason": whole["finish"] });
    chat_read(&json!({ "choices": [choice], "usage": whole["usage"] }))
}

fn messages_body(ask: &Ask, model: &str, streamed: bool) -> Value {
    let mut content = vec![json!({ "type": "text", "text": QUESTION })];
    if ask.has(Want::Picture) {
        let source = json!({ "type": "base64", "media_type": "image/png", "data": PICTURE });
        content.push(json!({ "type": "image", "source": source }));
    }
    let mut messages = vec![json!({ "role": "user", "content": content })];
    if ask.has(Want::History) {
        let calls: Value = CALLS
            .iter()
            .map(|(id, text)| {
                json!({ "type": "tool_use", "id": id, "name": "add", "input": input(text) })
            })
            .collect();
        let results: Value = CALLS
            .iter()
            .zip(RESULTS)
            .map(|((id, _), text)| {
                json!({ "type": "tool_result", "tool_use_id": id, "content": text })
            })
            .collect();
        messages.push(json!({ "role": "assistant", "content": calls }));
        messages.push(json!({ "role": "user", "content": results }));
    }
    let mut body = json!({ "model": model, "messages": messages, "max_tokens": 50 });
    if streamed {
        body["stream"] = json!(true);
    }
    if ask.has(Want::System) {
        body["system"] = json!(SYSTEM);
    }
    if ask.has(Want::Tools) {
        body["tools"] = json!([{ "name": "add", "input_schema": schema() }]);
    }
    if ask.has(Want::MustCall) {
        body["tool_choice"] = json!({ "type": "any" });
    }
    if ask.has(Want::Schema) {
        let format = json!({ "type": "json_schema", "schema": schema() });
        body["output_config"] = json!({ "format": format });
    }
    if ask.has(Want::Effort) {
        body["thinking"] = json!({ "type": "adaptive" });
    }
    if ask.has(Want::Stop) {
        body["stop_sequences"] = json!(["END"]);
    }
    body
}

const MESSAGE_ENDS: &[(&str, &str)] = &[
    ("end_turn", "Stop"),
    ("max_tokens", "Length"),
    ("tool_use", "Calls"),
];

fn messages_read(body: &Value) -> Facts {
    let mut facts = Facts::default();
    for block in each(body, "content") {
        add_text(&mut facts, "text", &block["text"]);
        add_text(&mut facts, "thought", &block["thinking"]);
        if block["type"] == "tool_use" {
            assert!(block["id"].is_string(), "{block}");
            facts.call("call", &block["name"], &block["input"]);
        }
    }
    facts.add("end", end(&body["stop_reason"], MESSAGE_ENDS));
    let usage = &body["usage"];
    facts.usage(&usage["input_tokens"], &usage["output_tokens"]);
    facts
}

fn messages_stream(stream: &str) -> Facts {
    let mut whole = json!({});
    let mut blocks: Vec<Value> = Vec::new();
    for event in events(stream) {
        let index = event["index"]
            .as_u64()
            .map(|index| usize::try_from(index).unwrap());
        match event["type"].as_str().unwrap() {
            "message_start" => whole = event["message"].clone(),
            "content_block_start" => {
                assert_eq!(index, Some(blocks.len()), "{stream}");
                blocks.push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let (block, delta) = (&mut blocks[index.unwrap()], &event["delta"]);
                append(&mut block["text"], &delta["text"]);
                append(&mut block["thinking"], &delta["thinking"]);
                append(&mut block["json"], &delta["partial_json"]);
            }
            "message_delta" => {
                whole["stop_reason"] = event["delta"]["stop_reason"].clone();
                whole["usage"] = event["usage"].clone();
            }
            _ => {}
        }
    }
    for block in &mut blocks {
        if block["type"] == "tool_use" {
            block["input"] = block["json"].clone();
        }
    }
    whole["content"] = blocks.into();
    messages_read(&whole)
}

fn gemini_body(ask: &Ask, _: &str, _: bool) -> Value {
    let mut parts = vec![json!({ "text": QUESTION })];
    if ask.has(Want::Picture) {
        let data = json!({ "mimeType": "image/png", "data": PICTURE });
        parts.push(json!({ "inlineData": data }));
    }
    let mut contents = vec![json!({ "role": "user", "parts": parts })];
    if ask.has(Want::History) {
        let calls: Value = CALLS
            .iter()
            .map(|(_, text)| json!({ "functionCall": { "name": "add", "args": input(text) } }))
            .collect();
        let results: Value = RESULTS
            .iter()
            .map(|text| {
                let response = json!({ "output": text });
                json!({ "functionResponse": { "name": "add", "response": response } })
            })
            .collect();
        contents.push(json!({ "role": "model", "parts": calls }));
        contents.push(json!({ "role": "user", "parts": results }));
    }
    let mut options = json!({ "maxOutputTokens": 50 });
    let mut body = json!({ "contents": contents });
    if ask.has(Want::System) {
        body["systemInstruction"] = json!({ "parts": [{ "text": SYSTEM }] });
    }
    if ask.has(Want::Tools) {
        let function = json!({ "name": "add", "parametersJsonSchema": schema() });
        body["tools"] = json!([{ "functionDeclarations": [function] }]);
    }
    if ask.has(Want::MustCall) {
        body["toolConfig"] = json!({ "functionCallingConfig": { "mode": "ANY" } });
    }
    if ask.has(Want::Schema) {
        options["responseMimeType"] = json!("application/json");
        options["responseJsonSchema"] = schema();
    }
    if ask.has(Want::Effort) {
        options["thinkingConfig"] = json!({ "thinkingLevel": "HIGH", "includeThoughts": true });
    }
    if ask.has(Want::Stop) {
        options["stopSequences"] = json!(["END"]);
    }
    body["generationConfig"] = options;
    body
}

const GEMINI_ENDS: &[(&str, &str)] = &[("STOP", "Stop"), ("MAX_TOKENS", "Length")];

fn gemini_read(body: &Value) -> Facts {
    let mut facts = Facts::default();
    let candidate = &body["candidates"][0];
    let mut texts = json!({ "text": "", "thought": "" });
    let mut calls = 0;
    for part in each(&candidate["content"], "parts") {
        let kind = if part["thought"] == true {
            "thought"
        } else {
            "text"
        };
        append(&mut texts[kind], &part["text"]);
        let call = &part["functionCall"];
        if !call.is_null() {
            calls += 1;
            facts.call("call", &call["name"], &call["args"]);
        }
    }
    for kind in ["text", "thought"] {
        add_text(&mut facts, kind, &texts[kind]);
    }
    let end = end(&candidate["finishReason"], GEMINI_ENDS);
    // The dialect has one word for both.
    let end = if calls > 0 && end == "Stop" {
        "Calls".to_owned()
    } else {
        end
    };
    facts.add("end", end);
    let usage = &body["usageMetadata"];
    facts.usage(&usage["promptTokenCount"], &usage["candidatesTokenCount"]);
    facts
}

fn gemini_stream(stream: &str) -> Facts {
    let mut parts: Vec<Value> = Vec::new();
    let mut last = json!({});
    for event in events(stream) {
        parts.extend(each(&event["candidates"][0]["content"], "parts").cloned());
        last = event;
    }
    last["candidates"][0]["content"]["parts"] = parts.into();
    gemini_read(&last)
}
