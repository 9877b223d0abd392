// Lists models, asks whole and streamed, provokes an error; prints what the client saw as JSON.
const OpenAI = require("openai");

const [baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
const ask = {
  model,
  temperature: 0,
  messages: [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: "What is the capital of France?" },
  ],
};

async function main() {
  const seen = { models: [] };
  for await (const entry of await client.models.list()) seen.models.push(entry.id);
  const whole = await client.chat.completions.create(ask);
  seen.text = whole.choices[0].message.content;
  seen.prompt_tokens = whole.usage.prompt_tokens;

  seen.streamed = "";
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    seen.streamed += chunk.choices[0]?.delta.content ?? "";
    if (chunk.usage) seen.streamed_prompt_tokens = chunk.usage.prompt_tokens;
  }

  try {
    await client.chat.completions.create({ ...ask, model: "unknown" });
  } catch (error) {
    seen.error = [error.constructor.name, error.status, error.code];
  }
  console.log(JSON.stringify(seen));
}

main();
