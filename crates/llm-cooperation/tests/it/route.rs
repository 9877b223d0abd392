//! `route`: where questions go, without asking anybody.

use serde_json::json;

use crate::support::{Place, demo};

#[test]
fn questions_in_chinese_go_where_they_belong() {
    for (question, task, models) in [
        (
            "解方程：2x² + 5x - 3 = 0",
            "math",
            &["qwen3_32b_reasoning"][..],
        ),
        ("将'你好'翻译成英文", "translation", &["qwen3_8b"]),
        ("分析这张图片中的内容", "vision", &["qwen2_5_vl_72b"]),
    ] {
        let run = demo(&["route", question, "--json"]);
        run.assert_code(0);
        let route = run.json();
        assert_eq!(route["profile"]["task"], task, "{question}");
        assert_eq!(route["profile"]["language"], "zh");
        assert_eq!(route["cooperation"], json!(null), "{question}");
        let first = route["steps"][0]["model"].as_str().unwrap();
        assert!(models.contains(&first), "{question} → {first}");
    }
    let run = demo(&["route", "详细解释量子计算的原理和应用", "--json"]);
    let cooperation = &run.json()["cooperation"];
    assert!(
        cooperation["members"].as_array().unwrap().len() > 1,
        "{run}"
    );
}

#[test]
fn it_is_a_table_for_lists_and_an_object_for_programs() {
    let place = Place::models(&["small", "large"]);
    let run = place.run(&["route", "hello"]);
    run.assert_code(0);
    let mut lines = run.stdout.lines();
    assert_eq!(
        lines.next(),
        Some("rank\tmodel\tprovider\tscore\tcost\treason")
    );
    assert_eq!(lines.count(), 2);
    assert!(run.stderr.contains("strategy auto"), "{run}");
    let run = place.run(&["route", "hello", "--format", "table", "--lang", "zh"]);
    assert!(run.stdout.contains("模型"), "{run}");
    let run = place.run(&["route", "hello", "--format", "jsonl"]);
    assert_eq!(run.stdout.lines().count(), 1);
    let pinned = place
        .run(&["route", "hello", "-m", "large", "--json"])
        .json();
    assert_eq!(pinned["strategy"], "pinned");
    assert_eq!(pinned["steps"].as_array().unwrap().len(), 1);
    assert!(place.upstream.attempts().is_empty(), "nobody is asked");
}

#[test]
fn what_nobody_can_do_has_its_code() {
    let toml = "[models.blind]\nprovider = \"scripted\"\ncapabilities = []\n";
    let place = Place::with(&[], toml);
    place.environment.write("a.png", "GIF89a");
    let run = place.run(&["route", "see", "-a", "a.png"]);
    run.assert_code(5);
    assert!(run.stderr.contains("LC5010"), "{run}");
    place.environment.write("b.png", "");
    place.run(&["route", "see", "-a", "b.png"]).assert_code(2);
    place.run(&["route", "hello", "-m", "none"]).assert_code(2);
}
