//! `help TOPIC` for the topics all programs share: `exit-codes`, `environment`, and every error
//! code by its number or name (`help LC4012`), which every printed failure points to.

use crate::catalogue::tr;
use crate::codes::{self, CodeInfo};
use crate::exit;
use crate::globals::{FLAGS, ID_PREFIX, add_to};
use crate::lang::Lang;
use crate::localise::localise;
use crate::table::{Cell, Column, Table};
use crate::text::wrap;

/// A topic that was found.
#[derive(Clone, Debug)]
pub enum Topic {
    /// To be printed with [`crate::ui::Ui::print_table`].
    Table(Table),
    /// An error code; [`code_page`] explains it.
    Code(CodeInfo),
}

/// The names of the topics besides the error codes.
pub const NAMES: &[&str] = &["exit-codes", "environment"];

/// Finds a shared topic.
pub fn find(name: &str, lang: Lang) -> Option<Topic> {
    match name {
        "exit-codes" => Some(Topic::Table(exit::table(lang))),
        "environment" => Some(Topic::Table(environment(lang))),
        code => codes::find(code).map(Topic::Code),
    }
}

/// Explains an error code: what it is, what it means, what to try, the exit code.
///
/// `meaning` is the program's own English explanation, from the table of codes; it is shown to
/// readers of English, and may be empty.
pub fn code_page(code: CodeInfo, meaning: &str, lang: Lang, columns: Option<usize>) -> String {
    let text = |kind: &str| tr(lang, &format!("{kind}.{}", code.name), &[]);
    let exit_name = exit::CODES
        .iter()
        .find(|(exit, _)| *exit == code.exit)
        .map_or("failed", |(_, name)| name);
    let exit_meaning = tr(lang, &format!("exit.{exit_name}.meaning"), &[]);
    let colon = tr(lang, "common.colon", &[]);
    let labelled = |key: &str, text: &str| format!("{}{colon}{text}", tr(lang, key, &[]));
    let mut lines = vec![
        format!("{} {}", code.doc(), code.name),
        text("error"),
        labelled("common.report.try", &text("hint")),
        labelled("common.exit", &format!("{} {exit_meaning}", code.exit)),
    ];
    if lang == Lang::En && !meaning.is_empty() {
        lines.insert(2, meaning.to_owned());
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| wrap(line, columns.unwrap_or(100), "  "))
        .collect();
    lines.join("\n") + "\n"
}

/// Every variable that says the same as a shared flag, and what it means.
pub fn environment(lang: Lang) -> Table {
    let command = localise(add_to(clap::Command::new("environment")), lang);
    let mut table = Table::new(vec![
        Column::text("variable"),
        Column::text("flag"),
        Column::prose("meaning"),
    ]);
    for flag in FLAGS {
        let help = command
            .get_arguments()
            .find(|arg| arg.get_id().as_str().strip_prefix(ID_PREFIX) == Some(flag.long))
            .and_then(|arg| arg.get_help())
            .map(ToString::to_string);
        for variable in flag.env {
            table.push(vec![
                Cell::from(*variable),
                Cell::from(format!("--{}", flag.long)),
                Cell::from(help.clone()),
            ]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Look;

    #[test]
    fn every_code_is_found_by_number_and_name_and_explained() {
        for code in codes::all() {
            for name in [code.name.to_owned(), code.doc(), code.doc().to_lowercase()] {
                assert!(matches!(find(&name, Lang::En), Some(Topic::Code(found)) if found == code));
            }
            for lang in Lang::OFFERED {
                let page = code_page(code, "What it means.", lang, Some(60));
                assert!(page.starts_with(&format!("{} {}\n", code.doc(), code.name)));
                assert!(!page.contains(['{', '}']), "{page}");
                assert_eq!(page.contains("What it means."), lang == Lang::En);
            }
        }
        assert!(find("nothing", Lang::En).is_none());
    }

    #[test]
    fn the_environment_is_listed_completely() {
        let Some(Topic::Table(table)) = find("environment", Lang::Zh) else {
            panic!();
        };
        let tsv = table.to_tsv();
        assert_eq!(
            tsv.lines().count() - 1,
            FLAGS.iter().map(|flag| flag.env.len()).sum::<usize>()
        );
        assert!(tsv.contains("LLMCOOP_LANG\t--lang\t使用此语言"), "{tsv}");
    }

    #[test]
    fn every_column_has_a_title() {
        for lang in Lang::OFFERED {
            for table in [exit::table(lang), environment(lang)] {
                assert_eq!(table.missing_titles(lang), Vec::<&str>::new());
            }
        }
    }

    #[test]
    fn prose_is_wrapped_in_its_column_and_not_cut() {
        let look = Look {
            lang: Lang::En,
            width: Some(70),
            colour: false,
            ascii: false,
        };
        let text = exit::table(Lang::En).to_people(look);
        assert!(!text.contains('…'), "{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.join(" ").contains("unless --strict"), "{text}");
    }
}
