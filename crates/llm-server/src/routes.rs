//! Every endpoint, as one table of rows.
//!
//! The router, the permission checks, `/openapi.json`, the documentation page and `llm-server routes`
//! are made from these rows, so a route cannot exist without saying who may use it. One file for
//! each group; a new route is a row in its group's `ROUTES`.

mod admin;
mod audio;
mod chat;
mod completions;
mod cooperation;
mod decide;
mod embeddings;
mod gemini;
mod images;
mod info;
mod messages;
mod models;
mod probes;
mod prompts;
mod query;
mod responses;
mod service;
mod stats;
mod usage;

use axum::response::Response;
use futures_util::future::BoxFuture;
use llm_core::gateway::auth::Permission;
use schemars::{Schema, SchemaGenerator};

use crate::error::{ApiError, Shape};
use crate::visit::{Call, Visit};

/// One endpoint.
pub struct Route {
    /// The method.
    pub method: Verb,
    /// The path; `{name}` and `{*name}` stand for one and for any number of its segments.
    pub path: &'static str,
    /// Who may use it, and what it does.
    pub door: Door,
    /// Where it is listed.
    pub group: Group,
    /// What it does, in one line.
    pub summary: Words,
    /// Parameters of path and query string.
    pub params: &'static [Param],
    /// The body it reads.
    pub body: Option<Body>,
    /// What it answers with status 200.
    pub reply: Reply,
    /// How its failures look.
    pub shape: Shape,
}

/// A method endpoints have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Looks something up.
    Get,
    /// Does something.
    Post,
    /// Takes something away.
    Delete,
}

impl Verb {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// What comes of a request.
pub type Answer = BoxFuture<'static, Result<Response, ApiError>>;

/// Who may use an endpoint, and what it does.
#[derive(Clone, Copy)]
pub enum Door {
    /// Everybody.
    Public(fn(Visit) -> Answer),
    /// Callers on this machine, callers with any key, and everybody on the ops listener.
    Watch(fn(Visit) -> Answer),
    /// Callers with this permission.
    Needs(Permission, fn(Call) -> Answer),
}

impl Door {
    /// Who may use it, in one word for lists.
    pub fn access(&self) -> &'static str {
        match self {
            Self::Public(_) => "public",
            Self::Watch(_) => "watch",
            Self::Needs(permission, _) => permission.as_str(),
        }
    }
}

/// A heading endpoints are listed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// The `OpenAI` dialect.
    OpenAi,
    /// The Anthropic dialect.
    Anthropic,
    /// The Gemini dialect.
    Gemini,
    /// The paths of the first earlier system.
    Cooperation,
    /// The paths of the second earlier system.
    Service,
    /// Administration.
    Admin,
    /// Probes, metrics, documentation.
    Operations,
}

impl Group {
    /// Every group, in the order of lists.
    pub const ALL: [Self; 7] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::Cooperation,
        Self::Service,
        Self::Admin,
        Self::Operations,
    ];

    /// The heading.
    pub fn title(self) -> Words {
        match self {
            Self::OpenAi => words("OpenAI-compatible", "兼容 OpenAI"),
            Self::Anthropic => words("Anthropic-compatible", "兼容 Anthropic"),
            Self::Gemini => words("Gemini-compatible", "兼容 Gemini"),
            Self::Cooperation => words("Queries, services and cooperation", "提问、服务与协作"),
            Self::Service => words("Chat, usage and prompts", "对话、用量与提示词"),
            Self::Admin => words("Administration", "管理"),
            Self::Operations => words("Operations", "运维"),
        }
    }
}

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

/// A text in both languages.
pub const fn words(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

/// A parameter of path or query string.
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Whether it is in the path.
    pub in_path: bool,
    /// `string`, `integer` or `boolean`; or `array` for a string that may be repeated.
    pub kind: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it is.
    pub about: Words,
}

/// An optional parameter of the query string.
const fn query_param(name: &'static str, kind: &'static str, about: Words) -> Param {
    Param {
        name,
        in_path: false,
        kind,
        required: false,
        about,
    }
}

/// Makes the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The body an endpoint reads.
pub struct Body {
    /// Its media type.
    pub media: &'static str,
    /// Its schema.
    pub schema: SchemaOf,
    /// Whether it must be there.
    pub required: bool,
}

/// What an endpoint answers with status 200.
pub enum Reply {
    /// JSON.
    Json(SchemaOf),
    /// JSON, or a stream of events of the second schema when the request asks for one.
    JsonOrEvents(SchemaOf, SchemaOf),
    /// JSON, or text of the second kind when the request asks for one.
    JsonOrText(SchemaOf, &'static str),
    /// Text of a media type.
    Text(&'static str),
    /// Bytes of a media type.
    Bytes(&'static str),
}

const fn body<T: schemars::JsonSchema>() -> Body {
    Body {
        media: "application/json",
        schema: SchemaGenerator::subschema_for::<T>,
        required: true,
    }
}

/// A form with files in it.
const fn form<T: schemars::JsonSchema>() -> Body {
    Body {
        media: "multipart/form-data",
        ..body::<T>()
    }
}

const fn reply<T: schemars::JsonSchema>() -> Reply {
    Reply::Json(SchemaGenerator::subschema_for::<T>)
}

/// A row without parameters and body.
const fn get(path: &'static str, door: Door, group: Group, summary: Words, reply: Reply) -> Route {
    Route {
        method: Verb::Get,
        path,
        door,
        group,
        summary,
        params: &[],
        body: None,
        reply,
        shape: Shape::Standard,
    }
}

/// The function pointer of an async handler.
macro_rules! handler {
    ($handler:path) => {
        |request| Box::pin($handler(request))
    };
}
use handler;

const TABLES: &[&[Route]] = &[
    chat::ROUTES,
    responses::ROUTES,
    completions::ROUTES,
    messages::ROUTES,
    gemini::ROUTES,
    embeddings::ROUTES,
    audio::ROUTES,
    images::ROUTES,
    models::ROUTES,
    query::ROUTES,
    service::ROUTES,
    cooperation::ROUTES,
    decide::ROUTES,
    stats::ROUTES,
    usage::ROUTES,
    prompts::ROUTES,
    admin::ROUTES,
    probes::ROUTES,
    info::ROUTES,
];

/// Every endpoint.
pub fn all() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_route_is_listed_twice_and_every_one_is_described() {
        let mut seen = HashSet::new();
        for route in all() {
            assert!(seen.insert((route.method, route.path)), "{}", route.path);
            assert!(!route.summary.en.is_empty() && !route.summary.zh.is_empty());
            assert_ne!(route.summary.en, route.summary.zh, "{}", route.path);
        }
    }

    #[test]
    fn what_changes_the_server_needs_an_administrator() {
        for route in all().filter(|route| route.group == Group::Admin) {
            assert_eq!(route.door.access(), "admin", "{}", route.path);
        }
        for route in all().filter(|route| route.method != Verb::Get) {
            assert!(
                matches!(route.door, Door::Needs(..)),
                "{} must not be public",
                route.path
            );
        }
    }
}
