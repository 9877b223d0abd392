//! `test --no-cost`: whether each provider answers and knows the model, found out from its list.

use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::gateway::Gateway;
use llm_core::gateway::inspect::ModelView;
use llm_core::types::code::Code;

use super::outcome::Outcome;
use crate::commands::models::offered;

/// The kind of these calls in the list.
const KIND: &str = "list";

/// What the providers' lists say of the models.
pub(super) fn outcomes(
    views: &[ModelView<'_>],
    gateway: &Gateway,
    console: &Console,
) -> Result<Vec<Outcome>, Report> {
    let answers = offered::ask(gateway, console)?;
    let of = |view: &ModelView<'_>| {
        let deployment = view.deployment;
        if let Some(why) = view.unusable {
            let code = match why.reason {
                "credential" => Code::MissingCredential,
                _ => Code::NoCandidate,
            };
            return Outcome::failed(view, KIND, Report::new(code.name(), why.detail.clone()));
        }
        let answer = answers
            .iter()
            .find(|answer| answer.provider == deployment.provider);
        match answer.and_then(|answer| answer.models.as_ref()) {
            None => Outcome::skipped(view, KIND, "cooperation.test.no_list"),
            Some(Err(failure)) => Outcome::failed(
                view,
                KIND,
                offered::unreachable(deployment.provider.as_str(), failure),
            ),
            Some(Ok(models)) if models.contains(&deployment.upstream_model) => {
                Outcome::good(view, KIND)
            }
            Some(Ok(_)) => {
                let message = Message::new("cooperation.test.not_listed")
                    .with("provider", &deployment.provider)
                    .with("path", &deployment.upstream_model);
                Outcome::failed(
                    view,
                    KIND,
                    Report::new(Code::ProviderModelNotFound.name(), message),
                )
            }
        }
    };
    Ok(views.iter().map(of).collect())
}
