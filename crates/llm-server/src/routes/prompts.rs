//! The prompt templates there are, and figures about them.

use std::collections::BTreeMap;

use axum::response::Response;
use llm_core::config::prompts::{PromptLibrary, PromptTemplate};
use llm_core::gateway::auth::Permission;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Door, Group, Param, Route, get, handler, query_param, reply, words};
use crate::error::{ApiError, Shape};
use crate::visit::{Call, json};

pub(super) const ROUTES: &[Route] = &[
    Route {
        shape: Shape::Earlier,
        params: PARAMS,
        ..get(
            "/api/v1/prompts/templates",
            Door::Needs(Permission::Inference, handler!(list_templates)),
            Group::Service,
            words("Prompt templates", "提示词模板"),
            reply::<TemplateList>(),
        )
    },
    Route {
        shape: Shape::Earlier,
        ..get(
            "/api/v1/prompts/stats",
            Door::Needs(Permission::Inference, handler!(show_stats)),
            Group::Service,
            words("Figures of the prompt templates", "提示词模板统计"),
            reply::<StatsReply>(),
        )
    },
];

const PARAMS: &[Param] = &[
    query_param(
        "model_type",
        "string",
        words("Only this family of models", "仅此模型系列"),
    ),
    query_param("task_type", "string", words("Only this task", "仅此任务")),
    query_param(
        "language",
        "string",
        words("Only this language", "仅此语言"),
    ),
];

/// The prompt templates that were asked for.
#[derive(Serialize, JsonSchema)]
struct TemplateList {
    /// Always true here.
    success: bool,
    /// The templates.
    data: Vec<Template>,
    /// How many.
    total: usize,
}

/// A prompt template.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names are those of the body")]
struct Template {
    /// Its name in requests.
    id: String,
    /// What people call it.
    name: String,
    /// What it is for.
    description: String,
    /// Its version.
    version: String,
    /// The language it is written in.
    language: String,
    /// The task it is for; `general` for any.
    task_type: String,
    /// The family of models it is written for; `general` for any.
    model_type: String,
    /// Instructions to the model.
    system_prompt: String,
    /// What is asked.
    user_prompt_template: String,
    /// What has to be filled in.
    variables: Vec<Variable>,
    /// `built-in`, or `file` for one of the user's own.
    source: &'static str,
}

/// A place in a template.
#[derive(Serialize, JsonSchema)]
struct Variable {
    /// Its name.
    name: String,
    /// What kind of value.
    #[serde(rename = "type")]
    kind: String,
    /// What it is.
    description: String,
    /// Whether it must be given.
    required: bool,
}

/// Figures of the prompt templates.
#[derive(Serialize, JsonSchema)]
struct StatsReply {
    /// Always true here.
    success: bool,
    /// The figures.
    data: PromptStats,
}

/// Figures of the prompt templates.
#[derive(Serialize, JsonSchema)]
pub(super) struct PromptStats {
    /// How many there are.
    total_templates: usize,
    /// When they were read, RFC 3339.
    last_reload: String,
    /// By family of models.
    by_model_type: BTreeMap<String, usize>,
    /// By task.
    by_task_type: BTreeMap<String, usize>,
    /// By language.
    by_language: BTreeMap<String, usize>,
}

async fn list_templates(call: Call) -> Result<Response, ApiError> {
    let wanted = |name: &str| call.visit.query_value(name);
    let (model, task, language) = (
        wanted("model_type"),
        wanted("task_type"),
        wanted("language"),
    );
    let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|one| one == is);
    let library = call.visit.app.prompts();
    let data: Vec<Template> = library
        .iter()
        .filter(|one| fits(&model, &one.model_type))
        .filter(|one| fits(&task, &one.task_type))
        .filter(|one| fits(&language, &one.language))
        .map(template)
        .collect();
    json(&TemplateList {
        success: true,
        total: data.len(),
        data,
    })
}

async fn show_stats(call: Call) -> Result<Response, ApiError> {
    json(&StatsReply {
        success: true,
        data: stats(&call.visit.app.prompts()),
    })
}

/// Figures of a library.
pub(super) fn stats(library: &PromptLibrary) -> PromptStats {
    let count = |key: fn(&PromptTemplate) -> &str| {
        let mut counts = BTreeMap::new();
        for one in library.iter() {
            *counts.entry(key(one).to_owned()).or_insert(0) += 1;
        }
        counts
    };
    PromptStats {
        total_templates: library.iter().count(),
        last_reload: library.loaded_at().to_string(),
        by_model_type: count(|one| &one.model_type),
        by_task_type: count(|one| &one.task_type),
        by_language: count(|one| &one.language),
    }
}

fn template(one: &PromptTemplate) -> Template {
    let variables = one.variables.iter().map(|variable| Variable {
        name: variable.name.clone(),
        kind: variable.kind.clone(),
        description: variable.description.clone(),
        required: variable.required,
    });
    Template {
        id: one.id.clone(),
        name: one.name.clone(),
        description: one.description.clone(),
        version: one.version.clone(),
        language: one.language.clone(),
        task_type: one.task_type.clone(),
        model_type: one.model_type.clone(),
        system_prompt: one.system_prompt.clone(),
        user_prompt_template: one.user_prompt_template.clone(),
        variables: variables.collect(),
        source: if one.file.is_some() {
            "file"
        } else {
            "built-in"
        },
    }
}
