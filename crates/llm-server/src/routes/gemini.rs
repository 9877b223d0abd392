//! `…/v1beta/models`, and `/v1/models/NAME:METHOD`: the Gemini dialect. What is to be done is the end of the path there, behind
//! the name of the model.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::error::GatewayError;
use llm_core::provider::dialects::Address;
use llm_core::provider::dialects::gemini::Gemini;
use llm_core::types::code::Code;
use schemars::SchemaGenerator;

use super::models::{Listed, every_name};
use super::{Door, Group, Param, Reply, Route, Verb, body, get, handler, reply, words};
use crate::converse::{Question, estimated};
use crate::error::{ApiError, Shape};
use crate::schema::gemini::{GenerateBody, GenerateReply, Model, ModelList, TokenCount};
use crate::visit::{Call, json};

const METHODS: [&str; 3] = ["generateContent", "streamGenerateContent", "countTokens"];

const ALT: Param = super::query_param(
    "alt",
    "string",
    words(
        "of a stream: `sse` for events, else one JSON list",
        "流式返回的形式：`sse` 为事件流，否则为一个 JSON 数组",
    ),
);

pub(super) const ROUTES: &[Route] = &[
    Route {
        shape: Shape::Of(&Gemini),
        ..get(
            "/v1beta/models",
            Door::Needs(Permission::Inference, handler!(list_models)),
            Group::Gemini,
            words("Names a request may send as model", "请求中可用的模型名称"),
            reply::<ModelList>(),
        )
    },
    Route {
        shape: Shape::Of(&Gemini),
        params: &[Param {
            name: "target",
            in_path: true,
            kind: "string",
            required: true,
            about: words("A name; it may hold slashes", "名称，可以包含斜杠"),
        }],
        ..get(
            "/v1beta/models/{*target}",
            Door::Needs(Permission::Inference, handler!(find_model)),
            Group::Gemini,
            words("One of these names", "查询其中一个名称"),
            reply::<Model>(),
        )
    },
    Route {
        path: "/v1beta/models/{*target}",
        params: &[target("target"), ALT],
        ..ACT
    },
    // Clients of the stable version; its list of models is that of another dialect here.
    Route {
        path: "/v1/models/{*id}",
        params: &[target("id"), ALT],
        ..ACT
    },
];

const ACT: Route = Route {
    method: Verb::Post,
    path: "",
    door: Door::Needs(Permission::Inference, handler!(act)),
    group: Group::Gemini,
    summary: words(
        "Answer a conversation, whole or as a stream, or estimate its tokens",
        "回答一段对话（整体返回或流式返回），或估算其令牌数",
    ),
    params: &[],
    body: Some(body::<GenerateBody>()),
    reply: Reply::JsonOrEvents(
        SchemaGenerator::subschema_for::<GenerateReply>,
        SchemaGenerator::subschema_for::<GenerateReply>,
    ),
    shape: Shape::Of(&Gemini),
};

/// The end of the path.
const fn target(name: &'static str) -> Param {
    Param {
        name,
        in_path: true,
        kind: "string",
        required: true,
        about: words(
            "`NAME:generateContent`, `NAME:streamGenerateContent` or `NAME:countTokens`",
            "`名称:generateContent`、`名称:streamGenerateContent` 或 `名称:countTokens`",
        ),
    }
}

async fn act(mut call: Call) -> Result<Response, ApiError> {
    refuse_key_in_address(&call)?;
    let target = call.path_rest().await?;
    let (model, method) = target
        .rsplit_once(':')
        .filter(|(_, method)| METHODS.contains(method))
        .ok_or_else(|| {
            let message = "there is no such method of a model";
            let hint = format!("the methods are {}", METHODS.join(", "));
            GatewayError::new(Code::NotFound, message).with_hint(hint)
        })?;
    let address = Address {
        model: Some(model.to_owned()),
        streams: method == "streamGenerateContent",
        events: is_sse(&call)?,
        counts_only: method == "countTokens",
    };
    let fields = call.json().await?;
    let question = Question::read(&Gemini, &call, fields, &address)?;
    if address.counts_only {
        let total_tokens = estimated(&call, question)?;
        return json(&TokenCount { total_tokens });
    }
    question.answer(call).await
}

fn is_sse(call: &Call) -> Result<bool, ApiError> {
    match call.visit.query_value("alt").as_deref() {
        None | Some("json") => Ok(false),
        Some("sse") => Ok(true),
        Some(_) => Err(GatewayError::invalid("alt", "must be sse or json").into()),
    }
}

/// Addresses are logged on the way, so a key in one is no secret any more.
fn refuse_key_in_address(call: &Call) -> Result<(), ApiError> {
    if call.visit.query_value("key").is_none() {
        return Ok(());
    }
    let message = "a key may not be sent in the address";
    Err(GatewayError::invalid("key", message)
        .with_hint("send the key in the header `x-goog-api-key`, and make a new one: this one may be in logs")
        .into())
}

async fn list_models(call: Call) -> Result<Response, ApiError> {
    refuse_key_in_address(&call)?;
    let models = every_name(&call).into_iter().map(model).collect();
    json(&ModelList { models })
}

async fn find_model(mut call: Call) -> Result<Response, ApiError> {
    refuse_key_in_address(&call)?;
    let name = call.path_rest().await?;
    let found = every_name(&call).into_iter().find(|one| one.name == name);
    match found {
        Some(found) => json(&model(found)),
        None => {
            let message = format!("there is no model named `{name}`");
            Err(ApiError::new(Code::ModelNotFound, message))
        }
    }
}

fn model(listed: Listed) -> Model {
    Model {
        name: format!("models/{}", listed.name),
        display_name: listed.name,
        input_token_limit: listed.context,
        output_token_limit: listed.max_output,
        supported_generation_methods: METHODS.to_vec(),
    }
}
