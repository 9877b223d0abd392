//! Data insight: trends, patterns, anomalies and predictions in a listing of data.

use serde_json::json;

use super::schema::{confidence, list, object, one_of, text};
use super::words;
use super::{Instruction, Service, ServiceRequest, ServiceTask, option};
use crate::gateway::error::GatewayError;

/// The service.
pub const SERVICE: Service = Service {
    name: "data_insight",
    summary: "find trends, patterns, anomalies or predictions in data",
    kind_param: "insight_type",
    kinds: &["trends", "patterns", "anomalies", "predictions"],
    task,
};

fn task(request: &ServiceRequest) -> Result<ServiceTask, GatewayError> {
    let kind = option(request, "insight_type", "trends")?;
    let points = ("data_points", json!(words::data_points(&request.content)));
    let (instruction, schema, quality_priority) = match kind {
        "trends" => trends(),
        "patterns" => patterns(),
        "anomalies" => anomalies(),
        "predictions" => predictions(),
        focus => general(focus),
    };
    let mut counted = vec![points];
    if !SERVICE.kinds.contains(&kind) {
        counted.push(("analysis_type", json!(kind)));
    }
    Ok(ServiceTask {
        kind: kind.to_owned(),
        instruction,
        schema,
        counted,
        quality_priority,
    })
}

type Variant = (Instruction, serde_json::Value, f64);

fn trends() -> Variant {
    let trend = object(&[
        ("subject", text("what changes")),
        (
            "direction",
            one_of(&["rising", "falling", "stable", "cyclic", "unclear"]),
        ),
        (
            "evidence",
            text("the figures it rests on, as the data gives them"),
        ),
    ]);
    let instruction = Instruction {
        en:
            "Find the trends in the data: what changes in which direction, how strongly, and which \
             figures show it."
                .to_owned(),
        zh: "找出数据中的趋势：哪些指标朝什么方向变化、变化幅度如何，以及哪些数字可以证明。"
            .to_owned(),
    };
    let schema = object(&[
        ("trend_analysis", text("the trends as connected prose")),
        ("trends", list(&trend)),
        ("analysis_method", text("how the trends were found")),
    ]);
    (instruction, schema, 0.6)
}

fn patterns() -> Variant {
    let instruction = Instruction {
        en:
            "Find the patterns in the data: what recurs, what goes together, what groups there are."
                .to_owned(),
        zh: "找出数据中的规律：哪些情况反复出现、哪些因素相互关联、可以分成哪些类别。".to_owned(),
    };
    let schema = object(&[
        ("pattern_analysis", text("the patterns as connected prose")),
        (
            "pattern_types",
            list(&text("the kind of one pattern that was found")),
        ),
        ("confidence_level", confidence()),
    ]);
    (instruction, schema, 0.6)
}

fn anomalies() -> Variant {
    let anomaly = object(&[
        ("where", text("the row or figure, as the data gives it")),
        ("why", text("what makes it stand out")),
        ("severity", one_of(&["low", "medium", "high"])),
    ]);
    let instruction = Instruction {
        en: "Find what does not fit the rest of the data, say why it stands out and how grave it is."
            .to_owned(),
        zh: "找出数据中与其余部分不符之处，说明异常的原因及其严重程度。".to_owned(),
    };
    let schema = object(&[
        (
            "anomaly_detection",
            text("the anomalies as connected prose"),
        ),
        ("anomalies", list(&anomaly)),
        ("detection_method", text("what was compared with what")),
        ("severity_levels", list(&one_of(&["low", "medium", "high"]))),
    ]);
    (instruction, schema, 0.7)
}

fn predictions() -> Variant {
    let instruction = Instruction {
        en: "Say what the data lets one expect, for which time, under which assumptions, and how \
             sure that is."
            .to_owned(),
        zh: "说明根据这些数据可以预期什么、适用的时间范围、所依据的假设以及把握程度。".to_owned(),
    };
    let schema = object(&[
        (
            "predictions",
            list(&text("one prediction with its figures")),
        ),
        (
            "prediction_horizon",
            text("the time the predictions hold for"),
        ),
        (
            "methodology",
            text("how the predictions were made, with their assumptions"),
        ),
        ("confidence", confidence()),
    ]);
    (instruction, schema, 0.9)
}

fn general(focus: &str) -> Variant {
    let instruction = Instruction {
        en: format!("Analyse the data with regard to this alone: {focus}."),
        zh: format!("仅就以下方面分析这些数据：{focus}。"),
    };
    let schema = object(&[
        ("analysis", text("the analysis as connected prose")),
        ("findings", list(&text("one finding with its figures"))),
    ]);
    (instruction, schema, 0.6)
}
