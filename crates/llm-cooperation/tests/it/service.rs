//! `service`: each service on a document, in every format.

use serde_json::json;

use crate::support::{PROGRAM, Place, demo};

#[test]
fn every_service_answers_with_its_fields() {
    for (service, kind, field) in [
        ("document-analysis", "comprehensive", "main_points"),
        ("document_analysis", "summary", "document_length"),
        ("data-insight", "trends", "trend_analysis"),
        ("decision-support", "recommendation", "decision_type"),
        ("decision-support", "comparison", "comparison"),
    ] {
        let run = demo(&[
            "service",
            service,
            "-q",
            "Sales: 1, 2, 3.",
            "--kind",
            kind,
            "--json",
        ]);
        run.assert_code(0);
        let reply = run.json();
        assert_eq!(reply["success"], true);
        assert_eq!(reply["kind"], kind);
        let found = reply["result"].as_object().unwrap();
        assert!(
            found.contains_key(field) || field == "decision_type",
            "{service} {kind}: {found:?}"
        );
        assert!(found.len() > 1, "{service} {kind}: {found:?}");
    }
}

#[test]
fn files_and_standard_input_are_worked_on() {
    let place = Place::models(&["small"]);
    let fields = json!({
        "analysis": "grew", "main_points": ["one"], "conclusions": [], "tone": "plain",
    });
    place.upstream.on("small").reply_text(&fields.to_string());
    place
        .environment
        .write("report.txt", "Revenue grew. 收入增长。\n");
    let run = place.run(&["service", "document-analysis", "report.txt", "-m", "small"]);
    run.assert_code(0);
    assert!(run.stdout.contains("main points:\n  - one"), "{run}");
    let sent = place.upstream.attempts()[0].json();
    assert_eq!(sent["messages"][1]["content"], "Revenue grew. 收入增长。");
    let command = place.environment.command(PROGRAM);
    let run = command.args(&["service", "document-analysis", "--format", "md"]);
    let run = run.input("from a pipe").run();
    run.assert_code(0);
    assert!(run.stdout.contains("## main points\n\n- one"), "{run}");
}

#[test]
fn an_answer_without_its_fields_is_a_failure() {
    let place = Place::models(&["small"]);
    place.upstream.on("small").reply_text("It grew.");
    let run = place.run(&["service", "document-analysis", "-q", "Revenue grew."]);
    run.assert_code(9);
    assert_eq!(run.stdout, "");
}

#[test]
fn services_are_listed_and_wrong_names_refused() {
    let run = demo(&["service", "list"]);
    assert!(run.stdout.contains("decision-support\t"), "{run}");
    let run = demo(&["service", "fortune-telling", "-q", "x"]);
    run.assert_code(2);
    assert!(run.stderr.contains("LC2012"), "{run}");
    demo(&["service", "data-insight", "-q", " "]).assert_code(2);
    demo(&["service", "data-insight", "none.txt"]).assert_code(2);
}
