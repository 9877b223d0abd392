// Runs GGUF models: loads them, renders their own chat template, hands out slots, generates text.
// Knows nothing of HTTP; `server.mjs` owns the wire.
import path from "node:path";
import { pathToFileURL } from "node:url";

// ESM looks for packages beside the importing file, and these are installed in a cache directory.
const importFrom = (runner, file) =>
  import(pathToFileURL(path.join(runner, "node_modules", file)).href);

// A long prompt is read in pieces, so that a client that leaves meanwhile is noticed.
const PROMPT_PIECE = 128;

/** Loads every model of `models` (name to path) into one process. */
export async function loadModels({ runner, models, slots, queue, context, threads }) {
  const { getLlama } = await importFrom(runner, "node-llama-cpp/dist/index.js");
  const { Template } = await importFrom(runner, "@huggingface/jinja/dist/index.js");
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: threads * models.size,
    logLevel: "error",
  });
  const loaded = new Map();
  for (const [name, file] of models) {
    const model = await llama.loadModel({ modelPath: file });
    const source = model.fileInfo.metadata?.tokenizer?.chat_template;
    if (!source) throw new Error(`${file} has no chat template, so it cannot hold a conversation`);
    const size = Math.min(context, model.trainContextSize ?? context);
    const llamaContext = await model.createContext({ contextSize: size, threads, sequences: slots });
    const sequences = Array.from({ length: slots }, () => llamaContext.getSequence());
    loaded.set(name, new Model(name, model, new Template(source), size, new Slots(sequences, queue)));
  }
  return { models: loaded, close: () => llama.dispose() };
}

/** The conversation is longer than the model's window. */
export class ContextOverflow extends Error {
  constructor(used, size) {
    super(`This model's maximum context length is ${size} tokens, but the messages resulted in ${used} tokens.`);
  }
}

/** More requests are waiting than the queue holds. */
export class QueueFull extends Error {}

class Model {
  constructor(name, model, template, contextSize, slots) {
    Object.assign(this, { name, model, template, contextSize, slots });
  }

  /** The tokens of a conversation, exactly as the model's own template writes it. */
  prompt(messages) {
    const special = (token) => (token == null ? "" : this.model.detokenize([token], true));
    const text = this.template.render({
      messages,
      add_generation_prompt: true,
      bos_token: special(this.model.tokens.bos),
      eos_token: special(this.model.tokens.eos),
    });
    const tokens = this.model.tokenize(text, true);
    if (tokens.length >= this.contextSize) throw new ContextOverflow(tokens.length, this.contextSize);
    return tokens;
  }

  /**
   * Generates one answer. Calls `onText` with each piece of text; stops early when `signal` aborts.
   * Returns why it ended and the number of tokens written, the end-of-turn token not counted.
   */
  async generate(prompt, options, signal, onText) {
    const sequence = await this.slots.take(signal);
    try {
      return await this.#run(sequence, prompt, options, signal, onText);
    } finally {
      await sequence.clearHistory();
      this.slots.give(sequence);
    }
  }

  async #run(sequence, prompt, { maxTokens, temperature, topP, seed, stop }, signal, onText) {
    const limit = Math.min(maxTokens, this.contextSize - prompt.length);
    const writer = new Writer(this.model, prompt, stop, onText);
    let rest = prompt;
    for (; rest.length > PROMPT_PIECE; rest = rest.slice(PROMPT_PIECE)) {
      if (signal.aborted) return { finish: "abort", count: 0 };
      await sequence.evaluateWithoutGeneratingNewTokens(rest.slice(0, PROMPT_PIECE));
    }
    let count = 0;
    // `topK: 0` switches off a filter that callers of this protocol neither ask for nor expect.
    const tokens = sequence.evaluate(rest, { temperature, topP, topK: 0, seed });
    for await (const token of tokens) {
      if (signal.aborted) return { finish: "abort", count };
      count += 1;
      if (writer.push(token)) return { finish: "stop", count };
      if (count >= limit) break;
    }
    writer.flush();
    return { finish: count >= limit ? "length" : "stop", count };
  }
}

/** Turns tokens into text: whole characters only, and nothing of a stop text. */
class Writer {
  #pending = [];
  #held = "";

  constructor(model, prompt, stop, onText) {
    Object.assign(this, { model, stop, onText });
    this.before = prompt.slice(-8);
  }

  /** Adds a token; true once a stop text is complete. */
  push(token) {
    this.#pending.push(token);
    const text = this.model.detokenize(this.#pending, false, this.before);
    // A character of several tokens reads as U+FFFD until its last one; no character has more than 4 bytes.
    if (text.endsWith("\ufffd") && this.#pending.length < 4) return false;
    this.before = [...this.before, ...this.#pending].slice(-8);
    this.#pending = [];
    return this.#emit(text);
  }

  flush() {
    if (this.#pending.length > 0) this.#held += this.model.detokenize(this.#pending, false, this.before);
    if (this.#held) this.onText(this.#held);
    this.#pending = [];
    this.#held = "";
  }

  #emit(text) {
    this.#held += text;
    const found = this.stop.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0);
    const end = found.length > 0 ? Math.min(...found) : this.#held.length - this.#heldBack();
    if (end > 0) this.onText(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
    if (found.length > 0) this.#held = "";
    return found.length > 0;
  }

  /** Length of the longest tail that may be the beginning of a stop text. */
  #heldBack() {
    let longest = 0;
    for (const stop of this.stop) {
      for (let n = Math.min(stop.length - 1, this.#held.length); n > longest; n -= 1) {
        if (this.#held.endsWith(stop.slice(0, n))) longest = n;
      }
    }
    return longest;
  }
}

/** A fixed number of sequences and a bounded queue of requests that wait for one. */
class Slots {
  constructor(sequences, queue) {
    this.free = sequences;
    this.total = sequences.length;
    this.queue = queue;
    this.waiting = [];
  }

  take(signal) {
    const sequence = this.free.pop();
    if (sequence) return sequence;
    if (this.waiting.length >= this.queue) throw new QueueFull();
    return new Promise((resolve, reject) => {
      const entry = { resolve };
      this.waiting.push(entry);
      signal.addEventListener("abort", () => {
        const at = this.waiting.indexOf(entry);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(new Error("the client left while waiting"));
      }, { once: true });
    });
  }

  give(sequence) {
    const next = this.waiting.shift();
    if (next) next.resolve(sequence);
    else this.free.push(sequence);
  }
}
