//! `GET /v1/models`: every name a request may send, for the key that asks.

use std::borrow::Cow;

use axum::response::Response;
use llm_core::gateway::auth::{Grant, Permission};
use llm_core::gateway::inspect::ModelView;
use llm_core::types::code::Code;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Door, Group, Param, Route, get, handler, reply, words};
use crate::app::App;
use crate::error::ApiError;
use crate::visit::{Call, json};

/// Whose names are that stand for no single model.
const OWNER: &str = "llm-cooperation";

pub(super) const ROUTES: &[Route] = &[
    get(
        "/v1/models",
        Door::Needs(Permission::Inference, handler!(list_models)),
        Group::OpenAi,
        words("Names a request may send as model", "请求中可用的模型名称"),
        reply::<ModelList<'static>>(),
    ),
    Route {
        params: &[Param {
            name: "id",
            in_path: true,
            kind: "string",
            required: true,
            about: words("A name; it may hold slashes", "名称，可以包含斜杠"),
        }],
        ..get(
            "/v1/models/{*id}",
            Door::Needs(Permission::Inference, handler!(find_model)),
            Group::OpenAi,
            words("One of these names", "查询其中一个名称"),
            reply::<Model<'static>>(),
        )
    },
];

/// Names a request may send.
#[derive(Serialize, JsonSchema)]
struct ModelList<'a> {
    /// `list`.
    object: &'static str,
    /// The names.
    data: Vec<Model<'a>>,
}

/// A name a request may send.
#[derive(Serialize, JsonSchema)]
struct Model<'a> {
    /// The name.
    id: Cow<'a, str>,
    /// `model`.
    object: &'static str,
    /// When this gateway started, in seconds since 1970; models have no date of their own here.
    created: i64,
    /// The provider, or `llm-cooperation` for what stands for no single model.
    owned_by: Cow<'a, str>,
    /// What else is known.
    llm_cooperation: Facts<'a>,
}

/// What is known of a name.
#[derive(Serialize, JsonSchema)]
struct Facts<'a> {
    /// `model`, `auto`, `route` or `cooperate`.
    kind: &'static str,
    /// How a model is doing: `unknown` before its first call, `healthy`, `degraded`, `probing`, `open`,
    /// `recovering`, `limited` or `key_rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// Context window in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<u64>,
    /// Most tokens it writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output: Option<u64>,
    /// What it can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Vec<&'static str>>,
    /// What it is good at.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<&'a [String]>,
    /// How good it is taken to be, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<f64>,
    /// Places that serve it.
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<usize>,
}

async fn list_models(call: Call) -> Result<Response, ApiError> {
    let app = &call.visit.app;
    let gateway = app.gateway();
    let views = gateway.models();
    let data = listed(app, &views, &gateway.other_names(&call.grant), &call.grant);
    json(&ModelList {
        object: "list",
        data,
    })
}

async fn find_model(mut call: Call) -> Result<Response, ApiError> {
    let id = call.path_rest().await?;
    let app = &call.visit.app;
    let gateway = app.gateway();
    let views = gateway.models();
    let others = gateway.other_names(&call.grant);
    let found = listed(app, &views, &others, &call.grant)
        .into_iter()
        .find(|model| model.id == id);
    match found {
        Some(model) => json(&model),
        None => {
            let message = format!("there is no model named `{id}`");
            Err(ApiError::new(Code::ModelNotFound, message))
        }
    }
}

/// A name as other dialects list it.
pub(super) struct Listed {
    /// The name.
    pub(super) name: String,
    /// Context window in tokens.
    pub(super) context: Option<u64>,
    /// Most tokens it writes.
    pub(super) max_output: Option<u64>,
}

/// Every name a caller may send.
pub(super) fn every_name(call: &Call) -> Vec<Listed> {
    let app = &call.visit.app;
    let gateway = app.gateway();
    let views = gateway.models();
    listed(app, &views, &gateway.other_names(&call.grant), &call.grant)
        .into_iter()
        .map(|model| Listed {
            name: model.id.into_owned(),
            context: model.llm_cooperation.context,
            max_output: model.llm_cooperation.max_output,
        })
        .collect()
}

/// Every name: models that can be called at all, then the rest.
fn listed<'a>(
    app: &App,
    views: &'a [ModelView<'a>],
    others: &[(String, &'static str)],
    grant: &Grant,
) -> Vec<Model<'a>> {
    let created = app.started_at().as_second();
    let models = views
        .iter()
        .filter(|view| view.unusable.is_none())
        .filter(|view| grant.allows_model(view.deployment.model.as_str()))
        .map(|view| of_model(view, created));
    let others = others
        .iter()
        .filter(|(name, _)| {
            // A model is listed once, with its facts.
            views
                .iter()
                .all(|view| view.deployment.model.as_str() != name)
        })
        .map(|(name, kind)| of_name(name, kind, created));
    models.chain(others).collect()
}

fn of_model<'a>(view: &'a ModelView<'a>, created: i64) -> Model<'a> {
    let facts = &view.deployment.facts;
    Model {
        id: view.deployment.model.as_str().into(),
        object: "model",
        created,
        owned_by: view.deployment.provider.as_str().into(),
        llm_cooperation: Facts {
            kind: "model",
            status: Some(view.state()),
            context: facts.context,
            max_output: facts.max_output,
            capabilities: Some(facts.capabilities.names().collect()),
            tasks: Some(&facts.tasks),
            quality: facts.quality,
            places: Some(view.places),
        },
    }
}

fn of_name<'a>(name: &str, kind: &'static str, created: i64) -> Model<'a> {
    Model {
        id: name.to_owned().into(),
        object: "model",
        created,
        owned_by: OWNER.into(),
        llm_cooperation: Facts {
            kind,
            status: None,
            context: None,
            max_output: None,
            capabilities: None,
            tasks: None,
            quality: None,
            places: None,
        },
    }
}
