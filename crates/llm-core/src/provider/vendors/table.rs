//! The rows. Facts only; each deviation says where it is documented.
//!
//! Addresses and variable names are those of the vendors' own documentation and clients as of
//! November 2026. A service with separate platforms inside and outside China has a row for each:
//! both call the variable by one name, but a key of one is unknown to the other.

use http::HeaderName;

use super::super::AuthScheme;
use super::{COMPATIBLE, Quirks, ReasoningControl, Vendor, WorkManner};
use crate::types::task::Capabilities;

/// A hosted service that speaks the `OpenAI` protocol; rows below change what differs.
const HOSTED: Vendor = Vendor {
    name: "",
    title: "",
    protocol: "openai",
    base_url: "",
    key_env: &[],
    base_url_env: &[],
    auth: AuthScheme::Bearer,
    key_optional: false,
    quirks: Quirks::NONE,
};

/// A server on the user's own machine.
const LOCAL: Vendor = Vendor {
    key_optional: true,
    ..HOSTED
};

/// Qwen models think when `enable_thinking` says so: help.aliyun.com/en/model-studio/deep-thinking.
const DASHSCOPE: Quirks = Quirks {
    reasoning: ReasoningControl::EnableThinking,
    work: WorkManner::DashScope,
    ..Quirks::NONE
};

/// Kimi models need their own reasoning back between tool calls: platform.kimi.ai/docs, "thinking models".
const MOONSHOT: Quirks = Quirks {
    reasoning_back: Some("reasoning_content"),
    ..Quirks::NONE
};

/// docs.siliconflow.cn/docs/api/chat-completions-post: `enable_thinking` switches reasoning;
/// `reasoning_effort` is known to a few models only.
const SILICONFLOW: Quirks = Quirks {
    reasoning: ReasoningControl::EnableThinking,
    ..Quirks::NONE
};

/// docs.bigmodel.cn and docs.z.ai, chat completions: `tool_choice` is `auto` or absent, JSON mode
/// is `json_object`, `thinking.type` switches reasoning, and the last chunk of every stream
/// carries usage without being asked.
const ZHIPU: Quirks = Quirks {
    stream_usage: false,
    lacks: Capabilities::JSON_SCHEMA,
    reasoning: ReasoningControl::ThinkingType,
    reasoning_back: Some("reasoning_content"),
    forces_tools: false,
    ..Quirks::NONE
};

/// Every vendor, in alphabetical order.
pub static VENDORS: &[Vendor] = &ROWS;

/// An array that knows its own length. A slice would do if rows with header names in them could
/// be borrowed within a static.
macro_rules! rows {
    ($($row:expr),* $(,)?) => {
        static ROWS: [Vendor; [$(stringify!($row)),*].len()] = [$($row),*];
    };
}

rows![
    Vendor {
        name: "aigcbest",
        title: "AIGC Best",
        base_url: "https://api2.aigcbest.top/v1",
        key_env: &["AIGCBEST_API_KEY"],
        base_url_env: &["AIGCBEST_BASE_URL"],
        ..HOSTED
    },
    Vendor {
        name: "anthropic",
        title: "Anthropic",
        protocol: "anthropic",
        base_url: "https://api.anthropic.com",
        key_env: &["ANTHROPIC_API_KEY"],
        base_url_env: &["ANTHROPIC_BASE_URL"],
        auth: AuthScheme::Header(HeaderName::from_static("x-api-key")),
        ..HOSTED
    },
    Vendor {
        name: "dashscope",
        title: "Alibaba Cloud Model Studio (DashScope)",
        base_url: "https://dashscope.aliyuncs.com/compatible-mode/v1",
        key_env: &["DASHSCOPE_API_KEY"],
        base_url_env: &["DASHSCOPE_BASE_URL"],
        quirks: DASHSCOPE,
        ..HOSTED
    },
    Vendor {
        name: "dashscope-intl",
        title: "Alibaba Cloud Model Studio, international",
        base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key_env: &["DASHSCOPE_API_KEY"],
        quirks: DASHSCOPE,
        ..HOSTED
    },
    Vendor {
        name: "deepseek",
        title: "DeepSeek",
        // The `/v1` in it has nothing to do with the version of a model: api-docs.deepseek.com.
        base_url: "https://api.deepseek.com/v1",
        key_env: &["DEEPSEEK_API_KEY"],
        base_url_env: &["DEEPSEEK_BASE_URL", "DEEPSEEK_API_BASE"],
        quirks: Quirks {
            // `response_format` is `text` or `json_object`: api-docs.deepseek.com/api/create-chat-completion.
            // A schema is refused with "This response_format type is unavailable now".
            lacks: Capabilities::JSON_SCHEMA,
            // Required after tool calls, ignored otherwise: api-docs.deepseek.com/guides/thinking_mode.
            reasoning_back: Some("reasoning_content"),
            ..Quirks::NONE
        },
        ..HOSTED
    },
    Vendor {
        name: "demo",
        title: "Built-in demonstration (simulated answers)",
        base_url: "demo://local",
        auth: AuthScheme::None,
        quirks: Quirks {
            developer_role: true,
            ..Quirks::NONE
        },
        ..LOCAL
    },
    Vendor {
        name: "gemini",
        title: "Google Gemini",
        protocol: "gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        key_env: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        base_url_env: &["GEMINI_BASE_URL"],
        auth: AuthScheme::Header(HeaderName::from_static("x-goog-api-key")),
        ..HOSTED
    },
    Vendor {
        name: "groq",
        title: "Groq",
        // `GROQ_BASE_URL` of its own client lacks the `/openai/v1`, so it is not read.
        base_url: "https://api.groq.com/openai/v1",
        key_env: &["GROQ_API_KEY"],
        quirks: Quirks {
            // `max_tokens` is deprecated: console.groq.com/docs/api-reference.
            max_tokens_field: "max_completion_tokens",
            ..Quirks::NONE
        },
        ..HOSTED
    },
    Vendor {
        name: "jina",
        title: "Jina AI",
        base_url: "https://api.jina.ai/v1",
        key_env: &["JINA_API_KEY"],
        ..HOSTED
    },
    Vendor {
        name: "llamacpp",
        title: "llama.cpp server",
        base_url: "http://localhost:8080/v1",
        // The variable the server itself reads its `--api-key` from.
        key_env: &["LLAMA_API_KEY"],
        base_url_env: &["LLAMACPP_BASE_URL"],
        ..LOCAL
    },
    Vendor {
        name: "lmstudio",
        title: "LM Studio",
        base_url: "http://localhost:1234/v1",
        key_env: &["LMSTUDIO_API_KEY", "LM_API_TOKEN"],
        base_url_env: &["LMSTUDIO_BASE_URL"],
        quirks: Quirks {
            // "'response_format.type' must be 'json_schema' or 'text'": its bug tracker, issue 189.
            lacks: Capabilities::JSON,
            ..Quirks::NONE
        },
        ..LOCAL
    },
    Vendor {
        name: "mistral",
        title: "Mistral AI",
        base_url: "https://api.mistral.ai/v1",
        key_env: &["MISTRAL_API_KEY"],
        quirks: Quirks {
            // docs.mistral.ai/api has `random_seed` and no `stream_options`, and fields it does not
            // know are refused with 422. The last chunk of every stream carries usage.
            seed_field: "random_seed",
            stream_usage: false,
            ..Quirks::NONE
        },
        ..HOSTED
    },
    Vendor {
        name: "moonshot",
        title: "Moonshot AI (Kimi)",
        base_url: "https://api.moonshot.cn/v1",
        key_env: &["MOONSHOT_API_KEY", "KIMI_API_KEY"],
        base_url_env: &["MOONSHOT_BASE_URL", "MOONSHOT_API_BASE"],
        quirks: MOONSHOT,
        ..HOSTED
    },
    Vendor {
        name: "moonshot-intl",
        title: "Moonshot AI (Kimi), international",
        base_url: "https://api.moonshot.ai/v1",
        key_env: &["MOONSHOT_API_KEY"],
        quirks: MOONSHOT,
        ..HOSTED
    },
    Vendor {
        name: "ollama",
        title: "Ollama",
        protocol: "ollama",
        // Its `OLLAMA_HOST` is often an address to listen on and not a URL, so it is not read.
        base_url: "http://localhost:11434",
        key_env: &["OLLAMA_API_KEY"],
        base_url_env: &["OLLAMA_BASE_URL"],
        ..LOCAL
    },
    Vendor {
        name: "openai",
        title: "OpenAI",
        base_url: "https://api.openai.com/v1",
        key_env: &["OPENAI_API_KEY"],
        base_url_env: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
        quirks: Quirks {
            // `max_tokens` is deprecated and refused by reasoning models:
            // platform.openai.com/docs/api-reference/chat/create, as is the role.
            max_tokens_field: "max_completion_tokens",
            developer_role: true,
            ..Quirks::NONE
        },
        ..HOSTED
    },
    Vendor {
        name: COMPATIBLE,
        title: "OpenAI-compatible service",
        ..LOCAL
    },
    Vendor {
        name: "openrouter",
        title: "OpenRouter",
        base_url: "https://openrouter.ai/api/v1",
        key_env: &["OPENROUTER_API_KEY"],
        base_url_env: &["OPENROUTER_BASE_URL"],
        quirks: Quirks {
            // openrouter.ai/docs/use-cases/reasoning-tokens: `reasoning` both asks and answers.
            reasoning: ReasoningControl::Nested,
            reasoning_back: Some("reasoning"),
            developer_role: true,
            ..Quirks::NONE
        },
        ..HOSTED
    },
    Vendor {
        name: "siliconflow",
        title: "SiliconFlow",
        base_url: "https://api.siliconflow.cn/v1",
        key_env: &["SILICONFLOW_API_KEY"],
        base_url_env: &["SILICONFLOW_BASE_URL"],
        quirks: SILICONFLOW,
        ..HOSTED
    },
    Vendor {
        name: "siliconflow-intl",
        title: "SiliconFlow, international",
        base_url: "https://api.siliconflow.com/v1",
        key_env: &["SILICONFLOW_API_KEY"],
        quirks: SILICONFLOW,
        ..HOSTED
    },
    Vendor {
        name: "vllm",
        title: "vLLM",
        base_url: "http://localhost:8000/v1",
        // The variable the server itself reads its `--api-key` from.
        key_env: &["VLLM_API_KEY"],
        base_url_env: &["VLLM_BASE_URL"],
        quirks: Quirks {
            // `reasoning_content` became `reasoning`: vllm-project/vllm, RFC 27755.
            reasoning_back: Some("reasoning"),
            ..Quirks::NONE
        },
        ..LOCAL
    },
    Vendor {
        name: "xai",
        title: "xAI",
        base_url: "https://api.x.ai/v1",
        key_env: &["XAI_API_KEY"],
        base_url_env: &["XAI_BASE_URL"],
        ..HOSTED
    },
    Vendor {
        name: "zai",
        title: "Z.AI (Zhipu, international)",
        base_url: "https://api.z.ai/api/paas/v4",
        key_env: &["ZAI_API_KEY"],
        base_url_env: &["ZAI_BASE_URL"],
        quirks: ZHIPU,
        ..HOSTED
    },
    Vendor {
        name: "zhipu",
        title: "Zhipu AI (BigModel)",
        base_url: "https://open.bigmodel.cn/api/paas/v4",
        key_env: &["ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "BIGMODEL_API_KEY"],
        base_url_env: &["ZHIPUAI_BASE_URL"],
        quirks: ZHIPU,
        ..HOSTED
    },
];
