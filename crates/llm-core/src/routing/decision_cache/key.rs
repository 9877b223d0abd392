//! The key of a remembered decision: a digest of everything the decision may depend on.
//!
//! Every struct is taken apart field by field, so that a new field does not compile until somebody
//! decides here whether it matters. Texts are hashed without the blanks around them, which the
//! profiler does not read either. The key tells requests apart; it never leaves the process and
//! says nothing about them.

use serde_json::Value;

use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat, Sampling};
use crate::types::cooperation::{CooperationRequest, MemberSpec, StageSpec};
use crate::types::message::{
    Audio, ContentPart, FilePart, FileSource, Image, MediaSource, Message, Role, Tool, ToolCall,
    ToolChoice,
};
use crate::types::money::Money;
use crate::types::plan::{Ask, Fallback, Preferences};

/// Stands for a request in the decision cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecisionKey([u8; 32]);

impl DecisionKey {
    /// The key of a request, asked by `scope` (the gateway key or tenant whose rules apply), under
    /// the configuration of this `generation`.
    pub fn of(ask: &Ask, scope: &str, generation: u64) -> Self {
        let mut digest = Digest(blake3::Hasher::new());
        digest.number(generation);
        digest.text(scope);
        digest.ask(ask);
        Self(*digest.0.finalize().as_bytes())
    }
}

impl DecisionKey {
    /// Any byte of a digest is as good as another to spread keys by.
    pub(super) fn first_byte(&self) -> u8 {
        self.0[0]
    }
}

/// Hashes values so that no two different sequences of them look alike: texts and lists carry
/// their length, alternatives a number.
struct Digest(blake3::Hasher);

impl Digest {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.update(&[u8::from(flag)]);
    }

    fn float(&mut self, float: f64) {
        self.number(float.to_bits());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, hash: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            hash(self, value);
        }
    }

    fn list<T>(&mut self, items: &[T], hash: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            hash(self, item);
        }
    }

    fn ask(&mut self, ask: &Ask) {
        let Ask {
            model,
            chat,
            task,
            preferences,
            cooperation,
            check_schema,
        } = ask;
        self.text(model);
        self.chat(chat);
        self.maybe(task.as_deref(), Self::text);
        self.preferences(preferences);
        self.maybe(cooperation.as_ref(), Self::cooperation);
        self.maybe(check_schema.as_deref(), Self::json);
    }

    fn chat(&mut self, chat: &ChatRequest) {
        let ChatRequest {
            messages,
            tools,
            tool_choice,
            parallel_tool_calls,
            format,
            sampling,
            reasoning_effort,
            // Who the end user is and how the answer travels change nothing about the question.
            user: _,
            stream: _,
            include_usage: _,
            // The fields above as the client spelt them.
            wire: _,
        } = chat;
        self.list(messages, Self::message);
        self.list(tools, Self::tool);
        self.maybe(tool_choice.as_ref(), Self::tool_choice);
        self.maybe(*parallel_tool_calls, Self::flag);
        match format {
            ResponseFormat::Text => self.number(0),
            ResponseFormat::JsonObject => self.number(1),
            ResponseFormat::JsonSchema(schema) => {
                self.number(2);
                self.schema(schema);
            }
        }
        self.sampling(sampling);
        self.maybe(reasoning_effort.as_deref(), Self::text);
    }

    fn message(&mut self, message: &Message) {
        let Message {
            role,
            content,
            name,
            tool_calls,
            tool_call_id,
            // Neither whether a call failed nor the thoughts of an earlier answer are read or counted.
            failed: _,
            reasoning: _,
        } = message;
        self.number(match role {
            Role::System => 0,
            Role::Developer => 1,
            Role::User => 2,
            Role::Assistant => 3,
            Role::Tool => 4,
        });
        self.list(content, Self::part);
        self.maybe(name.as_deref(), Self::text);
        self.list(tool_calls, Self::tool_call);
        self.maybe(tool_call_id.as_deref(), Self::text);
    }

    /// Of media, their kind and size count, not what is in them: nobody looks inside.
    fn part(&mut self, part: &ContentPart) {
        match part {
            ContentPart::Text(text) => {
                self.number(0);
                self.text(text.trim());
            }
            ContentPart::Image(Image { source, detail }) => {
                self.number(1);
                self.flag(matches!(source, MediaSource::Inline { .. }));
                self.maybe(detail.as_deref(), Self::text);
            }
            ContentPart::Audio(Audio { data, format }) => {
                self.number(2);
                self.number(data.len() as u64);
                self.text(format);
            }
            ContentPart::File(FilePart { name: _, source }) => {
                self.number(3);
                match source {
                    FileSource::Inline { mime, data } => {
                        self.text(mime);
                        self.number(data.len() as u64);
                    }
                    FileSource::Id(_) => self.text(""),
                }
            }
            ContentPart::Refusal(text) => {
                self.number(4);
                self.text(text.trim());
            }
        }
    }

    fn tool(&mut self, tool: &Tool) {
        let Tool {
            name,
            description,
            parameters,
            strict,
        } = tool;
        self.text(name);
        self.maybe(description.as_deref(), Self::text);
        self.maybe(parameters.as_ref(), Self::json);
        self.maybe(*strict, Self::flag);
    }

    fn tool_choice(&mut self, choice: &ToolChoice) {
        match choice {
            ToolChoice::Auto => self.number(0),
            ToolChoice::None => self.number(1),
            ToolChoice::Required => self.number(2),
            ToolChoice::Named(name) => {
                self.number(3);
                self.text(name);
            }
        }
    }

    fn tool_call(&mut self, call: &ToolCall) {
        let ToolCall {
            id,
            name,
            arguments,
        } = call;
        self.text(id);
        self.text(name);
        self.text(arguments);
    }

    fn schema(&mut self, schema: &JsonSchema) {
        let JsonSchema {
            name,
            description,
            schema,
            strict,
        } = schema;
        self.text(name);
        self.maybe(description.as_deref(), Self::text);
        self.json(schema);
        self.maybe(*strict, Self::flag);
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::Null => self.number(0),
            Value::Bool(flag) => {
                self.number(1);
                self.flag(*flag);
            }
            Value::Number(number) => {
                self.number(2);
                self.text(&number.to_string());
            }
            Value::String(text) => {
                self.number(3);
                self.text(text);
            }
            Value::Array(items) => {
                self.number(4);
                self.list(items, Self::json);
            }
            Value::Object(fields) => {
                self.number(5);
                self.number(fields.len() as u64);
                for (name, value) in fields {
                    self.text(name);
                    self.json(value);
                }
            }
        }
    }

    fn sampling(&mut self, sampling: &Sampling) {
        let Sampling {
            max_tokens,
            temperature,
            top_p,
            seed,
            stop,
            frequency_penalty,
            presence_penalty,
            n,
        } = sampling;
        self.maybe(*max_tokens, |digest, most| digest.number(u64::from(most)));
        for figure in [temperature, top_p, frequency_penalty, presence_penalty] {
            self.maybe(*figure, Self::float);
        }
        self.maybe(*seed, |digest, seed| digest.number(seed.cast_unsigned()));
        self.list(stop, |digest, text| digest.text(text));
        self.maybe(*n, |digest, n| digest.number(u64::from(n)));
    }

    fn preferences(&mut self, preferences: &Preferences) {
        let Preferences {
            strategy,
            quality_priority,
            max_latency,
            max_cost,
            models,
            fallback,
        } = preferences;
        self.maybe(strategy.as_deref(), Self::text);
        self.maybe(*quality_priority, Self::float);
        self.maybe(*max_latency, |digest, limit| {
            digest.number(limit.as_secs());
            digest.number(u64::from(limit.subsec_nanos()));
        });
        self.maybe(*max_cost, Self::money);
        self.list(models, |digest, name| digest.text(name));
        match fallback {
            Fallback::ByPlan => self.number(0),
            Fallback::None => self.number(1),
            Fallback::Models(names) => {
                self.number(2);
                self.list(names, |digest, name| digest.text(name));
            }
        }
    }

    fn money(&mut self, money: Money) {
        let Money { nanos, currency } = money;
        self.number(nanos.cast_unsigned());
        self.text(currency.code());
    }

    fn cooperation(&mut self, request: &CooperationRequest) {
        let CooperationRequest {
            mode,
            members,
            integrator,
            judge,
            rounds,
            quorum,
            deadline,
            max_cost,
            max_calls,
            max_tokens,
            early_stop,
            anonymous,
            strict,
            stages,
        } = request;
        for word in [mode, integrator, judge] {
            self.maybe(word.as_deref(), Self::text);
        }
        self.list(members, |digest, MemberSpec { model, role, count }| {
            digest.text(model);
            digest.maybe(role.as_deref(), Self::text);
            digest.number(u64::from(*count));
        });
        for figure in [rounds, quorum, max_calls] {
            self.maybe(*figure, |digest, figure| digest.number(u64::from(figure)));
        }
        self.maybe(*deadline, |digest, limit| digest.float(limit.as_secs_f64()));
        self.maybe(*max_cost, Self::money);
        self.maybe(*max_tokens, Self::number);
        for flag in [early_stop, anonymous] {
            self.maybe(*flag, Self::flag);
        }
        self.flag(*strict);
        self.list(stages, |digest, StageSpec { model, prompt }| {
            digest.text(model);
            digest.maybe(prompt.as_deref(), Self::text);
        });
    }
}

#[cfg(test)]
mod tests;
