//! A run, wherever it happens: in this process or in the gateway of `--server`. Both come out as
//! one stream of [`Moment`]s, so that nothing that prints knows the difference.

mod driver;
mod local;
mod remote;

use std::time::Duration;

use futures_util::stream::BoxStream;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::gateway::remote::Remote;
use serde_json::Value;

use crate::ask::Body;
use crate::local::Local;

pub(crate) use driver::{End, Reader, tell};
pub(crate) use remote::{open as open_remote, report};

/// Most bytes of a prompt that is sent to another gateway, which has its own limit.
const REMOTE_PROMPT: u64 = 16 << 20;

/// How long to wait for another gateway where `--timeout` says nothing.
const REMOTE_PATIENCE: Duration = Duration::from_mins(15);

/// Something that happens in a run.
#[derive(Debug)]
pub(crate) enum Moment {
    /// A change of state, or a piece of a member's text, as its event without number and date.
    Event(Value),
    /// More of the final answer.
    Text(String),
    /// More of the thoughts before it.
    Reasoning(String),
    /// The end: the run succeeded.
    Done(Box<Done>),
    /// The end: the run failed.
    Failed(Box<Failed>),
}

impl Moment {
    fn failed(failed: Failed) -> Self {
        Self::Failed(Box::new(failed))
    }
}

/// A run that succeeded.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// The answer.
    pub(crate) text: String,
    /// The thoughts before it.
    pub(crate) reasoning: String,
    /// What `--json` prints: the answer, who gave it, what it cost.
    pub(crate) result: Value,
    /// The decision behind it, where it is known.
    pub(crate) route: Option<Value>,
}

/// A run that failed.
#[derive(Debug)]
pub(crate) struct Failed {
    /// For people.
    pub(crate) report: Report,
    /// For events.
    pub(crate) error: Value,
}

/// How a run is to be told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Piece by piece.
    pub(crate) streamed: bool,
    /// With what happens meanwhile.
    pub(crate) events: bool,
    /// With the text of members that is not the final answer.
    pub(crate) member_deltas: bool,
}

/// Where runs happen.
pub(crate) enum Backend {
    /// Here.
    Local(Box<Local>),
    /// In another gateway.
    Remote(Box<Remote>),
}

/// A run under way.
pub(crate) struct Running {
    /// Its id; empty where it is not known before its end.
    pub(crate) id: String,
    /// What happens.
    pub(crate) moments: BoxStream<'static, Moment>,
}

impl Backend {
    /// Decides by the shared flags.
    pub(crate) fn open(console: &Console) -> Result<Self, Halt> {
        Ok(match open_remote(console)? {
            Some(remote) => Self::Remote(Box::new(remote)),
            None => Self::Local(Box::new(Local::open(console)?)),
        })
    }

    /// The most bytes a prompt may have.
    pub(crate) fn prompt_limit(&self) -> u64 {
        match self {
            Self::Local(local) => local.loaded.config.limits.max_prompt_bytes,
            Self::Remote(_) => REMOTE_PROMPT,
        }
    }

    /// Starts a run.
    pub(crate) async fn start(
        &self,
        console: &Console,
        body: Body,
        manner: Manner,
    ) -> Result<Running, Halt> {
        match self {
            Self::Local(local) => local::start(local, console, body, manner).map_err(Halt::from),
            Self::Remote(remote) => Ok(remote::start(remote, console, body, manner).await),
        }
    }

    /// Runs a service; what comes back is the reply of the HTTP surface.
    pub(crate) async fn service(&self, console: &Console, body: Body) -> Result<Value, Halt> {
        match self {
            Self::Local(local) => local::service(local, console, body)
                .await
                .map_err(Halt::from),
            Self::Remote(remote) => remote
                .post("/service", &body.into_value(), patience(console))
                .await
                .map_err(|error| Halt::Failed(report(&error))),
        }
    }

    /// Decides where a request would go.
    pub(crate) async fn explain(&self, console: &Console, body: Body) -> Result<Value, Halt> {
        match self {
            Self::Local(local) => local::explain(local, console, body).map_err(Halt::from),
            Self::Remote(remote) => {
                let told = remote
                    .post("/api/v1/route", &body.into_value(), patience(console))
                    .await;
                let mut told = told.map_err(|error| Halt::Failed(report(&error)))?;
                Ok(told["route"].take())
            }
        }
    }
}

/// How long to wait for another gateway.
pub(crate) fn patience(console: &Console) -> Duration {
    console.settings.timeout.unwrap_or(REMOTE_PATIENCE)
}
