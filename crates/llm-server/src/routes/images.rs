//! `POST /v1/images/…`: pictures from a text, and pictures changed by one.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::work::read;

use super::{Door, Group, Route, Verb, body, form, handler, reply, words};
use crate::error::{ApiError, Shape};
use crate::schema::work::{ImageEditRequest, ImageList, ImageRequest};
use crate::visit::Call;
use crate::work;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Verb::Post,
        path: "/v1/images/generations",
        door: Door::Needs(Permission::Inference, handler!(draw)),
        group: Group::OpenAi,
        summary: words("Draw pictures of a text", "根据文本生成图片"),
        params: &[],
        body: Some(body::<ImageRequest>()),
        reply: reply::<ImageList>(),
        shape: Shape::Standard,
    },
    Route {
        method: Verb::Post,
        path: "/v1/images/edits",
        door: Door::Needs(Permission::Inference, handler!(edit)),
        group: Group::OpenAi,
        summary: words("Change pictures as a text says", "按文本说明修改图片"),
        params: &[],
        body: Some(form::<ImageEditRequest>()),
        reply: reply::<ImageList>(),
        shape: Shape::Standard,
    },
];

async fn draw(mut call: Call) -> Result<Response, ApiError> {
    let asked = read::images(call.json().await?)?;
    work::answer(call, asked).await
}

async fn edit(mut call: Call) -> Result<Response, ApiError> {
    let (form, faults) = call.form().await?;
    let asked = read::image_edits(form);
    work::answer_form(call, asked, faults).await
}
