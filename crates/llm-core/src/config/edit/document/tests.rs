//! What an edit leaves alone.

use proptest::prelude::*;

use super::*;

fn edited(text: &str, change: impl FnOnce(&mut DocumentMut)) -> String {
    let (mut document, style) = parse(text, Path::new("/c.toml")).unwrap();
    change(&mut document);
    style.render(&document.to_string())
}

const FILE: &str = "# The head of the file.\n\n# About the server.\n[server]\nport = 80 # the usual\nhost = \"a\"\n\n# --- Models ---\n\n# The small one.\n[models.small]\npath = \"s\"\n\n# The large one.\n[models.large]\npath = \"l\" # path\nprice = { input = 1, output = 2 } # dear\n";

#[test]
fn a_changed_value_keeps_its_line_and_its_comment() {
    let text = edited(FILE, |d| {
        assert!(set(d, &["server", "port"], &81.into()).unwrap());
        assert!(set(d, &["models", "large", "price", "input"], &3.into()).unwrap());
        assert!(!set(d, &["server", "host"], &"a".into()).unwrap());
    });
    assert_eq!(
        text,
        FILE.replace("80 #", "81 #")
            .replace("input = 1", "input = 3")
    );
}

#[test]
fn the_same_value_in_another_spelling_is_left_alone() {
    let file = "a = 0x10\nb = 'x'\nc = 1_000\n";
    let text = edited(file, |d| {
        assert!(!set(d, &["a"], &16.into()).unwrap());
        assert!(!set(d, &["b"], &"x".into()).unwrap());
        assert!(!set(d, &["c"], &1000.into()).unwrap());
    });
    assert_eq!(text, file);
}

#[test]
fn a_removed_table_takes_its_comment_along_and_leaves_what_stands_apart() {
    let text = edited(FILE, |d| assert!(remove(d, &["models", "small"])));
    assert_eq!(
        text,
        FILE.replace("# The small one.\n[models.small]\npath = \"s\"\n\n", "")
    );
    let text = edited(FILE, |d| {
        assert!(remove(d, &["models", "small"]));
        assert!(remove(d, &["models", "large"]));
    });
    assert!(text.ends_with("\n# --- Models ---\n\n"), "{text}");
    let text = edited(FILE, |d| assert!(remove(d, &["server"])));
    assert!(text.starts_with("# The head of the file.\n\n"), "{text}");
    assert!(!text.contains("About the server"), "{text}");
}

#[test]
fn a_removed_key_leaves_what_stands_apart_from_it() {
    let file = "[server]\nport = 1\n# Apart.\n\n# Of the host.\nhost = \"a\"\nmetrics = true\n";
    let text = edited(file, |d| assert!(remove(d, &["server", "host"])));
    assert_eq!(text, "[server]\nport = 1\n# Apart.\n\nmetrics = true\n");
}

#[test]
fn a_new_table_comes_after_its_siblings() {
    let file = "[models.a]\n\n[server]\nport = 1\n";
    let text = edited(file, |d| {
        put_table(d, &["models", "b"], table_of(&toml::Table::new())).unwrap();
    });
    assert_eq!(text, "[models.a]\n\n[models.b]\n\n[server]\nport = 1\n");
}

#[test]
fn a_value_at_the_root_comes_below_the_head_and_above_the_tables() {
    let text = edited(FILE, |d| {
        set(d, &["default_provider"], &"p".into()).unwrap();
    });
    let expected = FILE.replace(
        "# The head of the file.\n\n",
        "# The head of the file.\n\ndefault_provider = \"p\"\n\n",
    );
    assert_eq!(text, expected);
}

#[test]
fn inline_tables_stay_inline_and_dotted_keys_dotted() {
    let file = "models = { a = { path = \"x\" } }\nserver.port = 1\n";
    let text = edited(file, |d| {
        set(d, &["models", "b", "path"], &"y".into()).unwrap();
        set(d, &["server", "host"], &"h".into()).unwrap();
    });
    assert_eq!(
        text,
        "models = { a = { path = \"x\" } , b = { path = \"y\" } }\nserver.port = 1\nserver.host = \"h\"\n"
    );
}

#[test]
fn a_value_where_a_table_belongs_is_an_error() {
    let (mut document, _) = parse("server = 1\n", Path::new("/c")).unwrap();
    let error = set(&mut document, &["server", "port"], &1.into()).unwrap_err();
    assert!(error.to_string().contains("server: is a value"), "{error}");
}

#[test]
fn line_ends_and_the_mark_of_the_file_are_kept() {
    let file = "\u{feff}# c\r\n[server]\r\nport = 1\r\n";
    let text = edited(file, |d| {
        set(d, &["server", "port"], &2.into()).unwrap();
        set(d, &["server", "host"], &"a".into()).unwrap();
    });
    assert_eq!(
        text,
        "\u{feff}# c\r\n[server]\r\nport = 2\r\nhost = \"a\"\r\n"
    );
}

#[test]
fn a_syntax_error_has_its_place() {
    let errors = parse("a = 1\nb = \n", Path::new("/c.toml")).unwrap_err();
    assert!(errors.to_string().starts_with("/c.toml:2:"), "{errors}");
}

/// Files as people write them: comments of all kinds between entries of the real sections.
fn file() -> impl Strategy<Value = String> {
    let comment = prop_oneof![
        3 => Just(String::new()),
        1 => Just("# attached\n".to_owned()),
        1 => Just("# apart\n\n".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("# apart\n\n# attached\n".to_owned()),
    ];
    let tail = prop_oneof![Just(""), Just(" # tail"), Just("   ")];
    let table = (comment.clone(), "[a-d]", comment, tail, 0_u8..4).prop_map(
        |(above, name, between, tail, kind)| match kind {
            0 => format!(
                "\n{above}[models.{name}]{tail}\npath = \"x\"{tail}\n{between}context = 5\n"
            ),
            1 => format!(
                "\n{above}[models.\"{name}.1\"]\nprice = {{ input = 1, output = 2 }}{tail}\n"
            ),
            2 => format!("\n{above}[providers.{name}]\n{between}kind = 'openai'{tail}\n"),
            _ => format!("\n{above}[routes.{name}]\nmodels = [\n  \"m\", # one\n]{tail}\n"),
        },
    );
    (
        "(# head\n(# more\n)?\n?)?",
        prop::collection::vec(table, 0..6),
        prop_oneof![Just(""), Just("\n# end\n")],
    )
        .prop_map(|(head, tables, end)| {
            let mut seen = std::collections::HashSet::new();
            let mut text = format!("{head}schema_version = 1\n");
            for table in tables {
                let header = table
                    .lines()
                    .find(|line| line.starts_with('['))
                    .unwrap()
                    .to_owned();
                if seen.insert(header.split(']').next().unwrap().to_owned()) {
                    text.push_str(&table);
                }
            }
            text + end
        })
}

proptest! {
    #[test]
    fn an_edit_and_its_opposite_leave_every_byte_as_it_was(text in file(), which in 0_u8..5) {
        let path = Path::new("/c.toml");
        let (mut document, style) = parse(&text, path).unwrap();
        prop_assert_eq!(style.render(&document.to_string()), text.clone(), "reading alone");
        match which {
            0 => {
                set(&mut document, &["schema_version"], &2.into()).unwrap();
                set(&mut document, &["schema_version"], &1.into()).unwrap();
            }
            1 => {
                let new = ["default_provider"];
                prop_assert!(set(&mut document, &new, &"p".into()).unwrap());
                prop_assert!(remove(&mut document, &new));
            }
            2 => {
                put_table(&mut document, &["models", "new"], table_of(&toml::Table::new())).unwrap();
                prop_assert!(remove(&mut document, &["models", "new"]));
            }
            3 => {
                let paths = in_order(&document);
                if let Some(first) = paths.first() {
                    let mut key: Vec<_> = first.iter().map(String::as_str).collect();
                    key.push("weight");
                    prop_assert!(set(&mut document, &key, &1.5.into()).unwrap());
                    prop_assert!(remove(&mut document, &key));
                }
            }
            _ => {
                prop_assert!(set(&mut document, &["server", "port"], &1.into()).unwrap());
                prop_assert!(remove(&mut document, &["server"]));
            }
        }
        prop_assert_eq!(style.render(&document.to_string()), text);
    }

    #[test]
    fn no_comment_that_stands_apart_is_ever_lost(text in file(), index in 0_usize..8) {
        let (mut document, _) = parse(&text, Path::new("/c.toml")).unwrap();
        let paths = in_order(&document);
        if let Some(path) = paths.get(index) {
            let names: Vec<_> = path.iter().map(String::as_str).collect();
            let apart = |text: &str| text.matches("# apart").count();
            let inside = get(&document, &names).unwrap().to_string();
            let expected = apart(&text) - apart(&inside);
            prop_assert!(remove(&mut document, &names));
            prop_assert_eq!(apart(&document.to_string()), expected);
        }
    }
}
