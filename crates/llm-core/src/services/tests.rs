//! What a service asks for, before any model is involved.

use serde_json::json;

use super::*;
use crate::gateway::schema::check_schema;

fn request(parameters: Value) -> ServiceRequest {
    let Value::Object(parameters) = parameters else {
        panic!("an object")
    };
    ServiceRequest {
        content: "收入 100\n收入 120".to_owned(),
        parameters,
    }
}

fn prepared(service: &str, parameters: Value) -> Result<(Inbound, ServiceTask), GatewayError> {
    let template = Inbound::in_process(Ask::auto(ChatRequest::default()));
    prepare(find(service)?, &request(parameters), template)
}

#[test]
fn every_variant_has_a_usable_schema_and_both_languages() {
    for service in SERVICES {
        for kind in service.kinds.iter().chain(&["anything else"]) {
            let (inbound, task) =
                prepared(service.name, json!({ service.kind_param: kind })).unwrap();
            check_schema(&task.schema).unwrap();
            assert!(!task.instruction.en.is_empty() && !task.instruction.zh.is_empty());
            assert_eq!(task.kind, *kind);
            assert!(inbound.ask.check_schema.is_some());
        }
    }
}

#[test]
fn the_fields_the_earlier_clients_read_are_asked_for_or_counted() {
    for (service, parameters, fields) in [
        (
            "document_analysis",
            json!({}),
            &["analysis", "document_length", "analysis_type"][..],
        ),
        (
            "document_analysis",
            json!({ "document_type": "structured" }),
            &["analysis", "data_structure", "analysis_type"],
        ),
        (
            "data_insight",
            json!({}),
            &["trend_analysis", "data_points", "analysis_method"],
        ),
        (
            "data_insight",
            json!({ "insight_type": "patterns" }),
            &["pattern_analysis", "pattern_types", "confidence_level"],
        ),
        (
            "data_insight",
            json!({ "insight_type": "anomalies" }),
            &["anomaly_detection", "detection_method", "severity_levels"],
        ),
        (
            "data_insight",
            json!({ "insight_type": "predictions" }),
            &["predictions", "prediction_horizon", "methodology"],
        ),
        (
            "data_insight",
            json!({ "insight_type": "outliers" }),
            &["analysis", "analysis_type"],
        ),
        (
            "decision_support",
            json!({}),
            &["recommendations", "methodology", "confidence"],
        ),
        (
            "decision_support",
            json!({ "decision_type": "comparison" }),
            &["comparison", "comparison_type", "evaluation_framework"],
        ),
        (
            "decision_support",
            json!({ "decision_type": "risk_assessment" }),
            &["risk_assessment", "assessment_framework", "risk_categories"],
        ),
        (
            "decision_support",
            json!({ "decision_type": "strategy" }),
            &["strategy", "strategic_framework", "planning_horizon"],
        ),
        (
            "decision_support",
            json!({ "decision_type": "timing" }),
            &["decision_support", "support_type"],
        ),
    ] {
        let (_, task) = prepared(service, parameters).unwrap();
        for field in fields {
            let asked = task.schema["properties"].get(field).is_some();
            let counted = task.counted.iter().any(|(name, _)| name == field);
            assert!(
                asked != counted,
                "{service}: {field} must be asked for or counted, not both"
            );
        }
    }
}

#[test]
fn chinese_content_gets_chinese_instructions() {
    let (inbound, _) = prepared("data-insight", json!({})).unwrap();
    assert!(inbound.ask.chat.messages[0].plain_text().contains("趋势"));
}

#[test]
fn wrong_requests_name_what_is_wrong() {
    let code = |result: Result<(Inbound, ServiceTask), GatewayError>| result.unwrap_err().code;
    assert_eq!(code(prepared("astrology", json!({}))), Code::UnknownService);
    assert_eq!(
        code(prepared(
            "document_analysis",
            json!({ "document_type": "scroll" })
        )),
        Code::InvalidValue
    );
    assert_eq!(
        code(prepared("data_insight", json!({ "insight_type": 7 }))),
        Code::InvalidValue
    );
    let empty = ServiceRequest {
        content: " \n".to_owned(),
        parameters: Map::new(),
    };
    let template = Inbound::in_process(Ask::auto(ChatRequest::default()));
    assert_eq!(
        code(prepare(&document::SERVICE, &empty, template)),
        Code::EmptyQuery
    );
}
