//! What our own fields of a request ask for: task, preferences, cooperation, user, events.
//!
//! One reader for every endpoint, so that a field means the same on all of them. What the fields
//! choose among is decided by the gateway.

use std::time::Duration;

use crate::cooperation::modes;
use crate::gateway::error::GatewayError;
use crate::routing::names::Names;
use crate::routing::strategies;
use crate::types::cooperation::{CooperationRequest, MemberSpec, StageSpec};
use crate::types::plan::{Ask, Fallback, Preferences};

use super::fields::Fields;

/// The fields every endpoint that asks models reads, besides its own.
pub const FIELDS: &[&str] = &[
    "cooperation",
    "fallbacks",
    "integration_strategy",
    "llm_cooperation",
    "models",
    "preferences",
    "strategy",
    "task",
    "task_type",
    "user_id",
];

/// The fields of a `cooperation` object.
pub const COOPERATION_FIELDS: &[&str] = &[
    "mode",
    "models",
    "integration_strategy",
    "judge",
    "rounds",
    "quorum",
    "deadline_ms",
    "max_cost",
    "max_calls",
    "max_tokens",
    "early_stop",
    "anonymous",
    "strict",
    "stages",
];

/// The fields of an `llm_cooperation` object: those of `cooperation`, and these.
pub const STREAM_FIELDS: &[&str] = &["events", "validate"];

/// The fields of a `preferences` object.
pub const PREFERENCE_FIELDS: &[&str] = &[
    "strategy",
    "quality_priority",
    "max_latency",
    "max_cost",
    "models",
    "fallbacks",
];

/// Longest `max_latency`, in seconds.
const MAX_LATENCY: f64 = 86_400.0;

/// What our own fields ask for.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The task type.
    pub task: Option<String>,
    /// How to choose.
    pub preferences: Preferences,
    /// Several models instead of one.
    pub cooperation: Option<CooperationRequest>,
    /// The end user.
    pub user: Option<String>,
    /// Whether a stream shows what happens meanwhile.
    pub events: bool,
    /// Whether the answer is checked against the schema it was asked to follow.
    pub validates: bool,
    /// What the caller should know.
    pub warnings: Vec<String>,
}

impl Wishes {
    /// Reads [`FIELDS`].
    pub fn read(fields: &mut Fields) -> Result<Self, GatewayError> {
        let mut wishes = Self::default();
        let task = fields.text("task_type")?;
        wishes.task = task.or(fields.text("task")?).filter(|task| !is_blank(task));
        wishes.user = fields.text("user_id")?.filter(|user| !is_blank(user));
        if let Some(mut cooperation) = fields.object("cooperation")? {
            wishes.cooperation = Some(read_cooperation(&mut cooperation)?);
            cooperation.finish(COOPERATION_FIELDS)?;
        }
        if let Some(ours) = fields.object("llm_cooperation")? {
            wishes.read_ours(ours)?;
        }
        if let Some(mut preferences) = fields.object("preferences")? {
            wishes.read_preferences(&mut preferences)?;
            wishes.warn_of_unknown(&preferences);
        }
        let strategy = fields.text("strategy")?;
        wishes.strategy(strategy);
        if let Some(integrator) = fields.text("integration_strategy")? {
            wishes.cooperating().integrator.get_or_insert(integrator);
        }
        let models = fields.names("models")?;
        wishes.models(models, fields)?;
        wishes.fallbacks(fields)?;
        Ok(wishes)
    }

    /// The request these wishes make of a conversation's. For a model's name that means
    /// cooperation, the list of models is that of the members.
    pub fn apply(&mut self, ask: &mut Ask) -> Result<(), GatewayError> {
        let cooperates = ask.model == Names::COOPERATE
            || ask
                .model
                .strip_prefix(Names::COOPERATE)
                .is_some_and(|rest| rest.starts_with('/'));
        if cooperates && !self.preferences.models.is_empty() {
            let names = std::mem::take(&mut self.preferences.models);
            let members = members(&names, "models")?;
            let cooperation = self.cooperating();
            if cooperation.members.is_empty() {
                cooperation.members = members;
            }
        }
        ask.task.clone_from(&self.task);
        ask.preferences = self.preferences.clone();
        ask.cooperation.clone_from(&self.cooperation);
        Ok(())
    }

    /// Adds a warning for every field nobody has read: the earlier servers ignored them silently.
    pub fn warn_of_unknown(&mut self, fields: &Fields) {
        let told = fields.rest().into_iter();
        self.warnings
            .extend(told.map(|name| format!("`{name}` is not known and was ignored")));
    }

    /// The wish to cooperate, made if there was none.
    pub fn cooperating(&mut self) -> &mut CooperationRequest {
        self.cooperation.get_or_insert_default()
    }

    fn read_ours(&mut self, mut ours: Fields) -> Result<(), GatewayError> {
        self.events = ours.flag("events")?.unwrap_or(false);
        self.validates = ours.flag("validate")?.unwrap_or(false);
        if ours.rest().is_empty() {
            return Ok(());
        }
        if self.cooperation.is_some() {
            let message = "`cooperation` and `llm_cooperation` both say how to cooperate";
            return Err(GatewayError::invalid("llm_cooperation", message)
                .with_hint("leave `events` and `validate` here and the rest in `cooperation`"));
        }
        self.cooperation = Some(read_cooperation(&mut ours)?);
        ours.finish(&[COOPERATION_FIELDS, STREAM_FIELDS].concat())
    }

    fn read_preferences(&mut self, fields: &mut Fields) -> Result<(), GatewayError> {
        let strategy = fields.text("strategy")?;
        self.strategy(strategy);
        self.preferences.quality_priority = fields.number("quality_priority", 0.0, 1.0)?;
        self.preferences.max_latency = fields
            .number("max_latency", 0.001, MAX_LATENCY)?
            .map(Duration::from_secs_f64);
        self.preferences.max_cost = fields.money("max_cost")?;
        let models = fields.names("models")?;
        self.models(models, fields)?;
        self.fallbacks(fields)
    }

    /// The earlier system called modes strategies, so a mode's name is one here too; everything
    /// else is left to the router to know or refuse.
    fn strategy(&mut self, strategy: Option<String>) {
        let Some(name) = strategy.filter(|name| !is_blank(name)) else {
            return;
        };
        if strategies::find(&name).is_some() {
            self.preferences.strategy = Some(name);
            return;
        }
        let mode = match name.as_str() {
            "single_model" => "single",
            other => other,
        };
        if modes::find(mode).is_some() {
            let mode = mode.to_owned();
            self.cooperating().mode.get_or_insert(mode);
        } else {
            self.preferences.strategy = Some(name);
        }
    }

    /// A list of models: the members where models are to cooperate, else those to choose among.
    fn models(&mut self, models: Option<Vec<String>>, fields: &Fields) -> Result<(), GatewayError> {
        let Some(models) = models.filter(|models| !models.is_empty()) else {
            return Ok(());
        };
        match &mut self.cooperation {
            Some(cooperation) if cooperation.members.is_empty() => {
                cooperation.members = members(&models, &fields.param("models"))?;
            }
            _ => self.preferences.models = models,
        }
        Ok(())
    }

    fn fallbacks(&mut self, fields: &mut Fields) -> Result<(), GatewayError> {
        if let Some(names) = fields.names("fallbacks")? {
            self.preferences.fallback = if names.is_empty() {
                Fallback::None
            } else {
                Fallback::Models(names)
            };
        }
        Ok(())
    }
}

/// Reads [`COOPERATION_FIELDS`].
pub fn read_cooperation(fields: &mut Fields) -> Result<CooperationRequest, GatewayError> {
    let members = match fields.names("models")? {
        Some(models) => members(&models, &fields.param("models"))?,
        None => Vec::new(),
    };
    let stages = fields.objects("stages")?.into_iter().map(read_stage);
    Ok(CooperationRequest {
        stages: stages.collect::<Result<_, _>>()?,
        mode: fields.text("mode")?,
        members,
        integrator: fields.text("integration_strategy")?,
        judge: fields.text("judge")?,
        rounds: fields.whole("rounds", 1, u32::MAX)?,
        quorum: fields.whole("quorum", 1, u32::MAX)?,
        deadline: fields.millis("deadline_ms")?,
        max_cost: fields.money("max_cost")?,
        max_calls: fields.whole("max_calls", 1, u32::MAX)?,
        max_tokens: fields.whole("max_tokens", 1, u64::MAX)?,
        early_stop: fields.flag("early_stop")?,
        anonymous: fields.flag("anonymous")?,
        strict: fields.flag("strict")?.unwrap_or(false),
    })
}

fn read_stage(mut fields: Fields) -> Result<StageSpec, GatewayError> {
    let stage = StageSpec {
        model: fields.required_text("model")?,
        prompt: fields.text("prompt")?,
    };
    fields.finish(&["model", "prompt"])?;
    Ok(stage)
}

fn members(names: &[String], param: &str) -> Result<Vec<MemberSpec>, GatewayError> {
    names
        .iter()
        .map(|name| {
            MemberSpec::parse(name).map_err(|problem| GatewayError::invalid(param, problem))
        })
        .collect()
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests;
