//! Runs a plan: one model, or several that cooperate, through the same caller.

use std::borrow::Cow;

use super::account::Account;
use super::call::{CallEngine, Caller};
use super::error::GatewayError;
use super::limits::Admitted;
use super::respond::Served;
use crate::cooperation::budget::Budget;
use crate::cooperation::{CoopError, Run, integrators, modes};
use crate::provider::protocols::fields::{unsayable, untranslatable};
use crate::types::answer::Answer;
use crate::types::caller::{Attempt, CallOrder, CallReport, ModelCaller as _};
use crate::types::chat::ChatRequest;
use crate::types::code::Code;
use crate::types::cooperation::{
    Contribution, CoopOutcome, CooperationPlan, Member, MemberFailure, Stage,
};
use crate::types::ids::{ModelName, ProviderName};
use crate::types::money::Bill;
use crate::types::plan::RoutePlan;
use crate::types::run_event::{EventSink, RunEvent};

/// What came of a plan.
pub struct Outcome {
    /// The answer; its usage is that of all calls.
    pub answer: Answer,
    /// Who gave it.
    pub served: Served,
    /// Everything that was tried.
    pub attempts: Vec<Attempt>,
    /// The run, where several models worked.
    pub cooperation: Option<CoopOutcome>,
    /// What the successful calls cost.
    pub bill: Bill,
    /// Until the first content of a streamed answer.
    pub first_token: Option<std::time::Duration>,
    /// What the caller should know.
    pub warnings: Vec<String>,
}

/// Runs plans.
pub struct Runner<'a> {
    /// What calls are made with.
    pub engine: &'a CallEngine,
    /// Whom they are booked to.
    pub account: &'a Account,
    /// Where progress is reported.
    pub events: &'a EventSink,
}

impl Runner<'_> {
    /// Runs a plan to its end.
    pub async fn run(
        &self,
        plan: &RoutePlan,
        admitted: &Admitted,
    ) -> Result<Outcome, GatewayError> {
        let caller = Caller {
            engine: self.engine,
            account: self.account,
            deadline: admitted.deadline(),
        };
        let request = &admitted.ask().chat;
        let outcome = match &plan.cooperation {
            None => self.one(&caller, plan, request).await,
            Some(cooperation) => self.several(&caller, plan, cooperation, request).await,
        };
        outcome.map_err(|error| self.told(error))
    }

    /// One model: the first of the plan that answers.
    async fn one(
        &self,
        caller: &Caller<'_>,
        plan: &RoutePlan,
        request: &ChatRequest,
    ) -> Result<Outcome, GatewayError> {
        let member = self.sole_member(plan);
        let order = CallOrder {
            member: &member,
            request: Cow::Borrowed(request),
            stage: Stage::Answer { round: 1 },
            events: self.events,
            is_final: true,
        };
        let report = caller.ask(order).await?;
        let warnings = self.untranslated(&report, request);
        let mut bill = Bill::default();
        bill.add(report.cost);
        Ok(Outcome {
            served: Served {
                model: report.model,
                provider: report.provider,
            },
            answer: report.answer,
            attempts: report.attempts,
            cooperation: None,
            bill,
            first_token: report.first_token,
            warnings,
        })
    }

    /// Fields of the client's own dialect that the provider's protocol has no place for.
    fn untranslated(&self, report: &CallReport, request: &ChatRequest) -> Vec<String> {
        let protocol = self
            .engine
            .deployments
            .get(&report.deployment)
            .map(|deployment| deployment.adapter.0.name());
        let Some(protocol) = protocol else {
            return Vec::new();
        };
        let mut fields = Vec::new();
        if protocol != "openai" {
            fields = untranslatable(request);
        }
        fields.extend(unsayable(request, protocol));
        fields
            .iter()
            .map(|field| {
                format!(
                    "`{field}` has no counterpart at provider `{}` and was left out",
                    report.provider
                )
            })
            .collect()
    }

    fn sole_member(&self, plan: &RoutePlan) -> Member {
        let first = plan.steps.first();
        let facts = first
            .and_then(|step| self.engine.deployments.get(&step.deployment))
            .map(|deployment| &deployment.facts);
        Member {
            label: first.map(|step| step.model.to_string()).unwrap_or_default(),
            model: first.map_or_else(|| ModelName::from(""), |step| step.model.clone()),
            targets: plan
                .steps
                .iter()
                .map(|step| step.deployment.clone())
                .collect(),
            role: None,
            price: facts.and_then(|facts| facts.price.clone()),
            max_output: facts.and_then(|facts| facts.max_output).unwrap_or(0),
        }
    }

    async fn several(
        &self,
        caller: &Caller<'_>,
        plan: &RoutePlan,
        cooperation: &CooperationPlan,
        request: &ChatRequest,
    ) -> Result<Outcome, GatewayError> {
        let mode = modes::find(&cooperation.mode)
            .ok_or_else(|| GatewayError::internal("the plan names a mode that does not exist"))?;
        let integrator = integrators::find(&cooperation.integrator).ok_or_else(|| {
            GatewayError::internal("the plan names an integrator that does not exist")
        })?;
        let clock = &*self.engine.clock;
        let budget = Budget::new(cooperation.caps, clock.now());
        let run = Run {
            request,
            language: plan.profile.language,
            plan: cooperation,
            integrator,
            caller,
            budget: &budget,
            clock,
            events: self.events,
        };
        let members = cooperation
            .members
            .iter()
            .map(|member| member.label.clone())
            .collect();
        let event = RunEvent::RunStarted {
            mode: cooperation.mode.clone(),
            members,
        };
        self.events.emit(event).await;
        let outcome = mode
            .run(&run)
            .await
            .map_err(|error| self.failed(error, cooperation))?;
        self.finish_stream(&outcome).await;
        Ok(Outcome {
            served: Served {
                model: ModelName::new(format!("cooperate/{}", outcome.mode)),
                provider: providers(&outcome),
            },
            attempts: self.attempts(&outcome.contributions, cooperation),
            bill: outcome.bill(),
            // A run's answer is its own, even where it is one member's to the letter.
            answer: Answer {
                wire: None,
                ..outcome.answer.clone()
            },
            first_token: None,
            warnings: Vec::new(),
            cooperation: Some(outcome),
        })
    }

    /// A final answer that was not streamed while it was made is sent in one piece.
    async fn finish_stream(&self, outcome: &CoopOutcome) {
        if self.events.is_listening() && !self.events.final_started() {
            for event in super::call::events_of(&outcome.answer) {
                self.events.emit_final(event).await;
            }
        }
    }

    fn failed(&self, error: CoopError, cooperation: &CooperationPlan) -> GatewayError {
        let attempts = self.attempts(&error.contributions, cooperation);
        let retry_after = attempts
            .iter()
            .filter_map(|attempt| attempt.failure.as_ref()?.retry_after)
            .min();
        GatewayError {
            attempts,
            ..GatewayError::new(error.code, error.message)
        }
        .with_retry_after(retry_after)
    }

    /// Every exchange of a run. A member that failed is listed once, under its first target.
    fn attempts(&self, parts: &[Contribution], cooperation: &CooperationPlan) -> Vec<Attempt> {
        let members = || cooperation.members.iter().chain(&cooperation.judge);
        let mut attempts = Vec::new();
        for part in parts {
            match &part.result {
                Ok(report) => attempts.extend(report.attempts.iter().cloned()),
                Err(MemberFailure::Skipped(_)) => {}
                Err(MemberFailure::Failed(failure)) => {
                    let Some(member) = members().find(|member| member.label == part.member) else {
                        continue;
                    };
                    let Some(target) = member.targets.first() else {
                        continue;
                    };
                    let provider = self.engine.deployments.get(target);
                    attempts.push(Attempt {
                        deployment: target.clone(),
                        model: member.model.clone(),
                        provider: provider
                            .map_or_else(|| ProviderName::from(""), |one| one.provider.clone()),
                        failure: Some(failure.clone()),
                        duration: std::time::Duration::ZERO,
                    });
                }
            }
        }
        attempts
    }

    /// A reply that broke off after its reader had seen part of it has a code of its own.
    fn told(&self, mut error: GatewayError) -> GatewayError {
        let is_break = matches!(
            error.code,
            Code::ProviderTruncated | Code::AllCandidatesFailed
        );
        if is_break && self.events.final_started() {
            error.code = Code::StreamInterrupted;
        }
        error
    }
}

/// The provider of a run, where all calls went to one.
fn providers(outcome: &CoopOutcome) -> ProviderName {
    let mut names: Vec<&ProviderName> = outcome
        .reports()
        .map(|report: &CallReport| &report.provider)
        .collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [only] => (*only).clone(),
        _ => ProviderName::from("several"),
    }
}
