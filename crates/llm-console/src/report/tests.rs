//! Reports as people and programs read them, for every code in both languages.

use super::*;
use crate::catalogue::Message;
use crate::text::width;

fn page(lang: Lang) -> Page {
    Page {
        program: "llm-cooperation",
        lang,
        colour: false,
        width: None,
    }
}

fn rejected_key() -> Report {
    Report::new(
        "upstream_auth",
        "provider \"aigcbest\" rejected the API key (HTTP 401)",
    )
    .with("provider", "aigcbest")
    .with("status", 401)
    .cause("the key ending …9f2c came from environment variable API_KEY")
    .hint("llm-config keys which aigcbest")
    .source("provider")
    .request_id("req_01J")
}

#[test]
fn a_failure_has_four_parts_in_english() {
    assert_eq!(
        rejected_key().render(page(Lang::En)),
        "error[LC4012]: provider \"aigcbest\" rejected the API key (HTTP 401)\n\
         \x20 cause: the key ending …9f2c came from environment variable API_KEY\n\
         \x20 try:   llm-config keys which aigcbest\n\
         \x20 more:  llm-cooperation help LC4012    request req_01J\n"
    );
}

#[test]
fn and_in_chinese_with_the_same_codes() {
    assert_eq!(
        rejected_key().render(page(Lang::Zh)),
        "错误[LC4012]：渠道“aigcbest”拒绝了 API 密钥（HTTP 401）\n\
         \x20 原因：the key ending …9f2c came from environment variable API_KEY\n\
         \x20 建议：llm-config keys which aigcbest\n\
         \x20 更多：llm-cooperation help LC4012    请求 req_01J\n"
    );
}

#[test]
fn details_of_the_english_message_are_not_lost_in_chinese() {
    let report = Report::new(
        "config_invalid",
        "llm-cooperation.toml:7: `server.port` must be a number",
    );
    let text = report.render(page(Lang::Zh));
    assert!(
        text.starts_with("错误[LC3003]：配置中有一个值有误\n"),
        "{text}"
    );
    assert!(
        text.contains("  详情：llm-cooperation.toml:7: `server.port` must be a number\n"),
        "{text}"
    );
    // In English the same words are the title, once.
    let text = report.render(page(Lang::En));
    assert_eq!(text.matches("server.port").count(), 1);
}

#[test]
fn a_message_of_the_catalogue_is_said_in_the_language() {
    let report = Report::usage(Message::new("common.usage.no_value").with("argument", "--model"));
    assert!(
        report
            .render(page(Lang::En))
            .starts_with("error[LC2040]: --model needs a value\n")
    );
    assert!(
        report
            .render(page(Lang::Zh))
            .starts_with("错误[LC2040]：--model 需要一个值\n")
    );
    assert_eq!(report.exit(), 2);
}

#[test]
fn every_code_reads_completely_in_both_languages() {
    for code in codes::all() {
        for lang in Lang::OFFERED {
            let report = Report::new(code.name, "");
            let text = report.render(page(lang));
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0].contains(&code.doc()), "{text}");
            assert!(lines.len() >= 3, "title, hint, more: {text}");
            assert!(
                !text.contains(code.name) || code.name == "internal_error",
                "{text}"
            );
            assert!(!text.contains(['{', '}']), "{text}");
            assert_eq!(report.exit(), code.exit);
        }
    }
}

#[test]
fn equal_causes_are_counted() {
    let report = Report::new("all_candidates_failed", "")
        .cause("qwen3_8b: timeout")
        .cause("deepseek: HTTP 500")
        .cause("qwen3_8b: timeout");
    let text = report.render(page(Lang::En));
    assert!(
        text.contains("cause: qwen3_8b: timeout (2 times)\n"),
        "{text}"
    );
    assert_eq!(text.matches("cause:").count(), 2);
}

#[test]
fn json_is_english_and_leaves_out_what_is_not_known() {
    let json = rejected_key().to_json();
    let error = &json["error"];
    assert_eq!(error["code"], "upstream_auth");
    assert_eq!(error["doc"], "LC4012");
    assert_eq!(error["exit_code"], 4);
    assert_eq!(error["source"], "provider");
    assert_eq!(error["params"]["provider"], "aigcbest");
    assert!(error.get("retry_after_ms").is_none());
    let limited = Report::new("upstream_rate_limited", "").retry_after(Duration::from_secs(2));
    assert_eq!(limited.to_json()["error"]["retry_after_ms"], 2000);
    let message = limited.to_json()["error"]["message"].clone();
    assert_eq!(message, "the provider's rate limit was reached");
}

#[test]
fn an_unknown_code_keeps_its_name_and_the_exit_code_it_came_with() {
    let report = Report::new("code_of_the_future", "something new went wrong").with_exit(5);
    assert_eq!((report.doc(), report.exit()), (None, 5));
    assert_eq!(
        report.render(page(Lang::Zh)),
        "错误：something new went wrong\n"
    );
}

#[test]
fn what_others_wrote_cannot_move_the_cursor() {
    let report = Report::new("upstream_error", "bad\u{1b}[2J\rmodel\u{9b}1m")
        .cause("x\u{7}")
        .hint("y\u{1b}]0;t\u{7}");
    for lang in Lang::OFFERED {
        let text = report.render(page(lang));
        assert!(
            text.chars().all(|c| !c.is_control() || c == '\n'),
            "{text:?}"
        );
    }
}

#[test]
fn colour_is_only_on_the_labels_and_only_when_wanted() {
    let coloured = rejected_key().render(Page {
        colour: true,
        ..page(Lang::En)
    });
    assert!(coloured.starts_with("\u{1b}["));
    let plain = console::strip_ansi_codes(&coloured);
    assert_eq!(plain, rejected_key().render(page(Lang::En)));
}

#[test]
fn prose_is_wrapped_to_forty_columns_and_commands_stay_whole() {
    for lang in [Lang::En, Lang::Zh, Lang::Pseudo] {
        let report = Report::new("no_healthy_upstream", "")
            .cause("渠道在多次失败后处于熔断状态，要过一会儿才会再次尝试".repeat(2));
        let text = report.render(Page {
            width: Some(40),
            ..page(lang)
        });
        for line in text
            .lines()
            .filter(|line| !line.contains("llm-cooperation help"))
        {
            assert!(width(line) <= 40, "{line}");
        }
    }
    let command =
        "llm-config preset --name aigcbest --api-key-stdin --base-url https://example.com";
    let report = Report::new("not_configured", "").hint(command);
    let text = report.render(Page {
        width: Some(40),
        ..page(Lang::En)
    });
    assert!(text.contains(command), "{text}");
}
