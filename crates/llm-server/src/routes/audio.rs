//! `POST /v1/audio/…`: speech from text, and text from recordings.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::work::read;
use schemars::SchemaGenerator;

use super::{Answer, Door, Group, Reply, Route, Verb, body, form, handler, words};
use crate::error::{ApiError, Shape};
use crate::schema::work::{SpeechRequest, Transcript, TranscriptRequest};
use crate::visit::Call;
use crate::work;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Verb::Post,
        path: "/v1/audio/speech",
        door: Door::Needs(Permission::Inference, handler!(speak)),
        group: Group::OpenAi,
        summary: words(
            "Speak a text; the sound is sent as it is made",
            "朗读文本，音频边生成边返回",
        ),
        params: &[],
        body: Some(body::<SpeechRequest>()),
        reply: Reply::Bytes("audio/*"),
        shape: Shape::Standard,
    },
    Route {
        path: "/v1/audio/transcriptions",
        door: Door::Needs(Permission::Inference, handler!(transcribe)),
        summary: words("Write down what is said in a recording", "把录音转写为文字"),
        ..TRANSCRIPT
    },
    Route {
        path: "/v1/audio/translations",
        door: Door::Needs(Permission::Inference, handler!(translate)),
        summary: words(
            "Write down in English what is said in a recording",
            "把录音内容翻译并转写为英文",
        ),
        ..TRANSCRIPT
    },
];

const TRANSCRIPT: Route = Route {
    method: Verb::Post,
    path: "",
    door: Door::Needs(Permission::Inference, handler!(transcribe)),
    group: Group::OpenAi,
    summary: words("", ""),
    params: &[],
    body: Some(form::<TranscriptRequest>()),
    reply: Reply::JsonOrText(SchemaGenerator::subschema_for::<Transcript>, "text/plain"),
    shape: Shape::Standard,
};

async fn speak(mut call: Call) -> Result<Response, ApiError> {
    let asked = read::speech(call.json().await?)?;
    work::answer(call, asked).await
}

fn transcribe(call: Call) -> Answer {
    Box::pin(write_down(call, false))
}

fn translate(call: Call) -> Answer {
    Box::pin(write_down(call, true))
}

async fn write_down(mut call: Call, in_english: bool) -> Result<Response, ApiError> {
    let (form, faults) = call.form().await?;
    let asked = read::transcript(form, in_english);
    work::answer_form(call, asked, faults).await
}
