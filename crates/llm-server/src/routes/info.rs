//! What the server is: greeting, version, the description of its API and a page that shows it.

use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use llm_core::config::SCHEMA_VERSION;
use llm_core::types::run_event::EVENT_VERSION;
use schemars::{JsonSchema, json_schema};
use serde::Serialize;

use super::{Door, Group, Reply, Route, get, handler, reply, words};
use crate::error::ApiError;
use crate::visit::{Visit, json, json_text};
use crate::{docs_page, openapi};

pub(super) const ROUTES: &[Route] = &[
    get(
        "/",
        Door::Public(handler!(greet)),
        Group::Operations,
        words(
            "What this is, and where its documentation is",
            "服务信息与文档地址",
        ),
        reply::<Greeting>(),
    ),
    get(
        "/version",
        Door::Public(handler!(show_version)),
        Group::Operations,
        words("Versions of program and formats", "程序与各格式的版本"),
        reply::<Version>(),
    ),
    get(
        "/openapi.json",
        Door::Public(handler!(show_openapi)),
        Group::Operations,
        words(
            "This API, as an OpenAPI 3.1 document",
            "OpenAPI 3.1 格式的接口描述",
        ),
        Reply::Json(|_| json_schema!({ "type": "object" })),
    ),
    get(
        "/docs",
        Door::Public(handler!(show_docs)),
        Group::Operations,
        words("This API, as a page to read", "可供阅读的接口文档"),
        Reply::Text("text/html"),
    ),
    get(
        "/docs/style.css",
        Door::Public(handler!(show_style)),
        Group::Operations,
        words("How that page looks", "文档页面的样式"),
        Reply::Text("text/css"),
    ),
];

/// What this is.
#[derive(Serialize, JsonSchema)]
struct Greeting {
    /// The name.
    message: &'static str,
    /// The version.
    version: &'static str,
    /// `running`, or `draining` while it shuts down.
    status: &'static str,
    /// Where the documentation is.
    documentation: &'static str,
}

/// Versions of program and formats.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names are those of the body")]
struct Version {
    /// Of the program.
    version: &'static str,
    /// Of the configuration files it writes.
    config_schema: u32,
    /// Of the events of runs.
    events: u32,
}

async fn greet(visit: Visit) -> Result<Response, ApiError> {
    json(&Greeting {
        message: "LLM Cooperation System",
        version: env!("CARGO_PKG_VERSION"),
        status: if visit.app.is_draining() {
            "draining"
        } else {
            "running"
        },
        documentation: "/docs",
    })
}

async fn show_version(_: Visit) -> Result<Response, ApiError> {
    json(&Version {
        version: env!("CARGO_PKG_VERSION"),
        config_schema: SCHEMA_VERSION,
        events: EVENT_VERSION,
    })
}

async fn show_openapi(_: Visit) -> Result<Response, ApiError> {
    Ok(json_text(openapi::text().to_owned()))
}

async fn show_docs(visit: Visit) -> Result<Response, ApiError> {
    let mut response = docs_page::page(visit.lang()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    );
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

async fn show_style(_: Visit) -> Result<Response, ApiError> {
    let mut response = docs_page::STYLE.into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/css; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}
