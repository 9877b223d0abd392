"""Asks through the two other dialects of the OpenAI client, whole and streamed, and goes on from an
answer that was kept; prints what the client saw as JSON."""

import json
import sys

import openai

base_url, model = sys.argv[1:]
client = openai.OpenAI(base_url=f"{base_url}/v1", api_key="unused", max_retries=0)
ask = {
    "model": model,
    "temperature": 0,
    "instructions": "You are a helpful assistant.",
    "input": "What is the capital of France?",
}

seen = {}
whole = client.responses.create(**ask, store=True)
seen["text"] = whole.output_text
seen["status"] = whole.status
seen["input_tokens"] = whole.usage.input_tokens

with client.responses.stream(**ask) as stream:
    seen["streamed"] = "".join(
        event.delta for event in stream if event.type == "response.output_text.delta"
    )
    last = stream.get_final_response()
    seen["streamed_whole"] = last.output_text
    seen["streamed_input_tokens"] = last.usage.input_tokens

seen["kept"] = client.responses.retrieve(whole.id).output_text
further = client.responses.create(
    model=model, temperature=0, input="Thank you.", previous_response_id=whole.id
)
seen["further_input_tokens"] = further.usage.input_tokens

prompt = {"model": model, "temperature": 0, "max_tokens": 8, "prompt": "Count: one, two,"}
seen["completed"] = client.completions.create(**prompt).choices[0].text
seen["completed_streamed"] = "".join(
    chunk.choices[0].text
    for chunk in client.completions.create(**prompt, stream=True)
    if chunk.choices
)

try:
    client.responses.create(**ask, background=True)
except openai.APIStatusError as error:
    seen["error"] = [type(error).__name__, error.status_code, error.code, error.param]

print(json.dumps(seen))
