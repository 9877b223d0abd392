//! The way of a request besides chat: the same authentication, places, routing, attempts and books,
//! without a conversation.
//!
//! A reply is either whole, and then read before it counts, or passed on as it arrives (sound,
//! plain text). A request with files in it is not held: what has been read of it before it could
//! be routed is kept and can be sent again, the rest goes from the client's socket to the
//! provider's. So another attempt is possible as long as nothing beyond the kept part has been
//! taken from the client.

mod attempts;
mod done;
mod exchange;
pub mod read;
mod run;

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

pub use done::WorkDone;
pub use run::{Begun, Opening, WorkPiece, WorkRun};

use super::account::Account;
use super::auth::{Grant, Permission};
use super::call::Caller;
use super::error::{self, GatewayError};
use super::inbound::Origin;
use super::{Counted, Gateway};
use crate::telemetry::metrics;
use crate::types::caller::CallFailed;
use crate::types::code::Code;
use crate::types::ids::RequestId;
use crate::types::plan::Preferences;
use crate::types::secret::Secret;
use crate::types::work::{Work, WorkTask};

use attempts::Attempts;
use exchange::Working;
use read::WorkAsked;

/// Pieces of a reply that wait for a reader.
const WAITING: usize = 4;

/// Work as it arrives at the gateway.
#[derive(Debug)]
pub struct WorkInbound {
    /// Our id for it.
    pub id: RequestId,
    /// What is asked.
    pub work: Work,
    /// A model, alias or route, or `auto`.
    pub model: String,
    /// How to choose.
    pub preferences: Preferences,
    /// The gateway key that was shown, not yet looked at.
    pub credential: Option<Secret>,
    /// Where it comes from.
    pub origin: Origin,
    /// The time the caller gives it; the configured limit is the ceiling.
    pub time_limit: Option<Duration>,
    /// The end user it is for, for usage reports.
    pub user: Option<String>,
}

impl WorkInbound {
    /// Work of this process itself.
    pub fn in_process(asked: WorkAsked) -> Self {
        Self {
            id: RequestId::mint(),
            work: asked.work,
            model: asked.model,
            preferences: asked.preferences,
            credential: None,
            origin: Origin::InProcess,
            time_limit: None,
            user: asked.user,
        }
    }
}

impl Gateway {
    /// Begins work. Nothing happens until the run is read; dropping it ends everything it started.
    pub fn work(&self, inbound: WorkInbound) -> WorkRun {
        let (pieces, reader) = mpsc::channel(WAITING);
        let gateway = self.clone();
        let run = async move { gateway.observed_work(inbound, pieces).await };
        WorkRun::new(run.boxed(), reader)
    }

    async fn observed_work(
        &self,
        inbound: WorkInbound,
        pieces: mpsc::Sender<WorkPiece>,
    ) -> Result<WorkDone, GatewayError> {
        let clock = &self.parts.engine.clock;
        let started = clock.now();
        let running = self.parts.stats.requests.begin();
        let result = self.work_flow(inbound, pieces).await;
        let took = clock.now() - started;
        running.end(result.is_ok(), took);
        let outcome = match &result {
            Ok(_) => "ok",
            Err(error) => error.code.name(),
        };
        metrics::finished("single", outcome, took);
        result
    }

    /// The way of the work.
    async fn work_flow(
        &self,
        inbound: WorkInbound,
        pieces: mpsc::Sender<WorkPiece>,
    ) -> Result<WorkDone, GatewayError> {
        let parts = &*self.parts;
        let engine = &parts.engine;
        let grant = self.authorize(
            inbound.credential.as_ref(),
            inbound.origin,
            Permission::Inference,
        )?;
        check_size(&inbound.work, parts.limits.max_prompt_bytes())?;
        let started = engine.clock.now();
        let (_place, deadline) = parts.limits.enter(&grant, inbound.time_limit, started)?;
        let plan = parts.planner.plan_work(&inbound, &grant, engine)?;
        let account = account(&inbound, &grant);
        let caller = Caller {
            engine,
            account: &account,
            deadline,
        };
        let working = Working::new(&caller, &inbound.work, &plan, &pieces);
        let mut attempts = Attempts::new(&caller, &working);
        let counted = Counted::begin(&parts.stats, &plan);
        let result = timeout_at(deadline.at(), attempts.over_targets()).await;
        let took = engine.clock.now() - started;
        counted.end(matches!(&result, Ok(Ok(_))), took);
        let attempts = attempts.made;
        let success = match result {
            Ok(Ok(success)) => success,
            Ok(Err(failure)) => return Err(CallFailed { failure, attempts }.into()),
            Err(_) => return Err(error::deadline_passed()),
        };
        Ok(WorkDone::of(inbound, plan, success, attempts, took))
    }
}

fn account(inbound: &WorkInbound, grant: &Grant) -> Account {
    Account {
        request: inbound.id.clone(),
        key: grant.key().cloned(),
        user: inbound.user.clone(),
        task: inbound.work.operation().name().to_owned(),
    }
}

/// Work is bounded like a conversation.
fn check_size(work: &Work, most: usize) -> Result<(), GatewayError> {
    let (param, bytes) = match &work.task {
        WorkTask::Embeddings(asked) => ("input", read::text_bytes(&asked.inputs)),
        WorkTask::Rerank(asked) => (
            "documents",
            asked.query.len() + asked.documents.iter().map(String::len).sum::<usize>(),
        ),
        WorkTask::Speech(asked) => ("input", asked.input.len()),
        WorkTask::Images(asked) => ("prompt", asked.prompt.len()),
        WorkTask::Transcript(_) | WorkTask::ImageEdits(_) => return Ok(()),
    };
    if bytes <= most {
        return Ok(());
    }
    let message = format!("`{param}` has {bytes} bytes of text, more than the {most} allowed");
    Err(GatewayError::new(Code::RequestTooLarge, message)
        .with_param(param)
        .with_hint("raise `limits.max_prompt_bytes`, or send less"))
}
