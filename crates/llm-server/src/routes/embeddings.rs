//! `POST /v1/embeddings` and `POST /v1/rerank`.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::work::read;

use super::{Door, Group, Route, Verb, body, handler, reply, words};
use crate::error::{ApiError, Shape};
use crate::schema::work::{EmbeddingList, EmbeddingRequest, Ranking, RankingRequest};
use crate::visit::Call;
use crate::work;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Verb::Post,
        path: "/v1/embeddings",
        door: Door::Needs(Permission::Inference, handler!(create_embeddings)),
        group: Group::OpenAi,
        summary: words("Turn texts into vectors", "把文本转换为向量"),
        params: &[],
        body: Some(body::<EmbeddingRequest>()),
        reply: reply::<EmbeddingList>(),
        shape: Shape::Standard,
    },
    Route {
        method: Verb::Post,
        path: "/v1/rerank",
        door: Door::Needs(Permission::Inference, handler!(rank)),
        group: Group::OpenAi,
        summary: words(
            "Order documents by how well they answer a query",
            "按与查询的相关程度为文档排序",
        ),
        params: &[],
        body: Some(body::<RankingRequest>()),
        reply: reply::<Ranking>(),
        shape: Shape::Standard,
    },
];

async fn create_embeddings(mut call: Call) -> Result<Response, ApiError> {
    let asked = read::embeddings(call.json().await?)?;
    work::answer(call, asked).await
}

async fn rank(mut call: Call) -> Result<Response, ApiError> {
    let asked = read::rerank(call.json().await?)?;
    work::answer(call, asked).await
}
