//! Names as a client would send them.

use super::*;

fn entry(name: &str, served: &[(&str, &str)]) -> ModelEntry {
    ModelEntry {
        name: name.into(),
        served: served
            .iter()
            .map(|(provider, path)| ((*provider).into(), (*path).to_owned()))
            .collect(),
    }
}

fn build(aliases: &[(&str, &str)]) -> Result<Names, Vec<NameProblem>> {
    let models = [
        entry(
            "qwen3_8b",
            &[("aigcbest", "Qwen/Qwen3-8B"), ("local", "qwen3:8b")],
        ),
        entry("qwen3_32b_reasoning", &[("aigcbest", "Qwen/Qwen3-32B")]),
        entry("deepseek-chat", &[("deepseek", "deepseek-chat")]),
    ];
    let aliases = aliases
        .iter()
        .map(|(alias, target)| ((*alias).to_owned(), (*target).to_owned()))
        .collect();
    Names::build(&NameSources {
        models: &models,
        aliases: &aliases,
        routes: &["fast".to_owned()],
        modes: &["parallel", "voting"],
    })
}

fn model(name: &str) -> Resolved {
    Resolved::Model(Pick {
        model: name.into(),
        provider: None,
    })
}

#[test]
fn every_form_is_resolved() {
    let names = build(&[("default", "qwen3_8b"), ("team", "cooperate/voting")]).unwrap();
    let resolve = |name| names.resolve(name).cloned().unwrap();
    assert_eq!(resolve("auto"), Resolved::Auto { strategy: None });
    assert_eq!(resolve("qwen3_8b"), model("qwen3_8b"));
    assert_eq!(resolve("default"), model("qwen3_8b"));
    assert_eq!(resolve("fast"), Resolved::Route("fast".into()));
    assert_eq!(
        resolve("team"),
        Resolved::Cooperate {
            mode: Some("voting".into())
        }
    );
    assert_eq!(resolve("cooperate"), Resolved::Cooperate { mode: None });
    assert_eq!(
        resolve("cooperate/auto"),
        Resolved::Cooperate { mode: None }
    );
    assert_eq!(
        resolve("cost"),
        Resolved::Auto {
            strategy: Some("cost")
        }
    );
    let at_local = Resolved::Model(Pick {
        model: "qwen3_8b".into(),
        provider: Some("local".into()),
    });
    assert_eq!(resolve("local/qwen3_8b"), at_local);
    assert_eq!(resolve("local/qwen3:8b"), at_local);
    assert_eq!(
        resolve("aigcbest/Qwen/Qwen3-32B"),
        Resolved::Model(Pick {
            model: "qwen3_32b_reasoning".into(),
            provider: Some("aigcbest".into()),
        })
    );
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest() {
    let names = build(&[]).unwrap();
    let error = names.resolve("qwen3-8b").unwrap_err();
    assert_eq!(error.nearest[0], "qwen3_8b");
    assert!(error.nearest.len() <= 3);
    assert_eq!(
        names.resolve("cooperate/vote").unwrap_err().nearest[0],
        "cooperate/voting"
    );
    assert_eq!(
        names.resolve("QWEN3_8B").unwrap_err().nearest[0],
        "qwen3_8b"
    );
    let error = names.resolve("zzz").unwrap_err();
    assert_eq!(error.nearest, Vec::<String>::new());
    assert_eq!(error.to_string(), "there is no model or route named `zzz`");
}

#[test]
fn a_hint_names_only_what_it_may() {
    let names = build(&[]).unwrap();
    let hints = names.nearest("qwen3", |found| *found != model("qwen3_8b"));
    assert_eq!(hints, ["qwen3_32b_reasoning"]);
}

#[test]
fn aliases_lead_to_something_that_is_not_an_alias() {
    let problems = build(&[
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("d", "default"),
        ("default", "qwen3_8b"),
        ("e", "qwen3_9b"),
        ("self", "self"),
        ("fast", "qwen3_8b"),
    ])
    .unwrap_err();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "aliases lead in a circle: a -> b -> c -> a",
            "alias `d` leads to alias `default`; let it name the model itself",
            "alias `e` leads to `qwen3_9b`, which does not exist; did you mean `qwen3_8b`, \
             `qwen3_32b_reasoning`?",
            "aliases lead in a circle: self -> self",
            "alias `fast` has the name of a model, route or mode",
        ]
    );
}

#[test]
fn lists_hold_what_clients_may_send_once() {
    let names = build(&[("default", "qwen3_8b")]).unwrap();
    let listed: Vec<&str> = names.listed().map(|(name, _)| name).collect();
    for expected in [
        "auto",
        "qwen3_8b",
        "fast",
        "cooperate/voting",
        "default",
        "cost",
    ] {
        assert_eq!(
            listed.iter().filter(|name| **name == expected).count(),
            1,
            "{expected}"
        );
    }
    assert!(!listed.contains(&"local/qwen3_8b"));
}
