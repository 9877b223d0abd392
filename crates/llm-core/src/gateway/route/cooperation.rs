//! The plan of a cooperation: every choice the caller left open is made here, from the route, the
//! configuration and the mode itself, and every choice the caller made is checked.

use std::time::Duration;

use crate::config::cooperation::CooperationConfig;
use crate::config::error::ConfigError;
use crate::config::key::KeyPath;
use crate::config::load::Loaded;
use crate::config::route::RouteConfig;
use crate::cooperation::{CooperationMode, Integrator, integrators, modes};
use crate::gateway::auth::Grant;
use crate::gateway::call::CallEngine;
use crate::gateway::error::GatewayError;
use crate::routing::decide::{Cooperating, Participant, Router};
use crate::routing::names::Resolved;
use crate::types::code::Code;
use crate::types::cooperation::{Caps, CooperationPlan, CooperationRequest, Member};
use crate::types::ids::ModelName;
use crate::types::money::{Currency, Money};
use crate::types::plan::Ask;

/// Most rounds a run may have.
const MAX_ROUNDS: u32 = 10;

/// What an answer is taken to be at most where nothing says so; budgets reserve by it.
const DEFAULT_OUTPUT: u64 = 4096;

/// What a plan is made from.
pub(super) struct Draft<'a> {
    pub(super) request: &'a Ask,
    pub(super) route: Option<&'a RouteConfig>,
    pub(super) defaults: &'a CooperationConfig,
    pub(super) router: &'a Router,
    pub(super) grant: &'a Grant,
    pub(super) engine: &'a CallEngine,
}

impl Draft<'_> {
    /// The plan, or what is wrong with the request for it.
    pub(super) fn plan(&self, cooperating: &Cooperating) -> Result<CooperationPlan, GatewayError> {
        let asked = self.request.cooperation.clone().unwrap_or_default();
        let mode = modes::find(&cooperating.mode)
            .ok_or_else(|| GatewayError::internal("the router named a mode that does not exist"))?;
        let (members, prompts) = self.members(cooperating, &asked)?;
        self.check_members(mode, &members)?;
        let integrator = self.integrator(mode, &asked)?;
        let judge = self.judge(&members, &asked)?;
        let rounds = self.rounds(&asked)?;
        let quorum = self.quorum(&asked, members.len())?;
        Ok(CooperationPlan {
            integrator: integrator.name().to_owned(),
            judge,
            rounds,
            quorum,
            caps: self.caps(mode, members.len(), rounds, &asked)?,
            early_stop: asked.early_stop.unwrap_or(mode.stops_early()),
            anonymous: asked.anonymous.unwrap_or(true),
            strict: asked.strict,
            mode: mode.name().to_owned(),
            members,
            prompts,
            reason: cooperating.reason.clone(),
        })
    }

    /// Who takes part, and the prompts of a pipeline's stages.
    fn members(
        &self,
        cooperating: &Cooperating,
        asked: &CooperationRequest,
    ) -> Result<(Vec<Member>, Vec<Option<String>>), GatewayError> {
        if !asked.stages.is_empty() {
            let mut members = Members::default();
            for stage in &asked.stages {
                members.add(&self.participant(&stage.model, cooperating)?, None);
            }
            let prompts = asked
                .stages
                .iter()
                .map(|stage| stage.prompt.clone())
                .collect();
            return Ok((members.list, prompts));
        }
        let mut members = Members::default();
        if asked.members.is_empty() {
            let count = if cooperating.named {
                cooperating.members.len()
            } else {
                self.defaults.members.max(1) as usize
            };
            for participant in cooperating.members.iter().take(count) {
                members.add(participant, None);
            }
        }
        for spec in &asked.members {
            let participant = self.participant(&spec.model, cooperating)?;
            for _ in 0..spec.count.clamp(1, self.defaults.max_members.max(1) + 1) {
                members.add(&participant, spec.role.as_deref());
            }
        }
        Ok((members.list, Vec::new()))
    }

    /// A model somebody named. One that cannot answer just now still takes part: its failure is
    /// told with the others, and does not keep them from answering.
    fn participant(
        &self,
        name: &str,
        cooperating: &Cooperating,
    ) -> Result<Participant, GatewayError> {
        let model = self.model(name)?;
        if let Some(found) = cooperating
            .members
            .iter()
            .find(|member| member.model == model)
        {
            return Ok(found.clone());
        }
        let places: Vec<_> = self.engine.deployments.of_model(model.as_str()).collect();
        let usable: Vec<_> = places.iter().filter(|one| one.unusable.is_none()).collect();
        let Some(first) = usable.first() else {
            let why = places.iter().find_map(|one| one.unusable.as_ref());
            let detail = why.map_or("it has no deployment", |why| why.detail.as_str());
            let message = format!("model `{model}` cannot take part: {detail}");
            let is_key = why.is_some_and(|why| why.reason == "credential");
            let code = if is_key {
                Code::MissingCredential
            } else {
                Code::NoCandidate
            };
            return Err(GatewayError::new(code, message).with_param("models"));
        };
        Ok(Participant {
            targets: usable.iter().map(|one| one.id.clone()).collect(),
            price: first.facts.price.clone(),
            max_output: first.facts.max_output,
            estimated_cost: None,
            model,
        })
    }

    fn model(&self, name: &str) -> Result<ModelName, GatewayError> {
        let known = self.router.names().resolve(name).ok();
        match known {
            Some(Resolved::Model(pick)) if self.grant.allows_model(pick.model.as_str()) => {
                Ok(pick.model.clone())
            }
            _ => {
                let message = format!("there is no model named `{name}`");
                Err(GatewayError::new(Code::ModelNotFound, message).with_param("models"))
            }
        }
    }

    fn check_members(
        &self,
        mode: &dyn CooperationMode,
        members: &[Member],
    ) -> Result<(), GatewayError> {
        let (least, most) = (mode.min_members(), self.defaults.max_members as usize);
        if members.len() < least {
            let message = format!(
                "mode `{}` needs at least {least} members and has {}",
                mode.name(),
                members.len()
            );
            return Err(GatewayError::new(Code::TooFewMembers, message)
                .with_param("models")
                .with_hint("name more models, or the same one several times as NAME*2"));
        }
        if members.len() > most {
            let message = format!("{} members are more than the {most} allowed", members.len());
            return Err(GatewayError::invalid("models", message)
                .with_hint("`cooperation.max_members` sets the limit"));
        }
        Ok(())
    }

    fn integrator(
        &self,
        mode: &dyn CooperationMode,
        asked: &CooperationRequest,
    ) -> Result<&'static dyn Integrator, GatewayError> {
        let by_route = self.route.and_then(|route| route.integrate.as_deref());
        let name = asked
            .integrator
            .as_deref()
            .or(by_route)
            .unwrap_or(mode.default_integrator());
        integrators::find(name).ok_or_else(|| {
            let known: Vec<&str> = integrators::INTEGRATORS
                .iter()
                .map(|integrator| integrator.name())
                .collect();
            let message = format!(
                "there is no integration strategy `{name}`; there are {}",
                known.join(", ")
            );
            GatewayError::new(Code::UnknownIntegrator, message).with_param("integration_strategy")
        })
    }

    /// Who judges or synthesises: the one that was named, else the best member by quality.
    fn judge(
        &self,
        members: &[Member],
        asked: &CooperationRequest,
    ) -> Result<Option<Member>, GatewayError> {
        let by_route = self.route.and_then(|route| route.judge.as_deref());
        let named = asked
            .judge
            .as_deref()
            .or(by_route)
            .or(self.defaults.judge.as_deref());
        let model = if let Some(name) = named {
            self.model(name)
                .map_err(|error| error.with_param("judge"))?
        } else {
            let Some(best) = self.best(members) else {
                return Ok(None);
            };
            best.model.clone()
        };
        let everybody = Cooperating {
            mode: String::new(),
            members: Vec::new(),
            named: true,
            reason: String::new(),
        };
        let participant = self.participant(model.as_str(), &everybody)?;
        let mut judges = Members {
            list: members.to_vec(),
        };
        judges.add(&participant, None);
        Ok(judges.list.pop())
    }

    /// The member of the highest quality; of equals the first, as members are in the order of
    /// preference.
    fn best<'m>(&self, members: &'m [Member]) -> Option<&'m Member> {
        let quality = |member: &Member| {
            let place = self.engine.deployments.get(member.targets.first()?)?;
            place.facts.quality
        };
        members.iter().rev().max_by(|a, b| {
            quality(a)
                .unwrap_or(0.0)
                .total_cmp(&quality(b).unwrap_or(0.0))
        })
    }

    fn rounds(&self, asked: &CooperationRequest) -> Result<u32, GatewayError> {
        let by_route = self.route.and_then(|route| route.rounds);
        let rounds = asked.rounds.or(by_route).unwrap_or(self.defaults.rounds);
        if !(1..=MAX_ROUNDS).contains(&rounds) {
            let message = format!("{rounds} rounds; there can be 1 to {MAX_ROUNDS}");
            return Err(GatewayError::invalid("rounds", message));
        }
        Ok(rounds)
    }

    fn quorum(&self, asked: &CooperationRequest, members: usize) -> Result<u32, GatewayError> {
        let by_route = self.route.and_then(|route| route.quorum);
        let quorum = asked.quorum.or(by_route).unwrap_or(1);
        if quorum == 0 || quorum as usize > members {
            let message = format!("a quorum of {quorum} cannot be met by {members} members");
            return Err(GatewayError::invalid("quorum", message));
        }
        Ok(quorum)
    }

    fn caps(
        &self,
        mode: &dyn CooperationMode,
        members: usize,
        rounds: u32,
        asked: &CooperationRequest,
    ) -> Result<Caps, GatewayError> {
        let configured = |text: Option<&str>| {
            text.map(|text| Money::parse(text, Currency::USD))
                .transpose()
                .map_err(|error| GatewayError::internal(format!("a configured amount: {error}")))
        };
        let by_route = configured(self.route.and_then(|route| route.max_cost.as_deref()))?;
        let by_default = configured(self.defaults.max_cost.as_deref())?;
        Ok(Caps {
            calls: asked
                .max_calls
                .or(self.defaults.max_calls)
                .unwrap_or_else(|| mode.max_calls(members, rounds)),
            tokens: asked.max_tokens.or(self.defaults.max_tokens),
            cost: asked
                .max_cost
                .or(self.request.preferences.max_cost)
                .or(by_route)
                .or(by_default),
            deadline: asked
                .deadline
                .unwrap_or(Duration::from_millis(self.defaults.deadline_ms)),
        })
    }
}

/// Members with labels of their own.
#[derive(Default)]
struct Members {
    list: Vec<Member>,
}

impl Members {
    fn add(&mut self, participant: &Participant, role: Option<&str>) {
        let same = self
            .list
            .iter()
            .filter(|member| member.model == participant.model)
            .count();
        let label = match same {
            0 => participant.model.to_string(),
            earlier => format!("{}#{}", participant.model, earlier + 1),
        };
        self.list.push(Member {
            label,
            model: participant.model.clone(),
            targets: participant.targets.clone(),
            role: role.map(str::to_owned),
            price: participant.price.clone(),
            max_output: participant.max_output.unwrap_or(DEFAULT_OUTPUT),
        });
    }
}

/// What is wrong with the cooperation sections of a configuration.
pub(super) fn problems(loaded: &Loaded) -> Vec<ConfigError> {
    let config = &loaded.config;
    let mut problems = Vec::new();
    let mut amount = |key: KeyPath, text: Option<&String>| {
        if let Some(Err(error)) = text.map(|text| Money::parse(text, Currency::USD)) {
            problems.push(loaded.finding(&key, error));
        }
    };
    amount(
        KeyPath::of(["cooperation", "max_cost"]),
        config.cooperation.max_cost.as_ref(),
    );
    for (name, route) in &config.routes {
        amount(
            KeyPath::of(["routes", name, "max_cost"]),
            route.max_cost.as_ref(),
        );
    }
    for (name, route) in &config.routes {
        let unknown = route
            .integrate
            .as_deref()
            .filter(|name| integrators::find(name).is_none());
        if let Some(unknown) = unknown {
            let known: Vec<&str> = integrators::INTEGRATORS
                .iter()
                .map(|integrator| integrator.name())
                .collect();
            let key = KeyPath::of(["routes", name, "integrate"]);
            let message = format!("there is no integration strategy `{unknown}`");
            let hint = format!("one of {}", known.join(", "));
            problems.push(loaded.finding(&key, message).with_hint(hint));
        }
    }
    problems
}
