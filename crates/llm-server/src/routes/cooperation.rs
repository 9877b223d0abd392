//! `POST /cooperation/task`: several models on one question. Reads the query string, as the first
//! earlier system documented it, a JSON body, or both.

use axum::response::Response;
use llm_core::gateway::auth::Permission;
use llm_core::gateway::error::GatewayError;
use llm_core::gateway::shapes::outcome_json;
use llm_core::types::chat::ChatRequest;
use llm_core::types::cooperation::CoopOutcome;
use llm_core::types::plan::{AUTO, Ask};
use llm_core::types::raw::RawFields;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::to_raw_value;
use serde_json::{Map, Value};

use super::query::question;
use super::{Body, Door, Group, Param, Route, Verb, handler, query_param, reply, words};
use crate::completion;
use crate::error::{ApiError, Shape};
use crate::schema::{Cooperation, Metadata};
use crate::visit::{Call, json};
use llm_core::gateway::asked::fields::Fields;
use llm_core::gateway::asked::wishes::{Wishes, read_cooperation};

pub(super) const ROUTES: &[Route] = &[Route {
    method: Verb::Post,
    path: "/cooperation/task",
    door: Door::Needs(Permission::Inference, handler!(run_task)),
    group: Group::Cooperation,
    summary: words(
        "Let several models work on one question; query string, JSON body or both",
        "让多个模型协作回答一个问题；参数可放在查询字符串、JSON 请求体或两者中",
    ),
    params: PARAMS,
    body: Some(Body {
        media: "application/json",
        schema: schemars::SchemaGenerator::subschema_for::<TaskBody>,
        required: false,
    }),
    reply: reply::<TaskReply>(),
    shape: Shape::Earlier,
}];

const PARAMS: &[Param] = &[
    query_param("query", "string", words("The question", "问题")),
    query_param(
        "mode",
        "string",
        words(
            "How the models cooperate; default sequential",
            "协作模式，默认 sequential",
        ),
    ),
    query_param(
        "models",
        "array",
        words(
            "Who takes part; repeated or with commas",
            "参与的模型，可重复或用逗号分隔",
        ),
    ),
    query_param(
        "integration_strategy",
        "string",
        words(
            "How answers become one; default concatenate for sequential and parallel",
            "整合策略；sequential 与 parallel 默认 concatenate",
        ),
    ),
    query_param(
        "judge",
        "string",
        words("Who judges or synthesises", "评审或综合的模型"),
    ),
    query_param("rounds", "integer", words("Rounds of voting", "投票轮数")),
    query_param(
        "quorum",
        "integer",
        words("Members that must answer", "必须回答的成员数"),
    ),
    query_param(
        "deadline_ms",
        "integer",
        words("Stop waiting for members after this", "等待成员的最长时间"),
    ),
    query_param(
        "max_cost",
        "string",
        words("Most the run may cost", "费用上限"),
    ),
    query_param(
        "max_calls",
        "integer",
        words("Most calls the run may make", "调用次数上限"),
    ),
    query_param(
        "strict",
        "boolean",
        words(
            "Whether a failed member fails the run",
            "成员失败是否使整个任务失败",
        ),
    ),
    query_param("task_type", "string", words("The kind of work", "任务类型")),
    query_param("user_id", "string", words("The end user", "最终用户")),
];

/// The mode of the documented call without one.
const DEFAULT_MODE: &str = "sequential";

/// What the earlier system did with the answers of a mode where nothing was said. The other modes
/// had a way of their own and keep it.
const DEFAULT_INTEGRATOR: &str = "concatenate";
const INTEGRATED_BY_DEFAULT: &[&str] = &["sequential", "parallel"];

/// A question for several models.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
struct TaskBody {
    /// The question; here or in the query string.
    query: Option<String>,
    #[schemars(flatten)]
    cooperation: Cooperation,
    /// The kind of work.
    task_type: Option<String>,
    /// The end user.
    user_id: Option<String>,
    /// How to choose members that are not named.
    preferences: Option<crate::schema::Preferences>,
}

/// What came of the work of several models.
#[derive(Serialize, JsonSchema)]
struct TaskReply {
    /// The final answer.
    result: String,
    /// The mode that ran.
    mode: String,
    /// Who took part.
    models: Vec<String>,
    /// How the answers became one.
    integration_strategy: String,
    /// How the final text came about, in words.
    how: String,
    /// The votes, where they were counted.
    tally: Option<Map<String, Value>>,
    /// Whether some member gave no answer that was needed.
    degraded: bool,
    /// Seconds.
    processing_time: f64,
    /// Our id of the request.
    request_id: String,
    /// How the answer came about, with every member's answer and cost.
    #[schemars(with = "Metadata")]
    llm_cooperation: Value,
}

async fn run_task(mut call: Call) -> Result<Response, ApiError> {
    let body = call.optional_json().await?.unwrap_or_default();
    let (merged, unknown) = with_query_string(body, call.visit.query())?;
    let mut fields = Fields::new(merged);
    let query = question(&mut fields)?;
    let mut asked = read_cooperation(&mut fields)?;
    let mut wishes = Wishes::read(&mut fields)?;
    wishes.warn_of_unknown(&fields);
    let told = unknown.iter();
    wishes
        .warnings
        .extend(told.map(|name| format!("`{name}` is not known and was ignored")));
    let by_strategy = wishes.cooperation.take().and_then(|wish| wish.mode);
    let mode = asked
        .mode
        .take()
        .or(by_strategy)
        .unwrap_or_else(|| DEFAULT_MODE.to_owned());
    if INTEGRATED_BY_DEFAULT.contains(&mode.as_str()) {
        asked
            .integrator
            .get_or_insert_with(|| DEFAULT_INTEGRATOR.to_owned());
    }
    asked.mode = Some(mode);
    wishes.cooperation = Some(asked);
    let mut ask = Ask::of_model(AUTO, ChatRequest::question(query));
    wishes.apply(&mut ask)?;
    let completion = completion::run(&call, ask, wishes.user.clone()).await?;
    let outcome = completion
        .cooperation
        .as_ref()
        .ok_or_else(|| GatewayError::internal("a cooperation ended without an outcome"))?;
    let members = completion.plan.cooperation.iter();
    let answer = json(&TaskReply {
        result: completion.answer.text().to_owned(),
        mode: outcome.mode.clone(),
        models: members
            .flat_map(|plan| &plan.members)
            .map(|member| member.label.clone())
            .collect(),
        integration_strategy: outcome.integrator.clone(),
        how: outcome.how.clone(),
        tally: tally(outcome),
        degraded: outcome.degraded,
        processing_time: call.visit.elapsed().as_secs_f64(),
        request_id: call.visit.id.to_string(),
        llm_cooperation: completion::metadata(&completion, &wishes.warnings),
    })?;
    Ok(completion::with_headers(answer, &call, &completion))
}

/// The votes as the shape of a run has them.
fn tally(outcome: &CoopOutcome) -> Option<Map<String, Value>> {
    match outcome_json(outcome)["tally"].take() {
        Value::Object(tally) => Some(tally),
        _ => None,
    }
}

/// The body with the parameters of the query string among its fields, and the names of those that
/// mean nothing here. What is in both must be the same.
fn with_query_string(
    mut body: RawFields,
    pairs: Vec<(String, String)>,
) -> Result<(RawFields, Vec<String>), GatewayError> {
    let mut unknown = Vec::new();
    for param in PARAMS {
        let values: Vec<&str> = pairs
            .iter()
            .filter(|(name, _)| name == param.name)
            .map(|(_, value)| value.as_str())
            .collect();
        let value = match (values.as_slice(), param.kind) {
            ([], _) => continue,
            (several, "array") => Value::from(several.join(",")),
            ([one], "string") => Value::from(*one),
            // A number or a boolean stands as it does in JSON; anything else is refused as a text.
            ([one], _) => serde_json::from_str(one).unwrap_or_else(|_| Value::from(*one)),
            _ => {
                let message = format!("`{}` is given more than once", param.name);
                return Err(GatewayError::invalid(param.name, message));
            }
        };
        let raw = to_raw_value(&value)
            .map_err(|error| GatewayError::internal(format!("a parameter: {error}")))?;
        if body
            .get(param.name)
            .is_some_and(|other| other.get() != "null" && other.get() != raw.get())
        {
            let message = format!(
                "`{}` is in the query string and in the body, and they differ",
                param.name
            );
            return Err(GatewayError::invalid(param.name, message));
        }
        body.set(param.name, raw);
    }
    for (name, _) in pairs {
        if PARAMS.iter().all(|param| param.name != name) && !unknown.contains(&name) {
            unknown.push(name);
        }
    }
    Ok((body, unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(body: &str, pairs: &[(&str, &str)]) -> Result<String, GatewayError> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let body = RawFields::parse(body.as_bytes()).unwrap();
        with_query_string(body, pairs.collect())
            .map(|(fields, _)| serde_json::to_string(&fields).unwrap())
    }

    #[test]
    fn a_repeated_list_and_one_with_commas_are_the_same() {
        let expected = r#"{"query":"42","models":"a,b"}"#;
        for pairs in [
            &[("query", "42"), ("models", "a"), ("models", "b")][..],
            &[("models", "a,b"), ("query", "42")],
        ] {
            assert_eq!(merged("{}", pairs).unwrap(), expected);
        }
    }

    #[test]
    fn numbers_are_numbers_and_questions_stay_text() {
        let read = merged(
            "{}",
            &[("query", "true"), ("rounds", "2"), ("strict", "true")],
        );
        assert_eq!(
            read.unwrap(),
            r#"{"query":"true","rounds":2,"strict":true}"#
        );
    }

    #[test]
    fn what_is_said_twice_must_agree() {
        let body = r#"{"mode":"voting"}"#;
        assert!(merged(body, &[("mode", "voting")]).is_ok());
        let error = merged(body, &[("mode", "parallel")]).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("mode"));
        assert!(merged("{}", &[("mode", "a"), ("mode", "b")]).is_err());
    }
}
