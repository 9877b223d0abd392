// Checks the body of a chat completion request and reduces it to what the engine needs.
// Anything this server cannot honour is refused by name, never ignored.

/** A request that cannot be served; `status` and `body` are what the client gets. */
export class Refused extends Error {
  constructor(status, message, { code = null, param = null, type = "invalid_request_error" } = {}) {
    super(message);
    this.status = status;
    this.body = { error: { message, type, param, code } };
  }
}

const refuse = (param, message) => {
  throw new Refused(400, message, { param, code: "invalid_value" });
};

// Where a request names no limit. Small models sometimes repeat themselves until the window is full.
const DEFAULT_MAX_TOKENS = 512;

const ROLES = new Set(["system", "developer", "user", "assistant"]);

// Fields whose neutral value means "not asked for"; any other value is refused.
const UNSUPPORTED = {
  n: 1,
  tools: [],
  functions: [],
  logprobs: false,
  response_format: { type: "text" },
  frequency_penalty: 0,
  presence_penalty: 0,
};

/** Reads the JSON text of a request. */
export function readChat(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refused(400, "We could not parse the JSON body of your request.");
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw new Refused(400, "The body must be a JSON object.");
  }
  if (typeof body.model !== "string") refuse("model", "you must provide a model parameter");
  for (const [field, neutral] of Object.entries(UNSUPPORTED)) {
    if (body[field] != null && JSON.stringify(body[field]) !== JSON.stringify(neutral)) {
      throw new Refused(400, `this server does not support '${field}'`, {
        param: field,
        code: "unsupported_parameter",
      });
    }
  }
  return {
    model: body.model,
    messages: readMessages(body.messages),
    stream: readBoolean(body, "stream"),
    includeUsage: readBoolean(body.stream_options ?? {}, "include_usage"),
    options: {
      maxTokens:
        readNumber(body, "max_completion_tokens", 1, Infinity, true) ??
        readNumber(body, "max_tokens", 1, Infinity, true) ??
        DEFAULT_MAX_TOKENS,
      temperature: readNumber(body, "temperature", 0, 2) ?? 1,
      topP: readNumber(body, "top_p", 0, 1) ?? 1,
      seed: readNumber(body, "seed", -Infinity, Infinity, true),
      stop: readStop(body.stop),
    },
  };
}

function readMessages(messages) {
  if (!Array.isArray(messages) || messages.length === 0) {
    refuse("messages", "'messages' must be a non-empty array");
  }
  return messages.map((message, at) => {
    const param = `messages[${at}]`;
    if (!ROLES.has(message?.role)) {
      refuse(`${param}.role`, `'${param}.role' must be one of ${[...ROLES].join(", ")}`);
    }
    const role = message.role === "developer" ? "system" : message.role;
    return { role, content: readContent(message.content, `${param}.content`) };
  });
}

function readContent(content, param) {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) refuse(param, `'${param}' must be a string or an array of parts`);
  return content
    .map((part) => {
      if (part?.type !== "text" || typeof part.text !== "string") {
        refuse(param, `'${param}' may hold text parts only: this model reads nothing else`);
      }
      return part.text;
    })
    .join("");
}

function readBoolean(object, field) {
  const value = object[field];
  if (value != null && typeof value !== "boolean") refuse(field, `'${field}' must be a boolean`);
  return value === true;
}

function readNumber(body, field, least, most, whole = false) {
  const value = body[field];
  if (value == null) return undefined;
  const fits = typeof value === "number" && value >= least && value <= most;
  if (!fits || (whole && !Number.isInteger(value))) {
    refuse(field, `'${field}' must be ${whole ? "an integer" : "a number"} from ${least} to ${most}`);
  }
  return value;
}

function readStop(stop) {
  const list = typeof stop === "string" ? [stop] : (stop ?? []);
  const fits = Array.isArray(list) && list.length <= 4 && list.every((s) => typeof s === "string" && s);
  if (!fits) refuse("stop", "'stop' must be a non-empty string or an array of up to 4 of them");
  return list;
}
