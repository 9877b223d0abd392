//! The paths of the earlier systems, with true values in every field.

use llm_testkit::http::Request;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, checked};

#[tokio::test]
async fn the_greeting_names_the_documentation() {
    let server = Setup::demo().start().await;
    let body = server.get_json("/", 200).await;
    assert_eq!(body["status"], "running");
    assert_eq!(body["documentation"], "/docs");
    let body = server.get_json("/health", 200).await;
    assert_eq!(body["status"], "healthy");
    body["timestamp"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap();
}

#[tokio::test]
async fn a_query_is_answered_with_what_really_happened() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("四").usage(9, 1);
    let body = json!({
        "query": "GPT-4 很强大",
        "preferences": { "strategy": "auto", "quality_priority": 0.8 },
        "user_id": "u1",
        "colour": "red",
    });
    let reply = server.post_json("/query", &body, 200).await;
    assert_eq!(reply["result"], "四");
    assert_eq!(reply["strategy_used"], "auto");
    assert_eq!(reply["model"], "small");
    assert_eq!(reply["metadata"]["query_length"], 4);
    assert_eq!(reply["metadata"]["routing_stats"]["total_requests"], 1);
    assert!(reply["processing_time"].as_f64().unwrap() > 0.0);
    assert_eq!(
        reply["llm_cooperation"]["warnings"],
        json!(["`colour` is not known and was ignored"])
    );
    let usage = server.get_json("/api/v1/usage/stats?user_id=u1", 200).await;
    assert_eq!(usage["data"]["total"]["tokens"], 10);
}

#[tokio::test]
async fn a_query_may_ask_for_cooperation_by_the_earlier_names() {
    let server = Setup::models(&["a", "b"]).start().await;
    server.upstream.on("a").reply_text("Answer: 4");
    server.upstream.on("b").reply_text("Answer: 4");
    let body =
        json!({ "query": "2+2?", "preferences": { "strategy": "voting", "models": ["a", "b"] } });
    let reply = server.post_json("/query", &body, 200).await;
    assert_eq!(reply["strategy_used"], "voting");
    assert_eq!(reply["model"], "cooperate/voting");
}

#[tokio::test]
async fn a_service_returns_the_fields_of_a_checked_answer_and_counts_the_rest() {
    let server = Setup::models(&[])
        .toml("\n[models.wise]\nprovider = \"scripted\"\ncapabilities = [\"json_schema\"]\n")
        .start()
        .await;
    let found = json!({ "analysis": "brief", "main_points": ["one"] });
    server
        .upstream
        .on("wise")
        .reply(Reply::text(found.to_string()))
        .then(Reply::text("no JSON at all"));
    let body = json!({
        "service_type": "document_analysis", "content": "three short words",
        "parameters": { "analysis_type": "summary" },
    });
    let reply = server.post_json("/service", &body, 200).await;
    assert_eq!(reply["success"], true);
    assert_eq!(reply["error"], Value::Null);
    assert_eq!(reply["kind"], "summary");
    assert_eq!(
        reply["result"],
        json!({ "analysis": "brief", "main_points": ["one"], "document_length": 3,
                "analysis_type": "summary" })
    );
    let failed = server.post_json("/service", &body, 422).await;
    assert_eq!(failed["error"]["code"], "schema_mismatch");
    assert_eq!(failed["success"], false);
    let stats = server.get_json("/services/stats", 200).await;
    assert_eq!(stats["total_requests"], 2);
    assert_eq!(stats["successful_requests"], 1);
    assert_eq!(stats["success_rate"], 0.5);
    assert_eq!(stats["service_usage"], json!({ "document_analysis": 2 }));
    assert_eq!(stats["available_services"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_task_reads_the_query_string_the_body_or_both() {
    let server = Setup::models(&["a", "b"]).start().await;
    server.upstream.on("a").reply_text("first");
    server.upstream.on("b").reply_text("second");
    let path = "/cooperation/task?query=what%20now%3F&models=a&models=b&mode=parallel";
    let mut response = Request::new("POST", server.url(path)).send().await;
    let reply = checked("post", path, 200, &mut response).await;
    assert_eq!(reply["result"], "first\n\nsecond");
    assert_eq!(reply["mode"], "parallel");
    assert_eq!(reply["models"], json!(["a", "b"]));
    assert_eq!(reply["integration_strategy"], "concatenate");

    let body = json!({ "query": "what now?", "models": ["b", "a"], "mode": "parallel" });
    let reply = server.post_json("/cooperation/task", &body, 200).await;
    assert_eq!(reply["result"], "second\n\nfirst");

    let path = "/cooperation/task?models=a,b&mode=voting";
    let reply = server
        .post_json(path, &json!({ "query": "what now?" }), 200)
        .await;
    assert_eq!(reply["mode"], "voting");
    assert_eq!(reply["integration_strategy"], "majority");
    assert_eq!(reply["tally"]["options"].as_array().unwrap().len(), 2);

    let reply = server
        .post_json(
            "/cooperation/task?mode=parallel",
            &json!({ "query": "x", "mode": "voting" }),
            400,
        )
        .await;
    assert_eq!(reply["error"]["param"], "mode");
}

#[tokio::test]
async fn a_task_without_a_mode_works_one_after_the_other() {
    let server = Setup::models(&["a", "b"]).start().await;
    server.upstream.on("a").reply_text("draft");
    server.upstream.on("b").reply_text("final");
    let body = json!({ "query": "what now?", "models": "a,b" });
    let reply = server.post_json("/cooperation/task", &body, 200).await;
    assert_eq!(
        (
            reply["mode"].as_str(),
            reply["integration_strategy"].as_str()
        ),
        (Some("sequential"), Some("concatenate"))
    );
    let second = server.upstream.attempts()[1].json().to_string();
    assert!(
        second.contains("draft") && second.contains("what now?"),
        "{second}"
    );
    let stats = server.get_json("/cooperation/stats", 200).await;
    assert_eq!(stats["completed_tasks"], 1);
    assert_eq!(stats["active_tasks"], 0);
    assert_eq!(stats["cooperation_modes_used"], json!(["sequential"]));
}

#[tokio::test]
async fn a_task_that_fails_has_a_failing_status_and_is_counted() {
    let server = Setup::models(&["a", "b"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    server.upstream.on_anything().reply(Reply::error(500));
    let body = json!({ "query": "what now?", "models": ["a", "b"], "mode": "parallel" });
    let reply = server.post_json("/cooperation/task", &body, 502).await;
    assert_eq!(reply["error"]["code"], "upstream_error");
    assert_eq!(reply["error"]["attempts"].as_array().unwrap().len(), 2);
    let stats = server.get_json("/cooperation/stats", 200).await;
    assert_eq!(
        (
            stats["completed_tasks"].as_u64(),
            stats["failed_tasks"].as_u64()
        ),
        (Some(1), Some(1))
    );
}

#[tokio::test]
async fn status_and_models_show_the_traffic_there_was() {
    let server = Setup::models(&["small", "large"])
        .toml("\n[limits]\nretries = 0\n[models.off]\nprovider = \"scripted\"\ndisabled = true\n")
        .start()
        .await;
    server.upstream.on("small").reply_text("four");
    server.upstream.on("large").reply(Reply::error(500));
    server.ask("small", 200).await;
    server.ask("small", 200).await;
    server.ask("large", 502).await;
    let status = server.get_json("/status", 200).await;
    assert_eq!(status["system_health"], "healthy");
    assert_eq!(status["active_models"], 2);
    assert_eq!(status["total_requests"], 3);
    assert!(status["uptime"].as_str().unwrap().ends_with('s'));
    let resources = &status["resource_usage"];
    assert_eq!(resources["total_models"], 2);
    assert_eq!(resources["healthy_models"], 2, "one failure is no illness");
    assert_eq!(
        resources["api_endpoints"],
        json!([server.upstream.base_url()])
    );
    assert!(!status.to_string().contains("sk-"));

    let models = server.get_json("/models", 200).await;
    assert_eq!(models["load_balance_strategy"], "auto");
    let small = &models["models"]["small"];
    assert_eq!(small["status"], "healthy");
    assert_eq!(small["request_count"], 2);
    assert!(small["avg_latency"].as_f64().unwrap() > 0.0);
    assert_eq!(small["throughput"].as_f64(), Some(2.0 / 60.0));
    // It fades while there are no calls.
    let rate = models["models"]["large"]["error_rate"].as_f64().unwrap();
    assert!((0.1..=0.2).contains(&rate), "{rate}");
    assert_eq!(models["models"]["off"]["status"], "disabled");
    for invented in ["memory_usage", "gpu_utilization"] {
        assert!(small.get(invented).is_none(), "{invented}");
    }
    let routing = server.get_json("/routing/stats", 200).await;
    assert_eq!(routing["strategy_usage"], json!({ "pinned": 3 }));
    assert_eq!(routing["success_rate"].as_f64(), Some(2.0 / 3.0));
}

#[tokio::test]
async fn usage_adds_up_by_day_model_and_task() {
    let server = Setup::models(&["small"])
        .toml("\n[models.priced]\nprovider = \"scripted\"\nprice = { input = 1, output = 2 }\n")
        .start()
        .await;
    server.upstream.on("small").reply_text("x").usage(5, 5);
    server
        .upstream
        .on("priced")
        .reply_text("x")
        .usage(1_000, 500);
    let body = json!({ "model": "priced", "task_type": "math", "user_id": "u1",
                       "messages": [{ "role": "user", "content": "2+2" }] });
    server
        .post_json("/api/v1/chat/completions", &body, 200)
        .await;
    let stats = server
        .get_json("/api/v1/usage/stats?user_id=u1&days=3", 200)
        .await;
    let data = &stats["data"];
    assert_eq!(data["period"]["days"], 3);
    assert_eq!(data["daily"].as_array().unwrap().len(), 3);
    assert_eq!(data["daily"][2]["requests"], 1);
    assert_eq!(data["daily"][0]["requests"], 0);
    assert_eq!(data["total"]["cost"], 0.002);
    assert_eq!(
        data["total"]["costs"],
        json!([{ "amount": "0.002", "currency": "USD" }])
    );
    assert_eq!(data["total"]["cost_kind"], "billed");
    assert_eq!(data["models"]["priced"]["tokens"], 1_500);
    assert_eq!(data["task_types"]["math"]["requests"], 1);
    assert_eq!(data["complete"], true);

    server.ask("small", 200).await;
    let stats = server.get_json("/api/v1/usage/stats", 200).await;
    assert_eq!(stats["data"]["total"]["requests"], 2);
    assert_eq!(
        stats["data"]["total"]["cost"],
        Value::Null,
        "one call has no price"
    );
    assert_eq!(stats["data"]["total"]["cost_kind"], "unknown");
    let one = server
        .get_json("/api/v1/usage/stats?model=small", 200)
        .await;
    assert_eq!(one["data"]["total"]["tokens"], 10);
    let none = server
        .get_json("/api/v1/usage/stats?user_id=nobody", 200)
        .await;
    assert_eq!(none["data"]["total"]["requests"], 0);
}

#[tokio::test]
async fn models_show_real_prices_or_none() {
    let server = Setup::models(&["small"])
        .toml(
            "\n[models.priced]\nprovider = \"scripted\"\ntasks = [\"math\"]\nmax_tokens = 512\n\
               price = { input = 1.5, output = 2, currency = \"CNY\" }\n",
        )
        .start()
        .await;
    let list = server.get_json("/api/v1/models", 200).await;
    let model = |id: &str| {
        let data = list["data"].as_array().unwrap();
        data.iter().find(|model| model["id"] == id).unwrap().clone()
    };
    assert_eq!(model("small")["cost_per_1k_tokens"], Value::Null);
    let priced = model("priced");
    assert_eq!(
        priced["cost_per_1k_tokens"],
        json!({ "input": 0.0015, "output": 0.002, "currency": "CNY" })
    );
    assert_eq!(priced["max_tokens"], 512);
    assert_eq!(priced["best_for"], json!(["math"]));
    assert_eq!(priced["status"], "available");
}

#[tokio::test]
async fn templates_are_listed_by_what_they_are_for_and_used_by_their_id() {
    let server = Setup::models(&["deepseek-chat"]).start().await;
    server.upstream.on("deepseek-chat").reply_text("看多");
    let all = server.get_json("/api/v1/prompts/templates", 200).await;
    let some = server
        .get_json("/api/v1/prompts/templates?model_type=deepseek&task_type=financial_analysis&language=zh", 200)
        .await;
    assert!(all["total"].as_u64() > some["total"].as_u64());
    assert_eq!(some["data"][0]["id"], "deepseek_financial_analysis_zh");
    assert_eq!(some["data"][0]["variables"][0]["name"], "symbol");
    let body = json!({
        "model": "deepseek-chat", "task_type": "financial_analysis", "prompt_template": "auto",
        "variables": { "symbol": "600519", "company_name": "贵州茅台", "stock_data": "价格 1500" },
    });
    server
        .post_json("/api/v1/chat/completions", &body, 200)
        .await;
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(sent["messages"].as_array().unwrap().len(), 2);
    assert_eq!(
        sent["messages"][0]["content"],
        some["data"][0]["system_prompt"].as_str().unwrap().trim()
    );
    assert!(
        sent["messages"][1]["content"]
            .as_str()
            .unwrap()
            .contains("贵州茅台")
    );
    let stats = server.get_json("/api/v1/prompts/stats", 200).await;
    assert_eq!(stats["data"]["total_templates"], all["total"]);
}

#[tokio::test]
async fn a_decision_is_told_without_asking_anybody() {
    let server = Setup::models(&["small", "large"]).start().await;
    let body = json!({ "messages": [{ "role": "user", "content": "What is 2+2?" }] });
    let reply = server.post_json("/api/v1/route", &body, 200).await;
    assert_eq!(reply["route"]["profile"]["task"], "math");
    assert_eq!(reply["route"]["steps"].as_array().unwrap().len(), 2);
    assert!(server.upstream.attempts().is_empty());
    let wrong = json!({ "model": "none", "messages": body["messages"] });
    let reply = server.post_json("/api/v1/route", &wrong, 404).await;
    assert_eq!(reply["error"]["code"], "model_not_found");
}
