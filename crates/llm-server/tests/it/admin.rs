//! Reloading the configuration and the templates of a running server.

use std::fs;

use llm_core::gateway::auth::digest;
use llm_core::types::secret::Secret;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, TestServer, checked, question};

const RELOAD: &str = "/api/v1/admin/reload-models";

async fn server() -> TestServer {
    let digest = digest(&Secret::new("root")).to_hex();
    Setup::models(&["small"])
        .toml(&format!(
            "\n[keys.root]\ndigest = \"{digest}\"\nscopes = [\"inference\", \"admin\"]\n"
        ))
        .start()
        .await
}

async fn post(server: &TestServer, path: &str, status: u16) -> Value {
    let mut response = server.post(path, &json!({})).bearer("root").send().await;
    checked("post", path, status, &mut response).await
}

async fn ask(server: &TestServer, model: &str) -> (u16, Value) {
    let request = server.post("/v1/chat/completions", &question(model));
    let mut response = request.bearer("root").send().await;
    (response.status, response.json().await)
}

#[tokio::test]
async fn a_reload_brings_new_models_and_takes_old_ones_away() {
    let server = server().await;
    server.upstream.on("large").reply_text("four");
    assert_eq!(ask(&server, "large").await.0, 404);
    server.rewrite(|text| text.replace("[models.\"small\"]", "[models.\"large\"]"));
    let reply = post(&server, RELOAD, 200).await;
    assert_eq!(reply["models"], json!(["large"]));
    assert_eq!(reply["message"], "成功重新加载1个模型 (1 models reloaded)");
    assert_eq!(ask(&server, "large").await.0, 200);
    assert_eq!(ask(&server, "small").await.0, 404);
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_is_told_with_its_place() {
    let server = server().await;
    server.upstream.on("small").reply_text("four");
    for (broken, code, key) in [
        ("\nnot toml", "config_syntax", Value::Null),
        (
            "\n[server]\nport = \"high\"\n",
            "config_invalid",
            json!("server.port"),
        ),
        (
            "\n[aliases]\na = \"none\"\n",
            "config_invalid",
            json!("aliases.a"),
        ),
    ] {
        let mut before = String::new();
        server.rewrite(|text| {
            before.clone_from(&text);
            text + broken
        });
        let reply = post(&server, RELOAD, 500).await;
        assert_eq!(reply["error"]["code"], code, "{reply:#}");
        assert_eq!(reply["success"], false);
        let problem = &reply["error"]["problems"][0];
        assert!(problem["file"].as_str().unwrap().ends_with("config.toml"));
        assert!(problem["line"].as_u64().is_some(), "{problem}");
        if !key.is_null() {
            assert_eq!(problem["key"], key);
        }
        assert_eq!(ask(&server, "small").await.0, 200);
        server.rewrite(|_| before);
    }
    assert_eq!(post(&server, RELOAD, 200).await["success"], true);
}

#[tokio::test]
async fn every_cut_of_a_valid_file_leaves_the_old_configuration_at_work() {
    let server = server().await;
    server.upstream.on("small").reply_text("four");
    let whole = std::cell::RefCell::new(String::new());
    server.rewrite(|text| {
        whole.replace(text.clone());
        text
    });
    let whole = whole.into_inner();
    for cut in (0..whole.len()).step_by(7) {
        server.rewrite(|_| whole[..cut].to_owned());
        // A cut may still be a configuration, or one that knows the key no more.
        let request = server.post(RELOAD, &json!({})).bearer("root");
        let status = request.send().await.status;
        assert!(matches!(status, 200 | 401 | 500 | 503), "{status} at {cut}");
        server.rewrite(|_| whole.clone());
        if matches!(status, 200 | 401) {
            // Without keys nobody may reload any more; this process may.
            server.app.reload().await.unwrap();
        }
        assert_eq!(ask(&server, "small").await.0, 200, "after a cut at {cut}");
    }
}

#[tokio::test]
async fn a_configuration_with_nothing_to_call_is_not_taken() {
    let server = server().await;
    server.upstream.on("small").reply_text("four");
    server.rewrite(|text| {
        text.replace(
            "provider = \"scripted\"",
            "provider = \"scripted\"\ndisabled = true",
        )
    });
    let reply = post(&server, RELOAD, 503).await;
    assert_eq!(reply["error"]["code"], "not_configured");
    assert_eq!(ask(&server, "small").await.0, 200);
}

#[tokio::test]
async fn a_running_request_keeps_its_configuration() {
    let server = server().await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("old but whole").hold(&gate));
    let running = ask(&server, "small");
    let reload = async {
        server.upstream.wait_for_attempts(1).await;
        server.rewrite(|text| text.replace("[models.\"small\"]", "[models.\"large\"]"));
        post(&server, RELOAD, 200).await;
        gate.open();
    };
    let ((status, body), ()) = tokio::join!(running, reload);
    assert_eq!(status, 200);
    assert_eq!(body["choices"][0]["message"]["content"], "old but whole");
}

#[tokio::test]
async fn totals_and_health_outlive_a_reload() {
    let server = server().await;
    server.upstream.on("small").reply_text("four");
    ask(&server, "small").await;
    post(&server, RELOAD, 200).await;
    let mut response = server.get("/models").bearer("root").send().await;
    let models = checked("get", "/models", 200, &mut response).await;
    assert_eq!(models["total_requests"], 1);
    assert_eq!(models["models"]["small"]["request_count"], 1);
}

#[tokio::test]
async fn templates_of_the_user_join_and_a_wrong_one_changes_nothing() {
    let server = server().await;
    let directory = server.path("prompts");
    fs::create_dir(&directory).unwrap();
    let path = "/api/v1/admin/reload-prompts";
    let before = post(&server, path, 200).await["stats"]["total_templates"].clone();
    #[expect(clippy::disallowed_methods, reason = "tests own their files")]
    let write = |text: &str| fs::write(directory.join("mine.toml"), text).unwrap();
    write("id = \"mine\"\nname = \"Mine\"\nlanguage = \"en\"\nsystem_prompt = \"Be brief.\"\n");
    let after = post(&server, path, 200).await;
    assert_eq!(
        after["stats"]["total_templates"],
        before.as_u64().unwrap() + 1
    );
    write("id = \"mine\"\nname = \"Mine\"\nsystem_prompt = \"{unknown}\"\n");
    let failed = post(&server, path, 500).await;
    let problem = &failed["error"]["problems"][0];
    assert_eq!(
        (problem["key"].as_str(), problem["line"].as_u64()),
        (Some("system_prompt"), Some(3))
    );
    let mut response = server
        .get("/api/v1/prompts/templates")
        .bearer("root")
        .send()
        .await;
    let list = checked("get", "/api/v1/prompts/templates", 200, &mut response).await;
    let mine = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "mine");
    assert_eq!(mine.unwrap()["system_prompt"], "Be brief.");
}
