//! The reference page of the configuration, generated from the section types.

use std::fmt::Write as _;

use serde_json::Value;

use super::key::KeyPath;
use super::legacy;
use super::schema::{self, Kind, Known};
use super::variables;

/// Placeholder for a name that people choose.
const NAME: &str = "NAME";

/// `docs/reference/config.md`.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    let root = KeyPath::root();
    let keys = schema::at(&root)
        .map(|known| known.keys())
        .unwrap_or_default();
    let values: Vec<_> = keys
        .iter()
        .filter(|key| !is_table(&root.child(key)))
        .collect();
    page.push_str("\n## Top level\n\n");
    table_head(&mut page);
    for key in values {
        row(&mut page, &root.child(key), key, false);
    }
    for key in &keys {
        section(&mut page, &root.child(key));
    }
    variables_section(&mut page);
    page
}

const HEAD: &str = "# Configuration

This page is generated from the program; do not edit it.

Files are TOML. `llm-config path` prints where they are, `llm-config show --origin` which line of which
file each value comes from. Tables of several files merge, all other values replace. From lowest to
highest:

1. what is built in
2. vendors whose key variable is set, while nothing configures a provider
3. the bare names below, in `.env` and then in the environment
4. `/etc/llm-cooperation/config.toml`
5. `config.toml` in the user's configuration directory
6. `secrets.toml` next to it, for keys; readable by its owner only
7. `llm-cooperation.toml`, found upwards from the current directory; it may not name addresses, keys,
   headers, proxies or who may use the server until `llm-config trust`
8. `llm-cooperation.local.toml` next to it
9. the `[profiles.NAME]` selected by `--profile`
10. `LLMCOOP_…` variables
11. `--set KEY=VALUE` and other flags

`--config FILE` or `LLMCOOP_CONFIG` replaces the files of 4 to 8 by one and the secrets next to it
(`prod.toml` has `prod.secrets.toml`); `--no-config` or `LLMCOOP_NO_CONFIG` leaves all files out;
`--profile` may be given as `LLMCOOP_PROFILE`. `LLMCOOP_CONFIG_DIR`, `LLMCOOP_STATE_DIR` and
`LLMCOOP_CACHE_DIR` move the directories.
";

fn section(page: &mut String, path: &KeyPath) {
    let Some(known) = schema::at(path) else {
        return;
    };
    let name = path.to_string();
    match known.kind() {
        Kind::Section => {
            heading(page, &format!("[{name}]"), known.description());
            rows(page, path, known);
        }
        Kind::Names if name == "profiles" => {
            heading(page, "[profiles.NAME]", known.description());
            page.push_str("Any key of this page may stand below it.\n");
        }
        Kind::Names => {
            let entry = path.child(NAME);
            match schema::at(&entry) {
                Some(inner) if inner.kind() == Kind::Section => {
                    heading(page, &format!("[{name}.NAME]"), known.description());
                    rows(page, &entry, inner);
                }
                Some(inner) => {
                    heading(page, &format!("[{name}]"), known.description());
                    let what = inner.kind().describe();
                    let _ = writeln!(page, "Any name, with {what} as its value.");
                }
                None => {}
            }
        }
        _ => {}
    }
}

fn heading(page: &mut String, title: &str, text: &str) {
    let _ = write!(page, "\n## `{title}`\n\n{text}\n\n");
}

fn table_head(page: &mut String) {
    page.push_str("| Key | Type | Default | Meaning |\n|---|---|---|---|\n");
}

fn rows(page: &mut String, path: &KeyPath, known: Known) {
    table_head(page);
    let mut inner = Vec::new();
    for key in known.keys() {
        let path = path.child(key);
        row(page, &path, key, known.requires(key));
        if holds_keys(&path) {
            inner.push(path);
        }
    }
    for path in inner {
        let list = if is_list(&path) {
            path.item(0)
        } else {
            path.clone()
        };
        if let Some(known) = schema::at(&list) {
            let title = path.to_string().replace("[0]", "");
            let mark = if is_list(&path) {
                ("[[", "]]")
            } else {
                ("[", "]")
            };
            let _ = write!(
                page,
                "\n### `{}{title}{}`\n\n{}\n\n",
                mark.0,
                mark.1,
                known.description()
            );
            rows(page, &list, known);
        }
    }
}

fn row(page: &mut String, path: &KeyPath, key: &str, required: bool) {
    let Some(known) = schema::at(path) else {
        return;
    };
    let default = match known.default() {
        _ if required => "required".to_owned(),
        None if known.kind() == Kind::Boolean => "`false`".to_owned(),
        Some(Value::Null) | None => String::new(),
        Some(Value::String(text)) => format!("`\"{text}\"`"),
        Some(value) => format!("`{value}`"),
    };
    // A default that the text tells better than the type.
    let default = if known.description().contains("Default: ") && !required {
        String::new()
    } else {
        default
    };
    let _ = writeln!(
        page,
        "| `{key}` | {} | {default} | {} |",
        known.kind().describe().replace('|', "\\|"),
        known.description().replace('\n', " ").replace('|', "\\|"),
    );
}

fn is_table(path: &KeyPath) -> bool {
    schema::at(path).is_some_and(|known| matches!(known.kind(), Kind::Section | Kind::Names))
}

fn is_list(path: &KeyPath) -> bool {
    schema::at(path).is_some_and(|known| matches!(known.kind(), Kind::List(_)))
}

/// Whether there are keys below it that want a table of their own.
fn holds_keys(path: &KeyPath) -> bool {
    match schema::at(path).map(|known| known.kind()) {
        Some(Kind::Section) => true,
        Some(Kind::List(item)) => *item == Kind::Section,
        _ => false,
    }
}

fn variables_section(page: &mut String) {
    page.push_str(
        "\n## Variables\n\n`LLMCOOP__SECTION__KEY` reaches every key: `LLMCOOP__SERVER__PORT=9000`. Names of \
entries are matched without regard to case and punctuation. `…__API_KEY_FILE` names a file with the \
key; so does `NAME_FILE` for a key variable `NAME` that is not set itself.\n\n| Variable | Key |\n|---|---|\n",
    );
    for (name, key) in variables::NAMED {
        let _ = writeln!(page, "| `{name}` | `{key}` |");
    }
    page.push_str(
        "\nThe bare names of the earlier program, in the environment or in `.env`. They are below every file, \
and the environment wins over `.env`. An address of `.env` is never joined with a key from elsewhere.\n\n\
| Variable | Key |\n|---|---|\n",
    );
    for (name, key) in legacy::NAMES {
        let _ = writeln!(page, "| `{name}` | `{key}` |");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of a section, with those of the tables inside it.
    fn keys(path: &KeyPath, found: &mut Vec<String>) {
        for key in schema::at(path).unwrap().keys() {
            let path = path.child(key);
            match schema::at(&path).unwrap().kind() {
                Kind::Section => keys(&path, found),
                Kind::Names if key != "profiles" => keys(&path.child(NAME), found),
                _ => found.push(key.to_owned()),
            }
        }
    }

    #[test]
    fn every_key_is_on_the_page_with_its_meaning() {
        let page = markdown();
        let mut all = Vec::new();
        keys(&KeyPath::root(), &mut all);
        assert!(all.len() > 90, "{}", all.len());
        for key in all.iter().filter(|key| *key != "profiles") {
            assert!(page.contains(&format!("\n| `{key}` | ")), "{key}");
        }
        for line in page
            .lines()
            .filter(|line| line.starts_with("| `") && line.matches('|').count() > 3)
        {
            let meaning = line.trim_end_matches(" |").rsplit("| ").next().unwrap();
            assert!(meaning.len() > 8, "{line}");
        }
        for title in [
            "## `[server]`",
            "## `[models.NAME]`",
            "### `[models.NAME.price]`",
            "### `[[models.NAME.deployments]]`",
            "## `[aliases]`",
            "## `[profiles.NAME]`",
        ] {
            assert!(page.contains(title), "{title}");
        }
    }

    #[test]
    fn defaults_are_told_once() {
        let page = markdown();
        assert!(page.contains("| `port` | whole number, 0 to 65535 | `8080` |"));
        assert!(page.contains("| `input` | number | required |"));
        assert!(page.contains("| `mode` | `auto`, `required`, `off` | `\"auto\"` |"));
    }
}
