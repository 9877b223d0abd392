// A small chat completion server on loopback, for tests and for a private local model.
//
//   node server.mjs --runner DIR --model NAME=FILE.gguf [--model …] [--port 0] [--slots 4]
//                   [--queue 64] [--context 2048] [--threads 1] [--until-stdin-closes]
//
// Prints one line, `listening on http://127.0.0.1:PORT/v1`, once it can answer. Requests wait for
// a free slot; a client that leaves stops its generation. TERM and INT stop it with exit code 0.
// Where a request names no limit, an answer ends after 512 tokens with `finish_reason: "length"`.
import { randomUUID } from "node:crypto";
import http from "node:http";
import { parseArgs } from "node:util";

import { ContextOverflow, QueueFull, loadModels } from "./engine.mjs";
import { Refused, readChat } from "./request.mjs";

const MAX_BODY = 8 * 1024 * 1024;

const { values: args } = parseArgs({
  options: {
    runner: { type: "string" },
    model: { type: "string", multiple: true },
    port: { type: "string", default: "0" },
    slots: { type: "string", default: "4" },
    queue: { type: "string", default: "64" },
    context: { type: "string", default: "2048" },
    threads: { type: "string", default: "1" },
    "until-stdin-closes": { type: "boolean", default: false },
  },
});

const pairs = (args.model ?? []).map((pair) => {
  const at = pair.indexOf("=");
  if (at < 1) throw new Error(`--model wants NAME=FILE, not '${pair}'`);
  return [pair.slice(0, at), pair.slice(at + 1)];
});
if (!args.runner || pairs.length === 0) throw new Error("--runner and at least one --model are needed");

const engine = await loadModels({
  runner: args.runner,
  models: new Map(pairs),
  slots: Number(args.slots),
  queue: Number(args.queue),
  context: Number(args.context),
  threads: Number(args.threads),
});
const started = Math.floor(Date.now() / 1000);
// What happened to chat requests, so that a test can await the end of an abandoned one.
const stats = { active: 0, completed: 0, aborted: 0, refused: 0 };

const describe = (id) => ({ id, object: "model", created: started, owned_by: "local" });

function sendJson(res, status, body, headers = {}) {
  const text = JSON.stringify(body);
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(text);
}

async function readBody(req) {
  const pieces = [];
  let size = 0;
  for await (const piece of req) {
    size += piece.length;
    if (size > MAX_BODY) throw new Refused(413, `the body is larger than ${MAX_BODY} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

async function chat(req, res, signal) {
  const request = readChat(await readBody(req));
  const model = engine.models.get(request.model);
  if (!model) {
    throw new Refused(404, `The model '${request.model}' does not exist`, {
      param: "model",
      code: "model_not_found",
    });
  }
  const prompt = model.prompt(request.messages);
  const id = `chatcmpl-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  const head = (object) => ({ id, object, created, model: request.model });
  const usageOf = (count) => ({
    prompt_tokens: prompt.length,
    completion_tokens: count,
    total_tokens: prompt.length + count,
  });

  if (!request.stream) {
    let content = "";
    const { finish, count } = await model.generate(prompt, request.options, signal, (text) => (content += text));
    if (signal.aborted) return;
    const message = { role: "assistant", content };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    sendJson(res, 200, { ...head("chat.completion"), choices, usage: usageOf(count) });
    return;
  }

  const send = (choices, usage) => {
    // With `include_usage`, every chunk but the last carries a null.
    const tail = request.includeUsage ? { usage: usage ?? null } : {};
    const chunk = { ...head("chat.completion.chunk"), choices, ...tail };
    res.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const choice = (delta, finish_reason = null) => [{ index: 0, delta, logprobs: null, finish_reason }];
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    send(choice({ role: "assistant", content: "" }));
  };
  const { finish, count } = await model.generate(prompt, request.options, signal, (content) => {
    begin();
    send(choice({ content }));
  });
  if (signal.aborted) return;
  begin();
  send(choice({}, finish));
  if (request.includeUsage) send([], usageOf(count));
  res.end("data: [DONE]\n\n");
}

async function route(req, res, signal) {
  const path = req.url.split("?")[0];
  const known = { "/v1/chat/completions": "POST", "/v1/models": "GET", "/stats": "GET" };
  const method = path.startsWith("/v1/models/") ? "GET" : known[path];
  if (!method) throw new Refused(404, `there is no ${path} here`);
  if (req.method !== method) throw new Refused(405, `${path} wants ${method}`);
  if (path === "/v1/chat/completions") return chat(req, res, signal);
  if (path === "/v1/models") {
    return sendJson(res, 200, { object: "list", data: [...engine.models.keys()].map(describe) });
  }
  if (path === "/stats") {
    const waiting = [...engine.models.values()].reduce((sum, model) => sum + model.slots.waiting.length, 0);
    return sendJson(res, 200, { ...stats, waiting });
  }
  const id = decodeURIComponent(path.slice("/v1/models/".length));
  if (!engine.models.has(id)) throw new Refused(404, `The model '${id}' does not exist`, { code: "model_not_found" });
  return sendJson(res, 200, describe(id));
}

function answerError(res, error) {
  if (error instanceof ContextOverflow) {
    error = new Refused(400, error.message, { param: "messages", code: "context_length_exceeded" });
  } else if (error instanceof QueueFull) {
    error = new Refused(503, "the queue is full, try again shortly", { type: "service_unavailable_error" });
  }
  if (error instanceof Refused) {
    stats.refused += 1;
    const headers = error.status === 503 ? { "retry-after": "1" } : {};
    return sendJson(res, error.status, error.body, { ...headers, ...(error.status === 413 && { connection: "close" }) });
  }
  console.error(error);
  // Half an answer must not look like a whole one.
  if (res.headersSent) return res.destroy();
  return sendJson(res, 500, { error: { message: "internal error", type: "server_error", param: null, code: null } });
}

const server = http.createServer(async (req, res) => {
  const abort = new AbortController();
  res.on("close", () => {
    if (!res.writableFinished) abort.abort();
  });
  const isChat = req.url.startsWith("/v1/chat/completions");
  if (isChat) stats.active += 1;
  try {
    await route(req, res, abort.signal);
    if (isChat && !abort.signal.aborted) stats.completed += 1;
  } catch (error) {
    if (!abort.signal.aborted && !res.destroyed) answerError(res, error);
  } finally {
    if (isChat) stats.active -= 1;
    if (isChat && abort.signal.aborted) stats.aborted += 1;
  }
});

function stop() {
  server.close();
  server.closeAllConnections();
  engine.close().finally(() => process.exit(0));
}

process.once("SIGTERM", stop);
process.once("SIGINT", stop);
if (args["until-stdin-closes"]) {
  process.stdin.resume();
  process.stdin.once("end", stop);
  process.stdin.once("error", stop);
}
server.once("error", (error) => {
  console.error(`cannot listen on port ${args.port}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(args.port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/v1`);
});
