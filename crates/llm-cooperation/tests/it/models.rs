//! `models`: the list, its filters, its formats, and what providers themselves say.

use llm_testkit::builders::TEST_KEY;
use llm_testkit::env::TestEnvironment;
use llm_testkit::reply::Reply;
use serde_json::json;

use crate::support::{PROGRAM, Place, demo};

/// The names of a list in JSON.
fn names(arguments: &[&str]) -> Vec<String> {
    let run = demo(&[&["models", "--json"], arguments].concat());
    run.assert_code(0);
    let list = run.json();
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_list_can_be_filtered_and_ordered() {
    assert!(names(&[]).contains(&"demo-large".to_owned()));
    assert_eq!(
        names(&["qwen3*"]),
        [
            "qwen3_32b",
            "qwen3_32b_reasoning",
            "qwen3_32b_router",
            "qwen3_8b"
        ]
    );
    assert_eq!(names(&["VL"]), ["qwen2_5_vl_72b"]);
    assert_eq!(
        names(&["--capability", "vision,files"]),
        ["demo-vision", "qwen2_5_vl_72b"]
    );
    assert_eq!(names(&["--task", "math", "demo"]), ["demo-reasoning"]);
    assert_eq!(names(&["--provider", "nobody"]), Vec::<String>::new());
    assert_eq!(names(&["--sort", "quality"])[0], "demo-reasoning");
    assert_eq!(names(&["--sort", "price"])[0], "demo-embedding");
    // What is charged by the picture or the minute costs nothing by the token, but is not free.
    let by_price = names(&["--sort", "price"]);
    let unpriced = &by_price[by_price.len() - 3..];
    assert_eq!(unpriced, ["demo-image", "demo-speech", "demo-transcribe"]);
    let all = names(&["--all"]);
    for name in ["auto", "cooperate/voting", "qwen3_8b"] {
        assert!(all.contains(&name.to_owned()), "{name}: {all:?}");
    }
}

#[test]
fn a_table_is_one_even_in_a_pipe_and_lines_up_in_chinese() {
    let piped = demo(&["models"]);
    assert!(
        piped.stdout.starts_with("name\tkind\tprovider\t"),
        "{piped}"
    );
    let table = demo(&["models", "--format", "table", "--lang", "zh", "qwen3_8b"]);
    table.assert_code(0);
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("名称"), "{table}");
    assert!(lines[1].starts_with("──"), "{table}");
    // `渠道` begins in the column `demo` begins in: every Chinese character is two columns wide.
    let before = lines[0].split("渠道").next().unwrap();
    let columns: usize = before
        .chars()
        .map(|c| if c.is_ascii() { 1 } else { 2 })
        .sum();
    assert_eq!(lines[2].find("demo"), Some(columns), "{table}");
    let markdown = demo(&["models", "--format", "md", "qwen3_8b"]);
    assert!(markdown.stdout.starts_with("| "), "{markdown}");
    let csv = demo(&[
        "models",
        "--format",
        "csv",
        "--fields",
        "name,context",
        "qwen3_8b",
    ]);
    assert_eq!(csv.stdout, "name,context\r\nqwen3_8b,8192\r\n");
}

#[test]
fn prices_are_those_of_a_million_tokens_and_unknown_is_not_zero() {
    let place = Place::with(
        &["plain"],
        "[models.priced]\nprovider = \"scripted\"\nprice = { input = 0.15, output = 2.5, currency = \"CNY\" }\n\
         [models.free]\nprovider = \"scripted\"\nprice = { input = 0, output = 0 }\n",
    );
    let run = place.run(&[
        "models",
        "--fields",
        "name,price_in,price_out",
        "--sort",
        "price",
    ]);
    run.assert_code(0);
    assert_eq!(
        run.stdout,
        "name\tprice_in\tprice_out\npriced\t0.15 CNY\t2.5 CNY\nfree\t0 USD\t0 USD\nplain\tunknown\tunknown\n"
    );
}

#[test]
fn one_model_is_shown_with_where_its_key_comes_from_and_never_the_key() {
    let place = Place::models(&["small"]);
    let run = place.run(&["models", "--show", "small", "--json"]);
    run.assert_code(0);
    let shown = run.json();
    assert_eq!(shown["path"], "small");
    assert!(
        shown["credential"]
            .as_str()
            .unwrap()
            .contains("config.toml"),
        "{shown}"
    );
    assert!(
        shown["origin"].as_str().unwrap().contains("config.toml:"),
        "{shown}"
    );
    assert!(!run.to_string().contains(TEST_KEY), "{run}");
    let typo = place.run(&["models", "--show", "smal"]);
    typo.assert_code(2);
    assert!(typo.stderr.contains("did you mean \"small\"?"), "{typo}");
}

#[test]
fn providers_are_asked_for_their_lists_and_a_failure_is_the_result() {
    let place = Place::models(&["small"]);
    let list = json!({ "object": "list", "data": [{ "id": "small" }, { "id": "unheard-of" }] });
    place
        .upstream
        .on_path("/v1/models")
        .reply(Reply::json(&list));
    let run = place.run(&["models", "--remote"]);
    run.assert_code(0);
    assert_eq!(
        run.stdout,
        "provider\tpath\tname\nscripted\tsmall\tsmall\nscripted\tunheard-of\t\n"
    );
    place
        .upstream
        .on_path("/v1/models")
        .reply(Reply::error(401));
    let refused = place.run(&["models", "--remote"]);
    refused.assert_code(4);
    assert!(refused.stderr.contains("LC4012"), "{refused}");
    assert!(!refused.to_string().contains(TEST_KEY), "{refused}");
}

#[test]
fn without_a_configuration_it_is_explained() {
    let environment = TestEnvironment::new();
    let run = environment.run(PROGRAM, &["models"]);
    run.assert_code(4);
    assert!(run.stderr.contains("llm-config preset"), "{run}");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_provider_elsewhere_is_not_asked_when_the_network_is_not_to_be_used() {
    let place = Place::with(
        &["small"],
        "[providers.far]\nkind = \"openai-compatible\"\nbase_url = \"http://far.invalid/v1\"\n\
         [models.far]\nprovider = \"far\"\n",
    );
    let run = place.run(&["models", "--remote", "--offline"]);
    run.assert_code(2);
    assert!(
        run.stderr.contains("\"far\" is not on this machine"),
        "{run}"
    );
    assert_eq!(place.upstream.attempts().len(), 0);
}
