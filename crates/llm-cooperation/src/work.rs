//! Work besides conversations, wherever it is done: in this process or in the gateway of
//! `--server`. Both come out alike.

use bytes::Bytes;
use clap::Args;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use llm_console::catalogue::Message;
use llm_console::input::{Sources as _, System};
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::gateway::asked::fields::refused;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::remote::{RemoteBody, RemoteReply};
use llm_core::gateway::work::read::{self, WorkAsked};
use llm_core::gateway::work::{Begun, WorkDone, WorkInbound, WorkPiece, WorkRun};
use llm_core::types::ids::RequestId;
use llm_core::types::plan::AUTO;
use llm_core::types::raw::RawFields;
use llm_core::types::upload::{Form, FormPiece};
use llm_setup::failure;
use serde_json::{Value, json};

use crate::local::Local;
use crate::run::{Backend, patience, report};

/// Largest file that is read.
const MAX_FILE: u64 = 512 << 20;

/// Who does it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WorkerFlags {
    /// This model, alias or route; without it the router chooses among those that can
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
}

impl WorkerFlags {
    /// The model, or `auto`.
    pub(crate) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or(AUTO)
    }
}

/// What is to be done.
pub(crate) enum Job {
    /// What a JSON body says, at an endpoint.
    Json(&'static str, Value),
    /// What a form says; the first field is the model.
    Form(&'static str, Vec<FormPiece>),
}

/// What came of it.
pub(crate) enum Outcome {
    /// The body of a reply.
    Json(Value),
    /// Bytes as they arrive.
    Bytes(BoxStream<'static, Result<Bytes, Report>>),
}

/// Does it.
pub(crate) async fn run(backend: &Backend, console: &Console, job: Job) -> Result<Outcome, Report> {
    match backend {
        Backend::Local(local) => here(local, console, job).await,
        Backend::Remote(remote) => {
            let within = patience(console);
            let reply = match &job {
                Job::Json(path, body) => remote.work(path, RemoteBody::Json(body), within).await,
                Job::Form(path, pieces) => {
                    let form = Form::whole(pieces.clone());
                    let model = form.text("model").unwrap_or(AUTO);
                    remote
                        .work(path, RemoteBody::Form(&form, model), within)
                        .await
                }
            };
            Ok(match reply.map_err(|error| report(&error))? {
                RemoteReply::Json(body) => Outcome::Json(body),
                RemoteReply::Bytes(bytes) => Outcome::Bytes(
                    bytes
                        .map(|chunk| chunk.map_err(|error| report(&error)))
                        .boxed(),
                ),
            })
        }
    }
}

async fn here(local: &Local, console: &Console, job: Job) -> Result<Outcome, Report> {
    let asked = asked(job).map_err(|error| failure::report(&error, None))?;
    let mut inbound = WorkInbound::in_process(asked);
    inbound.time_limit = console.settings.timeout;
    let id = inbound.id.clone();
    let mut run = local.gateway.work(inbound);
    let begun = run.begin().await;
    match begun.map_err(|error| failure::report(&error, Some(&id)))? {
        Begun::Whole(done) => Ok(Outcome::Json(whole(&done))),
        Begun::Passing(_) => Ok(Outcome::Bytes(pieces(run, id))),
    }
}

fn asked(job: Job) -> Result<WorkAsked, GatewayError> {
    let (path, body) = match job {
        Job::Form("/v1/audio/translations", pieces) => {
            return Ok(read::transcript(Form::whole(pieces), true));
        }
        Job::Form(_, pieces) => return Ok(read::transcript(Form::whole(pieces), false)),
        Job::Json(path, body) => (path, body),
    };
    let fields = RawFields::parse(body.to_string().as_bytes())
        .map_err(|error| refused(error, "the request"))?;
    match path {
        "/v1/embeddings" => read::embeddings(fields),
        "/v1/audio/speech" => read::speech(fields),
        "/v1/images/generations" => read::images(fields),
        _ => Err(GatewayError::internal(format!("no work at {path}"))),
    }
}

fn whole(done: &WorkDone) -> Value {
    let mut body = serde_json::to_value(done.body.as_ref()).unwrap_or_else(|_| json!({}));
    body["llm_cooperation"] = done.metadata();
    body
}

fn pieces(run: WorkRun, id: RequestId) -> BoxStream<'static, Result<Bytes, Report>> {
    stream::unfold((run, id), |(mut run, id)| async move {
        let piece = match run.next().await? {
            WorkPiece::Bytes(bytes) => Ok(bytes),
            WorkPiece::Failed(error) => Err(failure::report(&error, Some(&id))),
            WorkPiece::Head(_) | WorkPiece::Done(_) => return None,
        };
        Some((piece, (run, id)))
    })
    .boxed()
}

/// Whether the whole reply is wanted as JSON.
pub(crate) fn wants_json(console: &Console) -> Result<bool, Report> {
    let format = console
        .ui
        .format(Format::Text, &[Format::Text, Format::Json])?;
    Ok(format == Format::Json)
}

/// Refuses to write sound or pictures to a terminal.
pub(crate) fn check_terminal(console: &Console, file: &str) -> Result<(), Report> {
    if !console.ui.writes_to_terminal() {
        return Ok(());
    }
    let message = Message::new("cooperation.work.terminal");
    Err(Report::usage(message).hint(format!("--output {file}")))
}

/// Writes bytes as they arrive. A file appears only when all of them have.
pub(crate) async fn write(
    console: &Console,
    mut bytes: BoxStream<'static, Result<Bytes, Report>>,
) -> Result<(), Halt> {
    let mut sink = console.ui.sink()?;
    while let Some(chunk) = bytes.next().await {
        sink.bytes(&chunk?)?;
    }
    sink.finish()
}

/// The bytes of a file, or of standard input.
pub(crate) fn read_file(console: &Console, path: &str) -> Result<Vec<u8>, Report> {
    let mut sources = System::new(&console.ui);
    let read = if path == "-" {
        sources.stdin(MAX_FILE + 1, true)
    } else {
        sources.file(path, MAX_FILE + 1)
    };
    let bytes = read.map_err(|error| {
        let words = error.to_string();
        let reason = words.split(" (os error").next().unwrap_or_default();
        let message = Message::new("common.input.unreadable")
            .with("path", path)
            .with("reason", reason);
        Report::new("input_unreadable", message).with("path", path)
    })?;
    if bytes.is_empty() {
        let message = Message::new("cooperation.ask.attachment_empty").with("path", path);
        return Err(Report::new("empty_query", message).with("path", path));
    }
    if bytes.len() as u64 > MAX_FILE {
        let message = Message::new("cooperation.ask.attachment_too_large")
            .with("path", path)
            .with("limit", MAX_FILE);
        return Err(Report::new("request_too_large", message).with("limit", MAX_FILE));
    }
    Ok(bytes)
}
