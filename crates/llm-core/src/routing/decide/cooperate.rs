//! Whether several models work on a request, in which mode, and which of them.

use std::sync::Arc;

use super::super::Ranked;
use super::super::appraisal::estimated_cost;
use super::super::names::{Pick, Resolved};
use super::super::tasks::TaskTable;
use super::RouteError;
use super::build::Settings;
use super::rules::Rules;
use crate::types::ids::{DeploymentId, ModelName};
use crate::types::money::{Money, Price};
use crate::types::plan::{AUTO, Ask, Candidate, Fit};
use crate::types::task::{TaskName, TaskProfile};

/// Several models for one request. The gateway makes a plan of it.
#[derive(Clone, Debug)]
pub struct Cooperating {
    /// The name of the mode.
    pub mode: String,
    /// Who may take part, best first or in the order they were named. Where nobody named them,
    /// the gateway takes as many from the front as the configuration says.
    pub members: Vec<Participant>,
    /// Whether somebody named the members, so that all of them take part.
    pub named: bool,
    /// Why models cooperate on this request, in words.
    pub reason: String,
}

/// A model that may take part, with where to call it.
#[derive(Clone, Debug)]
pub struct Participant {
    /// The model.
    pub model: ModelName,
    /// Its deployments, best first. Never empty.
    pub targets: Vec<DeploymentId>,
    /// What its best deployment costs, where known.
    pub price: Option<Arc<Price>>,
    /// Most tokens it may write, where known.
    pub max_output: Option<u64>,
    /// Estimated cost of one call.
    pub estimated_cost: Option<Money>,
}

/// The fewest models that can cooperate on the router's own initiative.
const FEWEST: usize = 2;

/// What is known when it is decided whether models cooperate.
pub(super) struct Scene<'a> {
    pub(super) target: &'a Resolved,
    pub(super) ask: &'a Ask,
    pub(super) rules: &'a Rules,
    /// The candidates that may serve the request.
    pub(super) kept: &'a [Candidate],
    /// All of them, in the order of the strategy.
    pub(super) order: &'a [Ranked],
    pub(super) profile: &'a TaskProfile,
    pub(super) tasks: &'a TaskTable,
}

impl Scene<'_> {
    /// The cooperation of a request, if there is to be one.
    pub(super) fn cooperation(
        &self,
        settings: &Settings,
    ) -> Result<Option<Cooperating>, RouteError> {
        let named = self
            .rules
            .named_members
            .as_deref()
            .or(settings.cooperation_models.as_deref());
        let (mode, reason, members) = match self.asked_mode(settings)? {
            Some((Some(mode), reason)) => {
                (mode, reason, self.participants(named, settings.members))
            }
            Some((None, reason)) => {
                let mode = settings.mode_for(self.profile);
                let reason = format!("{reason}; {mode} suits {}", self.profile.task);
                (mode, reason, self.participants(named, settings.members))
            }
            None => {
                let Some(mode) = suggested(self.target, self.rules, self.profile, settings) else {
                    return Ok(None);
                };
                let members = self.participants(named, 0);
                if !is_worth_it(&members, self.rules, settings) {
                    return Ok(None);
                }
                (
                    mode,
                    "the question is open and demanding".to_owned(),
                    members,
                )
            }
        };
        Ok(Some(Cooperating {
            mode,
            members,
            named: named.is_some(),
            reason,
        }))
    }

    /// The mode that was asked for, and by whom; the mode is absent when left to the router.
    fn asked_mode(
        &self,
        settings: &Settings,
    ) -> Result<Option<(Option<String>, String)>, RouteError> {
        let by_request = || "the request asks for it".to_owned();
        let requested = self.ask.cooperation.as_ref();
        let mode = requested
            .and_then(|request| request.mode.as_deref())
            .filter(|mode| *mode != AUTO)
            .map(|mode| settings.known_mode(mode))
            .transpose()?;
        let by_target = match self.target {
            Resolved::Cooperate { mode } => {
                Some((mode.as_deref().map(str::to_owned), by_request()))
            }
            Resolved::Route(name) => settings
                .routes
                .get(&**name)
                .and_then(|route| route.mode.clone())
                .map(|mode| (Some(mode), format!("route `{name}` says so"))),
            Resolved::Auto { .. } | Resolved::Model(_) => None,
        };
        Ok(match (mode, by_target) {
            (Some(mode), _) => Some((Some(mode), by_request())),
            (None, Some(by_target)) => Some(by_target),
            (None, None) => requested.map(|_| (None, by_request())),
        })
    }
}

/// The mode the router itself would choose for a request that left everything to it.
///
/// Only `auto` and `quality` spend several calls unasked, and not when quality hardly matters.
fn suggested(
    target: &Resolved,
    rules: &Rules,
    profile: &TaskProfile,
    settings: &Settings,
) -> Option<String> {
    let left_to_us = matches!(target, Resolved::Auto { .. })
        && matches!(rules.label, "auto" | "quality")
        && rules.quality_priority >= 0.3
        && !rules.only_first;
    let mode = profile
        .cooperation
        .filter(|_| left_to_us && settings.auto_cooperate)?;
    settings.known_mode(mode).ok()
}

/// Whether there are enough members, and together they keep the limits on cost.
fn is_worth_it(members: &[Participant], rules: &Rules, settings: &Settings) -> bool {
    let chosen = &members[..members.len().min(settings.members)];
    let sum: i64 = chosen
        .iter()
        .filter_map(|member| member.estimated_cost)
        .map(|cost| cost.nanos)
        .fold(0, i64::saturating_add);
    chosen.len() >= FEWEST && rules.max_costs.iter().all(|limit| sum <= limit.nanos)
}

impl Scene<'_> {
    /// The distinct models worth taking part: those that were named, in that order; else, in the
    /// order of the strategy, those that suit the task or are for everything. When these are
    /// fewer than wanted, those for general text stand behind them, then all others.
    fn participants(&self, named: Option<&[Pick]>, wanted: usize) -> Vec<Participant> {
        let [mut members, mut general, mut others] = [const { Vec::new() }; 3];
        for ranked in self.order {
            let candidate = &self.kept[ranked.index];
            let group = match named {
                Some(picks) if !picks.iter().any(|pick| pick.means(candidate)) => continue,
                None if !suits(candidate) && wanted == 0 => continue,
                None if !suits(candidate) && self.is_general(candidate) => &mut general,
                None if !suits(candidate) => &mut others,
                _ => &mut members,
            };
            self.join(group, candidate);
        }
        match named {
            Some(picks) => {
                let place =
                    |member: &Participant| picks.iter().position(|pick| pick.model == member.model);
                members.sort_by_key(|member| place(member).unwrap_or(usize::MAX));
            }
            None if members.len() < wanted => {
                members.append(&mut general);
                members.append(&mut others);
            }
            None => {}
        }
        members
    }

    /// Adds a deployment to its model's entry.
    fn join(&self, group: &mut Vec<Participant>, candidate: &Candidate) {
        let known = group
            .iter_mut()
            .find(|member| member.model == candidate.model);
        match known {
            Some(member) => member.targets.push(candidate.deployment.clone()),
            None => group.push(Participant {
                model: candidate.model.clone(),
                targets: vec![candidate.deployment.clone()],
                price: candidate.price.clone(),
                max_output: candidate.max_output,
                estimated_cost: estimated_cost(candidate, self.profile),
            }),
        }
    }

    fn is_general(&self, candidate: &Candidate) -> bool {
        let model = candidate.model.as_str();
        self.tasks.fit(TaskName::GENERAL, model, &candidate.tasks) != Fit::Untold
    }
}

fn suits(candidate: &Candidate) -> bool {
    candidate.fit != Fit::Untold || candidate.tasks.is_empty()
}
