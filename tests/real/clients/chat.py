"""Lists models, asks whole and streamed, provokes an error; prints what the client saw as JSON."""

import json
import sys

import openai

base_url, model = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="unused", max_retries=0)
ask = {
    "model": model,
    "temperature": 0,
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is the capital of France?"},
    ],
}

seen = {"models": [entry.id for entry in client.models.list()]}
whole = client.chat.completions.create(**ask)
seen["text"] = whole.choices[0].message.content
seen["prompt_tokens"] = whole.usage.prompt_tokens

seen["streamed"] = ""
for chunk in client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}):
    if chunk.choices:
        seen["streamed"] += chunk.choices[0].delta.content or ""
    if chunk.usage:
        seen["streamed_prompt_tokens"] = chunk.usage.prompt_tokens

try:
    client.chat.completions.create(**{**ask, "model": "unknown"})
except openai.APIStatusError as error:
    seen["error"] = [type(error).__name__, error.status_code, error.code]

print(json.dumps(seen))
