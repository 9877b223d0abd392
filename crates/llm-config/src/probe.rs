//! Asking models whether they answer: one tiny call each, or only the list of a provider's models,
//! which costs nothing.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use llm_console::report::Report;
use llm_core::config::error::ConfigErrors;
use llm_core::config::load::Loaded;
use llm_core::config::resolve::is_loopback;
use llm_core::gateway::Gateway;
use llm_core::gateway::deployments::Deployment;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::inbound::Inbound;
use llm_core::gateway::respond::Completion;
use llm_core::gateway::runtime::Runtime;
use llm_core::provider::demo;
use llm_core::types::chat::ChatRequest;
use llm_core::types::code::Code;
use llm_core::types::failure::Failure;
use llm_core::types::plan::{Ask, Fallback};
use llm_setup::configuration::report;

/// What is asked, and the most tokens of the answer.
const QUESTION: &str = "Reply with the word OK.";
const MOST_TOKENS: u32 = 16;

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// How long one model may take.
    pub(crate) timeout: Duration,
    /// How many are asked at once.
    pub(crate) concurrency: usize,
    /// Ask for the lists of models only.
    pub(crate) no_cost: bool,
    /// Ask nothing that is not on this machine.
    pub(crate) offline: bool,
}

/// What came of asking a model.
#[derive(Clone, Debug)]
pub(crate) struct Probed {
    /// The model.
    pub(crate) model: String,
    /// Its provider.
    pub(crate) provider: String,
    /// Whether the answer is simulated.
    pub(crate) simulated: bool,
    /// What came of it.
    pub(crate) verdict: Verdict,
}

/// What came of asking a model.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It answered.
    Answered(Box<Completion>),
    /// Its provider was asked for its list and answered; whether the model is in it.
    Listed(bool),
    /// Its provider has no such list.
    NoList,
    /// It was not asked, for this reason.
    Skipped(Skip),
    /// It failed.
    Failed(Code, String),
}

/// Why a model was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// It is switched off, or its provider is.
    Disabled,
    /// It is a simulated model that fails on purpose.
    FailsOnPurpose,
    /// It does other work than holding conversations, and a conversation is what is tried.
    NoConversations,
    /// It is not on this machine, and nothing else may be asked.
    Offline,
}

/// Builds the gateway.
pub(crate) fn assemble(loaded: &Loaded) -> Result<Gateway, ConfigErrors> {
    let connect = Duration::from_millis(loaded.config.limits.connect_ms);
    Gateway::assemble(loaded, &Runtime::standard(connect))
}

/// Asks models, in the order of the configuration: those named, or all.
pub(crate) fn ask(
    loaded: &Loaded,
    named: &[String],
    manner: Manner,
) -> Result<Vec<Probed>, Report> {
    let gateway = assemble(loaded).map_err(|errors| report(&errors))?;
    let views = gateway.models();
    let wanted: Vec<&Deployment> = views
        .iter()
        .map(|view| view.deployment)
        .filter(|one| named.is_empty() || named.iter().any(|name| name == one.model.as_str()))
        .collect();
    let is_named = !named.is_empty();
    let unusable: HashMap<&str, (&str, &str)> = views
        .iter()
        .filter_map(|view| {
            let why = view.unusable?;
            Some((
                view.deployment.model.as_str(),
                (why.reason, why.detail.as_str()),
            ))
        })
        .collect();
    block_on(async {
        let lists = if manner.no_cost {
            lists(&gateway, manner).await
        } else {
            HashMap::new()
        };
        let asked = wanted.into_iter().map(|place| {
            let (gateway, lists) = (&gateway, &lists);
            let without = without_asking(place, is_named, manner)
                .or_else(|| unusable.get(place.model.as_str()).copied().map(cannot));
            async move {
                let verdict = match without {
                    Some(verdict) => verdict,
                    None if manner.no_cost => listed(place, lists),
                    None => call(gateway, place.model.as_str(), manner.timeout).await,
                };
                Probed {
                    model: place.model.to_string(),
                    provider: place.provider.to_string(),
                    simulated: is_simulated(place),
                    verdict,
                }
            }
        });
        stream::iter(asked)
            .buffered(manner.concurrency)
            .collect::<Vec<_>>()
            .await
    })
}

fn is_simulated(place: &Deployment) -> bool {
    place.endpoint.base_url.scheme() == demo::SCHEME
}

/// What is known of a model without asking it.
fn without_asking(place: &Deployment, is_named: bool, manner: Manner) -> Option<Verdict> {
    let fails_on_purpose = is_simulated(place) && place.facts.tags.iter().any(|tag| tag == "fault");
    if fails_on_purpose && !is_named {
        return Some(Verdict::Skipped(Skip::FailsOnPurpose));
    }
    if !manner.no_cost && !place.facts.capabilities.holds_conversations() {
        return Some(Verdict::Skipped(Skip::NoConversations));
    }
    let is_near = is_simulated(place) || is_loopback(place.endpoint.base_url.as_str());
    (manner.offline && !is_near).then_some(Verdict::Skipped(Skip::Offline))
}

/// The verdict on a model that cannot be called at all.
fn cannot((reason, detail): (&str, &str)) -> Verdict {
    match reason {
        "disabled" => Verdict::Skipped(Skip::Disabled),
        "credential" => Verdict::Failed(Code::MissingCredential, detail.to_owned()),
        _ => Verdict::Failed(Code::NoCandidate, detail.to_owned()),
    }
}

/// One tiny call to exactly this model.
async fn call(gateway: &Gateway, model: &str, timeout: Duration) -> Verdict {
    let mut chat = ChatRequest::question(QUESTION);
    chat.sampling.max_tokens = Some(MOST_TOKENS);
    let mut ask = Ask::of_model(model, chat);
    ask.preferences.fallback = Fallback::None;
    let mut inbound = Inbound::in_process(ask);
    inbound.time_limit = Some(timeout);
    match gateway.chat(inbound).await {
        Ok(completion) => Verdict::Answered(Box::new(completion)),
        Err(error) => failed(&error),
    }
}

fn failed(error: &GatewayError) -> Verdict {
    Verdict::Failed(error.code, error.message.clone())
}

type Lists = HashMap<String, Option<Result<Vec<String>, Failure>>>;

/// What providers say of their models, by provider. Of a provider with several addresses, one that
/// failed is kept.
async fn lists(gateway: &Gateway, manner: Manner) -> Lists {
    let mut lists = Lists::new();
    for reached in gateway.reach(manner.timeout).await {
        let name = reached.provider.to_string();
        if !matches!(lists.get(&name), Some(Some(Err(_)))) {
            lists.insert(name, reached.models);
        }
    }
    lists
}

fn listed(place: &Deployment, lists: &Lists) -> Verdict {
    match lists.get(place.provider.as_str()) {
        Some(Some(Ok(names))) => Verdict::Listed(names.contains(&place.upstream_model)),
        Some(Some(Err(failure))) => Verdict::Failed(failure.kind.code(), failure.to_string()),
        Some(None) | None => Verdict::NoList,
    }
}

/// What came of asking one provider for its list of models.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// It answered. A list may be public, so this is no proof that the key is good.
    Answered,
    /// It could not be asked: it has no such list, or no model that is on.
    Not,
    /// It refused or failed.
    Refused(Code, String),
}

/// Asks one provider for its list of models, which costs nothing.
pub(crate) fn provider(loaded: &Loaded, name: &str, limit: Duration) -> Result<Asked, Report> {
    let gateway = assemble(loaded).map_err(|errors| report(&errors))?;
    let reached = block_on(gateway.reach(limit))?;
    let mut asked = Asked::Not;
    for one in reached {
        match one.models {
            Some(Err(failure)) if one.provider.as_str() == name => {
                return Ok(Asked::Refused(failure.kind.code(), failure.to_string()));
            }
            Some(Ok(_)) if one.provider.as_str() == name => asked = Asked::Answered,
            _ => {}
        }
    }
    Ok(asked)
}

/// Waits for something that needs the network.
fn block_on<F: Future>(future: F) -> Result<F::Output, Report> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(future))
        .map_err(|error| Report::new("internal_error", error.to_string()))
}
