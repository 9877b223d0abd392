"""Asks whole and streamed, counts tokens, calls tools, provokes an error through the Anthropic
client; prints what the client saw as JSON."""

import json
import sys

import anthropic

base_url, model, tool_model = sys.argv[1:]
client = anthropic.Anthropic(base_url=base_url, api_key="unused", max_retries=0)
ask = {
    "model": model,
    "max_tokens": 40,
    # The client has no such option any more; the model would not answer twice alike without it.
    "extra_body": {"temperature": 0},
    "system": "You are a helpful assistant.",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}

seen = {}
whole = client.messages.create(**ask)
seen["text"] = whole.content[0].text
seen["stop_reason"] = whole.stop_reason
seen["input_tokens"] = whole.usage.input_tokens

with client.messages.stream(**ask) as stream:
    seen["streamed"] = "".join(stream.text_stream)
    last = stream.get_final_message()
    seen["streamed_stop_reason"] = last.stop_reason
    seen["streamed_input_tokens"] = last.usage.input_tokens

count = client.messages.count_tokens(
    model=model, system=ask["system"], messages=ask["messages"]
)
seen["counted"] = count.input_tokens

tools = [
    {
        "name": "weather",
        "description": "Tells the weather of a city.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
]
question = {"role": "user", "content": "What is the weather in Oslo and Rome?"}
with client.messages.stream(
    model=tool_model, max_tokens=100, tools=tools, messages=[question]
) as stream:
    called = stream.get_final_message()
calls = [block for block in called.content if block.type == "tool_use"]
seen["calls"] = [[call.name, call.input] for call in calls]
seen["calls_stop_reason"] = called.stop_reason
results = [
    {"type": "tool_result", "tool_use_id": call.id, "content": f"rain in {call.input['city']}"}
    for call in calls
]
final = client.messages.create(
    model=tool_model,
    max_tokens=100,
    tools=tools,
    messages=[
        question,
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": results},
    ],
)
seen["after_calls"] = final.content[0].text

try:
    client.messages.create(**{**ask, "model": "unknown"})
except anthropic.APIStatusError as error:
    seen["error"] = [
        type(error).__name__,
        error.status_code,
        error.body["error"]["type"],
        error.body["error"]["code"],
    ]

print(json.dumps(seen))
