//! `GET /v1/models`: every name a request may send is listed, once, and found.

use crate::support::Setup;

#[tokio::test]
async fn every_name_a_request_may_send_is_listed_and_found() {
    let server = Setup::models(&["small", "qwen/large"])
        .toml("\n[aliases]\nfast = \"small\"\n[routes.team]\nmodels = [\"small\"]\n")
        .start()
        .await;
    let list = server.get_json("/v1/models", 200).await;
    assert_eq!(list["object"], "list");
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    for id in [
        "small",
        "qwen/large",
        "auto",
        "fast",
        "team",
        "cooperate/voting",
        "cost",
    ] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    let one = server.get_json("/v1/models/qwen/large", 200).await;
    assert_eq!(one["owned_by"], "scripted");
    assert_eq!(one["llm_cooperation"]["kind"], "model");
    let error = server.get_json("/v1/models/none", 404).await;
    assert_eq!(error["error"]["code"], "model_not_found");
}
