//! Which templates there are, which one is chosen, and what becomes of values.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::testing::put;
use crate::types::code::Code;

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn built_in() -> PromptLibrary {
    PromptLibrary::read(None, now()).unwrap()
}

fn template(text: &str) -> Result<PromptTemplate, ConfigError> {
    PromptTemplate::parse(text, Path::new("t.toml"))
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn the_documented_templates_are_there_and_can_be_filled_in() {
    let library = built_in();
    for (id, task, variables) in [
        (
            "deepseek_financial_analysis_zh",
            "financial_analysis",
            &["symbol", "company_name", "stock_data"][..],
        ),
        (
            "openai_financial_analysis_zh",
            "financial_analysis",
            &["symbol", "company_name", "stock_data"],
        ),
        (
            "deepseek_code_generation_zh",
            "code_generation",
            &[
                "requirement",
                "tech_requirements",
                "input_params",
                "expected_output",
            ],
        ),
        ("general_assistant_zh", "general", &["user_input"]),
        (
            "tradingagents_market_analyst_zh",
            "technical_analysis",
            &["market_data"],
        ),
        (
            "tradingagents_fundamentals_analyst_zh",
            "fundamentals_analysis",
            &["financial_data"],
        ),
        (
            "tradingagents_bull_researcher_zh",
            "bull_analysis",
            &["research_reports"],
        ),
        (
            "tradingagents_bear_researcher_zh",
            "bear_analysis",
            &["research_reports"],
        ),
        (
            "tradingagents_research_manager_zh",
            "research_management",
            &["bull_case", "bear_case"],
        ),
        (
            "tradingagents_risk_manager_zh",
            "risk_management",
            &["trading_plan"],
        ),
    ] {
        let found = library.find(id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!(
            (found.task_type.as_str(), found.language.as_str()),
            (task, "zh")
        );
        for name in variables {
            assert!(found.variable(name).is_some(), "{id} {name}");
        }
    }
    for one in library.iter() {
        let all = one
            .variables
            .iter()
            .map(|variable| (variable.name.clone(), format!("<{}>", variable.name)));
        let Rendered { system, user } = one.render(&all.collect()).unwrap();
        let user = user.unwrap();
        assert!(system.is_some());
        for variable in &one.variables {
            assert!(user.contains(&format!("<{}>", variable.name)), "{}", one.id);
        }
        assert!(!user.contains('{'), "{}: {user}", one.id);
    }
}

#[test]
fn every_file_is_listed_under_its_id() {
    for (name, text) in FILES {
        assert_eq!(template(text).unwrap().id, *name);
    }
    let listed: BTreeSet<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed.len(), FILES.len());
}

#[test]
fn the_nearest_template_is_chosen() {
    let library = built_in();
    let chosen = |model, task, language| library.select(model, task, language).unwrap().id.as_str();
    assert_eq!(
        chosen("deepseek-chat", "financial_analysis", "zh"),
        "deepseek_financial_analysis_zh"
    );
    assert_eq!(
        chosen("gpt-4o", "financial_analysis", "zh"),
        "openai_financial_analysis_zh"
    );
    assert_eq!(
        chosen("deepseek-chat", "financial_analysis", "en"),
        "general_financial_analysis_en"
    );
    assert_eq!(
        chosen("qwen-plus", "risk_management", "zh"),
        "tradingagents_risk_manager_zh"
    );
    assert_eq!(chosen("auto", "translation", "zh"), "general_assistant_zh");
    assert_eq!(chosen("auto", "translation", "en"), "general_assistant_en");
    assert_eq!(chosen("auto", "translation", "fr"), "general_assistant_zh");
}

#[test]
fn values_are_put_in_once_and_other_braces_are_text() {
    let one = template(
        "id = 'a'\nname = 'A'\nuser_prompt_template = 'Ü{x}{x} { {\"k\": 1} {不}'\n\
         [[variables]]\nname = 'x'\nrequired = true\n[[variables]]\nname = 'y'\n",
    )
    .unwrap();
    let user = one.render(&values(&[("x", "{y}")])).unwrap().user.unwrap();
    assert_eq!(user, "Ü{y}{y} { {\"k\": 1} {不}");
}

#[test]
fn a_value_that_is_missing_or_unknown_is_named() {
    let library = built_in();
    let one = library.find("general_assistant_zh").unwrap();
    let missing = one.render(&BTreeMap::new()).unwrap_err();
    assert_eq!(
        (missing.code(), missing.variable()),
        (Code::MissingField, "user_input")
    );
    let unknown = one
        .render(&values(&[("user_input", "a"), ("user_inptu", "b")]))
        .unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidValue);
    assert!(unknown.to_string().contains("user_inptu"), "{unknown}");
}

#[test]
fn a_template_that_cannot_work_is_refused_with_its_place() {
    for (text, line) in [
        ("id = 'a'\nname = 'A'\nuser_prompt_template = '{x}'\n", 3),
        ("id = 'a b'\nname = 'A'\nsystem_prompt = 's'\n", 1),
        ("id = 'a'\nname = 'A'\n", 1),
        (
            "id = 'a'\nname = 'A'\nsystem_prompt = 's'\nsurprise = 1\n",
            4,
        ),
        ("id = 'a'\nname = \n", 2),
        (
            "id = 'a'\nname = 'A'\nsystem_prompt = 's'\n[[variables]]\nname = '1'\n",
            4,
        ),
    ] {
        let error = template(text).unwrap_err();
        assert_eq!(error.line, Some(line), "{text}: {error}");
    }
}

#[test]
fn the_users_templates_join_and_replace_the_built_in_ones() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| put(&directory.path().join(name), text);
    write(
        "a.toml",
        "id = 'general_assistant_zh'\nname = 'mine'\nsystem_prompt = 's'\n",
    );
    write("b.toml", "id = 'new'\nname = 'new'\nsystem_prompt = 's'\n");
    write("notes.txt", "no template");
    let library = PromptLibrary::read(Some(directory.path()), now()).unwrap();
    assert_eq!(library.find("general_assistant_zh").unwrap().name, "mine");
    assert!(library.find("new").is_some());
    assert_eq!(library.iter().count(), FILES.len() + 1);

    write(
        "c.toml",
        "id = 'new'\nname = 'again'\nsystem_prompt = 's'\n",
    );
    write("d.toml", "id = \n");
    let errors = PromptLibrary::read(Some(directory.path()), now()).unwrap_err();
    let files: Vec<_> = errors
        .iter()
        .map(|error| error.file.as_ref().unwrap().file_name().unwrap().to_owned())
        .collect();
    assert_eq!(files, ["c.toml", "d.toml"]);
    let nowhere = directory.path().join("none");
    assert!(PromptLibrary::read(Some(&nowhere), now()).is_ok());
}
