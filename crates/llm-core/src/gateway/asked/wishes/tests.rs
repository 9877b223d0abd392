//! What our own fields mean, and which values are refused.

use crate::types::code::Code;
use crate::types::raw::RawFields;

use super::*;

fn read(json: &str) -> Result<Wishes, GatewayError> {
    let mut fields = Fields::new(RawFields::parse(json.as_bytes()).unwrap());
    let wishes = Wishes::read(&mut fields)?;
    assert_eq!(fields.rest(), Vec::<String>::new(), "{json}");
    Ok(wishes)
}

#[test]
fn everything_can_be_said() {
    let wishes = read(
        r#"{
            "task_type": "math", "user_id": "u1", "strategy": "cost", "fallbacks": ["c"],
            "preferences": {"quality_priority": 0.9, "max_latency": 2.5, "max_cost": "0.01USD"},
            "models": ["a", "b"],
            "llm_cooperation": {"events": true, "validate": true}
        }"#,
    )
    .unwrap();
    assert_eq!(wishes.task.as_deref(), Some("math"));
    assert_eq!(wishes.user.as_deref(), Some("u1"));
    assert_eq!(wishes.preferences.strategy.as_deref(), Some("cost"));
    assert_eq!(wishes.preferences.quality_priority, Some(0.9));
    assert_eq!(
        wishes.preferences.max_latency,
        Some(Duration::from_millis(2_500))
    );
    assert_eq!(wishes.preferences.models, ["a", "b"]);
    assert_eq!(
        wishes.preferences.fallback,
        Fallback::Models(vec!["c".to_owned()])
    );
    assert!(wishes.events && wishes.validates && wishes.cooperation.is_none());
}

#[test]
fn cooperation_reads_the_same_in_both_places() {
    let inside = r#"{"mode":"voting","models":["a*2","b:critic"],"integration_strategy":"majority",
        "judge":"j","rounds":2,"quorum":2,"deadline_ms":1500,"max_cost":0.5,"max_calls":9,
        "max_tokens":1000,"early_stop":false,"anonymous":false,"strict":true,
        "stages":[{"model":"a","prompt":"{query}"}]}"#;
    let one = read(&format!(r#"{{"cooperation":{inside}}}"#)).unwrap();
    let other = read(&format!(r#"{{"llm_cooperation":{inside}}}"#)).unwrap();
    assert_eq!(one.cooperation, other.cooperation);
    let cooperation = one.cooperation.unwrap();
    assert_eq!(cooperation.members[0].count, 2);
    assert_eq!(cooperation.members[1].role.as_deref(), Some("critic"));
    assert_eq!(cooperation.deadline, Some(Duration::from_millis(1_500)));
    assert!(cooperation.strict);
    assert!(
        read(&format!(
            r#"{{"cooperation":{inside},"llm_cooperation":{inside}}}"#
        ))
        .is_err()
    );
}

#[test]
fn the_earlier_names_of_modes_are_understood_as_strategies() {
    for (name, mode) in [
        ("parallel", "parallel"),
        ("voting", "voting"),
        ("single_model", "single"),
    ] {
        let wishes = read(&format!(r#"{{"preferences":{{"strategy":"{name}"}}}}"#)).unwrap();
        assert_eq!(wishes.cooperation.unwrap().mode.as_deref(), Some(mode));
        assert_eq!(wishes.preferences.strategy, None);
    }
    let unknown = read(r#"{"preferences":{"strategy":"psychic"}}"#).unwrap();
    assert_eq!(unknown.preferences.strategy.as_deref(), Some("psychic"));
}

#[test]
fn a_list_of_models_names_members_where_models_cooperate() {
    let wishes = read(r#"{"cooperation":{"mode":"parallel"},"models":"a,b"}"#).unwrap();
    assert_eq!(wishes.cooperation.unwrap().members.len(), 2);
    assert_eq!(wishes.preferences.models, Vec::<String>::new());
}

#[test]
fn an_unknown_preference_is_told_and_an_unknown_wish_refused() {
    let wishes = read(r#"{"preferences":{"colour":"red"}}"#).unwrap();
    assert_eq!(
        wishes.warnings,
        ["`preferences.colour` is not known and was ignored"]
    );
    for (json, param) in [
        (r#"{"cooperation":{"colour":1}}"#, "cooperation.colour"),
        (
            r#"{"llm_cooperation":{"colour":1}}"#,
            "llm_cooperation.colour",
        ),
        (r#"{"cooperation":{"rounds":0}}"#, "cooperation.rounds"),
        (r#"{"cooperation":{"models":["*3"]}}"#, "cooperation.models"),
        (
            r#"{"cooperation":{"stages":[{"modl":"a"}]}}"#,
            "cooperation.stages[0].model",
        ),
        (
            r#"{"preferences":{"quality_priority":1.5}}"#,
            "preferences.quality_priority",
        ),
        (
            r#"{"preferences":{"max_latency":"soon"}}"#,
            "preferences.max_latency",
        ),
        (r#"{"user_id":7}"#, "user_id"),
        (r#"{"models":{}}"#, "models"),
        (r#"{"preferences":[]}"#, "preferences"),
    ] {
        let error = read(json).unwrap_err();
        assert_eq!(error.param.as_deref(), Some(param), "{json}");
        assert!(
            matches!(error.code, Code::InvalidValue | Code::MissingField),
            "{json}"
        );
    }
}

#[test]
fn an_empty_list_of_fallbacks_means_none() {
    let wishes = read(r#"{"fallbacks":[]}"#).unwrap();
    assert_eq!(wishes.preferences.fallback, Fallback::None);
}
