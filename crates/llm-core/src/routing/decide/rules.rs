//! What a request, its target and the configuration together say about the choice.

use std::time::Duration;

use super::super::names::{Pick, Resolved, UnknownName};
use super::super::{Ranked, RouteQuery, RoutingStrategy, strategies};
use super::balance::balance;
use super::build::{RouteRow, Settings};
use super::{RouteError, Router};
use crate::types::ids::ModelName;
use crate::types::money::Money;
use crate::types::plan::{Ask, Candidate, Exclusion, Fallback};

/// The label of a decision for a named model.
const PINNED: &str = "pinned";

/// Everything the choice follows besides the request's text.
pub(super) struct Rules {
    /// Orders the candidates.
    pub(super) strategy: &'static dyn RoutingStrategy,
    /// Orders those that stand by.
    pub(super) spare_strategy: &'static dyn RoutingStrategy,
    /// Whether the deployments of one model are spread by `routing.balance`.
    pub(super) balances: bool,
    /// Its name, or `pinned`.
    pub(super) label: &'static str,
    /// 0 to 1.
    pub(super) quality_priority: f64,
    pub(super) max_latency: Option<Duration>,
    /// All of them hold.
    pub(super) max_costs: Vec<Money>,
    /// Choose among these, in this order of preference; among all when absent.
    pub(super) first: Option<Vec<Pick>>,
    /// Of these, only the ones the caller allows.
    pub(super) allowed: Option<Vec<Pick>>,
    /// For when all of the first fail.
    spare: Spare,
    /// The order of the spare models, where they were named.
    pub(super) spare_order: Vec<Pick>,
    /// Whether the caller named them, rather than a route.
    pub(super) caller_names_fallback: bool,
    /// Whether the first failure is final.
    pub(super) only_first: bool,
    /// Most different models in the plan.
    pub(super) most_models: usize,
    /// Whether somebody said which models take part, so that all of them do and in that order.
    pub(super) named_members: Option<Vec<Pick>>,
    pub(super) warnings: Vec<String>,
}

/// What a caller can see: the models it may use, and those that are known to it to be out.
pub(super) struct Sight<'a> {
    pub(super) candidates: &'a [Candidate],
    pub(super) excluded: &'a [Exclusion],
}

impl Sight<'_> {
    fn includes(&self, resolved: &Resolved) -> bool {
        let Resolved::Model(pick) = resolved else {
            return true;
        };
        self.candidates
            .iter()
            .any(|candidate| pick.means(candidate))
            || self.excluded.iter().any(|out| out.model == pick.model)
    }
}

/// Which models stand by.
enum Spare {
    None,
    All,
    These,
}

impl Rules {
    /// Spreads calls over the deployments of a model where the strategy does not.
    pub(super) fn balance_first(
        &self,
        order: &mut [Ranked],
        candidates: &[Candidate],
        method: &dyn RoutingStrategy,
        query: &RouteQuery<'_>,
    ) -> Vec<usize> {
        let is_pinned = self.label == PINNED;
        let balances = self
            .balances
            .then(|| balance(order, candidates, method, is_pinned, query));
        balances.unwrap_or_default()
    }

    /// The same among those that stand by.
    pub(super) fn balance_spare(
        &self,
        order: &mut [Ranked],
        candidates: &[Candidate],
        method: &dyn RoutingStrategy,
        query: &RouteQuery<'_>,
    ) -> Vec<usize> {
        let balances = !self.spare_strategy.tells_places_apart();
        let balances = balances.then(|| balance(order, candidates, method, false, query));
        balances.unwrap_or_default()
    }

    /// Whether the choice depends on what the text says. Of a named model only its price could be
    /// in question, for which the length of the answer is guessed.
    pub(super) fn follow_the_text(&self) -> bool {
        self.label != PINNED || !self.max_costs.is_empty()
    }

    /// Whether a candidate is one to choose among.
    pub(super) fn is_first(&self, candidate: &Candidate) -> bool {
        self.first
            .as_ref()
            .is_none_or(|picks| picks.iter().any(|pick| pick.means(candidate)))
    }

    /// Whether a candidate stands by.
    pub(super) fn is_spare(&self, candidate: &Candidate) -> bool {
        match self.spare {
            Spare::None => false,
            Spare::All => true,
            Spare::These => self.spare_place(candidate).is_some(),
        }
    }

    /// Whether the decision is about a model at all.
    pub(super) fn concerns(&self, model: &ModelName) -> bool {
        let named = |picks: &[Pick]| picks.iter().any(|pick| pick.model == *model);
        self.first.as_deref().is_none_or(named) || named(&self.spare_order)
    }

    /// A candidate's place in the order of the named fallbacks.
    pub(super) fn spare_place(&self, candidate: &Candidate) -> Option<usize> {
        self.spare_order
            .iter()
            .position(|pick| pick.means(candidate))
    }

    /// A candidate's place in the order of preference.
    pub(super) fn place(&self, candidate: &Candidate) -> usize {
        self.first
            .as_deref()
            .or(self.allowed.as_deref())
            .and_then(|picks| picks.iter().position(|pick| pick.means(candidate)))
            .unwrap_or(0)
    }
}

impl Router {
    /// Brings request, target and configuration together.
    pub(super) fn rules(
        &self,
        target: &Resolved,
        ask: &Ask,
        sight: &Sight<'_>,
    ) -> Result<Rules, RouteError> {
        let settings = &self.settings;
        let preferences = &ask.preferences;
        let is_wished = preferences.strategy.is_some();
        let route = match target {
            Resolved::Route(name) => settings.routes.get(&**name),
            _ => None,
        };
        let strategy = self.strategy(target, route, ask)?;
        let allowed = self.picks(&preferences.models, sight)?;
        let named_members = self.members(ask, route, sight)?;
        let pin = match target {
            // Members that were named take part whatever model the request names besides.
            Resolved::Model(pick) if named_members.is_none() => Some(vec![pick.clone()]),
            _ => None,
        };
        let pinned = pin.is_some();
        let mut rules = Rules {
            strategy,
            spare_strategy: if pinned { settings.strategy } else { strategy },
            balances: !strategy.tells_places_apart() || (pinned && !is_wished),
            label: if pinned { PINNED } else { strategy.name() },
            quality_priority: quality_priority(route, ask, settings)?,
            max_latency: preferences.max_latency,
            max_costs: route
                .and_then(|route| route.max_cost)
                .into_iter()
                .chain(preferences.max_cost)
                .collect(),
            first: pin
                .or_else(|| named_members.clone())
                .or_else(|| route.and_then(|route| route.models.clone())),
            allowed: allowed.filter(|_| !pinned),
            spare: Spare::None,
            spare_order: Vec::new(),
            caller_names_fallback: matches!(preferences.fallback, Fallback::Models(_)),
            only_first: preferences.fallback == Fallback::None,
            most_models: settings.max_candidates,
            named_members,
            warnings: self.warnings(ask),
        };
        if pinned && !preferences.models.is_empty() {
            rules
                .warnings
                .push("the list of models is not used: the request names its model".to_owned());
        }
        match &preferences.fallback {
            Fallback::Models(names) => {
                rules.spare_order = self.picks(names, sight)?.unwrap_or_default();
                rules.spare = Spare::These;
            }
            Fallback::ByPlan if pinned && settings.fallback_for_pinned => rules.spare = Spare::All,
            Fallback::ByPlan => {
                if let Some(route) = route.filter(|route| !route.fallback.is_empty()) {
                    rules.spare_order.clone_from(&route.fallback);
                    rules.spare = Spare::These;
                }
            }
            Fallback::None => {}
        }
        Ok(rules)
    }

    /// The caller's strategy, else the route's, else that of the name sent, else the configured
    /// one. The deployments of a named model follow `routing.balance`.
    fn strategy(
        &self,
        target: &Resolved,
        route: Option<&RouteRow>,
        ask: &Ask,
    ) -> Result<&'static dyn RoutingStrategy, RouteError> {
        if let Some(name) = &ask.preferences.strategy {
            return strategies::find(name).ok_or_else(|| RouteError::UnknownStrategy {
                name: name.clone(),
                known: strategies::names(),
            });
        }
        let settings = &self.settings;
        let by_name = match target {
            Resolved::Auto { strategy } => strategy.and_then(strategies::find),
            Resolved::Model(_) => Some(settings.balance),
            Resolved::Route(_) | Resolved::Cooperate { .. } => None,
        };
        Ok(route
            .and_then(|route| route.strategy)
            .or(by_name)
            .unwrap_or(self.settings.strategy))
    }

    /// The models of a list of names; `None` for an empty list.
    fn picks(&self, names: &[String], sight: &Sight<'_>) -> Result<Option<Vec<Pick>>, RouteError> {
        if names.is_empty() {
            return Ok(None);
        }
        names
            .iter()
            .map(|name| match self.resolve(name, sight)? {
                Resolved::Model(pick) => Ok(pick),
                other => Err(RouteError::NotAModel {
                    name: name.clone(),
                    kind: other.kind(),
                }),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// What a name stands for. A model the caller may not use does not exist for it, not even as
    /// a hint.
    pub(super) fn resolve(&self, name: &str, sight: &Sight<'_>) -> Result<Resolved, RouteError> {
        match self.names().resolve(name) {
            Ok(resolved) if sight.includes(resolved) => Ok(resolved.clone()),
            _ => Err(RouteError::ModelNotFound(UnknownName {
                name: name.to_owned(),
                nearest: self
                    .names()
                    .nearest(name, |resolved| sight.includes(resolved)),
            })),
        }
    }

    /// Who takes part in a cooperation, where the caller, the route or the configuration says so.
    fn members(
        &self,
        ask: &Ask,
        route: Option<&RouteRow>,
        sight: &Sight<'_>,
    ) -> Result<Option<Vec<Pick>>, RouteError> {
        if let Some(request) = &ask.cooperation {
            let stages = request.stages.iter().map(|stage| &stage.model);
            let names: Vec<String> = request
                .members
                .iter()
                .map(|member| &member.model)
                .chain(stages)
                .cloned()
                .collect();
            if let Some(picks) = self.picks(&names, sight)? {
                return Ok(Some(picks));
            }
        }
        Ok(route
            .filter(|route| route.mode.is_some())
            .and_then(|route| route.models.clone()))
    }

    fn warnings(&self, ask: &Ask) -> Vec<String> {
        let unknown = ask
            .task
            .as_deref()
            .filter(|word| self.tasks().canonical(word).is_none());
        unknown
            .map(|word| format!("task type `{word}` is not known and was taken as `general`"))
            .into_iter()
            .collect()
    }
}

fn quality_priority(
    route: Option<&RouteRow>,
    ask: &Ask,
    settings: &Settings,
) -> Result<f64, RouteError> {
    let asked = ask.preferences.quality_priority;
    if let Some(priority) = asked.filter(|priority| !(0.0..=1.0).contains(priority)) {
        return Err(RouteError::InvalidPreference {
            param: "quality_priority",
            problem: format!("{priority} is not between 0 and 1"),
        });
    }
    Ok(asked
        .or_else(|| route.and_then(|route| route.quality_priority))
        .unwrap_or(settings.quality_priority))
}
