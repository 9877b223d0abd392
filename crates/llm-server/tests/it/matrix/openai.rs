//! The two other dialects of `OpenAI`: responses and legacy completions.

use serde_json::{Value, json};

use super::clients::{CHAT_ENDS, add_text, append, each, end, events};
use super::facts::{Ask, CALLS, Facts, PICTURE, QUESTION, RESULTS, SYSTEM, Want, schema};

pub(crate) fn responses_body(ask: &Ask, model: &str, streamed: bool) -> Value {
    let mut content = vec![json!({ "type": "input_text", "text": QUESTION })];
    if ask.has(Want::Picture) {
        let url = format!("data:image/png;base64,{PICTURE}");
        content.push(json!({ "type": "input_image", "image_url": url }));
    }
    let mut input = vec![json!({ "role": "user", "content": content })];
    if ask.has(Want::History) {
        input.extend(CALLS.map(|(id, text)| {
            json!({ "type": "function_call", "call_id": id, "name": "add", "arguments": text })
        }));
        input.extend(CALLS.iter().zip(RESULTS).map(|((id, _), text)| {
            json!({ "type": "function_call_output", "call_id": id, "output": text })
        }));
    }
    let mut body = json!({ "model": model, "input": input, "max_output_tokens": 50 });
    if streamed {
        body["stream"] = json!(true);
    }
    if ask.has(Want::System) {
        body["instructions"] = json!(SYSTEM);
    }
    if ask.has(Want::Tools) {
        body["tools"] = json!([{ "type": "function", "name": "add", "parameters": schema() }]);
    }
    if ask.has(Want::MustCall) {
        body["tool_choice"] = json!("required");
    }
    if ask.has(Want::Schema) {
        let format = json!({ "type": "json_schema", "name": "answer", "schema": schema() });
        body["text"] = json!({ "format": format });
    }
    if ask.has(Want::Effort) {
        body["reasoning"] = json!({ "effort": "high" });
    }
    body
}

pub(crate) fn responses_read(body: &Value) -> Facts {
    let mut facts = Facts::default();
    let mut calls = 0;
    for item in each(body, "output") {
        assert!(item["id"].is_string(), "{item}");
        for part in each(item, "summary") {
            add_text(&mut facts, "thought", &part["text"]);
        }
        for part in each(item, "content") {
            add_text(&mut facts, "text", &part["text"]);
        }
        if item["type"] == "function_call" {
            assert!(item["call_id"].is_string(), "{item}");
            calls += 1;
            facts.call("call", &item["name"], &item["arguments"]);
        }
    }
    let why = &body["incomplete_details"]["reason"];
    let ends = [("completed", "Stop"), ("incomplete", "Length")];
    let word = end(&body["status"], &ends);
    assert_eq!(word == "Length", why == "max_output_tokens", "{body}");
    // The dialect has one word for both.
    let word = if calls > 0 { "Calls".to_owned() } else { word };
    facts.add("end", word);
    let usage = &body["usage"];
    facts.usage(&usage["input_tokens"], &usage["output_tokens"]);
    facts
}

/// Puts the answer together from the pieces, which must come to what the last event holds.
pub(crate) fn responses_stream(stream: &str) -> Facts {
    let mut items: Vec<Value> = Vec::new();
    let mut last = json!({});
    for (number, event) in events(stream).into_iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{stream}");
        let at = event["output_index"].as_u64();
        let at = at.map(|at| usize::try_from(at).unwrap());
        match event["type"].as_str().unwrap() {
            "response.output_item.added" => {
                assert_eq!(at, Some(items.len()), "{stream}");
                items.push(event["item"].clone());
            }
            "response.content_part.added" => {
                items[at.unwrap()]["content"] = json!([event["part"]]);
            }
            "response.reasoning_summary_part.added" => {
                items[at.unwrap()]["summary"] = json!([event["part"]]);
            }
            "response.output_text.delta" => {
                append(
                    &mut items[at.unwrap()]["content"][0]["text"],
                    &event["delta"],
                );
            }
            "response.reasoning_summary_text.delta" => {
                append(
                    &mut items[at.unwrap()]["summary"][0]["text"],
                    &event["delta"],
                );
            }
            "response.function_call_arguments.delta" => {
                append(&mut items[at.unwrap()]["arguments"], &event["delta"]);
            }
            "response.output_item.done" => {
                let item = &items[at.unwrap()];
                for name in ["arguments", "content", "summary", "name"] {
                    assert_eq!(item[name], event["item"][name], "{stream}");
                }
            }
            "response.completed" | "response.incomplete" => last = event["response"].clone(),
            _ => {}
        }
    }
    let whole = responses_read(&last);
    last["output"] = items.into();
    assert_eq!(responses_read(&last), whole, "{stream}");
    whole
}

pub(crate) fn completions_body(ask: &Ask, model: &str, streamed: bool) -> Value {
    let mut body = json!({ "model": model, "prompt": QUESTION, "max_tokens": 50 });
    if streamed {
        body["stream"] = json!(true);
        body["stream_options"] = json!({ "include_usage": true });
    }
    if ask.has(Want::Stop) {
        body["stop"] = json!(["END"]);
    }
    body
}

pub(crate) fn completions_read(body: &Value) -> Facts {
    let mut facts = Facts::default();
    let choice = &body["choices"][0];
    add_text(&mut facts, "text", &choice["text"]);
    facts.add("end", end(&choice["finish_reason"], CHAT_ENDS));
    let usage = &body["usage"];
    facts.usage(&usage["prompt_tokens"], &usage["completion_tokens"]);
    facts
}

pub(crate) fn completions_stream(stream: &str) -> Facts {
    let mut whole = json!({ "choices": [{ "text": "" }] });
    for event in events(stream) {
        let piece = &event["choices"][0];
        append(&mut whole["choices"][0]["text"], &piece["text"]);
        if !piece["finish_reason"].is_null() {
            whole["choices"][0]["finish_reason"] = piece["finish_reason"].clone();
        }
        if !event["usage"].is_null() {
            whole["usage"] = event["usage"].clone();
        }
    }
    completions_read(&whole)
}
