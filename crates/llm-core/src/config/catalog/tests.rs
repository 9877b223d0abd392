//! The catalogue's file, and how a name finds its entry.

use super::*;

fn file() -> File {
    toml::from_str(TEXT).unwrap()
}

#[test]
fn the_file_is_well_formed() {
    let file = file();
    assert!(file.model.len() > 20 && file.family.len() > 15);
    for row in file.model.iter().chain(&file.family) {
        assert_eq!(
            row.id,
            row.id.to_ascii_lowercase(),
            "names are compared in lower case"
        );
        for name in row.capabilities.iter().flatten() {
            assert!(Capabilities::named(name).is_some(), "{}: {name}", row.id);
        }
        if let Some(quality) = row.quality {
            assert!((0.0..=1.0).contains(&quality), "{}", row.id);
        }
        if let Some(price) = &row.price {
            assert!(row.vendor.is_some(), "{}: a price is somebody's", row.id);
            assert!(price.price().is_ok(), "{}", row.id);
            assert!(
                price
                    .source
                    .as_ref()
                    .is_some_and(|url| url.starts_with("https://")),
                "{}",
                row.id
            );
            let date = price.date.as_ref().unwrap();
            assert!(
                date.parse::<jiff::civil::Date>().is_ok(),
                "{}: {date}",
                row.id
            );
        }
    }
    for row in &file.family {
        assert!(
            row.price.is_none() && row.vendor.is_none(),
            "{}: a family has no price",
            row.id
        );
    }
    let mut ids: Vec<_> = file
        .model
        .iter()
        .map(|row| (&row.id, &row.vendor))
        .collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "one entry for an id of a vendor");
}

#[test]
fn a_dated_snapshot_has_the_facts_of_its_model_and_another_model_has_not() {
    let price = |name: &str| {
        lookup("openai", name)
            .price
            .map(|price| price.input.decimal())
    };
    let expected = price("gpt-6.1-sol");
    assert!(expected.is_some());
    for name in [
        "gpt-6.1-sol-2026-09-29",
        "gpt-6.1-sol-latest",
        "GPT-6.1-Sol",
        "openai/gpt-6.1-sol",
    ] {
        assert_eq!(price(name), expected, "{name}");
    }
    for name in [
        "gpt-6.1-sol-pro",
        "gpt-6.1-sol-mini",
        "gpt-6.1-solar",
        "gpt-6.1",
    ] {
        assert_eq!(price(name), None, "{name}");
    }
    assert_eq!(
        lookup("openai", "gpt-6.1-sol-pro").context,
        Some(1_050_000),
        "the family's"
    );
}

#[test]
fn a_price_is_its_vendors_and_nobody_elses() {
    let facts = lookup("openrouter", "openai/gpt-6.1-sol");
    assert_eq!(facts.price, None);
    assert_eq!(
        facts.context,
        Some(1_050_000),
        "the model is the same wherever it is bought"
    );
    let currency = |kind: &str| lookup(kind, "qwen3.8-max").price.unwrap().currency;
    assert_eq!(currency("dashscope").as_deref(), Some("CNY"));
    assert_eq!(currency("dashscope-intl"), None, "dollars");
}

#[test]
fn the_longest_family_wins_and_a_stranger_is_unknown() {
    assert_eq!(
        lookup("x", "deepseek-ai/DeepSeek-V3.2-Exp").context,
        Some(128_000)
    );
    assert_eq!(
        lookup("x", "Qwen/Qwen2.5-VL-7B-Instruct").capabilities,
        Some(Capabilities::VISION)
    );
    assert_eq!(lookup("x", "nobody/nothing"), Facts::default());
    assert_eq!(lookup("x", &"q".repeat(1_000_000)), Facts::default());
    assert_eq!(lookup("x", ""), Facts::default());
}

#[test]
fn the_earlier_models_are_known() {
    for (path, context) in [
        ("Qwen/Qwen3-32B", 131_072),
        ("Qwen/Qwen3-8B", 131_072),
        ("Qwen/Qwen2.5-VL-72B-Instruct", 131_072),
    ] {
        assert_eq!(lookup("aigcbest", path).context, Some(context), "{path}");
    }
    let vision = lookup("aigcbest", "Qwen/Qwen2.5-VL-72B-Instruct")
        .capabilities
        .unwrap();
    assert!(vision.has(Capabilities::VISION));
    assert!(
        !lookup("aigcbest", "Qwen/Qwen3-32B")
            .capabilities
            .unwrap()
            .has(Capabilities::VISION)
    );
}
