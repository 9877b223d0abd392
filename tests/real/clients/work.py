"""Embeds, speaks, writes down and draws with the simulated models; prints what the client saw as JSON."""

import base64
import io
import json
import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="unused", max_retries=0)
seen = {}

# The client asks for base64 by itself and decodes it.
vectors = client.embeddings.create(model="demo-embedding", input=["a cat", "a dog"], dimensions=16)
seen["vectors"] = [len(item.embedding) for item in vectors.data]
seen["floats"] = all(isinstance(number, float) for number in vectors.data[0].embedding)
seen["embedding_tokens"] = vectors.usage.prompt_tokens

with client.audio.speech.with_streaming_response.create(
    model="demo-speech", voice="alloy", input="hello there", response_format="wav"
) as spoken:
    sound = b"".join(spoken.iter_bytes())
seen["sound"] = [spoken.headers["content-type"], sound[:4].decode(), len(sound) > 1000]

recording = ("talk.wav", io.BytesIO(sound))
seen["text"] = client.audio.transcriptions.create(model="demo-transcribe", file=recording).text
large = ("talk.wav", io.BytesIO(bytes(3_000_000)))
seen["translated"] = client.audio.translations.create(model="demo-transcribe", file=large).text
plain = client.audio.transcriptions.create(
    model="demo-transcribe", file=("talk.wav", io.BytesIO(sound)), response_format="text"
)
seen["plain"] = plain

drawn = client.images.generate(model="demo-image", prompt="a cat", n=2)
seen["pictures"] = [base64.b64decode(item.b64_json)[1:4].decode() for item in drawn.data]
picture = ("cat.png", io.BytesIO(base64.b64decode(drawn.data[0].b64_json)), "image/png")
edited = client.images.edit(model="demo-image", image=picture, prompt="add a hat")
seen["edited"] = len(edited.data)

try:
    client.embeddings.create(model="demo-large", input="x")
except openai.APIStatusError as error:
    seen["error"] = [type(error).__name__, error.status_code, error.code, error.param]

print(json.dumps(seen))
