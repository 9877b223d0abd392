//! Decision support: recommendations, comparisons, risks and strategies for a situation.

use serde_json::{Value, json};

use super::schema::{confidence, list, object, one_of, text};
use super::{Instruction, Service, ServiceRequest, ServiceTask, option};
use crate::gateway::error::GatewayError;

/// The service.
pub const SERVICE: Service = Service {
    name: "decision_support",
    summary: "support a decision: recommend, compare, assess risks, or plan",
    kind_param: "decision_type",
    kinds: &[
        "recommendation",
        "comparison",
        "risk_assessment",
        "strategy",
    ],
    task,
};

fn task(request: &ServiceRequest) -> Result<ServiceTask, GatewayError> {
    let kind = option(request, "decision_type", "recommendation")?;
    let (mut instruction, schema, quality_priority) = match kind {
        "recommendation" => recommendation(),
        "comparison" => comparison(),
        "risk_assessment" => risk_assessment(),
        "strategy" => strategy(),
        focus => general(focus),
    };
    if let Some(context) = context(request)? {
        instruction.en = format!("{}\n\nKnown circumstances: {context}", instruction.en);
        instruction.zh = format!("{}\n\n已知情况：{context}", instruction.zh);
    }
    let mut counted = Vec::new();
    if !SERVICE.kinds.contains(&kind) {
        counted.push(("support_type", json!(kind)));
    }
    Ok(ServiceTask {
        kind: kind.to_owned(),
        instruction,
        schema,
        counted,
        quality_priority,
    })
}

/// The caller's own facts, as text. An empty object says nothing.
fn context(request: &ServiceRequest) -> Result<Option<String>, GatewayError> {
    match request.parameters.get("context") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Object(facts)) if facts.is_empty() => Ok(None),
        Some(Value::Object(facts)) => Ok(Some(Value::Object(facts.clone()).to_string())),
        Some(_) => {
            let message = "`context` must be an object or a text";
            Err(GatewayError::invalid("parameters.context", message))
        }
    }
}

type Variant = (Instruction, Value, f64);

fn recommendation() -> Variant {
    let item = object(&[
        ("action", text("what to do")),
        ("reason", text("why")),
        ("priority", one_of(&["low", "medium", "high"])),
    ]);
    let instruction = Instruction {
        en: "Recommend what to do: the actions in order of importance, each with its reason."
            .to_owned(),
        zh: "提出行动建议：按重要性排列，并逐条说明理由。".to_owned(),
    };
    let schema = object(&[
        ("recommendations", list(&item)),
        ("methodology", text("how the recommendations were reached")),
        ("confidence", confidence()),
    ]);
    (instruction, schema, 0.9)
}

fn comparison() -> Variant {
    let option = object(&[
        ("option", text("its name")),
        ("strengths", list(&text("one strength"))),
        ("weaknesses", list(&text("one weakness"))),
    ]);
    let instruction = Instruction {
        en: "Compare the options by the criteria that matter here and say which is best for whom."
            .to_owned(),
        zh: "按照本情境中重要的标准比较各个选项，并说明哪一个适合什么样的人或情况。".to_owned(),
    };
    let schema = object(&[
        ("comparison", text("the comparison as connected prose")),
        ("options", list(&option)),
        (
            "comparison_type",
            text("by what kind of criteria the options were compared"),
        ),
        ("evaluation_framework", list(&text("one criterion"))),
    ]);
    (instruction, schema, 0.8)
}

fn risk_assessment() -> Variant {
    let levels = ["low", "medium", "high"];
    let risk = object(&[
        ("risk", text("what may happen")),
        ("category", text("what kind of risk it is")),
        ("likelihood", one_of(&levels)),
        ("impact", one_of(&levels)),
        ("mitigation", text("what can be done about it")),
    ]);
    let instruction = Instruction {
        en: "Assess the risks: what may go wrong, how likely and how grave it is, and what can be \
             done about it."
            .to_owned(),
        zh: "评估风险：可能出现什么问题、可能性与影响有多大，以及可以采取什么措施。".to_owned(),
    };
    let schema = object(&[
        ("risk_assessment", text("the assessment as connected prose")),
        ("risks", list(&risk)),
        (
            "assessment_framework",
            text("how likelihood and impact were judged"),
        ),
        (
            "risk_categories",
            list(&text("one kind of risk that occurs here")),
        ),
    ]);
    (instruction, schema, 0.9)
}

fn strategy() -> Variant {
    let phase = object(&[
        ("phase", text("its name and time")),
        ("goals", list(&text("one goal"))),
        ("steps", list(&text("one step"))),
    ]);
    let instruction = Instruction {
        en: "Draw up a strategy: the aim, the phases with their goals and steps, and how to see \
             whether it works."
            .to_owned(),
        zh: "制定一份策略：总体目标、各阶段的目标与步骤，以及如何判断是否有效。".to_owned(),
    };
    let schema = object(&[
        ("strategy", text("the strategy as connected prose")),
        ("phases", list(&phase)),
        (
            "strategic_framework",
            text("the idea the strategy is built on"),
        ),
        ("planning_horizon", text("the time it covers")),
        ("success_measures", list(&text("one measure"))),
    ]);
    (instruction, schema, 0.95)
}

fn general(focus: &str) -> Variant {
    let instruction = Instruction {
        en: format!("Support the decision with regard to this alone: {focus}."),
        zh: format!("仅就以下方面为决策提供支持：{focus}。"),
    };
    let schema = object(&[
        ("decision_support", text("the advice as connected prose")),
        ("considerations", list(&text("one thing to weigh"))),
    ]);
    (instruction, schema, 0.8)
}
