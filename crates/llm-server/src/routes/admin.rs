//! What changes the running server. Always needs a key with the `admin` scope.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use schemars::JsonSchema;
use serde::Serialize;

use super::prompts::{PromptStats, stats};
use super::{Door, Group, Reply, Route, Verb, Words, handler, reply, words};
use crate::error::{ApiError, Shape};
use crate::visit::{Call, json};

pub(super) const ROUTES: &[Route] = &[
    row(
        "/api/v1/admin/reload-models",
        Door::Needs(Permission::Admin, handler!(reload_models)),
        words(
            "Read the configuration again; a wrong one changes nothing",
            "重新加载配置；配置有误时保持不变",
        ),
        reply::<ReloadedModels>(),
    ),
    row(
        "/api/v1/admin/reload-prompts",
        Door::Needs(Permission::Admin, handler!(reload_prompts)),
        words(
            "Read the prompt templates again; a wrong one changes nothing",
            "重新加载提示词模板；模板有误时保持不变",
        ),
        reply::<ReloadedPrompts>(),
    ),
];

const fn row(path: &'static str, door: Door, summary: Words, reply: Reply) -> Route {
    Route {
        method: Verb::Post,
        path,
        door,
        group: Group::Admin,
        summary,
        params: &[],
        body: None,
        reply,
        shape: Shape::Earlier,
    }
}

/// What a reload of the configuration brought.
#[derive(Serialize, JsonSchema)]
struct ReloadedModels {
    /// Always true here.
    success: bool,
    /// How many models there are now, in Chinese and English.
    message: String,
    /// The models there are now.
    models: Vec<String>,
}

/// What a reload of the prompt templates brought.
#[derive(Serialize, JsonSchema)]
struct ReloadedPrompts {
    /// Always true here.
    success: bool,
    /// How many templates there are now, in Chinese and English.
    message: String,
    /// Figures of the templates there are now.
    stats: PromptStats,
}

async fn reload_models(call: Call) -> Result<Response, ApiError> {
    let current = call.visit.app.reload().await?;
    let views = current.gateway.models();
    let models: Vec<String> = views
        .iter()
        .map(|view| view.deployment.model.to_string())
        .collect();
    json(&ReloadedModels {
        success: true,
        message: format!("成功重新加载{0}个模型 ({0} models reloaded)", models.len()),
        models,
    })
}

async fn reload_prompts(call: Call) -> Result<Response, ApiError> {
    let library = call.visit.app.reload_prompts().await?;
    json(&ReloadedPrompts {
        success: true,
        message: format!(
            "成功重新加载{0}个提示词模板 ({0} prompt templates reloaded)",
            library.iter().count()
        ),
        stats: stats(&library),
    })
}
